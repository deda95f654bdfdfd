import HealthModel

/// Which keys are strong enough, on the whole path.
///
/// CA/Browser Forum BR 2.2.6 §6.1.5: RSA of 2048 bits or more in whole octets, or ECDSA on
/// P-256, P-384 or P-521; §7.1.3.1.2 and RFC 5480 §2.1.1: the curve by its name.
enum KeySize {
    static let bitsLeast = 2048
    static let curves: Set<String> = ["secp256r1", "secp384r1", "secp521r1"]

    static func judge(_ chain: JudgedChain) -> [Finding] {
        chain.members.compactMap { member in
            judge(member.profile.key, chain.connection.rules).map {
                Finding($0, at: member.place, detail: member.certificate.key)
            }
        }
    }

    static func judge(_ key: CertificateKey, _ rules: CertificateRules) -> FindingID? {
        switch key.algorithm {
        case .rsa, .rsaPSS:
            guard let bits = key.bits else { return nil }
            if bits < bitsLeast { return .keyTooSmall }
            guard rules == .publicWeb else { return nil }
            return key.algorithm == .rsaPSS
                ? .keyKindForbidden : bits % 8 == 0 ? nil : .keySizeUneven
        case .ellipticCurve:
            if key.isCurveExplicit { return .keyCurveExplicit }
            if let bits = key.bits, bits < 224 { return .keyTooSmall }
            guard rules == .publicWeb, let curve = key.curve else { return nil }
            return curves.contains(curve) ? nil : .keyKindForbidden
        case .dsa: return .keyKindForbidden
        // RFC 8410 keys are sound, but browsers do not take them.
        case .ed25519, .ed448: return rules == .publicWeb ? .keyKindForbidden : nil
        // What came after this table, such as post-quantum keys, is not judged.
        case .unknown: return nil
        }
    }
}
