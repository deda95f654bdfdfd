import Alerting
import Foundation
import HealthModel
import Routing
import Synchronization
import TestSupport
import Testing

@testable import Notifying

/// Servers of mail and programs that are bad in every way beside a good one of each kind.
@Suite struct BadReceiverTests {
    private final class Ended: Sendable {
        private let all = Mutex<Set<String>>([])
        func add(_ event: Dispatcher.Event) {
            if case .ended(let delivery) = event, delivery.failure == nil {
                all.withLock { _ = $0.insert(delivery.notification.receiver.text) }
            }
        }
        var names: Set<String> { all.withLock { $0 } }
    }

    private func mail(_ server: SMTPServer) throws -> Receiver.Kind {
        .email(
            ReceiverEmail(
                server: try #require(MailServer("smtp://127.0.0.1:\(server.port)")),
                from: try #require(MailAddress("v@example.org")),
                to: [try #require(MailAddress("a@example.org"))]))
    }

    private func shell(_ script: String) -> Receiver.Kind {
        .command(ReceiverCommand(program: "/bin/sh", arguments: ["-c", script]))
    }

    @Test func theGoodOnesAreToldAtOnce() async throws {
        let identity = try TestCertificate()
        let stages: [SMTPServer.Stage] = [.greeting, .handshake, .recipient, .message]
        let bad = try stages.map { stage in
            try SMTPServer(identity) { at, _ in at == stage ? .hang : nil }
        }
        let endless = try SMTPServer(identity) { at, _ in at == .hello ? .endless : nil }
        let refusing = try SMTPServer(identity) { at, _ in
            at == .recipient ? .say("550 no such user") : nil
        }
        let good = try SMTPServer(identity)
        let hook = try AnsweringServer { _ in "HTTP/1.1 204 No Content\r\n\r\n" }
        let url = try #require(ProbeURL("http://127.0.0.1:\(hook.port)/"))
        var kinds: [Receiver.Kind] =
            try (bad + [endless, refusing]).map(mail) + [
                shell("trap '' TERM; sleep 600 & sleep 600"), shell("exec cat /dev/zero"),
                shell("exit 75"),
            ]
        kinds += [try mail(good), .webhook(url), shell("true")]
        let ended = Ended()
        let dispatcher = Dispatcher(
            trustStorePath: identity.trustFile, userAgent: "test", seed: 1,
            timekeeper: SteadyClock()
        ) { ended.add($0) }
        try dispatcher.use(
            kinds.enumerated().map { number, kind in
                Receiver(id: ReceiverID("r\(number)"), kind: kind)
            })
        let start = ContinuousClock.now
        dispatcher.deliver(
            kinds.indices.map {
                notification(
                    "a", receiver: "r\($0)", at: Int64(Date().timeIntervalSince1970))
            })
        let expected: Set = ["r9", "r10", "r11"]
        for _ in 0..<500 where ended.names != expected {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(ended.names == expected)
        #expect(ContinuousClock.now - start < .seconds(3))
        let stop = ContinuousClock.now
        dispatcher.stop()
        #expect(ContinuousClock.now - stop < .seconds(4))
        for server in bad + [endless, refusing, good] { server.close() }
    }
}
