import COpenSSL
import HealthModel
import LabTLS

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
    /// Bits of a `weakKey`: half of what authorities have had to demand since 2014.
    static let weakKeyBits: CInt = 1024
    private static let day = Duration.seconds(86_400)

    private struct Key: Hashable {
        var host: String
        /// What is wrong with its TLS; `up` when nothing is.
        var fault: Fault
    }

    /// The authorities of `LabAuthority.names`, in that order.
    private let authorities: [CertificateAuthority]
    /// Each root as the authority before it in the circle vouches for it.
    private let crossSignedRoots: [MintedIdentity]
    private let untrustedAuthority: CertificateAuthority
    /// What holds the key of all leaves.
    private let leafPair: MintedIdentity
    /// What holds the weak key, made when it is first needed.
    private var weakPair: MintedIdentity?
    private var contexts: [Key: TLSServerContext] = [:]
    private var mintedAt: Timestamp

    /// Mints the authorities.
    ///
    /// - Throws: `LabTLSError`.
    init(now: Timestamp) throws {
        let authorities = try LabAuthority.names.map {
            try CertificateAuthority(commonName: $0, now: now)
        }
        crossSignedRoots = try authorities.indices.map { index in
            try authorities[LabAuthority.crossSigner(of: index)].crossSigned(
                authorities[index], now: now)
        }
        self.authorities = authorities
        untrustedAuthority = try CertificateAuthority(commonName: "Untrusted lab", now: now)
        leafPair = try Self.pair(.p256, now: now)
        mintedAt = now
    }

    /// A key, in a certificate that nobody sees.
    private static func pair(_ key: CertificateWish.Key, now: Timestamp) throws -> MintedIdentity {
        var wish = CertificateWish(names: nil, notBefore: now, notAfter: now)
        wish.key = key
        return try Minting.mint(wish)
    }

    /// The roots to trust, in PEM.
    var rootPEM: String { authorities.map(\.root.pem).joined() }

    /// The chain that a host sends, leaf first, minted for the instant `now`.
    ///
    /// - Throws: `LabTLSError`.
    func chain(
        for host: String, fault: Fault, now: Timestamp
    ) throws -> [MintedIdentity] {
        let lifetime = CertificateAuthority.leafLifetime
        let end =
            switch fault {
            case .expired: now - Self.day * 3
            case .notYetValid: now + Self.day * 3 + lifetime
            case .expiring(let share): now + lifetime * share
            default: now + Self.day * 70
            }
        let validity = (end - lifetime)...end
        let name = fault == .wrongName ? Self.wrongName : host
        let pair = try fault == .weakKey ? weakPair(now: now) : leafPair
        if fault == .selfSigned {
            return [
                try CertificateAuthority.selfSigned(for: name, validity: validity, pair: pair)
            ]
        }
        let vouching = LabAuthority(host: host)
        let issuer = issuer(of: host, fault: fault)
        let leaf = try issuer.leaf(for: name, validity: validity, pair: pair)
        return switch fault {
        case .incompleteChain: [leaf]
        // With the root in the chain nobody can mistake this for an incomplete one.
        case .untrusted: [leaf, issuer.intermediate, issuer.root]
        case .hugeChain:
            [leaf]
                + [MintedIdentity](repeating: issuer.intermediate, count: Self.hugeChainRepeats)
        default:
            [leaf, issuer.intermediate]
                + (vouching.isCrossSigned ? [crossSignedRoots[vouching.issuer]] : [])
        }
    }

    private func issuer(of host: String, fault: Fault) -> CertificateAuthority {
        fault == .untrusted ? untrustedAuthority : authorities[LabAuthority(host: host).issuer]
    }

    private func weakPair(now: Timestamp) throws -> MintedIdentity {
        let pair = try weakPair ?? Self.pair(.rsa(bits: Self.weakKeyBits), now: now)
        weakPair = pair
        return pair
    }

    /// The TLS of a host.
    ///
    /// Contexts are minted anew once a day, so that a lab that runs for months never shows a
    /// certificate that ran out by itself.
    ///
    /// - Throws: `LabTLSError`.
    func context(
        for host: String, fault: Fault, now: Timestamp
    ) throws -> TLSServerContext {
        if now - mintedAt > Self.day || contexts.count >= Self.contextsLimit {
            contexts.removeAll()
            mintedAt = now
        }
        let fault = fault.inTLS
        let key = Key(host: host, fault: fault)
        if let context = contexts[key] { return context }
        let chain = try chain(for: host, fault: fault, now: now)
        let context = try TLSServerContext(identity: chain[0], chain: Array(chain.dropFirst()))
        context.limit(to: Self.versions(fault))
        context.chooseHTTP11()
        if case .staple(let staple) = fault {
            let issuer = issuer(of: host, fault: fault).intermediate
            context.staple(
                try staple.wish.encoded(on: chain[0], issuer: issuer, signer: issuer, now: now))
        }
        if fault == .clientCertificate { context.askForClientCertificate(isDemanded: true) }
        contexts[key] = context
        return context
    }

    private static func versions(_ fault: Fault) -> ClosedRange<CInt> {
        switch fault {
        case .legacyTLS: TLS1_VERSION...TLS1_1_VERSION
        case .onlyTLS10: TLS1_VERSION...TLS1_VERSION
        // TLS 1.3 has no renegotiation (RFC 8446 §4.1.2).
        case .renegotiation, .noSecureRenegotiation: TLS1_2_VERSION...TLS1_2_VERSION
        default: TLS1_2_VERSION...TLS1_3_VERSION
        }
    }
}

extension Fault {
    /// The fault as far as TLS shows it: `up` for those that come after a good handshake.
    fileprivate var inTLS: Fault {
        switch self {
        case .expired, .notYetValid, .wrongName, .selfSigned, .untrusted, .incompleteChain,
            .hugeChain, .weakKey, .legacyTLS, .onlyTLS10, .clientCertificate, .renegotiation,
            .noSecureRenegotiation, .expiring, .staple:
            self
        default: .up
        }
    }
}

extension Fault.Staple {
    /// The response; it is minted anew each day, as its context is, so that good ones stay good.
    fileprivate var wish: StapleWish {
        switch self {
        case .good: StapleWish(end: 3 * 86_400)
        case .revoked: StapleWish(status: .revoked, end: 3 * 86_400)
        case .stale: StapleWish(start: -9 * 86_400, end: -2 * 86_400)
        }
    }
}
