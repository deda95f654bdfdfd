import HealthModel

/// A server certificate that could also sign certificates, or is too old in form to say.
///
/// CA/Browser Forum BR 2.2.6 §7.1.1, §7.1.2.7.8 and §7.1.2.7.11; RFC 5280 §4.2.1.9.
enum LeafConstraints {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        var findings = chain.members.filter { $0.profile.version != 3 }.map {
            Finding(.versionOld, at: $0.place, detail: "version \($0.profile.version)")
        }
        guard let leaf = chain.leaf else { return findings }
        if leaf.profile.isAuthority {
            findings.append(Finding(.leafIsAuthority, at: leaf.place))
        }
        if let usage = leaf.profile.keyUsage,
            !usage.isDisjoint(with: [.certificateSigning, .revocationListSigning])
        {
            findings.append(Finding(.leafSignsCertificates, at: leaf.place))
        }
        return findings
    }
}
