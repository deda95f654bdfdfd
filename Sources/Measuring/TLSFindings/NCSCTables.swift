public import HealthModel

/// The tables of the guideline as data.
///
/// Source: NCSC-NL, ICT-beveiligingsrichtlijnen voor Transport Layer Security, versions 2.1.1 and
/// 2025-05, as internet.nl applies them (`checks/tasks/tls/tls_constants.py`). What a table does
/// not name and no rule covers has no grade: nil, never a guess.
public enum NCSCTables {
    /// Of a protocol version as OpenSSL names it, such as `TLSv1.3` (§3.3.1, guideline B1-1).
    public static func version(_ name: String, _ edition: NCSCGrade.Edition) -> NCSCGrade? {
        switch name {
        case "TLSv1.3": .good
        case "TLSv1.2": .sufficient
        case "TLSv1.1", "TLSv1": edition == .version2025_05 ? .insufficient : .phaseOut
        case "SSLv3", "SSLv2", "SSLv1": .insufficient
        default: nil
        }
    }

    /// Of a key exchange group by its TLS or OpenSSL name (2025-05 §3.3.3, guidelines B5 of 2.1.1).
    public static func group(_ name: String, _ edition: NCSCGrade.Edition) -> NCSCGrade? {
        let name = canonicalGroup(name)
        switch edition {
        case .version2025_05: return groups2025[name] ?? (ownGroups(name) ? .insufficient : nil)
        case .version2_1_1: return groups2021[name] ?? (ownGroups(name) ? .insufficient : nil)
        }
    }

    /// Of a signature on a certificate (2025-05 §3.3.2 and §3.3.5, guideline B3-2 of 2.1.1).
    public static func signature(
        _ signature: CertificateSignature, _ edition: NCSCGrade.Edition
    ) -> NCSCGrade? {
        let best: NCSCGrade = edition == .version2025_05 ? .sufficient : .good
        switch signature.algorithm {
        case .ed25519, .ed448: return edition == .version2025_05 ? .sufficient : nil
        case .rsa, .ellipticCurve:
            switch signature.digest {
            case .sha256, .sha384, .sha512: return best
            case .sha224: return .phaseOut
            case .sha1, .md5, .md2: return .insufficient
            case nil: return nil
            }
        case .dsa:
            if edition == .version2025_05 { return .insufficient }
            return signature.digest == .sha256 ? .good : .insufficient
        // internet.nl lists no RSASSA-PSS, which makes it fail there; the guideline itself does
        // not exclude it. Only the digest can be held against it.
        case .rsaPSS:
            return signature.digest == .sha1 || signature.digest == .md5 ? .insufficient : nil
        case .unknown: return nil
        }
    }

    /// Of the digest that the server signed in a TLS 1.2 key exchange (2025-05 §3.3.5).
    public static func keyExchangeDigest(
        _ digest: SignatureDigest, _ edition: NCSCGrade.Edition
    ) -> NCSCGrade {
        switch digest {
        case .sha256, .sha384, .sha512: .good
        case .sha224: .phaseOut
        case .sha1, .md5, .md2: .insufficient
        }
    }

    /// Of the key of a certificate other than a root (2025-05 §3.3.2.1, guideline B3-1 of 2.1.1).
    public static func key(_ key: CertificateKey, _ edition: NCSCGrade.Edition) -> NCSCGrade? {
        switch key.algorithm {
        case .rsa, .rsaPSS, .dsa:
            guard let bits = key.bits else { return nil }
            if bits < 2048 { return .insufficient }
            if edition == .version2_1_1 { return .good }
            if key.algorithm == .dsa { return .insufficient }
            return bits < 3072 ? .phaseOut : .sufficient
        case .ellipticCurve:
            if key.isCurveExplicit { return .insufficient }
            guard let curve = key.curve?.lowercased() else { return nil }
            switch edition {
            case .version2025_05:
                return keyCurves2025.contains(curve)
                    ? .sufficient : curve == "secp224r1" ? .phaseOut : .insufficient
            case .version2_1_1:
                return ["secp256r1", "secp384r1"].contains(curve)
                    ? .good : curve == "secp224r1" ? .phaseOut : nil
            }
        case .ed25519, .ed448: return edition == .version2025_05 ? .sufficient : nil
        case .unknown: return nil
        }
    }

    /// One spelling for each group: lower case, and the name of the TLS registry.
    static func canonicalGroup(_ name: String) -> String {
        let name = name.lowercased()
        switch name {
        case "prime256v1", "p-256": return "secp256r1"
        case "p-384": return "secp384r1"
        case "p-521": return "secp521r1"
        default: return name
        }
    }

    /// Whether this is a group that a server made up for finite-field Diffie-Hellman, as OpenSSL
    /// names it, or a known curve that no edition lists.
    private static func ownGroups(_ name: String) -> Bool {
        ["dh", "dhkeyagreement", "x9.42 dh"].contains(name) || otherCurves.contains(name)
    }

    private static let otherCurves: Set<String> = [
        "secp160k1", "secp160r1", "secp160r2", "secp192k1", "secp192r1", "prime192v1",
        "secp224k1", "secp256k1", "sect163k1", "sect163r2", "sect233k1", "sect233r1", "sect283k1",
        "sect283r1", "sect409k1", "sect409r1", "sect571k1", "sect571r1",
    ]

    private static let groups2025: [String: NCSCGrade] = [
        "x25519mlkem768": .good, "secp256r1mlkem768": .good, "secp384r1mlkem1024": .good,
        "x25519": .sufficient, "x448": .sufficient, "secp256r1": .sufficient,
        "secp384r1": .sufficient, "secp521r1": .sufficient, "brainpoolp256r1": .sufficient,
        "brainpoolp384r1": .sufficient, "brainpoolp512r1": .sufficient,
        "secp224r1": .phaseOut, "ffdhe3072": .phaseOut, "ffdhe4096": .phaseOut,
        "ffdhe6144": .phaseOut, "ffdhe8192": .phaseOut, "ffdhe2048": .insufficient,
    ]

    private static let groups2021: [String: NCSCGrade] = [
        "x25519": .good, "x448": .good, "secp256r1": .good, "secp384r1": .good,
        "secp224r1": .phaseOut, "ffdhe3072": .sufficient, "ffdhe4096": .sufficient,
        "ffdhe6144": .sufficient, "ffdhe8192": .sufficient, "ffdhe2048": .phaseOut,
    ]

    private static let keyCurves2025: Set<String> = [
        "secp256r1", "secp384r1", "secp521r1", "brainpoolp256r1", "brainpoolp384r1",
        "brainpoolp512r1",
    ]
}
