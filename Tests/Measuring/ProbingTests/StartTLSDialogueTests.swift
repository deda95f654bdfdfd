import HealthModel
import Testing

@testable import Probing

/// The conversations before TLS, as tables; the outcome never depends on how bytes arrive.
@Suite struct StartTLSDialogueTests {
    typealias Door = StartTLSDialogue.Door

    struct Case: Sendable, CustomTestStringConvertible {
        var door: Door
        var testDescription: String
        /// All that the server says; `|` is a line end.
        var server: String
        /// All that the client says after its opening; `|` is a line end.
        var client = ""
        var reason: Reason?
        var detail = ""
    }

    static let smtp: [Case] = [
        Case(
            door: .smtp, testDescription: "good",
            server: "220 mx ESMTP|250-mx|250-SIZE 1000|250-starttls|250 HELP|220 go|",
            client: "EHLO [192.0.2.1]|STARTTLS|"),
        Case(
            door: .smtp, testDescription: "a greeting of several lines",
            server: "220-mx|220-no spam|220|250-mx|250 STARTTLS|220 go|",
            client: "EHLO [192.0.2.1]|STARTTLS|"),
        Case(
            door: .smtp, testDescription: "not offered", server: "220 mx|250-mx|250 STARTTLSX|",
            client: "EHLO [192.0.2.1]|", reason: .startTLSRefused,
            detail: "STARTTLS is not offered"),
        Case(
            door: .smtp, testDescription: "a server with that name",
            server: "220 mx|250 STARTTLS|", client: "EHLO [192.0.2.1]|",
            reason: .startTLSRefused, detail: "STARTTLS is not offered"),
        Case(
            door: .smtp, testDescription: "no EHLO", server: "220 mx|502 what?|",
            client: "EHLO [192.0.2.1]|", reason: .startTLSRefused, detail: "502 what?"),
        Case(
            door: .smtp, testDescription: "refused at the door", server: "554 no service|",
            reason: .startTLSRefused, detail: "554 no service"),
        Case(
            door: .smtp, testDescription: "refused for now",
            server: "220 mx|250-mx|250 STARTTLS|454 not now\u{1F600}|",
            client: "EHLO [192.0.2.1]|STARTTLS|", reason: .startTLSRefused,
            detail: "454 not now?"),
        Case(
            door: .smtp, testDescription: "injection",
            server: "220 mx|250-mx|250 STARTTLS|220 go|250 you are logged in|",
            client: "EHLO [192.0.2.1]|STARTTLS|", reason: .startTLSProtocol,
            detail: "bytes between the server's consent and TLS (injected?)"),
        Case(
            door: .smtp, testDescription: "numbers that change", server: "220-mx|250 mx|",
            reason: .startTLSProtocol, detail: "the greeting is not SMTP: 250 mx"),
        Case(
            door: .smtp, testDescription: "a web server", server: "HTTP/1.1 400 Bad Request|",
            reason: .startTLSProtocol,
            detail: "the greeting is not SMTP: HTTP/1.1 400 Bad Request"),
        Case(
            door: .smtp, testDescription: "TLS at once", server: "\u{15}\u{03}\u{01}",
            reason: .startTLSProtocol, detail: "not SMTP: a control character in the greeting"),
        Case(
            door: .smtp, testDescription: "no number", server: "|", reason: .startTLSProtocol),
        Case(
            door: .smtp, testDescription: "six hundred", server: "620 mx|",
            reason: .startTLSProtocol),
        Case(
            door: .smtp, testDescription: "data wanted", server: "354 go ahead|",
            reason: .startTLSProtocol),
    ]

    static let imap: [Case] = [
        Case(
            door: .imap, testDescription: "good",
            server: "* OK hi|* CAPABILITY IMAP4rev1 StartTLS|v1 OK done|v2 OK go|",
            client: "v1 CAPABILITY|v2 STARTTLS|"),
        Case(
            door: .imap, testDescription: "talkative",
            server: "* ok hi|* 3 EXISTS|* CAPABILITY STARTTLS|V1 ok|* BAD hm|v2 OK|",
            client: "v1 CAPABILITY|v2 STARTTLS|"),
        Case(
            door: .imap, testDescription: "not offered",
            server: "* OK hi|* CAPABILITY IMAP4rev1 XSTARTTLS|v1 OK|", client: "v1 CAPABILITY|",
            reason: .startTLSRefused, detail: "STARTTLS is not offered"),
        Case(
            door: .imap, testDescription: "refused",
            server: "* OK hi|* CAPABILITY STARTTLS|v1 OK|v2 NO later|",
            client: "v1 CAPABILITY|v2 STARTTLS|", reason: .startTLSRefused,
            detail: "v2 NO later"),
        Case(
            door: .imap, testDescription: "logged in already", server: "* PREAUTH hi|",
            reason: .startTLSRefused, detail: "* PREAUTH hi"),
        Case(
            door: .imap, testDescription: "goodbye", server: "* OK hi|* BYE full|",
            client: "v1 CAPABILITY|", reason: .startTLSRefused, detail: "* BYE full"),
        Case(
            door: .imap, testDescription: "an answer out of turn", server: "* OK|v2 OK|",
            client: "v1 CAPABILITY|", reason: .startTLSProtocol,
            detail: "the answer to CAPABILITY is not IMAP: v2 OK"),
        Case(
            door: .imap, testDescription: "injection",
            server: "* OK|* CAPABILITY STARTTLS|v1 OK|v2 OK|* OK x",
            client: "v1 CAPABILITY|v2 STARTTLS|", reason: .startTLSProtocol),
        Case(
            door: .imap, testDescription: "another protocol", server: "220 ftp|",
            reason: .startTLSProtocol, detail: "the greeting is not IMAP: 220 ftp"),
    ]

    static let others: [Case] = [
        Case(
            door: .pop3, testDescription: "good", server: "+OK hi|+OK list|USER|STLS|.|+OK go|",
            client: "CAPA|STLS|"),
        Case(
            door: .pop3, testDescription: "no CAPA", server: "+OK hi|-ERR what?|+OK go|",
            client: "CAPA|STLS|"),
        Case(
            door: .pop3, testDescription: "not offered", server: "+OK hi|+OK|USER|.|",
            client: "CAPA|", reason: .startTLSRefused, detail: "STLS is not offered"),
        Case(
            door: .pop3, testDescription: "refused", server: "+OK hi|-ERR|-ERR no|",
            client: "CAPA|STLS|", reason: .startTLSRefused, detail: "-ERR no"),
        Case(
            door: .pop3, testDescription: "injection", server: "+OK|+OK|STLS|.|+OK|+OK",
            client: "CAPA|STLS|", reason: .startTLSProtocol),
        Case(
            door: .pop3, testDescription: "garbage", server: "hello|", reason: .startTLSProtocol,
            detail: "the greeting is not POP3: hello"),
        Case(
            door: .ftp, testDescription: "good", server: "220 hi|234 go|", client: "AUTH TLS|"),
        Case(
            door: .ftp, testDescription: "a banner with free lines, after a wait",
            server: "120 soon|220-hi|   many files|230 of them|220 go|234-x|234 y|",
            client: "AUTH TLS|"),
        Case(
            door: .ftp, testDescription: "unknown", server: "220 hi|502 no|", client: "AUTH TLS|",
            reason: .startTLSRefused, detail: "502 no"),
        Case(
            door: .ftp, testDescription: "more security data wanted", server: "220 hi|334 x|",
            client: "AUTH TLS|", reason: .startTLSProtocol,
            detail: "the answer to AUTH TLS is not FTP: 334 x"),
        Case(
            door: .ftp, testDescription: "injection", server: "220 hi|234 go|2",
            client: "AUTH TLS|", reason: .startTLSProtocol),
    ]

    static let cases = smtp + imap + others

    private static func bytes(_ text: String) -> [UInt8] {
        Array(text.replacing("|", with: "\r\n").utf8)
    }

    /// Feeds `pieces` to a fresh conversation.
    private static func play(
        _ door: Door, _ pieces: [[UInt8]]
    ) -> (said: [UInt8], state: StartTLSDialogue.State) {
        var dialogue = StartTLSDialogue(door: door, clientName: "[192.0.2.1]")
        var said: [UInt8] = []
        for piece in pieces { said += dialogue.receive(piece) }
        return (said, dialogue.state)
    }

    @Test(arguments: cases) func conversation(_ wanted: Case) {
        let (said, state) = Self.play(wanted.door, [Self.bytes(wanted.server)])
        #expect(said == Self.bytes(wanted.client))
        guard let reason = wanted.reason else {
            #expect(state == .agreed)
            return
        }
        guard case .failed(reason, let detail) = state else {
            Issue.record("\(state)")
            return
        }
        #expect(wanted.detail.isEmpty || detail == wanted.detail)
        #expect(detail.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    /// Every cut into two pieces, byte by byte, and seeded cuts into many.
    @Test(arguments: cases) func everySplitGivesTheSame(_ wanted: Case) {
        let stream = Self.bytes(wanted.server)
        let whole = Self.play(wanted.door, [stream])
        var cuts = (0...stream.count).map { [Array(stream[..<$0]), Array(stream[$0...])] }
        cuts.append(stream.map { [$0] })
        var random = SplitMix64(seed: 1)
        for _ in 0..<50 {
            var rest = stream[...]
            var pieces: [[UInt8]] = []
            while !rest.isEmpty {
                let count = Int.random(in: 1...rest.count, using: &random)
                pieces.append(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            cuts.append(pieces)
        }
        for pieces in cuts {
            let outcome = Self.play(wanted.door, pieces)
            #expect(outcome.state == whole.state && outcome.said == whole.said)
        }
    }

    /// A close at each byte before the consent is told as what it interrupts.
    @Test(arguments: cases.filter { $0.reason == nil }) func closedAtEachStep(_ wanted: Case) {
        let stream = Self.bytes(wanted.server)
        for count in 0..<stream.count {
            var dialogue = StartTLSDialogue(door: wanted.door, clientName: "x")
            _ = dialogue.receive(stream[..<count])
            let expectation = dialogue.expectation
            dialogue.close()
            #expect(
                dialogue.state
                    == .failed(.startTLSClosed, detail: "waiting for \(expectation)"))
        }
    }

    @Test(arguments: [Door.smtp, .imap, .pop3, .ftp]) func linesAreLimited(_ door: Door) {
        let start = door == .imap ? "* OK " : door == .pop3 ? "+OK " : "220 "
        let longest =
            start + String(repeating: "x", count: StartTLSDialogue.lineBytesMax - start.count)
        #expect(Self.play(door, [Array((longest + "\n").utf8)]).state == .talking)
        #expect(
            Self.play(door, [Array((longest + "x").utf8)]).state
                == .failed(
                    .startTLSProtocol,
                    detail: "a line of more than \(StartTLSDialogue.lineBytesMax) bytes"))
    }

    @Test func theNumberOfLinesIsLimited() {
        let lines = Array(
            String(repeating: "220-x\n", count: StartTLSDialogue.linesMax).utf8)
        #expect(Self.play(.smtp, [lines]).state == .talking)
        #expect(
            Self.play(.smtp, [lines, Array("220-x\n".utf8)]).state
                == .failed(
                    .startTLSProtocol,
                    detail: "more than \(StartTLSDialogue.linesMax) lines before TLS"))
    }

    @Test func theBytesInAllAreLimited() {
        let line = Array(("220-" + String(repeating: "x", count: 1019) + "\n").utf8)
        let count = StartTLSDialogue.bytesMax / line.count
        let lines = Array(repeating: line, count: count)
        #expect(count * line.count == StartTLSDialogue.bytesMax)
        #expect(Self.play(.smtp, lines).state == .talking)
        #expect(
            Self.play(.smtp, lines + [[0x32]]).state
                == .failed(
                    .startTLSProtocol,
                    detail: "more than \(StartTLSDialogue.bytesMax) bytes before TLS"))
    }

    /// Bytes without meaning always end, and never in consent.
    @Test(arguments: Door.allCases) func garbageNeverAgrees(_ door: Door) {
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            let bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Self.play(door, [bytes]).state != .agreed)
        }
    }
}
