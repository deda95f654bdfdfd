import HealthModel

/// Extensions that are broken, there twice, or critical although they must not be.
///
/// RFC 5280 §4.2 and, for the criticality, §4.2.1.1, §4.2.1.2 and §4.2.2.1.
enum ExtensionForm {
    static let neverCritical: Set<String> = [
        ExtensionIdentifier.authorityKeyIdentifier, ExtensionIdentifier.subjectKeyIdentifier,
        ExtensionIdentifier.authorityInformationAccess,
    ]

    static func judge(_ chain: JudgedChain) -> [Finding] {
        chain.members.flatMap { member -> [Finding] in
            var seen: Set<String> = []
            var findings = member.profile.malformedExtensions.map {
                Finding(.extensionMalformed, at: member.place, detail: $0)
            }
            for item in member.profile.extensions {
                if !seen.insert(item.identifier).inserted {
                    findings.append(
                        Finding(.extensionDuplicate, at: member.place, detail: item.identifier))
                }
                if item.isCritical, neverCritical.contains(item.identifier) {
                    findings.append(
                        Finding(.extensionCritical, at: member.place, detail: item.identifier))
                }
            }
            return findings
        }
    }
}
