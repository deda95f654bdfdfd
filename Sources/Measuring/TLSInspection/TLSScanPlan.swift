public import HealthModel

/// Decides what to ask a server next, and makes a `TLSScan` of the answers.
///
/// Pure: whoever owns it sends `next()` on a connection of its own and hands the reply to `take`,
/// one at a time, until there is no next one. TLS 1.3 comes first, then its groups, then the older
/// versions; suites are found by leaving out those that the server has chosen already.
public struct TLSScanPlan: Sendable {
    /// Connections that one scan makes at most.
    public static let connectionLimit = 64
    /// Suites of TLS 1.2 that are asked for one after the other.
    public static let suiteLimit = 40
    /// Questions in a row without an answer in TLS after which a server is left alone.
    public static let silenceLimit = 3

    /// What the answers so far show.
    public private(set) var scan = TLSScan()

    private enum Question {
        case version(TLSVersion)
        case group(Int)
    }

    private let serverName: String?
    private var question: Question? = .version(.tls1_3)
    private var refused: Set<UInt16> = []
    private var silences = 0

    /// Makes a plan for a server that is known by this name; nil for an address.
    public init(serverName: String?) { self.serverName = serverName }

    /// Key exchange groups by number (IANA, TLS Supported Groups), post-quantum first.
    static let groups: [(number: UInt16, name: String)] = [
        (0x11EC, "X25519MLKEM768"), (0x11EB, "SecP256r1MLKEM768"),
        (0x11ED, "SecP384r1MLKEM1024"), (0x001D, "x25519"), (0x001E, "x448"),
        (0x0017, "secp256r1"), (0x0018, "secp384r1"), (0x0019, "secp521r1"),
        (0x0100, "ffdhe2048"), (0x0101, "ffdhe3072"), (0x0102, "ffdhe4096"),
        (0x0103, "ffdhe6144"), (0x0104, "ffdhe8192"),
    ]
    /// Curves that only versions before TLS 1.3 have (RFC 8422 §5.1.1, RFC 7027).
    private static let olderGroups: [UInt16] = [0x001A, 0x001B, 0x001C, 0x0015, 0x0016, 0x0013]

    /// Makes the message to send next.
    ///
    /// - Parameter random: 32 bytes; they protect nothing.
    /// - Returns: the message; nil when all is known that will be.
    public func next(random: [UInt8]) -> ClientHello? {
        guard let question, scan.connections < Self.connectionLimit, silences < Self.silenceLimit
        else { return nil }
        switch question {
        case .group(let index):
            return hello(.tls1_3, TLSSuiteTable.tls1_3, [Self.groups[index].number], random)
        case .version(let version):
            let suites = suites(of: version).filter { !refused.contains($0.number) }
            let groups = Self.groups.map(\.number)
            return hello(
                version, suites, version == .tls1_3 ? groups : groups + Self.olderGroups, random)
        }
    }

    /// Takes the reply to what `next` gave; nil when none came in time.
    public mutating func take(_ reply: ServerReply?) {
        guard let question else { return }
        scan.connections += 1
        switch question {
        case .group(let index): answer(group: index, reply)
        case .version(let version): answer(version, reply)
        }
        if silences >= Self.silenceLimit { scan.isGivenUp = true }
    }

    /// Ends the scan: there is no next question.
    public mutating func giveUp() {
        guard question != nil else { return }
        question = nil
        scan.isGivenUp = true
    }

    /// The worst first: should a server that follows the client have more than the limit, it is
    /// sound ones that are not seen.
    private func suites(of version: TLSVersion) -> [(number: UInt16, name: String)] {
        version == .tls1_3 ? TLSSuiteTable.tls1_3 : TLSSuiteTable.older.reversed()
    }

    private func hello(
        _ version: TLSVersion, _ suites: [(number: UInt16, name: String)], _ groups: [UInt16],
        _ random: [UInt8]
    ) -> ClientHello {
        ClientHello(
            versions: [version], suites: suites.map(\.number), groups: groups,
            serverName: serverName, random: random)
    }

    /// What a refusal means: only an alert about versions, suites or groups is a no.
    private mutating func refusal(in reply: ServerReply?) -> TLSScan.Answer {
        switch reply {
        case .alert(40), .alert(70), .alert(71):
            silences = 0
            return .no
        case .alert:
            silences = 0
            return .unknown
        default:
            silences += 1
            return .unknown
        }
    }

    private mutating func answer(group index: Int, _ reply: ServerReply?) {
        var group = TLSScan.Group(name: Self.groups[index].name, answer: .unknown)
        if case .helloRetryRequest(let hello) = reply {
            silences = 0
            group.answer = hello.group == Self.groups[index].number ? .yes : .unknown
        } else if case .serverHello = reply {
            // A server that agrees on no key has not understood the question.
            silences = 0
        } else {
            group.answer = refusal(in: reply)
        }
        scan.groups.append(group)
        question = index + 1 < Self.groups.count ? .group(index + 1) : .version(.tls1_2)
    }

    private mutating func answer(_ version: TLSVersion, _ reply: ServerReply?) {
        let isFirst = scan.versions.last?.name != version.name
        switch reply {
        case .serverHello(let hello), .helloRetryRequest(let hello):
            silences = 0
            guard hello.version == version.rawValue else {
                // It would rather speak another version than this one.
                if isFirst { note(version, .no) }
                return advance(after: version)
            }
            if isFirst { note(version, .yes) }
            accept(hello.suite, version)
        default:
            let answer = refusal(in: reply)
            if isFirst {
                note(version, answer)
            } else if answer == .unknown {
                cut()
            }
            advance(after: version)
        }
    }

    private mutating func accept(_ number: UInt16, _ version: TLSVersion) {
        // A suite that was not offered breaks RFC 8446 §4.1.3; asking on would not end.
        guard let name = TLSSuiteTable.name(of: number), !refused.contains(number),
            suites(of: version).contains(where: { $0.number == number })
        else {
            cut()
            return advance(after: version)
        }
        refused.insert(number)
        let last = scan.versions.count - 1
        scan.versions[last].suites.append(name)
        let found = scan.versions[last].suites.count
        if version < .tls1_2 {
            cut()
            advance(after: version)
        } else if found == Self.suiteLimit {
            cut()
            advance(after: version)
        } else if found == suites(of: version).count {
            advance(after: version)
        }
    }

    private mutating func note(_ version: TLSVersion, _ answer: TLSScan.Answer) {
        scan.versions.append(TLSScan.Version(name: version.name, answer: answer))
    }

    private mutating func cut() { scan.versions[scan.versions.count - 1].isCut = true }

    private mutating func advance(after version: TLSVersion) {
        refused = []
        switch version {
        case .tls1_3:
            let isSpoken = scan.versions.last?.answer == .yes
            question = isSpoken ? .group(0) : .version(.tls1_2)
        case .tls1_2: question = .version(.tls1_1)
        case .tls1_1: question = .version(.tls1_0)
        case .tls1_0: question = nil
        }
    }
}
