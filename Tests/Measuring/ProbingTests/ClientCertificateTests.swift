import COpenSSL
import Glibc
import HealthModel
import LabTLS
import TLSInspection
import Testing

@testable import Probing

/// Mutual TLS: shown to whom it may be shown, and to nobody else.
@Suite struct ClientCertificateTests {
    /// A certificate and a key in files of their own.
    struct Files {
        let certificate: TemporaryFile
        let key: TemporaryFile

        init(certificate: String, key: String, mode: mode_t = 0o600) throws {
            self.certificate = try TemporaryFile(certificate)
            self.key = try TemporaryFile(key)
            chmod(self.key.path, mode)
        }

        var names: ClientCertificateFiles {
            ClientCertificateFiles(certificatePath: certificate.path, keyPath: key.path)
        }
    }

    private static func files() throws -> Files {
        let authority = try TestAuthority.shared.get()
        var wish = CertificateWish(names: nil)
        wish.commonName = "monitor"
        let identity = try authority.leaf(wish)
        return try Files(
            certificate: identity.pem + authority.intermediate.pem, key: identity.keyPEM)
    }

    /// Probes one server that asks for a certificate, and tells whose it saw.
    private static func probe(
        _ url: String, server wish: CertificateWish? = nil, version: CInt, hasIdentity: Bool = true,
        isIdentityWanted: Bool = true, trustsClients: Bool = true
    ) async throws -> (result: ProbeResult, seen: [String], requests: [String]) {
        let authority = try TestAuthority.shared.get()
        let context = try TLSServerContext(
            identity: authority.leaf(wish ?? CertificateWish()), chain: [authority.intermediate],
            version: version)
        try context.askForClientCertificate(
            trusting: trustsClients ? authority.trustFile.path : nil)
        let files = try files()
        let identity = try ClientIdentity(files.names)
        let requests = Seen()
        let result = try await withServer(tls: nil) { connection in
            let door = ProbeURL(url).flatMap { StartTLSDialogue.Door($0.scheme) }
            if let door, !DoorServer.talk(door, on: connection) { return }
            guard connection.upgrade(context) else { return }
            if url.hasPrefix("https"), let request = connection.readRequest() {
                requests.add(request)
                connection.write(httpAnswer())
            }
            connection.awaitClose()
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                let endpoint = endpoint(url) {
                    $0.clientCertificate = isIdentityWanted ? files.names : nil
                }
                return await withCheckedContinuation { continuation in
                    engine.engine.probeOnce(endpoint, identity: hasIdentity ? identity : nil) {
                        continuation.resume(returning: $0)
                    }
                }
            }
        }
        return (result, context.clientSubjects, requests.all)
    }

    static let urls = [
        "https://localhost.test/", "tls://localhost.test:1/", "smtp://localhost.test/",
        "ldap://localhost.test/",
    ]

    @Test(arguments: urls, [TLS1_2_VERSION, TLS1_3_VERSION])
    func isShownToAGoodServer(url: String, version: CInt) async throws {
        let (result, seen, requests) = try await Self.probe(url, version: version)
        #expect(result.reason == nil, "\(result.detail)")
        #expect(seen == ["monitor", "Test Intermediate"])
        #expect(requests.count == (url.hasPrefix("https") ? 1 : 0))
    }

    /// The heart of it: neither certificate nor request reaches a server that has not proved
    /// who it is.
    @Test(arguments: urls, [TLS1_2_VERSION, TLS1_3_VERSION])
    func isKeptFromABadServer(url: String, version: CInt) async throws {
        let (result, seen, requests) = try await Self.probe(
            url, server: CertificateWish(hours: -1), version: version)
        #expect(result.reason == .tlsExpired)
        #expect(result.detail == "expired 1h ago")
        #expect(result.tls?.chainSent.count == 2)
        #expect(result.tls?.isHandshakeComplete == false)
        #expect(result.http == nil)
        #expect(seen.isEmpty && requests.isEmpty)
    }

    @Test(arguments: urls, [TLS1_2_VERSION, TLS1_3_VERSION])
    func isRefused(url: String, version: CInt) async throws {
        let result = try await untilAnswered {
            try await Self.probe(url, version: version, trustsClients: false).result
        }
        #expect(result.reason == .tlsClientCertificateRefused)
        #expect(result.detail == "alert 48 received")
        #expect(result.tls?.verdict == nil)
    }

    @Test(arguments: urls) func isNotLoaded(url: String) async throws {
        let (result, seen, _) = try await Self.probe(
            url, version: TLS1_3_VERSION, hasIdentity: false)
        #expect(result.reason == .monitorError)
        #expect(seen.isEmpty)
    }

    /// An identity at hand is no reason to show it where no endpoint names it.
    @Test(arguments: urls) func isNotWanted(url: String) async throws {
        let result = try await untilAnswered {
            let (result, seen, _) = try await Self.probe(
                url, version: TLS1_3_VERSION, isIdentityWanted: false)
            #expect(seen.isEmpty)
            return result
        }
        #expect(result.reason == .tlsClientCertificateRequired)
    }

    /// A redirect to another host of the same domain does not get it.
    @Test func staysOnItsOrigin() async throws {
        let authority = try TestAuthority.shared.get()
        let context = try TLSServerContext(
            identity: authority.leaf(CertificateWish(names: "DNS:*.a.test")),
            chain: [authority.intermediate])
        try context.askForClientCertificate(trusting: authority.trustFile.path, isDemanded: false)
        let files = try Self.files()
        let identity = try ClientIdentity(files.names)
        let result = try await withServer(tls: context) { connection in
            guard let request = connection.readRequest() else { return }
            connection.write(
                request.contains("Host: www.a.test")
                    ? httpAnswer(status: "302 F", headers: ["Location: https://b.a.test/"])
                    : httpAnswer())
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                let endpoint = endpoint("https://www.a.test/") {
                    $0.clientCertificate = files.names
                }
                return await withCheckedContinuation { continuation in
                    engine.engine.probeOnce(endpoint, identity: identity) {
                        continuation.resume(returning: $0)
                    }
                }
            }
        }
        #expect(result.reason == nil)
        #expect(result.hops.count == 2)
        // Both connections asked; one was answered.
        #expect(context.clientSubjects == ["monitor", "Test Intermediate"])
    }

    // MARK: Files

    private func problem(_ files: ClientCertificateFiles) -> String? {
        do throws(ClientIdentity.LoadError) {
            _ = try ClientIdentity(files)
            return nil
        } catch {
            return error.description
        }
    }

    @Test(
        arguments: [
            (0o600, true), (0o400, true), (0o700, true), (0o640, false), (0o604, false),
            (0o660, false),
            (0o644, false), (0o601, false),
        ] as [(mode_t, Bool)])
    func onlyTheOwnerMayReadTheKey(mode: mode_t, isGood: Bool) throws {
        let identity = try TestAuthority.shared.get().leaf()
        let files = try Files(certificate: identity.pem, key: identity.keyPEM, mode: mode)
        let name = files.key.path
        #expect(
            problem(files.names)
                == (isGood
                    ? nil
                    : "\(name): others than its owner have access to it "
                        + "(mode 0\(String(mode, radix: 8))); run: chmod 600 \(name)"))
    }

    @Test func theKeyMustBeThatOfTheCertificate() throws {
        let authority = try TestAuthority.shared.get()
        let files = try Files(
            certificate: authority.leaf().pem, key: authority.leaf().keyPEM)
        #expect(
            problem(files.names)
                == "\(files.key.path): is not the key of the certificate in "
                + files.certificate.path)
    }

    @Test func aWeakKeyIsRefusedAtTheStart() throws {
        var wish = CertificateWish()
        wish.key = .rsa(bits: 1024)
        let identity = try TestAuthority.shared.get().leaf(wish)
        let files = try Files(certificate: identity.pem, key: identity.keyPEM)
        #expect(problem(files.names)?.contains("cannot be used: ee key too small") == true)
    }

    @Test(arguments: [true, false]) func anEncryptedKeyIsRefused(isTraditional: Bool) throws {
        let identity = try TestAuthority.shared.get().leaf()
        let key = identity.encryptedKeyPEM(isTraditional: isTraditional)
        #expect(key.contains("ENCRYPTED"))
        let files = try Files(certificate: identity.pem, key: key)
        let told = try #require(problem(files.names))
        #expect(told.contains("the key is encrypted"))
        #expect(told.contains("openssl pkey -in \(files.key.path)"))
        #expect(!told.contains("BEGIN"))
    }

    @Test func whatIsNoKeyIsNamed() throws {
        let identity = try TestAuthority.shared.get().leaf()
        let garbage = try Files(certificate: identity.pem, key: "not a key")
        #expect(
            problem(garbage.names) == "\(garbage.key.path): no private key in PEM form")
        let swapped = try Files(certificate: identity.keyPEM, key: identity.pem)
        #expect(
            problem(swapped.names)
                == "\(swapped.certificate.path): no certificate in PEM form")
        #expect(
            problem(ClientCertificateFiles(certificatePath: "/nowhere", keyPath: "/nowhere"))
                == "/nowhere: cannot be read: No such file or directory")
        #expect(
            problem(ClientCertificateFiles(certificatePath: "/dev/null", keyPath: "/dev/null"))
                == "/dev/null: is not a regular file")
    }

    @Test func theSizeOfAFileIsLimited() throws {
        let identity = try TestAuthority.shared.get().leaf()
        let room = ClientIdentity.fileBytesMax - identity.keyPEM.utf8.count
        let padding = String(repeating: "\n", count: room)
        let longest = try Files(certificate: identity.pem, key: identity.keyPEM + padding)
        #expect(problem(longest.names) == nil)
        let longer = try Files(certificate: identity.pem, key: identity.keyPEM + padding + "\n")
        #expect(
            problem(longer.names)
                == "\(longer.key.path): more than \(ClientIdentity.fileBytesMax) bytes")
    }

    @Test func theNumberOfCertificatesIsLimited() throws {
        let identity = try TestAuthority.shared.get().leaf()
        func files(_ count: Int) throws -> Files {
            try Files(
                certificate: String(repeating: identity.pem, count: count), key: identity.keyPEM)
        }
        let most = try files(ClientIdentity.certificatesMax)
        #expect(problem(most.names) == nil)
        let more = try files(ClientIdentity.certificatesMax + 1)
        #expect(problem(more.names)?.contains("more than 16") == true)
    }
}

/// Probes again while the probe succeeds, as it does when a server is too busy to object within half a
/// second after the handshake (`TLSConnection.farewellMilliseconds`).
func untilAnswered(_ probe: () async throws -> ProbeResult) async throws -> ProbeResult {
    var result = try await probe()
    for _ in 0..<4 where result.reason == nil { result = try await probe() }
    return result
}
