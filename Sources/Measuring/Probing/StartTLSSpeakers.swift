/// Reads replies of three digits, of one line or several (RFC 5321 §4.2, RFC 959 §4.2).
struct NumberedReply: Sendable {
    /// Whether lines within a reply may be without its number, as in FTP.
    let hasFreeLines: Bool
    private var code: Substring?

    /// What a line is.
    enum Part: Sendable, Hashable {
        /// A line of a reply that goes on: its number and the words after it.
        case more(words: Substring, isFirst: Bool)
        /// The last line of a reply.
        case last(code: Int, words: Substring, isFirst: Bool)
        /// Not a line of a reply.
        case nonsense
    }

    init(hasFreeLines: Bool) { self.hasFreeLines = hasFreeLines }

    mutating func read(_ line: String) -> Part {
        let number = line.prefix(3)
        let mark = line.dropFirst(3).first
        let isNumbered =
            number.count == 3 && number.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && (number.utf8.first.map { (0x31...0x35).contains($0) } ?? false)
            && (mark == nil || mark == " " || mark == "-")
        let isFirst = code == nil
        guard isNumbered, code == nil || code == number, let value = Int(number) else {
            return code != nil && hasFreeLines
                ? .more(words: line[...], isFirst: false) : .nonsense
        }
        let words = line.dropFirst(4)
        if mark == "-" {
            code = number
            return .more(words: words, isFirst: isFirst)
        }
        code = nil
        return .last(code: value, words: words, isFirst: isFirst)
    }
}

/// The client's side of SMTP up to TLS (RFC 3207 §4).
struct SMTPSpeaker: Sendable {
    private enum Stage {
        case greeting, hello, consent
    }

    let clientName: String
    private var stage = Stage.greeting
    private var reply = NumberedReply(hasFreeLines: false)
    private var isOffered = false

    init(clientName: String) { self.clientName = clientName }

    var expectation: String {
        switch stage {
        case .greeting: "the greeting"
        case .hello: "the answer to EHLO"
        case .consent: "the answer to STARTTLS"
        }
    }

    mutating func read(_ line: String) -> SpeakerOutcome {
        switch reply.read(line) {
        case .nonsense: return .nonsense(line)
        case .more(let words, let isFirst):
            noteOffer(words, isFirst: isFirst)
            return .wait
        case .last(let code, let words, let isFirst):
            noteOffer(words, isFirst: isFirst)
            return finish(code, line)
        }
    }

    /// The first line of the answer to EHLO names the server (RFC 5321 §4.1.1.1).
    private mutating func noteOffer(_ words: Substring, isFirst: Bool) {
        guard stage == .hello, !isFirst, let word = words.split(separator: " ").first else {
            return
        }
        if word.lowercased() == "starttls" { isOffered = true }
    }

    private mutating func finish(_ code: Int, _ line: String) -> SpeakerOutcome {
        if code >= 400 { return .refused(line) }
        switch (stage, code) {
        case (.greeting, 220):
            stage = .hello
            return .say("EHLO \(clientName)")
        case (.hello, 250):
            guard isOffered else { return .refused("STARTTLS is not offered") }
            stage = .consent
            return .say("STARTTLS")
        case (.consent, 220): return .agreed
        default: return .nonsense(line)
        }
    }
}

/// The client's side of FTP up to TLS (RFC 4217 §4).
struct FTPSpeaker: Sendable {
    private var isGreeted = false
    private var reply = NumberedReply(hasFreeLines: true)

    var expectation: String { isGreeted ? "the answer to AUTH TLS" : "the greeting" }

    mutating func read(_ line: String) -> SpeakerOutcome {
        switch reply.read(line) {
        case .nonsense: return .nonsense(line)
        case .more: return .wait
        case .last(let code, _, _):
            if code >= 400 { return .refused(line) }
            switch (isGreeted, code) {
            // "Service ready in nnn minutes": the greeting itself is still to come.
            case (false, 120): return .wait
            case (false, 220):
                isGreeted = true
                return .say("AUTH TLS")
            case (true, 234): return .agreed
            default: return .nonsense(line)
            }
        }
    }
}

/// The client's side of POP3 up to TLS (RFC 2595 §4, RFC 2449 §5).
struct POP3Speaker: Sendable {
    private enum Stage {
        case greeting, capabilities, list, consent
    }

    private var stage = Stage.greeting
    private var isOffered = false

    var expectation: String {
        switch stage {
        case .greeting: "the greeting"
        case .capabilities, .list: "the answer to CAPA"
        case .consent: "the answer to STLS"
        }
    }

    mutating func read(_ line: String) -> SpeakerOutcome {
        if stage == .list { return readListed(line) }
        let word = line.prefix { $0 != " " }.uppercased()
        switch (stage, word) {
        case (.greeting, "+OK"):
            stage = .capabilities
            return .say("CAPA")
        case (.capabilities, "+OK"):
            stage = .list
            return .wait
        case (.capabilities, "-ERR"):
            // A server may know STLS without knowing how to list it (RFC 2449 is the younger).
            stage = .consent
            return .say("STLS")
        case (.consent, "+OK"): return .agreed
        case (_, "-ERR"): return .refused(line)
        default: return .nonsense(line)
        }
    }

    private mutating func readListed(_ line: String) -> SpeakerOutcome {
        if line == "." {
            guard isOffered else { return .refused("STLS is not offered") }
            stage = .consent
            return .say("STLS")
        }
        if line.prefix(while: { $0 != " " }).uppercased() == "STLS" { isOffered = true }
        return .wait
    }
}

/// The client's side of IMAP up to TLS (RFC 9051 §6.2.1).
struct IMAPSpeaker: Sendable {
    private enum Stage {
        case greeting, capabilities, consent
    }

    private var stage = Stage.greeting
    private var isOffered = false

    var expectation: String {
        switch stage {
        case .greeting: "the greeting"
        case .capabilities: "the answer to CAPABILITY"
        case .consent: "the answer to STARTTLS"
        }
    }

    mutating func read(_ line: String) -> SpeakerOutcome {
        let words = line.uppercased().split(separator: " ")
        guard words.count >= 2 else { return .nonsense(line) }
        if words[0] == "*" { return readUntagged(words, line) }
        guard words[0] == (stage == .consent ? "V2" : "V1"), stage != .greeting else {
            return .nonsense(line)
        }
        switch words[1] {
        case "OK" where stage == .consent: return .agreed
        case "OK":
            guard isOffered else { return .refused("STARTTLS is not offered") }
            stage = .consent
            return .say("v2 STARTTLS")
        case "NO", "BAD": return .refused(line)
        default: return .nonsense(line)
        }
    }

    private mutating func readUntagged(_ words: [Substring], _ line: String) -> SpeakerOutcome {
        if words[1] == "BYE" { return .refused(line) }
        switch stage {
        case .greeting:
            // Who is logged in already may not start TLS (RFC 9051 §7.1.4).
            if words[1] == "PREAUTH" { return .refused(line) }
            guard words[1] == "OK" else { return .nonsense(line) }
            stage = .capabilities
            return .say("v1 CAPABILITY")
        case .capabilities:
            if words[1] == "CAPABILITY", words.dropFirst(2).contains("STARTTLS") {
                isOffered = true
            }
            return .wait
        case .consent: return .wait
        }
    }
}
