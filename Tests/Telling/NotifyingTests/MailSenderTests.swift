import Alerting
import CCurl
import Foundation
import Glibc
import HealthModel
import Routing
import Synchronization
import Testing

@testable import Notifying

/// Servers of mail as bad as they come, over real sockets.
@Suite struct MailSenderTests {
    private static let identity = Result { try TestCertificate() }

    private struct Attempt {
        var outcome: DeliveryQueue.Outcome
        var time: Duration
    }

    private func email(
        _ port: UInt16, scheme: String = "smtp", to: [String] = ["a@example.org"],
        user: String? = nil, security: ReceiverEmail.Security = .required
    ) throws -> ReceiverEmail {
        ReceiverEmail(
            server: try #require(MailServer("\(scheme)://127.0.0.1:\(port)")),
            from: try #require(MailAddress("v@example.org")),
            to: try to.map { try #require(MailAddress($0)) }, user: user, security: security)
    }

    private func send(
        _ message: String = "Subject: x\r\n\r\ny\r\n", to email: ReceiverEmail,
        trusting file: String? = nil, seconds: Int64 = 10
    ) throws -> Attempt {
        let isStopping = Atomic<Bool>(false)
        let file = try file ?? Self.identity.get().trustFile
        let start = ContinuousClock.now
        let outcome = MailSender(trustStorePath: file, timeLimit: .seconds(seconds)).send(
            Array(message.utf8), to: try #require(email.to.first), by: email,
            password: Secret(Array("p w".utf8)), isStopping: isStopping)
        return Attempt(outcome: outcome, time: ContinuousClock.now - start)
    }

    /// Encrypted before anybody is named, dots doubled, said goodbye.
    @Test func aMailIsHandedOver() throws {
        let server = try SMTPServer(Self.identity.get())
        defer { server.close() }
        let message = "Subject: x\r\n\r\n.\r\n..\r\nRCPT TO:<c@example.org>\r\nend\r\n"
        let attempt = try send(message, to: email(server.port))
        #expect(attempt.outcome == .delivered)
        for _ in 0..<100 where server.commands.last != "QUIT" { usleep(20_000) }
        let commands = server.commands.map { $0.hasPrefix("EHLO ") ? "EHLO" : $0 }
        #expect(
            commands == [
                "EHLO", "STARTTLS", "TLS", "EHLO", "MAIL FROM:<v@example.org>",
                "RCPT TO:<a@example.org>", "DATA", "QUIT",
            ])
        #expect(
            server.messages == [
                "Subject: x\r\n\r\n..\r\n...\r\nRCPT TO:<c@example.org>\r\nend\r\n"
            ])
    }

    @Test func aPasswordGoesAfterTLSOnly() throws {
        for scheme in ["smtp", "smtps"] {
            let server = try SMTPServer(Self.identity.get(), isImplicitTLS: scheme == "smtps")
            defer { server.close() }
            let attempt = try send(to: email(server.port, scheme: scheme, user: "me"))
            #expect(attempt.outcome == .delivered)
            let commands = server.commands
            let tls = try #require(commands.firstIndex(of: "TLS"))
            let plain = Data("\0me\0p w".utf8).base64EncodedString()
            #expect(commands[..<tls].allSatisfy { !$0.contains(plain) && !$0.contains("AUTH") })
            #expect(commands[tls...].contains { $0.hasSuffix(plain) })
        }
    }

    @Test func onThisMachineItMayGoInClear() throws {
        let server = try SMTPServer(Self.identity.get())
        defer { server.close() }
        #expect(try send(to: email(server.port, security: .clear)).outcome == .delivered)
        #expect(!server.commands.contains { ["TLS", "STARTTLS"].contains($0) })
    }

    /// A server that refuses, at every point of the conversation.
    @Test(
        arguments: [
            (.greeting, "554 no service", "SMTP: 554 no service"),
            (.greeting, "421 not now", "SMTP: 421 not now"),
            (.hello, "250 SIZE 1000", "no STARTTLS, and nothing is sent in clear: 250 SIZE 1000"),
            (.hello, "421 too many", "SMTP: 421 too many"),
            (.startTLS, "454 not now", "no STARTTLS, and nothing is sent in clear: 454 not now"),
            (.auth, "535 wrong", "user or password not taken: 535 wrong"),
            (.sender, "530 who are you?", "SMTP: 530 who are you?"),
            (.recipient, "550 no such user", nil),
            (.recipient, "451 greylisted", "SMTP: 451 greylisted"),
            (.data, "554 no valid recipients", "SMTP: 554 no valid recipients"),
            (.message, "451 try later", "SMTP: 451 try later"),
            (.message, "554 looks like spam", nil),
        ] as [(SMTPServer.Stage, String, String?)])
    func everyRefusalMeansSomething(
        stage: SMTPServer.Stage, answer: String, words: String?
    ) throws {
        let server = try SMTPServer(Self.identity.get()) { at, _ in
            at == stage ? .say(answer) : nil
        }
        defer { server.close() }
        let attempt = try send(to: email(server.port, user: stage == .auth ? "me" : nil))
        #expect(
            attempt.outcome
                == (words.map { .failed($0, retryAfter: nil) } ?? .refused("SMTP: \(answer)")))
        #expect(attempt.time < .seconds(5))
        if [.hello, .startTLS].contains(stage) {
            #expect(!server.commands.contains { $0.hasPrefix("MAIL") })
        }
    }

    /// Nothing is sent to a server that cannot show who it is.
    @Test func aWrongCertificateGetsNothing() throws {
        let stranger = try TestCertificate()
        let other = try TestCertificate(names: "DNS:mail.example.org")
        let ended = try TestCertificate(endsIn: -60)
        for (identity, trust) in [
            (stranger, try Self.identity.get().trustFile), (other, other.trustFile),
            (ended, ended.trustFile),
        ] {
            for scheme in ["smtp", "smtps"] {
                let server = try SMTPServer(identity, isImplicitTLS: scheme == "smtps")
                defer { server.close() }
                let attempt = try send(to: email(server.port, scheme: scheme), trusting: trust)
                guard case .failed(let words, nil) = attempt.outcome else {
                    Issue.record("\(attempt.outcome)")
                    continue
                }
                #expect(words.hasPrefix("SSL peer certificate"))
                #expect(!server.commands.contains { $0.hasPrefix("MAIL") })
            }
        }
    }

    @Test func aServerThatIsAwayIsAFailure() throws {
        let server = try SMTPServer(Self.identity.get())
        server.close()
        let attempt = try send(to: email(server.port))
        #expect(attempt.outcome == .failed("Couldn't connect to server", retryAfter: nil))
    }

    /// One that hangs, speaks without end or goes away costs its time and no more.
    @Test(arguments: SMTPServer.Stage.allCases.filter { ![.auth, .quit].contains($0) })
    func nobodyWaitsForOneThatHangs(stage: SMTPServer.Stage) throws {
        let faults: [SMTPServer.Fault] =
            stage == .handshake ? [.hang, .close] : [.hang, .endless, .endlessLine, .close]
        for fault in faults {
            let server = try SMTPServer(Self.identity.get()) { at, _ in at == stage ? fault : nil }
            defer { server.close() }
            let attempt = try send(to: email(server.port), seconds: 1)
            guard case .failed = attempt.outcome else {
                Issue.record("\(fault): \(attempt.outcome)")
                continue
            }
            #expect(attempt.time < .seconds(3), "\(fault)")
        }
    }

    /// What was taken is delivered; nobody waits for the goodbye.
    @Test(arguments: [SMTPServer.Fault.hang, .endless, .endlessLine, .close, .say("500 what?")])
    func theGoodbyeIsNotWaitedFor(fault: SMTPServer.Fault) throws {
        let server = try SMTPServer(Self.identity.get()) { at, _ in at == .quit ? fault : nil }
        defer { server.close() }
        let attempt = try send(to: email(server.port), seconds: 8)
        #expect(attempt.outcome == .delivered)
        #expect(attempt.time < .seconds(4))
    }

    @Test func aStopEndsItAtOnce() throws {
        let server = try SMTPServer(Self.identity.get()) { at, _ in at == .message ? .hang : nil }
        defer { server.close() }
        let isStopping = Flag()
        Thread.detachNewThread {
            usleep(300_000)
            isStopping.value.store(true, ordering: .relaxed)
        }
        let start = ContinuousClock.now
        let outcome = try MailSender(trustStorePath: Self.identity.get().trustFile).send(
            Array("\r\nx\r\n".utf8), to: #require(MailAddress("a@example.org")),
            by: email(server.port), password: nil, isStopping: isStopping.value)
        #expect(outcome == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(3))
    }

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }
}
