import COpenSSL
import HealthModel
import LabTLS
import Probing
import TLSFindings
import Testing

/// One real server and everything that a probe of it must say.
struct ServerRow: Sendable, CustomTestStringConvertible {
    /// What the server is.
    var server: String
    var testDescription: String { server }
    /// The host asked for; `localhost.test` unless the row is about names.
    var host = "localhost.test"
    /// The reason; nil when the certificate is trusted and the server answers.
    var reason: Reason?
    /// A part of the detail.
    var detail = ""
    /// Findings beyond `soundFindings`.
    var more: Set<FindingID> = []
    /// Findings of `soundFindings` that this server does not give.
    var fewer: Set<FindingID> = []
    /// Codes of the path warnings.
    var warnings: [String] = []
    /// Whether HTTP behind the certificate is seen.
    var isAnswered = true
    var make: @Sendable (TestAuthority) throws -> TLSServerContext

    /// What is found on a server of the test authority against which nothing else is to be said:
    /// a private authority logs nothing and offers neither lists nor its own certificate.
    static let soundFindings: Set<FindingID> = [
        .timestampsMissing, .policyMissing, .issuerAddressMissing, .revocationAddressMissing,
        .ekuMissing, .authorityKeyMissing, .subjectKeyMissing,
    ]

    /// Probes the server and holds the result against the row.
    func check(_ version: CInt? = nil) async throws {
        let context = try make(TestAuthority.shared.get())
        if let version { context.limit(to: version...version) }
        let result = try await probe(tls: context, url: "https://\(host)/") {
            $0.answer(httpAnswer(status: "201 Created"))
        }
        hold(against: result, status: 201)
    }

    /// Holds a result against the row.
    func hold(against result: ProbeResult, status: Int) {
        #expect(result.reason == reason, "\(server): \(result.detail)")
        #expect(result.detail.contains(detail) || detail.isEmpty, "\(server): \(result.detail)")
        #expect(result.http?.status == (isAnswered ? status : nil), "\(server)")
        guard let tls = result.tls else {
            if isAnswered { Issue.record("\(server): no TLS record") }
            return
        }
        #expect(tls.pathWarnings.map(\.code) == warnings, "\(server)")
        let found = Set(
            TLSFindings.judge(
                chainSent: tls.chainSent, path: tls.chainBuilt,
                connection: ConnectionFacts(tls, rules: .publicWeb), at: result.finishedAt,
                isPublicSuffix: PublicSuffix.contains
            ).map(\.id))
        var wanted = Self.soundFindings.union(more).subtracting(fewer)
        // What is not trusted need not be logged either.
        if tls.verdict != nil { wanted.remove(.timestampsMissing) }
        if tls.chainSent.isEmpty { wanted = [] }
        #expect(
            found == wanted,
            "\(server): more \(found.subtracting(wanted).map(\.rawValue).sorted()), fewer \(wanted.subtracting(found).map(\.rawValue).sorted())"
        )
    }
}

extension TestAuthority {
    /// A leaf of the intermediate as changed, sent with the intermediate.
    func serving(_ change: (inout CertificateWish) -> Void) throws -> TLSServerContext {
        var wish = CertificateWish()
        change(&wish)
        return try server(wish)
    }

    /// An intermediate of the root as changed.
    func link(
        _ name: String, _ change: (inout CertificateWish) -> Void = { _ in }
    ) throws -> MintedIdentity {
        var wish = CertificateWish(names: nil, hours: 5_000)
        wish.isAuthority = true
        wish.commonName = name
        change(&wish)
        return try Minting.mint(wish, issuer: root)
    }

    /// A leaf below a changed intermediate, sent with it.
    func below(
        _ name: String = "Own Intermediate", leaf: (inout CertificateWish) -> Void = { _ in },
        _ change: (inout CertificateWish) -> Void
    ) throws -> TLSServerContext {
        let link = try link(name, change)
        var wish = CertificateWish()
        leaf(&wish)
        return try TLSServerContext(identity: Minting.mint(wish, issuer: link), chain: [link])
    }
}
