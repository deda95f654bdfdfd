import COpenSSL
import HealthModel
import LabTLS
import Testing

@testable import Probing

/// TLS without HTTP against real servers with real certificates.
@Suite struct DoorTests {
    typealias Door = StartTLSDialogue.Door

    @Test func tlsAtOnce() async throws {
        let context = try TestAuthority.shared.get().server()
        let result = try await probe(tls: context, url: "tls://localhost.test:636/") {
            $0.awaitClose()
        }
        #expect(result.reason == nil, "\(result.detail)")
        #expect(result.http == nil)
        #expect(result.tls?.version == "TLSv1.3")
        #expect(result.tls?.chainBuilt.count == 3)
        #expect(result.tls?.isNameMatching == true)
        #expect(result.phases.tlsMicroseconds > 0)
        #expect(result.phases.connectMicroseconds > 0)
        #expect(result.phases.processingMicroseconds == 0)
        #expect(sum(result.phases) <= result.phases.totalMicroseconds)
        #expect(result.hops.map(\.url) == ["tls://localhost.test:636/"])
        #expect(result.hops.first?.tls == result.tls)
        #expect(result.address == NetworkAddress("127.0.0.1"))
    }

    @Test(arguments: Door.allCases, [TLS1_2_VERSION, TLS1_3_VERSION])
    func everyDoorIsUpgraded(_ door: Door, version: CInt) async throws {
        let context = try TestAuthority.shared.get().server(version: version)
        let farewell = Seen()
        let result = try await probe(url: DoorServer.url(door)) { connection in
            guard DoorServer.talk(door, on: connection), connection.upgrade(context) else {
                return
            }
            farewell.add(String(decoding: connection.read(), as: UTF8.self))
            connection.awaitClose()
        }
        #expect(result.reason == nil, "\(result.detail)")
        #expect(result.tls?.isHandshakeComplete == true)
        #expect(result.tls?.verdict == nil)
        #expect(result.phases.processingMicroseconds > 0)
        #expect(result.phases.tlsMicroseconds > 0)
        #expect(sum(result.phases) <= result.phases.totalMicroseconds)
        let wanted = StartTLSDialogue(door: door, clientName: "").farewell
        #expect(farewell.all == [String(decoding: wanted, as: UTF8.self)])
    }

    @Test(arguments: Door.allCases) func theVerdictIsThatOfHTTP(_ door: Door) async throws {
        let context = try TestAuthority.shared.get().server(CertificateWish(hours: -1))
        let result = try await probe(url: DoorServer.url(door)) { connection in
            _ = DoorServer.talk(door, on: connection) && connection.upgrade(context)
            connection.awaitClose()
        }
        #expect(result.reason == .tlsExpired)
        #expect(result.detail == "expired 1h ago")
        #expect(result.tls?.errors.map(\.code) == ["cert_has_expired"])
        #expect(result.tls?.isHandshakeComplete == true)
    }

    @Test(arguments: CertificateTests.cases)
    func theVerdictOnEveryCertificateIsTheSame(_ wanted: CertificateTests.Case) async throws {
        let context = try wanted.make(TestAuthority.shared.get())
        let host = try #require(ProbeURL(wanted.url)).host
        let shown = host.contains(":") ? "[\(host)]" : host
        let result = try await probe(tls: context, url: "tls://\(shown):443/") {
            $0.awaitClose()
        }
        #expect(result.reason == wanted.reason)
        #expect(
            Set(result.tls?.errors.map { "\($0.depth) \($0.code)" } ?? []) == Set(wanted.errors))
        #expect(result.tls?.isNameMatching == wanted.isNameMatching)
    }

    /// The server goes away after each of its steps, and in the middle of each.
    @Test(arguments: [Door.smtp, .imap, .pop3, .ftp])
    func closedAtEachStep(_ door: Door) async throws {
        for count in 0..<DoorServer.steps(door).count {
            let result = try await probe(url: DoorServer.url(door)) { connection in
                if DoorServer.talk(door, on: connection, steps: count), count > 0 {
                    _ = connection.readLine()
                }
            }
            #expect(result.reason == .startTLSClosed, "\(count): \(result.detail)")
            #expect(result.tls == nil)
        }
        let result = try await probe(url: DoorServer.url(door)) {
            _ = DoorServer.talk(door, on: $0)
        }
        #expect(result.reason == .tlsReset)
    }

    @Test func aResetIsNoAnswer() async throws {
        let result = try await probe(url: "smtp://localhost.test/") { connection in
            connection.write("220 mx\r\n")
            _ = connection.readLine()
            connection.reset()
        }
        #expect(result.reason == .startTLSClosed)
        // One that is faster than the news of the connection looks like a failed connection.
        let early = try await probe(url: "smtp://localhost.test/") { $0.reset() }
        #expect(early.reason == .startTLSClosed || early.reason == .connectReset)
    }

    /// What comes with the consent in one packet was not protected, whoever sent it.
    @Test(arguments: [Door.smtp, .imap, .pop3, .ftp])
    func injectionIsNoticed(_ door: Door) async throws {
        let last = try #require(DoorServer.steps(door).last).replacing("|", with: "\r\n")
        let result = try await probe(url: DoorServer.url(door)) { connection in
            let count = DoorServer.steps(door).count - 1
            guard DoorServer.talk(door, on: connection, steps: count) else { return }
            _ = connection.readLine()
            connection.write(last + "250 injected\r\n")
            connection.awaitClose()
        }
        #expect(result.reason == .startTLSProtocol)
        #expect(result.detail.contains("injected"))
        #expect(result.tls == nil)
    }

    @Test func aRefusalIsFollowedByAGoodbye() async throws {
        let seen = Seen()
        let result = try await probe(url: "smtp://localhost.test/") { connection in
            connection.write("220 mx\r\n")
            seen.add(connection.readLine() ?? "")
            connection.write("250-mx\r\n250 SIZE\r\n")
            seen.add(connection.readLine() ?? "")
            connection.awaitClose()
        }
        #expect(result.reason == .startTLSRefused)
        #expect(result.detail == "STARTTLS is not offered")
        #expect(seen.all == ["EHLO [127.0.0.1]", "QUIT"])
    }

    /// RFC 5321 §4.1.3.
    @Test func theClientNamesItsIPv6Address() async throws {
        let seen = Seen()
        let result = try await withServer(isIPv6: true) { connection in
            connection.write("220 mx\r\n")
            seen.add(connection.readLine() ?? "")
        } body: { server in
            try await withEngine(overrides: [everything(to: server.port, isIPv6: true)]) {
                await $0.probe(endpoint("smtp://localhost.test/"))
            }
        }
        #expect(result.reason == .startTLSClosed)
        #expect(result.detail == "waiting for the answer to EHLO")
        #expect(seen.all == ["EHLO [IPv6:::1]"])
    }

    @Test func anEndlessLineIsCutOff() async throws {
        let result = try await probe(url: "imap://localhost.test/") { connection in
            while connection.write(Array(repeating: 0x78, count: 1024)) {}
        }
        #expect(result.reason == .startTLSProtocol)
    }

    @Test(arguments: [0, 1, 2]) func silenceIsTimedByPhase(steps: Int) async throws {
        let wanted = [
            "for the greeting", "for the answer to EHLO", "for the answer to STARTTLS",
        ][steps]
        // On a busy machine the server may not have come as far within the first limit.
        for limit in [150, 1000, 5000] as [Int64] {
            let result = try await probe(
                url: "smtp://localhost.test/",
                change: { $0.phaseTimeouts.processing = .milliseconds(limit) },
                script: { connection in
                    _ = DoorServer.talk(.smtp, on: connection, steps: steps)
                    connection.awaitClose()
                })
            #expect(result.reason == .timeoutProcessing)
            #expect(result.phases.processingMicroseconds >= limit * 1000)
            if result.detail == wanted { return }
        }
        Issue.record("never \(wanted)")
    }

    @Test func aSilentHandshakeIsTimedByPhase() async throws {
        let result = try await probe(
            url: "tls://localhost.test:1/", change: { $0.phaseTimeouts.tls = .milliseconds(150) },
            script: { $0.awaitClose() })
        #expect(result.reason == .timeoutTLS)
        #expect(result.phases.tlsMicroseconds >= 150_000)
    }

    @Test func whatIsNoTLSIsNamed() async throws {
        let result = try await probe(url: "tls://localhost.test:1/") {
            $0.write("220 mx ready, and no TLS at all here\r\n")
            $0.awaitClose()
        }
        #expect(result.reason == .tlsNotTLS)
    }

    @Test func nobodyListens() async throws {
        let port = try Sockets.closedPort()
        let result = try await withEngine(overrides: [everything(to: port)]) {
            await $0.probe(endpoint("ldap://localhost.test/"))
        }
        #expect(result.reason == .connectRefused)
        #expect(result.hops.map(\.url) == ["ldap://localhost.test/"])
    }

    @Test func slownessIsJudged() async throws {
        let context = try TestAuthority.shared.get().server()
        let result = try await probe(
            tls: context, url: "tls://localhost.test:1/",
            change: { $0.assertions.maximumDuration = .microseconds(1) },
            script: { $0.awaitClose() })
        #expect(result.reason == .tooSlow)
        #expect(result.tls?.verdict == nil)
    }

    /// A server that never says goodbye costs nobody time.
    @Test func theGoodbyeDoesNotCount() async throws {
        let context = try TestAuthority.shared.get().server()
        var shortest = Int64.max
        // Of several, since a busy machine takes its time as well.
        for _ in 0..<5 {
            let result = try await probe(url: "tls://localhost.test:1/") { connection in
                guard connection.upgrade(context) else { return }
                // Reads below TLS, so that close_notify is not answered.
                while connection.passOver() {}
            }
            #expect(result.reason == nil)
            shortest = min(shortest, result.phases.totalMicroseconds)
        }
        #expect(shortest < TLSConnection.farewellMilliseconds * 1000)
    }

    @Test(.timeLimit(.minutes(1))) func connectionsEnd() async throws {
        let context = try TestAuthority.shared.get().server()
        try await withServer(script: { connection in
            guard DoorServer.talk(.smtp, on: connection) else { return }
            _ = connection.upgrade(context)
            connection.awaitClose()
        }) { server in
            try await withEngine(overrides: [everything(to: server.port)]) { engine in
                for _ in 0..<50 {
                    #expect(await engine.probe(endpoint("smtp://localhost.test/")).isSuccess)
                }
                while server.open > 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
        }
    }

    @Test func aDemandedCertificateIsNamed() async throws {
        for version in [TLS1_2_VERSION, TLS1_3_VERSION] {
            let context = try TestAuthority.shared.get().server(
                version: version, demandsClientCertificate: true)
            let result = try await untilAnswered {
                try await probe(tls: context, url: "tls://localhost.test:1/") { _ in }
            }
            #expect(result.reason == .tlsClientCertificateRequired, "\(version)")
        }
    }
}
