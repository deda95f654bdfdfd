import HealthModel

/// What a server sends besides the certificates that are needed.
///
/// RFC 8446 §4.4.2: each certificate should certify the one before it, the root may be left out,
/// and clients should cope with more. Old clients cope badly with an expired one: that is how
/// AddTrust (2020) and DST Root CA X3 (2021) broke services with a valid path.
enum ChainOrder {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        var findings: [Finding] = []
        var seen: Set<String> = []
        let onPath = Set(chain.path.map(\.fingerprintSHA256))
        var needed: [Certificate] = []
        for (depth, certificate) in chain.sent.enumerated() {
            let fingerprint = certificate.fingerprintSHA256
            let place = Finding.Place(
                depth: depth, isOnPath: onPath.contains(fingerprint),
                fingerprintSHA256: fingerprint)
            func add(_ id: FindingID) {
                findings.append(Finding(id, at: place, detail: certificate.subject))
            }
            guard seen.insert(fingerprint).inserted else {
                add(.chainDuplicate)
                continue
            }
            let isRoot = depth > 0 && isSelfIssued(certificate)
            if isRoot { add(.chainRootSent) }
            // Whether the rest is needed only a verified path can tell.
            guard chain.connection.isTrusted else { continue }
            if onPath.contains(fingerprint) {
                needed.append(certificate)
                continue
            }
            if certificate.notAfter < chain.now {
                add(.chainExpiredSent)
            } else if !isRoot {
                add(.chainUnneeded)
            }
        }
        if chain.connection.isTrusted, isMisordered(needed, path: chain.path) {
            findings.append(
                Finding(
                    .chainMisordered,
                    detail: needed.map(\.subject).joined(separator: "; ")))
        }
        return findings
    }

    private static func isSelfIssued(_ certificate: Certificate) -> Bool {
        certificate.profile?.isSelfIssued ?? (certificate.subject == certificate.issuer)
    }

    /// Whether the certificates of the path came in another order than they have on it.
    private static func isMisordered(_ needed: [Certificate], path: [Certificate]) -> Bool {
        let wanted = path.map(\.fingerprintSHA256)
        let positions = needed.compactMap { wanted.firstIndex(of: $0.fingerprintSHA256) }
        return zip(positions, positions.dropFirst()).contains { $0 > $1 }
    }
}
