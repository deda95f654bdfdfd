import COpenSSL
import Glibc
import HealthModel
import LabTLS
import Probing
import TLSFindings
import Testing

/// Real TLS servers of every kind: verdict, detail, findings and HTTP status of each.
@Suite struct ServerTableTests {
    @Test(arguments: sound + dated + weak)
    func server(row: ServerRow) async throws { try await row.check() }

    @Test(arguments: chains + authorities)
    func chainOfServer(row: ServerRow) async throws { try await row.check() }

    @Test(arguments: names + uses)
    func leafOfServer(row: ServerRow) async throws { try await row.check() }

    static let sound: [ServerRow] = [
        ServerRow(server: "good") { try $0.serving { _ in } },
        ServerRow(server: "RSA 2048") { try $0.serving { $0.key = .rsa(bits: 2048) } },
        ServerRow(server: "RSA 4096") { try $0.serving { $0.key = .rsa(bits: 4096) } },
        ServerRow(server: "P-384") { try $0.serving { $0.key = .p384 } },
        ServerRow(server: "Ed25519", more: [.keyKindForbidden]) {
            try $0.serving { $0.key = .ed25519 }
        },
        ServerRow(server: "signed with SHA-512") { try $0.serving { $0.digest = "SHA512" } },
        ServerRow(server: "10,000 names, 210 kB") {
            try $0.serving { wish in
                wish.names = (["localhost.test"] + (0..<9_999).map { "name-\($0).a.test" })
                    .map { "DNS:" + $0 }.joined(separator: ",")
            }
        },
        ServerRow(server: "leaf of 210 kB") { try $0.serving { $0.addComment(bytes: 210_000) } },
        ServerRow(
            server: "leaf of 300 kB", reason: .tlsChainTooLarge, detail: "262144 bytes",
            isAnswered: false
        ) { try $0.serving { $0.addComment(bytes: 300_000) } },
        ServerRow(server: "client certificate asked for") {
            let context = try $0.serving { _ in }
            context.askForClientCertificate(isDemanded: false)
            return context
        },
        ServerRow(
            server: "client certificate demanded", reason: .tlsClientCertificateRequired,
            isAnswered: false
        ) { try $0.server(CertificateWish(), demandsClientCertificate: true) },
        ServerRow(server: "shows its certificate to those only who name it") { authority in
            let context = try authority.serving { _ in }
            context.withoutServerName(
                show: try authority.leaf(CertificateWish(names: "DNS:default.test")))
            return context
        },
    ]

    static let dated: [ServerRow] = [
        ServerRow(server: "expired", reason: .tlsExpired, detail: "expired 1h ago") {
            try $0.serving { wish in
                wish.notAfter = wish.notBefore
                wish.notBefore = wish.notBefore + .seconds(-90 * 86_400)
            }
        },
        ServerRow(server: "not yet valid", reason: .tlsNotYetValid, detail: "valid in") {
            try $0.serving { $0.notBefore = $0.notBefore + .seconds(7200) }
        },
        ServerRow(server: "valid for 400 days", more: [.validityTooLong]) {
            try $0.server(CertificateWish(hours: 400 * 24))
        },
    ]

    static let weak: [ServerRow] = [
        ServerRow(server: "RSA 1024", reason: .tlsWeak, more: [.keyTooSmall]) {
            try $0.serving { $0.key = .rsa(bits: 1024) }
        },
        ServerRow(server: "leaf signed with SHA-1", reason: .tlsWeak, more: [.signatureWeak]) {
            try $0.serving { $0.digest = "SHA1" }
        },
        ServerRow(server: "leaf signed with MD5", reason: .tlsWeak, more: [.signatureWeak]) {
            try $0.below(leaf: { $0.digest = "MD5" }, { $0.key = .rsa(bits: 2048) })
        },
        ServerRow(
            server: "intermediate signed with SHA-1", reason: .tlsWeak, more: [.signatureWeak]
        ) { try $0.below { $0.digest = "SHA1" } },
        ServerRow(
            server: "intermediate of RSA 1024", reason: .tlsWeak, more: [.keyTooSmall]
        ) { try $0.below { $0.key = .rsa(bits: 1024) } },
    ]

    static let chains: [ServerRow] = [
        ServerRow(
            server: "self-signed", reason: .tlsSelfSigned,
            fewer: [
                .issuerAddressMissing, .revocationAddressMissing, .authorityKeyMissing,
                .subjectKeyMissing,
            ]
        ) { _ in try TLSServerContext(identity: Minting.mint(CertificateWish())) },
        ServerRow(
            server: "incomplete chain", reason: .tlsIncompleteChain,
            detail: "issuer not sent: CN=Test Intermediate", fewer: [.subjectKeyMissing],
            warnings: ["missing_issuer"]
        ) { try TLSServerContext(identity: $0.leaf()) },
        ServerRow(
            server: "untrusted root", reason: .tlsUntrusted, detail: "leads to CN=Other Root",
            warnings: ["missing_issuer"]
        ) { _ in
            let other = try TestAuthority(name: "Other")
            return try TLSServerContext(identity: other.leaf(), chain: [other.intermediate])
        },
        ServerRow(
            server: "untrusted root, sent", reason: .tlsUntrusted,
            detail: "leads to CN=Other Root", more: [.chainRootSent]
        ) { _ in
            let other = try TestAuthority(name: "Other")
            return try TLSServerContext(
                identity: other.leaf(), chain: [other.intermediate, other.root])
        },
        ServerRow(server: "root sent", more: [.chainRootSent]) {
            try TLSServerContext(identity: $0.leaf(), chain: [$0.intermediate, $0.root])
        },
        ServerRow(server: "intermediate sent twice", more: [.chainDuplicate]) {
            try TLSServerContext(identity: $0.leaf(), chain: [$0.intermediate, $0.intermediate])
        },
        ServerRow(server: "another authority sent too", more: [.chainUnneeded]) { authority in
            let other = try TestAuthority(name: "Other")
            return try TLSServerContext(
                identity: authority.leaf(), chain: [authority.intermediate, other.intermediate])
        },
        ServerRow(server: "in the wrong order", more: [.chainMisordered]) { authority in
            var wish = CertificateWish(names: nil)
            wish.isAuthority = true
            wish.commonName = "Second Intermediate"
            let second = try Minting.mint(wish, issuer: authority.intermediate)
            let leaf = try Minting.mint(CertificateWish(), issuer: second)
            return try TLSServerContext(identity: leaf, chain: [authority.intermediate, second])
        },
        ServerRow(
            server: "expired intermediate", reason: .tlsExpired,
            detail: "depth 1, CN=Own Intermediate"
        ) { try $0.below { $0.notAfter = MachineClock().now() + .seconds(-60) } },
        ServerRow(
            server: "expired intermediate with a second path", more: [.chainExpiredSent]
        ) { authority in
            let live = try authority.link("Twin")
            let dead = try authority.link("Twin") {
                $0.pair = live
                $0.notAfter = MachineClock().now() + .seconds(-60)
            }
            let leaf = try Minting.mint(CertificateWish(), issuer: live)
            return try TLSServerContext(identity: leaf, chain: [dead, live])
        },
        ServerRow(
            server: "dead root sent, second path below it",
            more: [.chainUnneeded], warnings: ["needs_backtracking"]
        ) { authority in
            // The shape of AddTrust: the link to a root that nobody trusts comes first.
            let live = try authority.link("Crossed")
            let foreign = try TestAuthority(name: "Foreign")
            var wish = CertificateWish(names: nil)
            wish.isAuthority = true
            wish.commonName = "Crossed"
            wish.pair = live
            let dead = try Minting.mint(wish, issuer: foreign.root)
            let leaf = try Minting.mint(CertificateWish(), issuer: live)
            return try TLSServerContext(identity: leaf, chain: [dead, live])
        },
    ]

    static let authorities: [ServerRow] = [
        ServerRow(server: "issued by no authority", reason: .tlsInvalid) { authority in
            var wish = CertificateWish(names: nil)
            wish.commonName = "No Authority"
            let link = try authority.leaf(wish)
            let leaf = try Minting.mint(CertificateWish(), issuer: link)
            return try TLSServerContext(identity: leaf, chain: [link, authority.intermediate])
        },
        ServerRow(server: "path too long", reason: .tlsInvalid) { authority in
            let first = try authority.link("Last One") {
                $0.authority = "critical,CA:TRUE,pathlen:0"
            }
            var wish = CertificateWish(names: nil)
            wish.isAuthority = true
            wish.commonName = "One Too Many"
            let second = try Minting.mint(wish, issuer: first)
            let leaf = try Minting.mint(CertificateWish(), issuer: second)
            return try TLSServerContext(identity: leaf, chain: [second, first])
        },
        ServerRow(server: "name permitted") {
            try $0.below {
                $0.extra = [(NID_name_constraints, "critical,permitted;DNS:test")]
            }
        },
        ServerRow(server: "name not permitted", reason: .tlsInvalid) {
            try $0.below {
                $0.extra = [(NID_name_constraints, "critical,permitted;DNS:example")]
            }
        },
        ServerRow(server: "name excluded", reason: .tlsInvalid) {
            try $0.below {
                $0.extra = [(NID_name_constraints, "critical,excluded;DNS:localhost.test")]
            }
        },
        ServerRow(
            server: "wildcard over an excluded name", host: "www.a.test", reason: .tlsInvalid
        ) {
            try $0.below(
                leaf: {
                    $0.names = "DNS:*.a.test"
                    $0.commonName = "*.a.test"
                },
                { $0.extra = [(NID_name_constraints, "critical,excluded;DNS:secret.a.test")] })
        },
        ServerRow(
            server: "constraints not critical", more: [.nameConstraintsNotCritical]
        ) {
            try $0.below { $0.extra = [(NID_name_constraints, "permitted;DNS:test")] }
        },
    ]

    static let names: [ServerRow] = [
        ServerRow(
            server: "wrong name", reason: .tlsHostnameMismatch,
            detail: "for other.test, not localhost.test", more: [.commonNameNotInSAN]
        ) { try $0.serving { $0.names = "DNS:other.test" } },
        ServerRow(
            server: "common name only", reason: .tlsHostnameMismatch,
            detail: "for no name at all", more: [.sanMissing]
        ) { try $0.serving { $0.names = nil } },
        ServerRow(server: "wildcard", host: "www.a.test") {
            try $0.serving {
                $0.names = "DNS:*.a.test"
                $0.commonName = "*.a.test"
            }
        },
        ServerRow(
            server: "wildcard covers one label", host: "x.www.a.test",
            reason: .tlsHostnameMismatch
        ) {
            try $0.serving {
                $0.names = "DNS:*.a.test"
                $0.commonName = "*.a.test"
            }
        },
        ServerRow(
            server: "partial wildcard", host: "www.a.test", reason: .tlsHostnameMismatch,
            more: [.sanNameMalformed]
        ) {
            try $0.serving {
                $0.names = "DNS:w*.a.test"
                $0.commonName = "w*.a.test"
            }
        },
        ServerRow(
            server: "wildcard over a public suffix", host: "example.co.uk",
            more: [.sanPublicSuffixWildcard]
        ) {
            try $0.serving {
                $0.names = "DNS:*.co.uk"
                $0.commonName = "*.co.uk"
            }
        },
        ServerRow(server: "underscore", more: [.sanUnderscore]) {
            try $0.serving { $0.names = "DNS:localhost.test,DNS:a_b.test" }
        },
        ServerRow(server: "IPv4 address", host: "127.0.0.1") {
            try $0.serving { $0.names = "DNS:localhost.test,IP:127.0.0.1" }
        },
        ServerRow(
            server: "address written as a name", host: "127.0.0.1", reason: .tlsHostnameMismatch,
            more: [.sanNameMalformed]
        ) { try $0.serving { $0.names = "DNS:localhost.test,DNS:127.0.0.1" } },
    ]

    static let uses: [ServerRow] = [
        ServerRow(server: "for servers", fewer: [.ekuMissing]) {
            try $0.serving { $0.extra = [(NID_ext_key_usage, "serverAuth")] }
        },
        ServerRow(
            server: "for servers and clients", more: [.ekuClientAuthentication],
            fewer: [.ekuMissing]
        ) { try $0.serving { $0.extra = [(NID_ext_key_usage, "serverAuth,clientAuth")] } },
        ServerRow(
            server: "for clients only", reason: .tlsInvalid,
            more: [.ekuNoServerAuthentication, .ekuClientAuthentication], fewer: [.ekuMissing]
        ) { try $0.serving { $0.extra = [(NID_ext_key_usage, "clientAuth")] } },
        ServerRow(server: "must staple and does not", more: [.stapleMissing]) {
            try $0.serving { $0.extra = [(NID_tlsfeature, "status_request")] }
        },
        ServerRow(server: "an unknown critical extension", reason: .tlsInvalid) {
            try $0.serving { $0.extra = [(NID_netscape_comment, "critical,strange")] }
        },
    ]
}

/// Servers whose certificate depends on where and how they are asked.
@Suite struct ManyFacesTests {
    /// One of several addresses with the old certificate is seen in its turn.
    @Test func everyAddressIsSeen() async throws {
        let authority = try TestAuthority.shared.get()
        let contexts = try [
            authority.serving { _ in },
            authority.server(CertificateWish(hours: -1)),
        ]
        try await withServers(tls: contexts) { ports in
            let overrides = ports.enumerated().map { index, port in
                ConnectOverride(
                    host: "localhost.test", port: UInt16(8000 + index), connectHost: "127.0.0.1",
                    connectPort: port)
            }
            try await withEngine(overrides: overrides) { engine in
                let good = await engine.probe(endpoint("https://localhost.test:8000/"))
                let bad = await engine.probe(endpoint("https://localhost.test:8001/"))
                #expect(good.reason == nil && good.http?.status == 200)
                #expect(bad.reason == .tlsExpired && bad.http?.status == 200)
                #expect(
                    good.tls?.leaf?.fingerprintSHA256 != bad.tls?.leaf?.fingerprintSHA256)
            }
        }
    }

    /// What answers on the port is no TLS at all.
    @Test(arguments: ["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "\u{1}"])
    func noTLS(answer: String) async throws {
        let result = try await withServer(
            tls: nil,
            script: {
                _ = $0.read()
                $0.write(answer)
            }
        ) { server in
            try await withEngine(overrides: [everything(to: server.port)]) {
                await $0.probe(endpoint("https://localhost.test/"))
            }
        }
        #expect([.tlsNotTLS, .tlsReset].contains(result.reason), "\(result.detail)")
        #expect(result.http == nil)
        #expect(result.tls?.chainSent.isEmpty != false)
    }
}
