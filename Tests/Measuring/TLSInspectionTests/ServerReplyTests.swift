import Testing

@testable import TLSInspection

/// Replies as tables, at their limits and one past them, cut everywhere, and mutated.
struct ServerReplyTests {
    static let random = [UInt8](repeating: 7, count: 32)

    static func record(_ kind: UInt8, _ contents: [UInt8]) -> [UInt8] {
        [kind, 3, 3, UInt8(contents.count >> 8), UInt8(contents.count & 0xFF)] + contents
    }

    static func message(_ body: [UInt8], kind: UInt8 = 2) -> [UInt8] {
        let count = body.count
        return [kind, UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)] + body
    }

    static func body(
        version: [UInt8] = [3, 3], random: [UInt8] = random, session: [UInt8] = [],
        suite: [UInt8] = [0x13, 2], compression: UInt8 = 0, extensions: [UInt8]? = nil
    ) -> [UInt8] {
        var body = version + random + [UInt8(session.count)] + session + suite + [compression]
        if let extensions {
            body += [UInt8(extensions.count >> 8), UInt8(extensions.count & 0xFF)] + extensions
        }
        return body
    }

    static let versions: [UInt8] = [0, 43, 0, 2, 3, 4]
    static let retryGroup: [UInt8] = [0, 51, 0, 2, 0x11, 0xEC]
    static let share: [UInt8] = [0, 51, 0, 5, 0, 0x1D, 0, 1, 9]

    static let retry = record(
        22, message(body(random: ServerHello.retryRandom, extensions: versions + retryGroup)))
    static let hello13 = record(22, message(body(extensions: versions + share)))
    static let hello12 = record(22, message(body(suite: [0xC0, 0x2F], extensions: [])))

    static func hello(
        _ version: UInt16, _ suite: UInt16, _ group: UInt16?, isRetry: Bool = false
    ) -> ServerHello? {
        let made = ServerHello(body: body()[...])
        guard var made else { return nil }
        (made.version, made.suite, made.group) = (version, suite, group)
        made.isRetry = isRetry
        return made
    }

    @Test func agreements() throws {
        let asked = try #require(Self.hello(0x304, 0x1302, 0x11EC, isRetry: true))
        #expect(ServerReply.read(Self.retry, isClosed: false) == .helloRetryRequest(asked))
        let new = try #require(Self.hello(0x304, 0x1302, 0x1D))
        #expect(ServerReply.read(Self.hello13, isClosed: false) == .serverHello(new))
        let old = try #require(Self.hello(0x303, 0xC02F, nil))
        #expect(ServerReply.read(Self.hello12, isClosed: false) == .serverHello(old))
        let oldest = try #require(Self.hello(0x301, 0x000A, nil))
        let bytes = Self.record(22, Self.message(Self.body(version: [3, 1], suite: [0, 10])))
        #expect(ServerReply.read(bytes, isClosed: false) == .serverHello(oldest))
    }

    @Test(
        arguments: [
            ([21, 3, 3, 0, 2, 2, 40], ServerReply.alert(40)),
            ([21, 3, 1, 0, 2, 2, 70], .alert(70)),
            ([21, 3, 3, 0, 2, 1, 0], .alert(0)),
            ([21, 3, 3, 0, 2, 3, 40], .garbage(.malformed)),
            ([21, 3, 3, 0, 3, 2, 40, 0], .garbage(.unexpected)),
            ([22, 3, 3, 0, 0], .garbage(.unexpected)),
            ([23, 3, 3, 0, 1, 0], .garbage(.unexpected)),
            (Array("HTTP/1.1 400 Bad".utf8), .garbage(.notTLS)),
            (Array("SSH-2.0-".utf8), .garbage(.notTLS)),
            ([22, 2, 0, 0, 1, 2], .garbage(.notTLS)),
            ([22, 3, 3, 0, 1, 11], .garbage(.unexpected)),
            ([], .garbage(.closed)),
            ([22], .garbage(.truncated)),
        ] as [([UInt8], ServerReply)])
    func refusalsAndGarbage(_ bytes: [UInt8], _ expected: ServerReply) {
        #expect(ServerReply.read(bytes, isClosed: true) == expected)
    }

    @Test func aWarningAboutTheNameIsNoRefusal() {
        let warned: [UInt8] = [21, 3, 3, 0, 2, 1, 112]
        #expect(
            ServerReply.read(warned + Self.hello12, isClosed: false)
                == ServerReply.read(Self.hello12, isClosed: false))
        #expect(ServerReply.read([21, 3, 3, 0, 2, 2, 112], isClosed: false) == .alert(112))
        let endless = Array(repeatElement(warned, count: ServerReply.recordLimit + 1).joined())
        #expect(ServerReply.read(endless, isClosed: false) == .garbage(.tooLong))
    }

    @Test(arguments: [
        body(version: [2, 0]), body(random: []), body(session: random + [1]),
        body(compression: 2), body() + [0], body(extensions: []) + [0],
        body(extensions: [0, 43, 0, 2, 3, 3]), body(extensions: [0, 43, 0, 3, 3, 4, 0]),
        body(extensions: versions + versions), body(extensions: versions + retryGroup),
        body(extensions: [0, 51, 0, 1, 0]), body(extensions: [0, 0, 0, 1]),
        body(random: ServerHello.retryRandom),
        body(random: ServerHello.retryRandom, extensions: retryGroup),
        body(random: ServerHello.retryRandom, extensions: versions + share),
    ])
    func brokenGrammar(_ body: [UInt8]) {
        let bytes = Self.record(22, Self.message(body))
        #expect(ServerReply.read(bytes, isClosed: false) == .garbage(.malformed))
    }

    @Test func everyCutWantsMoreAndIsTruncatedAtTheEnd() {
        for whole in [Self.retry, Self.hello13, Self.hello12] {
            for count in 1..<whole.count {
                let part = Array(whole.prefix(count))
                #expect(ServerReply.read(part, isClosed: false) == nil)
                #expect(ServerReply.read(part, isClosed: true) == .garbage(.truncated))
            }
        }
    }

    @Test func limits() {
        // An unknown extension fills the message up to its limit.
        let plain = Self.body(extensions: []).count
        func sized(_ count: Int) -> [UInt8] {
            let filler = count - plain - 4
            let kind: [UInt8] = [0, 99, UInt8(filler >> 8), UInt8(filler & 0xFF)]
            return Self.message(
                Self.body(extensions: kind + [UInt8](repeating: 0, count: filler)))
        }
        let full = Self.record(22, sized(ServerReply.helloByteLimit))
        guard case .serverHello = ServerReply.read(full, isClosed: false) else {
            Issue.record("at the limit")
            return
        }
        let over = Self.record(22, sized(ServerReply.helloByteLimit + 1))
        #expect(ServerReply.read(over, isClosed: false) == .garbage(.tooLong))
        #expect(ServerReply.read([22, 3, 3, 0x40, 0], isClosed: false) == nil)
        #expect(ServerReply.read([22, 3, 3, 0x40, 1], isClosed: false) == .garbage(.tooLong))

        // One octet a record, so that the last record holds the rest.
        func spread(_ message: [UInt8], over records: Int) -> [UInt8] {
            message.prefix(records - 1).flatMap { Self.record(22, [$0]) }
                + Self.record(22, Array(message.dropFirst(records - 1)))
        }
        let whole = Self.message(Self.body(extensions: []))
        #expect(
            ServerReply.read(spread(whole, over: ServerReply.recordLimit), isClosed: false)
                == ServerReply.read(Self.record(22, whole), isClosed: false))
        #expect(
            ServerReply.read(spread(whole, over: ServerReply.recordLimit + 1), isClosed: false)
                == .garbage(.tooLong))
        let longest = spread(sized(ServerReply.helloByteLimit), over: ServerReply.recordLimit)
        #expect(longest.count == ServerReply.byteLimit)
    }

    @Test func mutationsAreDecidedAndNeverCrash() {
        var state: UInt64 = 0x5EED
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<20_000 {
            var bytes = [Self.retry, Self.hello13, Self.hello12][next(3)]
            for _ in 0...next(4) { bytes[next(bytes.count)] = UInt8(next(256)) }
            #expect(ServerReply.read(bytes, isClosed: true) != nil)
            let padded = bytes + [UInt8](repeating: 22, count: ServerReply.byteLimit)
            #expect(ServerReply.read(padded, isClosed: false) != nil)
        }
    }
}

/// The question as bytes.
struct ClientHelloTests {
    static func hello(_ versions: Set<TLSVersion>, _ groups: [UInt16] = []) -> ClientHello {
        ClientHello(
            versions: versions, suites: [0x1302], groups: groups, serverName: nil,
            random: ServerReplyTests.random)
    }

    @Test func postQuantumQuestionIsByteForByte() {
        var hello = Self.hello([.tls1_3], [0x11EC])
        hello.serverName = "a.nl"
        let random = ServerReplyTests.random
        let schemes = ClientHello.signatureSchemes.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
        var body: [UInt8] = [3, 3] + random + [32] + random + [0, 2, 0x13, 2, 1, 0]
        var extensions: [UInt8] = [0, 0, 0, 9, 0, 7, 0, 0, 4] + Array("a.nl".utf8)
        extensions += [0, 10, 0, 4, 0, 2, 0x11, 0xEC]
        extensions += [0, 13, 0, UInt8(schemes.count + 2), 0, UInt8(schemes.count)] + schemes
        extensions += [0, 43, 0, 3, 2, 3, 4, 0, 51, 0, 2, 0, 0]
        body += [0, UInt8(extensions.count)] + extensions
        let message = ServerReplyTests.message(body, kind: 1)
        #expect(
            hello.record() == [22, 3, 1, 0, UInt8(message.count)] + message)
    }

    @Test(arguments: TLSVersion.allCases)
    func legacyVersionIsAtMost1_2(_ version: TLSVersion) {
        let record = Self.hello([version]).record()
        let expected = min(version.rawValue, 0x303)
        #expect(UInt16(record[9]) << 8 | UInt16(record[10]) == expected)
    }

    @Test func theLargestQuestionFitsInOneRecord() {
        var hello = Self.hello(
            Set(TLSVersion.allCases), Array(repeating: 0x1D, count: ClientHello.groupLimit))
        hello.suites = Array(repeating: 0x1302, count: ClientHello.suiteLimit)
        hello.serverName = String(repeating: "a", count: ClientHello.serverNameByteLimit)
        #expect(hello.record().count - 5 <= ServerReply.recordByteLimit)
    }
}
