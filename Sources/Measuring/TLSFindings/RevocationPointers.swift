import HealthModel

/// Where clients learn of revocation and find the issuer.
///
/// CA/Browser Forum BR 2.2.6 §7.1.2.11.2 and §7.1.2.7.7: a revocation list unless the certificate
/// is short-lived or names an OCSP responder; the authority information access always.
enum RevocationPointers {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        guard let leaf = chain.publicLeaf, !leaf.profile.isSelfIssued else { return [] }
        var ids: [FindingID] = []
        if leaf.profile.issuerURLs.isEmpty,
            !leaf.profile.malformedExtensions.contains(
                ExtensionIdentifier.authorityInformationAccess)
        {
            ids.append(.issuerAddressMissing)
        }
        if leaf.profile.revocationListURLs.isEmpty, leaf.profile.ocspURLs.isEmpty,
            !leaf.certificate.isShortLived
        {
            ids.append(.revocationAddressMissing)
        }
        return ids.map { Finding($0, at: leaf.place) }
    }
}
