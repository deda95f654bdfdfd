import Alerting
import Foundation
import HealthModel
import Routing
import Testing

@testable import Notifying

/// A mail says what it should, and nothing that stands in a summary can make it say more.
@Suite struct MailMessageTests {
    private func email() throws -> ReceiverEmail {
        ReceiverEmail(
            server: try #require(MailServer("smtp://127.0.0.1:25")),
            from: try #require(MailAddress("vitaal@example.org")),
            to: [
                try #require(MailAddress("a@example.org")),
                try #require(MailAddress("b@example.org")),
            ])
    }

    private func text(
        _ one: Routing.Notification, _ language: Receiver.Language = .english
    ) throws -> String {
        String(decoding: MailMessage.bytes(one, try email(), in: language), as: UTF8.self)
    }

    @Test func saysEverything() throws {
        var one = notification("digid", since: 1_795_745_325)
        one.thread = "INC-2026-0001"
        let runbook = "Runbook: https://example.org/runbook?a=b"
        one.words.body.append(LocalizedText(dutch: "", english: runbook))
        #expect(
            try text(one)
                == """
                Date: Fri, 27 Nov 2026 02:08:45 +0000
                From: Vitaal <vitaal@example.org>
                To: a@example.org,
                 b@example.org
                Subject: PAGE: gone
                Message-ID: <on-call/INC-2026-0001/0/firing/vitaal@example.org>
                In-Reply-To: <INC-2026-0001/vitaal@example.org>
                References: <INC-2026-0001/vitaal@example.org>
                Auto-Submitted: auto-generated
                X-Vitaal-Notification: on-call/INC-2026-0001/0/firing
                MIME-Version: 1.0
                Content-Type: text/plain; charset=utf-8
                Content-Transfer-Encoding: quoted-printable
                Content-Language: en

                PAGE: gone

                line
                Runbook: https://example.org/runbook?a=3Db

                """.replacing("\n", with: "\r\n"))
    }

    /// The end is in the same thread, in the language of the receiver, under an id of its own.
    @Test func theEndIsInTheSameThread() throws {
        let beginning = notification("digid", since: 1_795_745_325)
        var end = notification("digid", isOver: true, since: 1_795_745_325, at: 1_795_745_400)
        end.words.headline.dutch = "VOORBIJ: Eén dienst is wég"
        let lines = try text(end, .dutch).split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.contains("Subject: =?UTF-8?Q?VOORBIJ=3A_E=C3=A9n_dienst_is_w=C3=A9g?="))
        #expect(lines.contains("VOORBIJ: E=C3=A9n dienst is w=C3=A9g"))
        func value(_ name: String, _ text: String) -> Substring? {
            text.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }
        }
        for name in ["References", "In-Reply-To"] {
            #expect(value(name, try text(beginning)) != nil)
            #expect(value(name, try text(end)) == value(name, try text(beginning)))
        }
        #expect(value("Message-ID", try text(end)) != value("Message-ID", try text(beginning)))
        #expect(try text(end) == text(end))
    }

    private static let attacks = [
        "x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\rBcc: evil@example.org",
        "x\r\n\r\nbody", "x\r\n.\r\nMAIL FROM:<evil@example.org>", "x\0y", "x\u{85}Bcc: y",
        "x\u{2028}Bcc: y", "=?UTF-8?B?DQpCY2M6IHg=?=", "x\u{202E}y", "\u{7F}\u{1B}[2J",
        String(repeating: "x", count: 5000), String(repeating: "é😀", count: 3000),
        String(repeating: "x ", count: 2000), "", " ", "=", "..", ".",
    ]

    /// Parses a mail strictly and decodes it.
    private struct Parsed {
        var fields: [(name: String, value: String)] = []
        var body: [String] = []

        init(_ text: String) throws {
            let bytes = Array(text.utf8)
            for (index, byte) in bytes.enumerated() {
                // No bare CR or LF, nothing but ASCII, no other control.
                if byte == 13 { #expect(index + 1 < bytes.count && bytes[index + 1] == 10) }
                if byte == 10 { #expect(index > 0 && bytes[index - 1] == 13) }
                #expect((0x20...0x7E).contains(byte) || byte == 13 || byte == 10)
            }
            let lines = text.components(separatedBy: "\r\n")
            let empty = try #require(lines.firstIndex(of: ""))
            for line in lines[..<empty] {
                #expect(line.utf8.count <= MailText.lineBytes)
                if line.hasPrefix(" "), !fields.isEmpty {
                    fields[fields.count - 1].value += "\n" + line.dropFirst()
                } else {
                    let colon = try #require(line.firstIndex(of: ":"))
                    fields.append(
                        (String(line[..<colon]), String(line[line.index(colon, offsetBy: 2)...])))
                }
            }
            var long = ""
            for line in lines[(empty + 1)...] {
                #expect(line.utf8.count <= MailText.quotedLineBytes)
                #expect(!line.hasSuffix(" "))
                if line.hasSuffix("=") {
                    long += line.dropLast()
                } else {
                    body.append(Self.decoded(long + line))
                    long = ""
                }
            }
            #expect(long.isEmpty && body.removeLast() == "")
        }

        static func decoded(_ text: String) -> String {
            var bytes: [UInt8] = []
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "=") else {
                    bytes.append(byte)
                    continue
                }
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard let value = UInt8(digits, radix: 16) else {
                    Issue.record("no hexadecimal digits: \(digits)")
                    return ""
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            }
            return String(decoding: bytes, as: UTF8.self)
        }

        /// The subject with its encoded words decoded, each by itself.
        var subject: String {
            let raw = fields.first { $0.name == "Subject" }?.value ?? ""
            // Lines of plain text are joined by the space that they break at.
            guard raw.contains("=?") else { return raw.replacing("\n", with: " ") }
            return raw.split(separator: "\n").map { word -> String in
                guard word.hasPrefix("=?UTF-8?Q?"), word.hasSuffix("?=") else {
                    return String(word)
                }
                #expect(word.utf8.count <= 75)
                return Self.decoded(
                    String(word.dropFirst(10).dropLast(2).replacing("_", with: " ")))
            }.joined()
        }
    }

    private static let names = [
        "Date", "From", "To", "Subject", "Message-ID", "In-Reply-To", "References",
        "Auto-Submitted", "X-Vitaal-Notification", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding", "Content-Language",
    ]

    private func words(_ summary: String) -> Routing.Notification.Words {
        let (head, line) = ("PAGE: \(summary)", "Runbook: \(summary)")
        return Routing.Notification.Words(
            headline: LocalizedText(dutch: head, english: head),
            body: [LocalizedText(dutch: line, english: line)])
    }

    private func check(_ summary: String) throws {
        var one = notification("digid")
        one.words = words(summary)
        let parsed = try Parsed(text(one))
        #expect(parsed.fields.map(\.name) == Self.names)
        let whole = "PAGE: \(summary)".cut(toBytes: MailMessage.subjectBytes)
        #expect(parsed.subject == whole.cleaned)
        #expect(parsed.body.count == 3)
        #expect(parsed.body.first == "PAGE: \(summary)".cleaned)
        #expect(parsed.body[2] == "Runbook: \(summary)".cleaned)
        #expect(
            !parsed.subject.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test(arguments: attacks) func nothingInASummaryBecomesAField(summary: String) throws {
        try check(summary)
    }

    /// Random texts of everything that is awkward.
    @Test(arguments: 0..<50) func everyTextComesOutAsItWentIn(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let alphabet = Array(
            "ab =?_.\r\n\t\0\u{7F}\u{85}\u{2028}\u{202E}éß€😀👨‍👩‍👧\u{301}".unicodeScalars)
        var text = ""
        for _ in 0..<Int.random(in: 0..<400, using: &random) {
            let index = Int.random(in: 0..<alphabet.count, using: &random)
            text.unicodeScalars.append(alphabet[index])
        }
        try check(text)
    }

    /// Another reader of mail takes the same from it.
    @Test func pythonReadsTheSame() throws {
        var one = notification("digid", since: 1_795_745_325)
        let summary = "Eén €-dienst, \r\nBcc: x 😀 " + String(repeating: "lang ", count: 60)
        one.words = words(summary)
        let program = """
            import sys, email, email.policy
            mail = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
            assert not mail.defects, mail.defects
            sys.stdout.buffer.write("|".join([mail["Subject"], mail["To"], mail["From"],
                mail["Date"].datetime.isoformat(), mail.get_content().splitlines()[0]]).encode())
            """
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", program]
        (process.standardInput, process.standardOutput) = (input, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(try text(one).utf8))
        try input.fileHandleForWriting.close()
        let read = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus == 127 {
            print("skipped: python3 is not installed")
            return
        }
        #expect(process.terminationStatus == 0)
        let subject = "PAGE: \(summary)".cut(toBytes: MailMessage.subjectBytes).cleaned
        #expect(
            read
                == [
                    subject, "a@example.org, b@example.org", "Vitaal <vitaal@example.org>",
                    "2026-11-27T02:08:45+00:00", "PAGE: \(summary)".cleaned,
                ].joined(separator: "|"))
    }

    @Test(arguments: [
        (0, "Thu, 1 Jan 1970 00:00:00 +0000"), (86_399, "Thu, 1 Jan 1970 23:59:59 +0000"),
        (86_400, "Fri, 2 Jan 1970 00:00:00 +0000"), (-1, "Wed, 31 Dec 1969 23:59:59 +0000"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
        (1_795_745_325, "Fri, 27 Nov 2026 02:08:45 +0000"),
    ])
    func datesAreThoseOfMail(seconds: Int64, text: String) {
        #expect(MailText.date(Timestamp(seconds: seconds)) == text)
    }
}
