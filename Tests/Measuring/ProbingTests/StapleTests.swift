import COpenSSL
import HealthModel
import LabTLS
import TLSFindings
import TLSInspection
import Testing

@testable import Probing

/// Stapled OCSP responses over real handshakes.
@Suite struct StapleTests {
    /// One staple and what is said of it.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status: StapleStatus
        var make: @Sendable (TestAuthority, MintedIdentity) throws -> [UInt8]
    }

    static func signed(
        _ wish: StapleWish
    ) -> @Sendable (TestAuthority, MintedIdentity) throws -> [UInt8] {
        { authority, leaf in
            try wish.encoded(
                on: leaf, issuer: authority.intermediate, signer: authority.intermediate)
        }
    }

    /// A responder with a certificate of its own, for OCSP or not, issued by the leaf's issuer or not.
    static func delegated(
        uses: String, isOfIssuer: Bool
    ) -> @Sendable (TestAuthority, MintedIdentity) throws -> [UInt8] {
        { authority, leaf in
            var wish = CertificateWish(names: nil)
            wish.commonName = "Responder"
            wish.extra = [(NID_ext_key_usage, uses)]
            let delegate = try Minting.mint(
                wish, issuer: isOfIssuer ? authority.intermediate : authority.root)
            return try StapleWish().encoded(
                on: leaf, issuer: authority.intermediate, signer: delegate)
        }
    }

    static let rows: [Row] = [
        Row(testDescription: "good", status: .good, make: signed(StapleWish())),
        Row(
            testDescription: "good, named by SHA-256", status: .good,
            make: signed(StapleWish(isSHA256: true))),
        Row(
            testDescription: "revoked", status: .revoked,
            make: signed(StapleWish(status: .revoked))),
        Row(
            testDescription: "unknown", status: .unknown,
            make: signed(StapleWish(status: .unknown))),
        Row(
            testDescription: "past its next update", status: .stale,
            make: signed(StapleWish(start: -7200, end: -60))),
        Row(
            testDescription: "revoked, past its next update", status: .stale,
            make: signed(
                StapleWish(status: .revoked, start: -7200, end: -60))),
        Row(
            testDescription: "a clock somewhat ahead", status: .good,
            make: signed(StapleWish(start: OCSPStaple.clockToleranceSeconds - 30))),
        Row(
            testDescription: "from later", status: .stale,
            make: signed(StapleWish(start: OCSPStaple.clockToleranceSeconds + 30, end: 9000))),
        Row(
            testDescription: "no next update, of today", status: .good,
            make: signed(StapleWish(start: 60 - OCSPStaple.openEndedSeconds, end: nil))),
        Row(
            testDescription: "no next update, older", status: .stale,
            make: signed(StapleWish(start: -60 - OCSPStaple.openEndedSeconds, end: nil))),
        Row(
            testDescription: "by a delegate", status: .good,
            make: delegated(uses: "OCSPSigning", isOfIssuer: true)),
        Row(
            testDescription: "by somebody else's delegate", status: .invalid,
            make: delegated(uses: "OCSPSigning", isOfIssuer: false)),
        Row(
            testDescription: "by a server's certificate", status: .invalid,
            make: delegated(uses: "serverAuth", isOfIssuer: true)),
        Row(testDescription: "by another authority", status: .invalid) { authority, leaf in
            try StapleWish().encoded(
                on: leaf, issuer: authority.intermediate,
                signer: TestAuthority(name: "Test").intermediate)
        },
        Row(testDescription: "about another certificate", status: .invalid) { authority, _ in
            try StapleWish().encoded(
                on: authority.leaf(), issuer: authority.intermediate,
                signer: authority.intermediate)
        },
        Row(testDescription: "a changed signature", status: .invalid) { authority, leaf in
            var bytes = try signed(StapleWish())(authority, leaf)
            // The responder's certificate follows the signature, so that a byte of the answer,
            // which stands before it, is changed.
            bytes[bytes.count / 8] ^= 1
            return bytes
        },
        Row(testDescription: "followed by a byte", status: .invalid) {
            try signed(StapleWish())($0, $1) + [0]
        },
        Row(testDescription: "try later", status: .invalid) { _, _ in StapleWish.tryLater() },
        Row(testDescription: "noise", status: .invalid) { _, _ in [1, 2, 3] },
        Row(testDescription: "larger than is read", status: .invalid) { _, _ in
            [UInt8](repeating: 0x30, count: OCSPStaple.bytesMax + 1)
        },
    ]

    @Test(arguments: rows, [TLS1_2_VERSION, TLS1_3_VERSION])
    func status(row: Row, version: CInt) async throws {
        let authority = try TestAuthority.shared.get()
        let leaf = try authority.leaf()
        let context = try TLSServerContext(
            identity: leaf, chain: [authority.intermediate], version: version)
        try context.staple(row.make(authority, leaf))
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        let tls = try #require(result.tls)
        #expect(tls.staple == row.status)
        #expect(result.reason == (row.status == .revoked ? .tlsRevoked : nil), "\(result.detail)")
        #expect(tls.errors.map(\.code) == (row.status == .revoked ? ["cert_revoked"] : []))
        #expect(result.http?.status == 200)
        let found = TLSFindings.judge(
            chainSent: tls.chainSent, path: tls.chainBuilt,
            connection: ConnectionFacts(tls, rules: .publicWeb), at: result.finishedAt)
        let isUnusable = [.stale, .invalid, .unknown].contains(row.status)
        #expect(found.contains { $0.id == .stapleUnusable } == isUnusable)
    }

    /// The verdict of the chain is remembered, that of the staple is not: another one counts.
    @Test func everyStapleIsRead() async throws {
        let authority = try TestAuthority.shared.get()
        let leaf = try authority.leaf()
        let wishes = [StapleWish(), StapleWish(status: .revoked), StapleWish()]
        let contexts = try wishes.map { wish in
            let context = try TLSServerContext(identity: leaf, chain: [authority.intermediate])
            try context.staple(Self.signed(wish)(authority, leaf))
            return context
        }
        try await withServers(tls: contexts) { ports in
            let overrides = ports.enumerated().map {
                ConnectOverride(
                    host: nil, port: UInt16(1000 + $0), connectHost: "127.0.0.1", connectPort: $1)
            }
            try await withEngine(overrides: overrides) { engine in
                for (index, wanted) in [nil, Reason.tlsRevoked, nil].enumerated() {
                    let result = await engine.probe(
                        endpoint("https://localhost.test:\(1000 + index)/"))
                    #expect(result.reason == wanted)
                }
            }
        }
    }

    /// A chain that is not trusted stays that: its staple proves nothing.
    @Test func aStapleChangesNoBadVerdict() async throws {
        let other = try TestAuthority(name: "Other")
        let leaf = try other.leaf()
        let context = try TLSServerContext(identity: leaf, chain: [other.intermediate])
        try context.staple(
            Self.signed(StapleWish(status: .revoked))(other, leaf))
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        #expect(result.reason == .tlsUntrusted)
        #expect(result.tls?.staple == .revoked)
    }
}
