import Crypto
import HealthModel
import NIOSSL
import SwiftASN1
import X509

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
    case legacyTLS
    case clientCertificate
    case expiring(lifetimeLeft: Double)

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
            case .legacyTLS: .legacyTLS
            case .clientCertificate: .clientCertificate
            case .expiring(let share): .expiring(lifetimeLeft: share)
            default: .trusted
            }
    }
}

/// The chain that a server sends, leaf first.
struct CertificateChain {
    var certificates: [X509.Certificate]
}

/// Mints chains when they are first asked for and keeps their TLS contexts.
///
/// Not thread-safe: it belongs to the event loop of its lab.
final class CertificateStore {
    /// TLS contexts kept; when more are needed all are forgotten and minted anew.
    ///
    /// Each takes some 60 kB, so this bounds memory at 250 MB with the most hosts of a lab.
    static let contextsLimit = 4096
    /// The name in the certificate of a `wrongName` host; RFC 2606 keeps it from existing.
    static let wrongName = "another-host.invalid"

    /// Times the intermediate is in a huge chain; its DER takes over 500 bytes.
    static let hugeChainRepeats = 2200

    private struct Key: Hashable {
        var host: String
        var variant: CertificateVariant
    }

    /// The authorities of `LabAuthority.names`, in that order.
    private let authorities: [CertificateAuthority]
    /// Each root as the authority before it in the circle vouches for it.
    private let crossSignedRoots: [X509.Certificate]
    private let untrustedAuthority: CertificateAuthority
    private let leafKey: X509.Certificate.PrivateKey
    private let serverKey: NIOSSLPrivateKey
    private var contexts: [Key: NIOSSLContext] = [:]
    private var mintedAt: Timestamp

    /// Mints the authorities.
    ///
    /// - Throws: What swift-certificates or NIOSSL throw when they cannot make a key.
    init(now: Timestamp) throws {
        let authorities = try LabAuthority.names.map {
            try CertificateAuthority(commonName: $0, now: now)
        }
        let day = Duration.seconds(86_400)
        crossSignedRoots = try authorities.indices.map { index in
            try authorities[LabAuthority.crossSigner(of: index)].crossSigned(
                authorities[index], validity: (now - day * 366)...(now + day * 1830))
        }
        self.authorities = authorities
        untrustedAuthority = try CertificateAuthority(commonName: "Untrusted lab", now: now)
        let key = P256.Signing.PrivateKey()
        leafKey = X509.Certificate.PrivateKey(key)
        serverKey = try NIOSSLPrivateKey(bytes: Array(key.pemRepresentation.utf8), format: .pem)
        mintedAt = now
    }

    /// The roots to trust, in PEM.
    func rootPEM() throws -> String {
        try authorities.map { try $0.root.serializeAsPEM().pemString + "\n" }.joined()
    }

    /// The chain of a host, minted for the instant `now`.
    func chain(
        for host: String, variant: CertificateVariant, now: Timestamp
    ) throws -> CertificateChain {
        let day = Duration.seconds(86_400)
        let lifetime = CertificateAuthority.leafLifetime
        let end =
            switch variant {
            case .expired: now - day * 3
            case .notYetValid: now + day * 3 + lifetime
            case .expiring(let share): now + lifetime * share
            default: now + day * 70
            }
        let validity = (end - lifetime)...end
        let name = variant == .wrongName ? Self.wrongName : host
        let vouching = LabAuthority(host: host)
        let issuer =
            variant == .untrusted ? untrustedAuthority : authorities[vouching.issuer]
        if variant == .selfSigned {
            return CertificateChain(certificates: [
                try CertificateAuthority.selfSigned(for: name, validity: validity, key: leafKey)
            ])
        }
        let leaf = try issuer.leaf(for: name, validity: validity, publicKey: leafKey.publicKey)
        return switch variant {
        case .incompleteChain: CertificateChain(certificates: [leaf])
        // With the root in the chain nobody can mistake this for an incomplete one.
        case .untrusted:
            CertificateChain(certificates: [leaf, issuer.intermediate, issuer.root])
        case .hugeChain:
            CertificateChain(
                certificates: [leaf]
                    + [X509.Certificate](
                        repeating: issuer.intermediate, count: Self.hugeChainRepeats))
        default:
            CertificateChain(
                certificates: [leaf, issuer.intermediate]
                    + (vouching.isCrossSigned ? [crossSignedRoots[vouching.issuer]] : []))
        }
    }

    /// The TLS server context of a host.
    ///
    /// Contexts are minted anew once a day, so that a lab that runs for months never shows a
    /// certificate that ran out by itself.
    func context(
        for host: String, variant: CertificateVariant, now: Timestamp
    ) throws -> NIOSSLContext {
        if now - mintedAt > .seconds(86_400) || contexts.count >= Self.contextsLimit {
            contexts.removeAll()
            mintedAt = now
        }
        let key = Key(host: host, variant: variant)
        if let context = contexts[key] { return context }
        let chain = try chain(for: host, variant: variant, now: now)
        let context = try NIOSSLContext(
            configuration: configuration(variant, of: host, chain: chain))
        contexts[key] = context
        return context
    }

    private func configuration(
        _ variant: CertificateVariant, of host: String, chain: CertificateChain
    ) throws -> TLSConfiguration {
        let sources = try chain.certificates.map {
            NIOSSLCertificateSource.certificate(try Self.encoded($0))
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: sources, privateKey: .privateKey(serverKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        switch variant {
        case .legacyTLS:
            configuration.minimumTLSVersion = .tlsv1
            configuration.maximumTLSVersion = .tlsv11
        case .clientCertificate:
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates([
                try Self.encoded(authorities[LabAuthority(host: host).issuer].root)
            ])
        default: break
        }
        return configuration
    }

    private static func encoded(_ certificate: X509.Certificate) throws -> NIOSSLCertificate {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    }
}
