/// What is wrong, or not, with the TLS of a host.
enum CertificateVariant: Sendable, Hashable {
    case trusted
    case expired
    case notYetValid
    case wrongName
    case selfSigned
    case untrusted
    case incompleteChain
    case hugeChain
    case weakKey
    case legacyTLS
    case onlyTLS10
    case clientCertificate
    case renegotiation
    case noSecureRenegotiation
    case expiring(lifetimeLeft: Double)
    case stapled(Fault.Staple)

    /// The TLS that a fault asks for; a fault of another kind has a good one.
    init(of fault: Fault) {
        self =
            switch fault {
            case .expired: .expired
            case .notYetValid: .notYetValid
            case .wrongName: .wrongName
            case .selfSigned: .selfSigned
            case .untrusted: .untrusted
            case .incompleteChain: .incompleteChain
            case .hugeChain: .hugeChain
            case .weakKey: .weakKey
            case .legacyTLS: .legacyTLS
            case .onlyTLS10: .onlyTLS10
            case .clientCertificate: .clientCertificate
            case .renegotiation: .renegotiation
            case .noSecureRenegotiation: .noSecureRenegotiation
            case .expiring(let share): .expiring(lifetimeLeft: share)
            case .staple(let staple): .stapled(staple)
            default: .trusted
            }
    }
}
