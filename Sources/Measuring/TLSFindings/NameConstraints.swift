import HealthModel

/// Name constraints that clients read differently.
///
/// RFC 5280 §4.2.1.10: only in authorities, critical, never empty, and a DNS subtree is a plain
/// name; CA/Browser Forum BR 2.2.6 §7.1.2.10.8.
enum NameConstraints {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        chain.members.flatMap { member -> [Finding] in
            guard member.profile.has(ExtensionIdentifier.nameConstraints) else { return [] }
            var findings: [Finding] = []
            if member.role == .leaf, !member.profile.isAuthority {
                findings.append(Finding(.nameConstraintsInLeaf, at: member.place))
            }
            if !member.profile.isCritical(ExtensionIdentifier.nameConstraints) {
                findings.append(Finding(.nameConstraintsNotCritical, at: member.place))
            }
            if let constraints = member.profile.nameConstraints, let oddity = oddity(constraints) {
                findings.append(
                    Finding(.nameConstraintsForm, at: member.place, detail: oddity))
            }
            return findings
        }
    }

    /// What is odd about the constraints; nil when nothing is.
    static func oddity(_ constraints: NameConstraintFacts) -> String? {
        if constraints.permittedCount + constraints.excludedCount == 0 { return "empty" }
        if constraints.isAddressMaskInvalid { return "address mask" }
        return constraints.dnsSubtrees.first { $0.hasPrefix(".") || $0.contains("*") }
    }
}
