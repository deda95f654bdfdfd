import COpenSSL
import HealthModel
import LabTLS
import Probing
import TLSInspection
import Testing

/// The verdict on every kind of certificate, with the HTTP answer behind it still seen.
@Suite struct CertificateTests {
    /// One server and what a probe of it must say.
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var reason: Reason?
        /// `depth code` of each error that must be there; no others may.
        var errors: [String]
        var detail: String = ""
        var isNameMatching = true
        var url = "https://localhost.test/"
        var make: @Sendable (TestAuthority) throws -> TLSServerContext
    }

    static let cases: [Case] = trusted + broken + names

    static let trusted: [Case] = [
        Case(testDescription: "good", reason: nil, errors: []) { try $0.server() },
        Case(
            testDescription: "expired", reason: .tlsExpired, errors: ["0 cert_has_expired"],
            detail: "expired 1h ago"
        ) { try $0.server(CertificateWish(hours: -1)) },
        Case(
            testDescription: "not yet valid", reason: .tlsNotYetValid,
            errors: ["0 cert_not_yet_valid"], detail: "valid in"
        ) { authority in
            var wish = CertificateWish()
            wish.notBefore = wish.notBefore + .seconds(2 * 3600)
            return try authority.server(wish)
        },
        Case(testDescription: "weak key", reason: .tlsWeak, errors: ["0 ee_key_too_small"]) {
            var wish = CertificateWish()
            wish.key = .rsa(bits: 1024)
            return try $0.server(wish)
        },
        Case(
            testDescription: "expired intermediate", reason: .tlsExpired,
            errors: ["1 cert_has_expired"], detail: "depth 1, CN=Old Intermediate"
        ) { authority in
            var wish = CertificateWish(names: nil, hours: -1)
            wish.isAuthority = true
            wish.commonName = "Old Intermediate"
            let old = try Minting.mint(wish, issuer: authority.root)
            let leaf = try Minting.mint(CertificateWish(), issuer: old)
            return try TLSServerContext(identity: leaf, chain: [old])
        },
        Case(testDescription: "root sent as well", reason: nil, errors: []) {
            try TLSServerContext(identity: $0.leaf(), chain: [$0.intermediate, $0.root])
        },
    ]

    static let broken: [Case] = [
        Case(
            testDescription: "self-signed", reason: .tlsSelfSigned,
            errors: ["0 depth_zero_self_signed_cert"], detail: "subject CN=localhost.test"
        ) { _ in try TLSServerContext(identity: Minting.mint(CertificateWish())) },
        Case(
            testDescription: "incomplete chain", reason: .tlsIncompleteChain,
            errors: ["0 unable_to_get_issuer_cert_locally", "0 unable_to_verify_leaf_signature"],
            detail: "issuer not sent: CN=Test Intermediate"
        ) { try TLSServerContext(identity: $0.leaf()) },
        Case(
            testDescription: "untrusted root, not sent", reason: .tlsUntrusted,
            errors: ["1 unable_to_get_issuer_cert_locally"], detail: "leads to CN=Other Root"
        ) { _ in
            let other = try TestAuthority(name: "Other")
            return try TLSServerContext(identity: other.leaf(), chain: [other.intermediate])
        },
        Case(
            testDescription: "root of a trusted name with another key", reason: .tlsUntrusted,
            errors: ["1 cert_signature_failure"], detail: "leads to CN=Test Root"
        ) { _ in
            let other = try TestAuthority(name: "Test")
            return try TLSServerContext(identity: other.leaf(), chain: [other.intermediate])
        },
        Case(
            testDescription: "untrusted root, sent", reason: .tlsUntrusted,
            errors: ["2 self_signed_cert_in_chain"], detail: "leads to CN=Foreign Root"
        ) { _ in
            var wish = CertificateWish(names: nil)
            wish.isAuthority = true
            wish.commonName = "Foreign Root"
            let root = try Minting.mint(wish)
            wish.commonName = "Foreign Intermediate"
            let link = try Minting.mint(wish, issuer: root)
            let leaf = try Minting.mint(CertificateWish(), issuer: link)
            return try TLSServerContext(identity: leaf, chain: [link, root])
        },
        Case(
            testDescription: "issued by a certificate that is no authority",
            reason: .tlsInvalid, errors: ["1 invalid_ca", "1 invalid_purpose"]
        ) { authority in
            var wish = CertificateWish(names: nil)
            wish.commonName = "No Authority"
            let link = try authority.leaf(wish)
            let leaf = try Minting.mint(CertificateWish(), issuer: link)
            return try TLSServerContext(identity: leaf, chain: [link, authority.intermediate])
        },
    ]

    static let names: [Case] = [
        Case(
            testDescription: "wrong name", reason: .tlsHostnameMismatch,
            errors: ["0 hostname_mismatch"], detail: "for other.test, not localhost.test",
            isNameMatching: false
        ) { try $0.server(CertificateWish(names: "DNS:other.test")) },
        Case(
            testDescription: "common name only", reason: .tlsHostnameMismatch,
            errors: ["0 hostname_mismatch"], detail: "for no name at all, not localhost.test",
            isNameMatching: false
        ) { try $0.server(CertificateWish(names: nil)) },
        Case(testDescription: "wildcard", reason: nil, errors: [], url: "https://www.a.test/") {
            try $0.server(CertificateWish(names: "DNS:*.a.test"))
        },
        Case(
            testDescription: "wildcard covers one label only", reason: .tlsHostnameMismatch,
            errors: ["0 hostname_mismatch"], isNameMatching: false, url: "https://x.www.a.test/"
        ) { try $0.server(CertificateWish(names: "DNS:*.a.test")) },
        Case(
            testDescription: "partial wildcard", reason: .tlsHostnameMismatch,
            errors: ["0 hostname_mismatch"], isNameMatching: false, url: "https://www.a.test/"
        ) { try $0.server(CertificateWish(names: "DNS:w*.a.test")) },
        Case(testDescription: "upper case in the certificate", reason: nil, errors: []) {
            try $0.server(CertificateWish(names: "DNS:LOCALHOST.test"))
        },
        Case(
            testDescription: "trailing dot in the URL", reason: nil, errors: [],
            url: "https://localhost.test./"
        ) { try $0.server() },
        Case(testDescription: "IPv4 address", reason: nil, errors: [], url: "https://127.0.0.1/") {
            try $0.server()
        },
        Case(testDescription: "IPv6 address", reason: nil, errors: [], url: "https://[::1]/") {
            try $0.server()
        },
        Case(
            testDescription: "address as a DNS name", reason: .tlsHostnameMismatch,
            errors: ["0 ip_address_mismatch"], isNameMatching: false, url: "https://127.0.0.1/"
        ) { try $0.server(CertificateWish(names: "DNS:127.0.0.1")) },
    ]

    @Test(arguments: cases, [TLS1_2_VERSION, TLS1_3_VERSION])
    func verdict(of wanted: Case, version: CInt) async throws {
        let authority = try TestAuthority.shared.get()
        let context = try wanted.make(authority)
        context.limit(to: version...version)
        let result = try await probe(tls: context, url: wanted.url) { connection in
            connection.answer(httpAnswer(status: "201 Created"))
        }
        #expect(result.reason == wanted.reason)
        #expect(wanted.reason == nil ? result.detail.isEmpty : !result.detail.isEmpty)
        #expect(result.detail.contains(wanted.detail) || wanted.detail.isEmpty)
        #expect(result.http?.status == 201)
        let tls = try #require(result.tls)
        #expect(tls.isHandshakeComplete)
        #expect(tls.version == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"))
        #expect(tls.cipherSuite?.hasPrefix("TLS_") == true)
        #expect(tls.group != nil)
        #expect(tls.verdict == wanted.reason)
        #expect(tls.isNameMatching == wanted.isNameMatching)
        #expect(Set(tls.errors.map { "\($0.depth) \($0.code)" }) == Set(wanted.errors))
        #expect(sum(result.phases) <= result.phases.totalMicroseconds)
        #expect(result.phases.tlsMicroseconds > 0)
    }

    @Test func chainFacts() async throws {
        let authority = try TestAuthority.shared.get()
        let wish = CertificateWish(names: "DNS:localhost.test,IP:127.0.0.1,IP:::1")
        let result = try await probe(tls: authority.server(wish)) { $0.answer(httpAnswer()) }
        let tls = try #require(result.tls)
        #expect(tls.chainSent.map(\.subject) == ["CN=localhost.test", "CN=Test Intermediate"])
        #expect(
            tls.chainBuilt.map(\.subject)
                == ["CN=localhost.test", "CN=Test Intermediate", "CN=Test Root"])
        let leaf = try #require(tls.leaf)
        #expect(leaf.issuer == "CN=Test Intermediate")
        #expect(leaf.names == ["localhost.test", "127.0.0.1", "::1"])
        #expect(leaf.nameCount == 3)
        #expect(leaf.notBefore == wish.notBefore)
        #expect(leaf.notAfter == wish.notAfter)
        #expect(leaf.key == "EC prime256v1")
        #expect(leaf.signatureAlgorithm == "ecdsa-with-SHA256")
        #expect(leaf.fingerprintSHA256.utf8.count == 64)
        #expect(tls.earliestNotAfterVerified == wish.notAfter)
    }

    /// RFC 5280 §4.1.2.5: notAfter is the last valid instant; and the same for notBefore.
    @Test(arguments: [
        (-1, Reason.tlsNotYetValid), (0, nil), (1, nil), (99, nil), (100, nil),
        (101, Reason.tlsExpired),
    ])
    func endsOfValidityAreInclusive(offsetSeconds: Int, wanted: Reason?) async throws {
        let start = MachineClock().now().seconds
        var wish = CertificateWish()
        wish.notBefore = Timestamp(seconds: start)
        wish.notAfter = Timestamp(seconds: start + 100)
        let context = try TestAuthority.shared.get().server(wish)
        // Half a second past the whole second still belongs to it: notAfter has no fraction.
        for nanoseconds in [0, 500_000_000] as [Int64]
        where offsetSeconds != 100 || nanoseconds == 0 {
            let instant =
                Timestamp(seconds: start + Int64(offsetSeconds)) + .nanoseconds(nanoseconds)
            let result = try await probe(tls: context, verificationTime: instant) {
                $0.answer(httpAnswer())
            }
            #expect(result.reason == wanted, "\(offsetSeconds) s and \(nanoseconds) ns")
        }
    }

    /// One engine sees a server whose certificate is swapped: a cached verdict must not hide it.
    @Test func swappedCertificateIsSeenAtTheNextProbe() async throws {
        let authority = try TestAuthority.shared.get()
        let contexts = try [
            authority.server(), authority.server(CertificateWish(hours: -1)), authority.server(),
            authority.server(CertificateWish(names: "DNS:other.test")),
        ]
        try await withServers(tls: contexts) { ports in
            let overrides = ports.enumerated().map {
                ConnectOverride(
                    host: nil, port: UInt16(1000 + $0), connectHost: "127.0.0.1", connectPort: $1)
            }
            try await withEngine(overrides: overrides) { engine in
                let wanted: [Reason?] = [nil, .tlsExpired, nil, .tlsHostnameMismatch]
                for round in 0..<12 {
                    let result = await engine.probe(
                        endpoint("https://localhost.test:\(1000 + round % 4)/"))
                    #expect(result.reason == wanted[round % 4])
                    #expect(result.http?.status == 200)
                }
            }
        }
    }

    /// The name is part of a cached verdict.
    @Test func verdictOfOneNameIsNotThatOfAnother() async throws {
        let context = try TestAuthority.shared.get().server(CertificateWish(names: "DNS:a.test"))
        try await withServer(tls: context) {
            $0.answer(httpAnswer())
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                #expect(await engine.probe(endpoint("https://a.test/")).reason == nil)
                let other = await engine.probe(endpoint("https://b.test/"))
                #expect(other.reason == .tlsHostnameMismatch)
                #expect(await engine.probe(endpoint("https://a.test/")).reason == nil)
            }
        }
    }

    @Test(arguments: [(255, nil), (265, Reason.tlsChainTooLarge), (1000, .tlsChainTooLarge)])
    func certificateMessageLimit(kilobytes: Int, wanted: Reason?) async throws {
        var wish = CertificateWish()
        wish.addComment(bytes: kilobytes * 1000)
        let context = try TestAuthority.shared.get().server(wish)
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        #expect(result.reason == wanted)
        #expect(result.phases.tlsMicroseconds > 0)
    }

    @Test func namesOfACertificateAreBounded() async throws {
        let many = ["DNS:localhost.test"] + (0..<500).map { "DNS:n\($0).a.test" }
        let context = try TestAuthority.shared.get().server(
            CertificateWish(names: many.joined(separator: ",")))
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        #expect(result.reason == nil)
        #expect(result.tls?.leaf?.names.count == Limits.certificateNames)
        #expect(result.tls?.leaf?.nameCount == 501)
    }

    @Test func chainLongerThanTheLimitIsCut() async throws {
        let authority = try TestAuthority.shared.get()
        let extra = try (0..<Limits.chainCertificates).map { number in
            var wish = CertificateWish(names: nil)
            wish.commonName = "Extra \(number)"
            return try Minting.mint(wish)
        }
        let context = try TLSServerContext(
            identity: authority.leaf(), chain: [authority.intermediate] + extra)
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        #expect(result.reason == nil)
        #expect(result.tls?.chainSent.count == Limits.chainCertificates)
    }

    @Test(arguments: [TLS1_2_VERSION, TLS1_3_VERSION])
    func clientCertificateRequired(version: CInt) async throws {
        let context = try TestAuthority.shared.get().server(
            version: version, demandsClientCertificate: true)
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        #expect(result.reason == .tlsClientCertificateRequired)
        #expect(result.http == nil)
        #expect(result.tls?.chainSent.count == 2)
    }

    @Test func noCommonVersion() async throws {
        let context = try TestAuthority.shared.get().server(version: TLS1_VERSION)
        let result = try await probe(tls: context) { $0.answer(httpAnswer()) }
        #expect(result.reason == .tlsProtocol)
        #expect(result.detail.hasPrefix("speaks only TLSv1 with TLS_"))
        #expect(result.tls?.version == "TLSv1")
        #expect(result.phases.tlsMicroseconds > 0)
    }

    /// The tolerant look gets no request with a secret, and is taken once.
    @Test func aRefusedHandshakeIsLookedAtOnce() async throws {
        let context = try TestAuthority.shared.get().server(version: TLS1_VERSION)
        try await withServer(
            tls: context,
            script: { connection in
                if connection.readRequest() != nil { connection.write(httpAnswer()) }
            }
        ) { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                let result = await engine.probe(
                    endpoint("https://localhost.test/") {
                        $0.requestHeaders = [Header(name: "Authorization", value: "secret")]
                    })
                #expect(result.reason == .tlsProtocol)
                #expect(result.http == nil)
                #expect(result.tls?.version == "TLSv1")
                #expect(server.accepted == 2)
            }
        }
    }
}
