import HealthModel

/// What the key of a leaf may be used for.
///
/// CA/Browser Forum BR 2.2.6 §7.1.2.7.10 and §7.1.2.1.2; RFC 5280 §4.2.1.12; for client
/// authentication the Chrome Root Program Policy, by which public authorities stop it.
enum ExtendedKeyUsage {
    static let serverAuthentication = "1.3.6.1.5.5.7.3.1"
    static let clientAuthentication = "1.3.6.1.5.5.7.3.2"
    static let any = "2.5.29.37.0"
    /// Code signing, mail, time stamping and OCSP signing.
    static let forbidden: Set<String> = [
        "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9",
    ]

    static func judge(_ chain: JudgedChain) -> [Finding] {
        (chain.leaf.map { judge($0, chain.connection.rules) } ?? []) + roots(chain)
    }

    private static func judge(
        _ leaf: JudgedChain.Member, _ rules: CertificateRules
    ) -> [Finding] {
        guard let usages = leaf.profile.extendedKeyUsages else {
            // Without the extension RFC 5280 allows every use.
            let isAbsent = !leaf.profile.has(ExtensionIdentifier.extendedKeyUsage)
            return rules == .publicWeb && isAbsent ? [Finding(.ekuMissing, at: leaf.place)] : []
        }
        var ids: [FindingID] = []
        if !usages.contains(serverAuthentication), !usages.contains(any) {
            ids.append(.ekuNoServerAuthentication)
        }
        guard rules == .publicWeb else { return ids.map { Finding($0, at: leaf.place) } }
        if usages.contains(any) { ids.append(.ekuAny) }
        if usages.contains(clientAuthentication) { ids.append(.ekuClientAuthentication) }
        if leaf.profile.isCritical(ExtensionIdentifier.extendedKeyUsage) {
            ids.append(.ekuCritical)
        }
        let strange = usages.filter(forbidden.contains)
        return ids.map { Finding($0, at: leaf.place) }
            + (strange.isEmpty
                ? []
                : [
                    Finding(
                        .ekuForbidden, at: leaf.place, detail: strange.joined(separator: ", "))
                ])
    }

    private static func roots(_ chain: JudgedChain) -> [Finding] {
        guard chain.connection.rules == .publicWeb else { return [] }
        return chain.members.filter { $0.role == .root && $0.profile.isSelfIssued }
            .filter { $0.profile.extendedKeyUsages != nil }
            .map { Finding(.rootExtendedKeyUsage, at: $0.place) }
    }
}
