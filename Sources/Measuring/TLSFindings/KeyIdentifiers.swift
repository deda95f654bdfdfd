import HealthModel

/// The identifiers by which clients find the issuer of a certificate.
///
/// RFC 5280 §4.2.1.1 and §4.2.1.2; CA/Browser Forum BR 2.2.6 §7.1.2.1.3 and §7.1.2.11.1: the
/// authority key identifier holds the key identifier and nothing else.
enum KeyIdentifiers {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        chain.members.enumerated().flatMap { index, member -> [Finding] in
            var ids: [FindingID] = []
            if member.role != .leaf, member.profile.subjectKeyIdentifier == nil {
                ids.append(.subjectKeyMissing)
            }
            if let key = member.profile.authorityKey {
                if chain.connection.rules == .publicWeb,
                    key.keyIdentifier == nil || key.hasIssuer || key.hasSerialNumber
                {
                    ids.append(.authorityKeyForm)
                }
                if let identifier = key.keyIdentifier,
                    let issuer = issuerKey(of: index, in: chain), issuer != identifier
                {
                    ids.append(.authorityKeyMismatch)
                }
            } else if !member.profile.isSelfIssued {
                ids.append(.authorityKeyMissing)
            }
            return ids.map { Finding($0, at: member.place) }
        }
    }

    /// The subject key identifier of the issuer of a member: of itself for a root, else of the
    /// next on a verified path; nil when unknown.
    private static func issuerKey(of index: Int, in chain: JudgedChain) -> String? {
        let member = chain.members[index]
        if member.profile.isSelfIssued && member.role == .root {
            return member.profile.subjectKeyIdentifier
        }
        let next = index + 1
        guard chain.connection.isTrusted, next < chain.members.count,
            chain.members[next].place.depth == member.place.depth + 1
        else { return nil }
        return chain.members[next].profile.subjectKeyIdentifier
    }
}
