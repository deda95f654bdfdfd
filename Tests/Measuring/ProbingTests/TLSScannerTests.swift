import Glibc
import HealthModel
import LabTLS
import Testing

@testable import Probing

/// Scans of real servers, and of some that are none.
@Suite struct TLSScannerTests {
    /// What one server of OpenSSL accepts.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var words: [String]
        var answers: [TLSScan.Answer]
        /// Suites of TLS 1.2.
        var suites: [String] = []
        var groups: [String] = []
    }

    static let rows = [
        Row(
            testDescription: "TLS 1.3 only", words: ["-tls1_3", "-groups", "X25519:P-256"],
            answers: [.yes, .no, .no, .no], groups: ["x25519", "secp256r1"]),
        Row(
            testDescription: "TLS 1.2 with three suites, one of them bad",
            words: [
                "-tls1_2", "-serverpref", "-cipher",
                "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA256:AES128-GCM-SHA256",
            ], answers: [.no, .yes, .no, .no],
            suites: [
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256",
            ]),
        Row(
            testDescription: "TLS 1.0 to 1.2",
            words: ["-no_tls1_3", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
            answers: [.no, .yes, .yes, .yes], suites: ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"]),
        Row(
            testDescription: "TLS 1.1 only",
            words: ["-tls1_1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0"],
            answers: [.no, .no, .yes, .no]),
    ]

    @Test(.enabled(if: OpenSSLServer.path != nil, "needs openssl"), arguments: rows)
    func aServerIsAsked(row: Row) async throws {
        let authority = try TestAuthority.shared.get()
        var wish = CertificateWish()
        wish.key = .rsa(bits: 2048)
        let server = try OpenSSLServer(
            identity: authority.leaf(wish), chain: [authority.intermediate], row.words)
        defer { server.stop() }
        let scan = try await scan(port: server.port)
        #expect(scan.versions.map(\.answer) == row.answers)
        #expect(scan.versions.first { $0.name == "TLSv1.2" }?.suites == row.suites)
        #expect(scan.groups.filter { $0.answer == .yes }.map(\.name) == row.groups)
        // OpenSSL 3.0 knows no post-quantum group; what refuses is no, never unknown.
        #expect(scan.groups.allSatisfy { $0.answer != .unknown })
        #expect(scan.postQuantum == .no && !scan.isGivenUp)
    }

    /// Who answers something else than TLS, or closes, is left alone after three connections.
    @Test(arguments: ["", "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{16}\u{3}"])
    func whoDoesNotSpeakTLSIsLeftAlone(words: String) async throws {
        let server = try ScriptedServer { connection in _ = connection.write(Array(words.utf8)) }
        defer { server.stop() }
        let scan = try await scan(port: server.port)
        #expect(scan.connections == 3 && scan.isGivenUp)
        #expect(scan.versions.map(\.answer) == [.unknown, .unknown, .unknown])
        #expect(scan.postQuantum == .unknown)
    }

    /// Nobody listens: each connection is refused, and none of them is a no.
    @Test func nobodyListens() async throws {
        let scan = try await scan(port: Sockets.closedPort())
        #expect(scan.connections == 3 && scan.isGivenUp)
        #expect(scan.versions.allSatisfy { $0.answer == .unknown })
    }

    /// An alert byte by byte is an alert.
    @Test func aRefusalInPieces() async throws {
        let server = try ScriptedServer { connection in
            for byte in [21, 3, 1, 0, 2, 2, 70] as [UInt8] { _ = connection.write([byte]) }
        }
        defer { server.stop() }
        let scan = try await scan(port: server.port)
        #expect(scan.versions.map(\.answer) == [.no, .no, .no, .no] && !scan.isGivenUp)
        #expect(server.accepted == 4)
    }

    /// A flood is read no further than its first message; stopping in the middle of a scan
    /// leaves nothing open.
    @Test func floodsAndStops() async throws {
        let flood = try ScriptedServer { connection in
            _ = connection.write([22, 3, 3, 0x40, 0] + [UInt8](repeating: 2, count: 1 << 20))
        }
        defer { flood.stop() }
        #expect(try await scan(port: flood.port).isGivenUp)
        let silent = try ScriptedServer { connection in
            _ = connection.read(); connection.awaitClose()
        }
        defer { silent.stop() }
        let scanner = try #require(TLSScanner(timekeeper: MachineClock()))
        scanner.scan(target(silent.port), seed: 1) { _ in Issue.record("it was stopped") }
        scanner.stop()
        scanner.stop()
    }

    private func target(_ port: UInt16) -> TLSScanner.Target {
        TLSScanner.Target(
            address: NetworkAddress("127.0.0.1"), port: port, serverName: "localhost.test")
    }

    private func scan(port: UInt16) async throws -> TLSScan {
        let scanner = try #require(TLSScanner(timekeeper: MachineClock()))
        defer { scanner.stop() }
        return await withCheckedContinuation { continuation in
            scanner.scan(target(port), seed: 1) { continuation.resume(returning: $0) }
        }
    }
}
