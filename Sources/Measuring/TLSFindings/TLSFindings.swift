public import HealthModel

/// Judges what one connection showed by the rules of the web's certificate ecosystem.
///
/// Pure: facts and an instant go in, findings come out. One policy per file; each cites its
/// source in `FindingID.source`.
public enum TLSFindings {
    /// Findings kept of one connection; the worst are kept.
    static let limit = 64

    /// The findings on a connection at `now`, the worst first, at most `limit`.
    ///
    /// - Parameters:
    ///   - chainSent: The certificates as the server sent them, leaf first.
    ///   - path: The path from leaf to anchor; partial or empty when none was found.
    ///   - connection: What else the connection showed, and which rules apply.
    ///   - now: The instant of the connection.
    ///   - isPublicSuffix: Whether anybody may register below a name, as `nl` and `co.uk`.
    /// - Returns: The findings; the same for the same arguments.
    public static func judge(
        chainSent: [Certificate], path: [Certificate], connection: ConnectionFacts,
        at now: Timestamp, isPublicSuffix: (String) -> Bool = { !$0.contains(".") }
    ) -> [Finding] {
        let chain = JudgedChain(sent: chainSent, path: path, connection: connection, now: now)
        let findings =
            SubjectAlternativeName.judge(chain, isPublicSuffix: isPublicSuffix)
            + policies.flatMap { $0(chain) }
        // The place of an equal finding decides last, so that the order never depends on chance.
        let sorted = Set(findings).sorted { left, right in
            if left.severity != right.severity { return left.severity > right.severity }
            let depths = (left.place?.depth ?? -1, right.place?.depth ?? -1)
            if depths.0 != depths.1 { return depths.0 < depths.1 }
            if left.id != right.id { return left.id.rawValue < right.id.rawValue }
            if left.detail != right.detail { return left.detail < right.detail }
            return (left.place?.fingerprintSHA256 ?? "") < (right.place?.fingerprintSHA256 ?? "")
        }
        return Array(sorted.prefix(limit))
    }

    /// The policies that need nothing but the chain.
    private static let policies: [@Sendable (JudgedChain) -> [Finding]] = [
        ValidityLimit.judge, ExtendedKeyUsage.judge, PolicyIdentifier.judge, KeySize.judge,
        SerialNumber.judge, WeakSignature.judge, CertificateTransparency.judge, MustStaple.judge,
        StapleUse.judge, ChainOrder.judge, KeyIdentifiers.judge, LeafConstraints.judge,
        NameConstraints.judge,
        ExtensionForm.judge, RevocationPointers.judge,
    ]
}

/// Which rules a certificate has to follow.
public enum CertificateRules: Sendable, Hashable {
    /// Those of the CA/Browser Forum and of browsers.
    case publicWeb
    /// Those of RFC 5280 only, as for PKIoverheid's private roots.
    case privateAuthority
}

/// What a connection showed besides its certificates.
public struct ConnectionFacts: Sendable, Hashable {
    /// Which rules apply.
    public var rules: CertificateRules
    /// Whether the path was verified up to a trusted root.
    public var isTrusted: Bool
    /// Whether the handshake finished, so that a missing staple is known to be missing.
    public var isHandshakeComplete: Bool
    /// What the stapled OCSP response says.
    public var staple: StapleStatus
    /// Whether transparency timestamps came in the handshake instead of in the certificate.
    public var hasHandshakeTimestamps = false

    /// Makes facts.
    public init(
        rules: CertificateRules, isTrusted: Bool, isHandshakeComplete: Bool = true,
        staple: StapleStatus = .none
    ) {
        self.rules = rules
        self.isTrusted = isTrusted
        self.isHandshakeComplete = isHandshakeComplete
        self.staple = staple
    }

    /// Takes the facts from a record.
    public init(_ record: TLSRecord, rules: CertificateRules) {
        self.init(
            rules: rules, isTrusted: record.verdict == nil && !record.chainBuilt.isEmpty,
            isHandshakeComplete: record.isHandshakeComplete, staple: record.staple)
    }
}

/// A chain as the policies look at it.
struct JudgedChain {
    /// What a certificate is for on the path.
    enum Role {
        case leaf
        case intermediate
        case root
    }

    /// One certificate of the path with what was read of it.
    struct Member {
        var certificate: Certificate
        var profile: CertificateProfile
        var role: Role
        var place: Finding.Place
    }

    var sent: [Certificate]
    var path: [Certificate]
    var connection: ConnectionFacts
    var now: Timestamp
    /// The certificates of the path that could be read; without a path, those as sent.
    var members: [Member]

    init(
        sent: [Certificate], path: [Certificate], connection: ConnectionFacts, now: Timestamp
    ) {
        self.sent = sent
        self.path = path
        self.connection = connection
        self.now = now
        let judged = path.isEmpty ? sent : path
        members = judged.enumerated().compactMap { depth, certificate in
            guard let profile = certificate.profile else { return nil }
            let isAnchor = connection.isTrusted && depth == path.count - 1
            return Member(
                certificate: certificate, profile: profile,
                role: depth == 0 ? .leaf : isAnchor || profile.isSelfIssued ? .root : .intermediate,
                place: Finding.Place(
                    depth: depth, isOnPath: !path.isEmpty,
                    fingerprintSHA256: certificate.fingerprintSHA256))
        }
    }

    /// The leaf; nil when there is none or it was not read.
    var leaf: Member? { members.first { $0.role == .leaf } }
    /// The leaf when the rules of the public web apply.
    var publicLeaf: Member? { connection.rules == .publicWeb ? leaf : nil }
}
