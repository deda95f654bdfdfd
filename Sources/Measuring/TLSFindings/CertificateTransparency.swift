import HealthModel

/// How many transparency logs promised to show the certificate.
///
/// Chrome and Apple CT policies, Firefox likewise: two for a lifetime up to 180 days, three
/// above, from different logs. Only for a publicly trusted path, since no log takes others.
/// Whether the logs are of different operators takes a list of logs, which is not here.
enum CertificateTransparency {
    /// The longest lifetime for which two timestamps do.
    static let shortLifetime = Duration.seconds(180 * 86_400)

    static func judge(_ chain: JudgedChain) -> [Finding] {
        guard chain.connection.isTrusted, !chain.connection.hasHandshakeTimestamps,
            let leaf = chain.publicLeaf,
            !leaf.profile.malformedExtensions.contains(ExtensionIdentifier.timestampList)
        else { return [] }
        let wanted = leaf.certificate.lifetime <= shortLifetime ? 2 : 3
        let logs = Set((leaf.profile.timestamps ?? []).map(\.log)).count
        guard logs < wanted else { return [] }
        return [
            Finding(
                logs == 0 ? .timestampsMissing : .timestampsTooFew, at: leaf.place,
                detail: "\(logs) logs, at least \(wanted)")
        ]
    }
}
