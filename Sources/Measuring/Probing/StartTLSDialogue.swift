public import HealthModel

/// The plain-text conversation that turns a connection into TLS: bytes in, bytes out.
///
/// Pure: no socket and no clock, and the outcome does not depend on how the stream is cut into
/// pieces. It asks for TLS and goes on only when the server agrees in so many words: a server that
/// does not offer it has failed, since a client that goes on in plain text is what an attacker
/// between the two wants (RFC 3207 §6). Bytes between the server's word and the first byte of TLS
/// are a failure too: a client that keeps them takes an attacker's words for the server's.
public struct StartTLSDialogue: Sendable {
    /// The protocols that begin in plain text.
    public enum Door: String, Sendable, Hashable, CaseIterable {
        /// RFC 3207.
        case smtp = "SMTP"
        /// RFC 9051 §6.2.1.
        case imap = "IMAP"
        /// RFC 2595 §4.
        case pop3 = "POP3"
        /// RFC 4217 §4.
        case ftp = "FTP"
        /// RFC 4511 §4.14.
        case ldap = "LDAP"

        /// The door that a URL names; nil for those where TLS or HTTP comes first.
        public init?(_ scheme: ProbeURL.Scheme) {
            switch scheme {
            case .http, .https, .tls: return nil
            case .smtp: self = .smtp
            case .imap: self = .imap
            case .pop3: self = .pop3
            case .ftp: self = .ftp
            case .ldap: self = .ldap
            }
        }
    }

    /// How far it is.
    public enum State: Sendable, Hashable {
        /// More bytes are needed.
        case talking
        /// The server has agreed: TLS begins now.
        case agreed
        /// It ended without TLS; the reason is one of the three that begin with `starttls_`.
        case failed(Reason, detail: String)
    }

    /// Bytes of one line; the longest of a well-known server has about 1,000.
    public static let lineBytesMax = 2048
    /// Lines of the whole conversation; banners of dozens of lines exist.
    public static let linesMax = 256
    /// Bytes of the whole conversation.
    public static let bytesMax = 32 * 1024
    /// Characters of the server's own words that are shown.
    static let shownCharactersMax = 100

    /// How far it is.
    public private(set) var state = State.talking
    /// Which protocol it is.
    public let door: Door

    private var speaker: Speaker
    private var line: [UInt8] = []
    private var lineCount = 0
    private var byteCount = 0

    /// One protocol's side of the conversation.
    private enum Speaker: Sendable {
        case smtp(SMTPSpeaker)
        case imap(IMAPSpeaker)
        case pop3(POP3Speaker)
        case ftp(FTPSpeaker)
        case ldap(LDAPSpeaker)
    }

    /// Makes a conversation that has not begun.
    ///
    /// - Parameters:
    ///   - door: The protocol.
    ///   - clientName: How SMTP introduces the client, such as `[192.0.2.1]` (RFC 5321 §4.1.3).
    public init(door: Door, clientName: String) {
        self.door = door
        switch door {
        case .smtp: speaker = .smtp(SMTPSpeaker(clientName: clientName))
        case .imap: speaker = .imap(IMAPSpeaker())
        case .pop3: speaker = .pop3(POP3Speaker())
        case .ftp: speaker = .ftp(FTPSpeaker())
        case .ldap: speaker = .ldap(LDAPSpeaker())
        }
    }

    /// What is sent as soon as the connection stands; empty where the server speaks first.
    public var opening: [UInt8] { door == .ldap ? LDAPSpeaker.request : [] }

    /// What ends the session politely, inside TLS or, after a refusal, outside.
    public var farewell: [UInt8] {
        switch door {
        case .smtp, .pop3, .ftp: Array("QUIT\r\n".utf8)
        case .imap: Array("v3 LOGOUT\r\n".utf8)
        case .ldap: LDAPSpeaker.unbind
        }
    }

    /// What is being waited for, such as `the greeting`.
    public var expectation: String {
        switch speaker {
        case .smtp(let speaker): speaker.expectation
        case .imap(let speaker): speaker.expectation
        case .pop3(let speaker): speaker.expectation
        case .ftp(let speaker): speaker.expectation
        case .ldap: "the answer to StartTLS"
        }
    }

    /// Takes bytes from the server.
    ///
    /// - Returns: What to send now; empty for nothing. See `state` for how it stands.
    public mutating func receive(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var answer: [UInt8] = []
        for byte in bytes {
            switch state {
            case .failed: return answer
            case .agreed:
                fail(.startTLSProtocol, "bytes between the server's consent and TLS (injected?)")
                return answer
            case .talking: take(byte, &answer)
            }
        }
        return answer
    }

    /// Notes that the server has closed the connection.
    public mutating func close() {
        guard state == .talking else { return }
        fail(.startTLSClosed, "waiting for \(expectation)")
    }

    private mutating func take(_ byte: UInt8, _ answer: inout [UInt8]) {
        byteCount += 1
        guard byteCount <= Self.bytesMax else {
            return fail(.startTLSProtocol, "more than \(Self.bytesMax) bytes before TLS")
        }
        if case .ldap(var speaker) = speaker {
            let outcome = speaker.receive(byte)
            self.speaker = .ldap(speaker)
            return apply(outcome, &answer)
        }
        if byte == UInt8(ascii: "\n") {
            lineCount += 1
            guard lineCount <= Self.linesMax else {
                return fail(.startTLSProtocol, "more than \(Self.linesMax) lines before TLS")
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            let whole = String(decoding: line, as: UTF8.self)
            line.removeAll(keepingCapacity: true)
            return apply(read(whole), &answer)
        }
        // Control characters stand in no line of these protocols, but begin every TLS record.
        guard byte >= 0x20 || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t") else {
            return fail(
                .startTLSProtocol,
                "not \(door.rawValue): a control character in "
                    + "\(expectation)")
        }
        guard line.count < Self.lineBytesMax else {
            return fail(.startTLSProtocol, "a line of more than \(Self.lineBytesMax) bytes")
        }
        line.append(byte)
    }

    private mutating func read(_ line: String) -> SpeakerOutcome {
        switch speaker {
        case .smtp(var one):
            defer { speaker = .smtp(one) }
            return one.read(line)
        case .imap(var one):
            defer { speaker = .imap(one) }
            return one.read(line)
        case .pop3(var one):
            defer { speaker = .pop3(one) }
            return one.read(line)
        case .ftp(var one):
            defer { speaker = .ftp(one) }
            return one.read(line)
        case .ldap: preconditionFailure("LDAP has no lines")
        }
    }

    private mutating func apply(_ outcome: SpeakerOutcome, _ answer: inout [UInt8]) {
        switch outcome {
        case .wait: break
        case .say(let text): answer += Array(text.utf8) + [0x0D, 0x0A]
        case .agreed: state = .agreed
        case .refused(let words): fail(.startTLSRefused, Self.shown(words))
        case .nonsense(let words):
            fail(.startTLSProtocol, "\(expectation) is not \(door.rawValue): \(Self.shown(words))")
        }
    }

    private mutating func fail(_ reason: Reason, _ detail: String) {
        line = []
        state = .failed(reason, detail: detail)
    }

    /// The server's words, fit for a terminal and a log.
    private static func shown(_ words: String) -> String {
        let kept = words.unicodeScalars.lazy.map { scalar -> Character in
            (0x20...0x7E).contains(scalar.value) ? Character(scalar) : "?"
        }
        return String(kept.prefix(shownCharactersMax))
    }
}

/// What one protocol makes of what it was told.
enum SpeakerOutcome: Sendable, Hashable {
    case wait
    /// A command, without its line end.
    case say(String)
    case agreed
    /// The server will not, in these words.
    case refused(String)
    /// This is not the protocol.
    case nonsense(String)
}
