import Foundation
import HealthModel
import NIOCore
import Testing

@testable import Lab

@Suite struct LabFaultTests {
    private let host = "www.digid.nl"

    @Test func upServesThePageOverTrustedTLS() async throws {
        let outcome = try await connected(to: .up, ClientOptions(isVerifying: true))
        #expect(outcome.error == nil)
        #expect(outcome.status == 200)
        #expect(outcome.body.contains("<html lang=\"nl\">"))
        #expect(outcome.body.contains("<title>DigiD &amp; &lt;meer&gt;</title>"))
        #expect(outcome.header("Content-Length") == "\(outcome.body.utf8.count)")
        #expect(outcome.header("Strict-Transport-Security") != nil)
    }

    @Test func headAnswersWithoutABody() async throws {
        let outcome = try await connected(to: .up, ClientOptions(method: "HEAD"))
        #expect(outcome.status == 200)
        #expect(outcome.body.isEmpty)
        #expect(outcome.header("Content-Length") != "0")
    }

    @Test(arguments: [
        (Fault.throttle, 200, "tijdelijk niet bereikbaar"), (.throttle, 200, "maximale aantal"),
        (.maintenance, 200, "wegens onderhoud"), (.forbidden, 403, "geen toegang"),
        (.tooManyRequests(retryAfter: .seconds(30)), 429, "Wacht"), (.status(500), 500, "500"),
        (.status(599), 599, "599"), (.redirect(location: "https://elsewhere.example/"), 302, ""),
    ])
    func statusPages(fault: Fault, status: Int, text: String) async throws {
        let outcome = try await connected(to: fault)
        #expect(outcome.status == status)
        #expect(text.isEmpty || outcome.body.contains(text))
        switch fault {
        case .tooManyRequests: #expect(outcome.header("Retry-After") == "30")
        case .redirect: #expect(outcome.header("Location") == "https://elsewhere.example/")
        default: #expect(outcome.header("Location") == nil)
        }
    }

    @Test func withoutHSTSEverythingElseIsThere() async throws {
        let outcome = try await connected(to: .noHSTS)
        #expect(outcome.status == 200)
        #expect(outcome.header("Strict-Transport-Security") == nil)
    }

    @Test func refusedOnBothPorts() async throws {
        #expect(try await connected(to: .refused).isRefused)
        #expect(try await connected(to: .refused, ClientOptions(isTLS: false)).isRefused)
    }

    @Test func refusedEndsAtTheSamePort() async throws {
        try await withLab { (lab: Lab) async throws in
            for _ in 0..<3 {
                try await lab.apply(.refused, to: host)
                #expect(try await exchange(lab, host).isRefused)
                #expect(try await exchange(lab, "mijn.digid.nl").status == 200)
                try await lab.clear(host)
                #expect(try await exchange(lab, host).status == 200)
            }
        }
    }

    @Test(arguments: [true, false])
    func downNeverAnswers(isTLS: Bool) async throws {
        let options = ClientOptions(isTLS: isTLS, patience: .milliseconds(300))
        let outcome = try await connected(to: .down, options)
        #expect(outcome.isTimedOut)
        #expect(outcome.bytes.isEmpty)
        #expect(outcome.chain.isEmpty)
        #expect(outcome.error == nil)
    }

    @Test(arguments: Fault.ResetPhase.allCases)
    func resets(phase: Fault.ResetPhase) async throws {
        let outcome = try await connected(to: .reset(phase))
        // A reset that overtakes the first byte of the handshake shows up as an end of file.
        let isEarlyEnd = phase == .connect && outcome.error == "\(ChannelError.eof)"
        #expect(outcome.isReset || isEarlyEnd, "\(outcome.error ?? "no error")")
        #expect(outcome.chain.isEmpty == (phase == .connect || phase == .handshake))
        #expect(outcome.bytes.isEmpty == (phase != .body))
        if phase == .body {
            let length = Int(outcome.header("Content-Length") ?? "") ?? 0
            #expect(outcome.body.utf8.count < length)
        }
    }

    @Test func slowAnswersLater() async throws {
        let early = try await connected(
            to: .slow(.seconds(60)), ClientOptions(patience: .seconds(3)))
        #expect(early.isTimedOut)
        #expect(early.bytes.isEmpty)
        #expect(!early.chain.isEmpty)
        let start = ContinuousClock.now
        #expect(try await connected(to: .slow(.milliseconds(400))).status == 200)
        #expect(ContinuousClock.now - start >= .milliseconds(400))
    }

    @Test func trickleGivesAByteASecond() async throws {
        let start = ContinuousClock.now
        let outcome = try await connected(to: .trickle, ClientOptions(patience: .seconds(4)))
        let seconds = (ContinuousClock.now - start).components.seconds
        #expect(outcome.isTimedOut)
        // The first comes at once.
        #expect((1...Int(seconds) + 1).contains(outcome.bytes.count))
        #expect("HTTP/1.1 200 OK".hasPrefix(outcome.text))
    }

    @Test(arguments: [
        Fault.expired, .notYetValid, .wrongName, .selfSigned, .untrusted, .incompleteChain,
    ])
    func badCertificatesAreRefusedAndThePageBehindIsThere(fault: Fault) async throws {
        let strict = try await connected(to: fault, ClientOptions(isVerifying: true))
        #expect(strict.error != nil)
        #expect(strict.bytes.isEmpty)
        let lenient = try await connected(to: fault)
        #expect(lenient.status == 200)
    }

    @Test func expiringIsTrusted() async throws {
        let options = ClientOptions(isVerifying: true)
        #expect(try await connected(to: .expiring(lifetimeLeft: 0.01), options).status == 200)
    }

    @Test func plainHTTPOnTheTLSPort() async throws {
        let outcome = try await connected(to: .plainHTTP)
        #expect(outcome.chain.isEmpty)
        #expect(outcome.error?.contains("wrong version number") ?? false)
    }

    @Test(arguments: [true, false])
    func garbage(isTLS: Bool) async throws {
        let outcome = try await connected(to: .garbage, ClientOptions(isTLS: isTLS))
        #expect(outcome.status == nil)
        #expect(outcome.chain.isEmpty)
        #expect(isTLS ? outcome.error != nil : outcome.bytes.count == 512)
    }

    @Test func endlessHeadersGoOn() async throws {
        let outcome = try await connected(to: .endlessHeaders)
        #expect(outcome.status == 200)
        #expect(outcome.bytes.count >= 256 * 1024)
        #expect(!outcome.text.contains("\r\n\r\n"))
    }

    @Test func endlessBodyGoesOn() async throws {
        let outcome = try await connected(to: .endlessBody)
        #expect(outcome.body.utf8.count > 200 * 1024)
        #expect(outcome.header("Content-Length") == nil)
    }

    @Test func truncatedEndsEarly() async throws {
        let outcome = try await connected(to: .truncated)
        let length = try #require(Int(outcome.header("Content-Length") ?? ""))
        #expect(!outcome.isTimedOut)
        #expect(outcome.body.utf8.count < length)
        #expect(!outcome.isReset)
    }

    @Test func flappingFollowsTheScenarioClock() async throws {
        try await withLab { (lab: Lab) async throws in
            try await lab.apply(.flapping(period: .seconds(20)), to: host)
            var statuses: [Int?] = []
            for second in stride(from: 0, to: 20, by: 5) {
                try await lab.advance(to: .seconds(second))
                statuses.append(try await exchange(lab, host).status)
            }
            #expect(statuses.filter { $0 == 200 }.count == 2)
            #expect(statuses.filter { $0 == 503 }.count == 2)
            #expect(statuses[0] != statuses[2])
        }
    }

    @Test func plainPortRedirectsOrServes() async throws {
        try await withLab { (lab: Lab) async throws in
            let options = ClientOptions(isTLS: false, target: "/pad?vraag=1")
            let moved = try await exchange(lab, host, options)
            #expect(moved.status == 301)
            #expect(moved.header("Location") == "https://www.digid.nl/pad?vraag=1")
            #expect(try await exchange(lab, "crl.pkioverheid.nl", options).status == 200)
        }
    }

    @Test func noiseOnThePlainPortIsABadRequest() async throws {
        try await withLab { (lab: Lab) async throws in
            let options = ClientOptions(isTLS: false, method: "\u{16}\u{03}\u{01}")
            #expect(try await exchange(lab, host, options).status == 400)
        }
    }

    @Test func keepAliveStaysOpenUntilItIsIdle() async throws {
        let limits = LabLimits(connectionTime: .seconds(60), idleTime: .milliseconds(100))
        try await withLab(limits: limits) { (lab: Lab) async throws in
            let outcome = try await exchange(lab, host, ClientOptions(isKeptAlive: true))
            #expect(!outcome.isTimedOut)
            #expect(outcome.header("Connection") == "keep-alive")
            #expect(outcome.status == 200)
        }
    }

    @Test func clientsThatVanishAreForgotten() async throws {
        try await withLab { (lab: Lab) async throws in
            try await lab.apply(.down, to: host)
            for _ in 0..<5 {
                let options = ClientOptions(patience: .milliseconds(20))
                #expect(try await exchange(lab, host, options).isTimedOut)
            }
            let deadline = ContinuousClock.now + .seconds(10)
            var isForgotten = false
            while !isForgotten && ContinuousClock.now < deadline {
                let accepted = try await lab.counters(of: host).connections
                isForgotten = try await lab.connectionCount() == 0 && accepted == 5
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(isForgotten)
            #expect(try await lab.counters(of: host).requests == 0)
        }
    }
}
