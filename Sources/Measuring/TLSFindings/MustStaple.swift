import HealthModel

/// A certificate that promises a stapled OCSP response, on a server that sends none.
///
/// RFC 7633 §4.2.3.1: a client that knows the extension ends the connection.
enum MustStaple {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        guard let leaf = chain.leaf, leaf.profile.isStapleRequired,
            chain.connection.isHandshakeComplete, chain.connection.staple == .none
        else { return [] }
        return [Finding(.stapleMissing, at: leaf.place)]
    }
}
