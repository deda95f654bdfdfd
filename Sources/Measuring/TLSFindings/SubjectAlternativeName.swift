import HealthModel

/// Which names a leaf carries, and in which form.
///
/// CA/Browser Forum BR 2.2.6 §7.1.2.7.12 and §7.1.4.3; RFC 5280 §4.2.1.6.
enum SubjectAlternativeName {
    static func judge(_ chain: JudgedChain, isPublicSuffix: (String) -> Bool) -> [Finding] {
        guard let leaf = chain.leaf else { return [] }
        guard let names = leaf.profile.alternativeNames,
            names.dnsCount + names.addressCount + names.otherCount > 0
        else {
            let isMalformed = leaf.profile.malformedExtensions.contains(
                ExtensionIdentifier.subjectAlternativeName)
            // A broken extension is told once, by the policy on forms.
            return isMalformed ? [] : [Finding(.sanMissing, at: leaf.place)]
        }
        var findings: [Finding] = []
        func add(_ id: FindingID, _ names: [String]) {
            guard !names.isEmpty else { return }
            findings.append(Finding(id, at: leaf.place, detail: names.joined(separator: ", ")))
        }
        add(.sanNameMalformed, names.malformed)
        guard chain.connection.rules == .publicWeb else { return findings }
        add(.commonNameNotInSAN, leaf.profile.commonNamesWithoutAlternative)
        add(.sanUnderscore, names.underscores)
        add(
            .sanPublicSuffixWildcard,
            names.wildcards.filter {
                $0.hasPrefix("*.") && isPublicSuffix($0.dropFirst(2).lowercased())
            }
        )
        if leaf.profile.isCritical(ExtensionIdentifier.subjectAlternativeName),
            !leaf.profile.isSubjectEmpty
        {
            findings.append(Finding(.sanCritical, at: leaf.place))
        }
        if names.otherCount > 0 {
            findings.append(
                Finding(
                    .sanOtherKind, at: leaf.place,
                    detail: "\(names.otherCount) neither DNS name nor address"))
        }
        return findings
    }
}
