import HealthModel

/// A stapled OCSP response that says nothing, so that it helps no client and stops some.
///
/// RFC 6960 §3.2 and §4.2.2: who signs, which certificate is meant, and until when it holds. That
/// the certificate is revoked is no finding but the verdict.
enum StapleUse {
    static func judge(_ chain: JudgedChain) -> [Finding] {
        guard let leaf = chain.leaf else { return [] }
        switch chain.connection.staple {
        case .none, .good, .revoked: return []
        case .stale, .unknown, .invalid:
            return [
                Finding(
                    .stapleUnusable, at: leaf.place, detail: chain.connection.staple.rawValue)
            ]
        }
    }
}
