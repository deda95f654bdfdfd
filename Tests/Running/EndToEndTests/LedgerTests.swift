import Foundation
import Glibc
import TestSupport
import Testing

/// Alerts across the death of the monitor.
struct LedgerTests {
    /// Answers every request with 200 until it is closed.
    private final class Server: Sendable {
        let port: UInt16
        private let descriptor: Int32

        init() throws {
            let (descriptor, port) = try Sockets.listener()
            self.descriptor = descriptor
            self.port = port
            Thread.detachNewThread {
                while true {
                    let client = accept(descriptor, nil, nil)
                    guard client >= 0 else { return }
                    var request = [UInt8](repeating: 0, count: 4096)
                    _ = read(client, &request, request.count)
                    Sockets.send(
                        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                        to: client)
                    close(client)
                }
            }
        }

        func stop() {
            shutdown(descriptor, Int32(SHUT_RDWR))
            close(descriptor)
        }
    }

    private func count(_ setting: Setting, _ action: String) -> Int {
        setting.evidence.count { $0["action"] == action }
    }

    /// Killed at any moment: told once, resolved once, and what went down meanwhile is told.
    @Test(.timeLimit(.minutes(3))) func nothingIsToldTwiceAndNothingIsForgotten() async throws {
        let server = try Server()
        let port = server.port
        server.stop()
        let setting = try Setting(
            probes: Setting.catalogue(["http://127.0.0.1:\(port)/", "http://127.0.0.2:1/"]))
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("two alerts, kept") { () -> Bool? in
                guard count(setting, "alert.firing") == 2 else { return nil }
                let waiting = try await daemon.sample("vitaal_ledger_waiting")
                return waiting == 0 ? true : nil
            }
            daemon.child.send(SIGKILL)
            _ = try await daemon.child.waitForEnd()
        }
        for round in 0..<3 {
            try await Vitaal.daemon(setting) { daemon in
                // They are there before anything has been measured.
                let status = try await daemon.get("/api/v1/alerts")
                #expect(status.body.components(separatedBy: "\"firing\"").count == 3)
                try await eventually("a measurement") {
                    try await daemon.results("connect_refused").count == 2 ? true : nil
                }
                try await Task.sleep(for: .milliseconds(1100 + 300 * round))
                daemon.child.send(SIGKILL)
                _ = try await daemon.child.waitForEnd()
            }
        }
        #expect(count(setting, "alert.firing") == 2)
        #expect(count(setting, "alert.resolved") == 0)
        // One recovers while nobody looks, the other is taken out of the catalogue.
        let healed = try Server()
        try setting.directory.write(
            "probes/test.yml", Setting.catalogue(["http://127.0.0.1:\(healed.port)/"]))
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("two ends") {
                count(setting, "alert.resolved") == 2 ? true : nil
            }
            #expect(try await daemon.stop(SIGTERM).end == .exit(0))
        }
        #expect(count(setting, "alert.firing") == 2)
        // Down again while nobody looks.
        healed.stop()
        try await Vitaal.daemon(setting) { daemon in
            try await eventually("a third alert") {
                count(setting, "alert.firing") == 3 ? true : nil
            }
        }
    }
}
