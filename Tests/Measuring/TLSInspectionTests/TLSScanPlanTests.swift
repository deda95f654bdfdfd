import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

/// What is asked of a server, and what its answers are taken for.
@Suite struct TLSScanPlanTests {
    private static let random = [UInt8](repeating: 7, count: ClientHello.randomBytes)

    /// A server by the book: it agrees to the first suite and group of its own that are offered.
    struct Model {
        var versions: [TLSVersion: [UInt16]] = [:]
        var groups: Set<UInt16> = [0x001D]
        var refusal: ServerReply? = .alert(40)

        func reply(to hello: ClientHello) -> ServerReply? {
            guard let version = hello.versions.max(), let own = versions[version],
                let suite = own.first(where: { hello.suites.contains($0) })
            else { return refusal }
            guard version == .tls1_3 else {
                return .serverHello(TLSScanPlanTests.hello(version, suite))
            }
            guard let group = hello.groups.first(where: { groups.contains($0) })
            else { return refusal }
            return .helloRetryRequest(TLSScanPlanTests.hello(version, suite, group))
        }
    }

    /// What a server says, made through the parser, since only that can make it.
    static func hello(
        _ version: TLSVersion, _ suite: UInt16, _ group: UInt16? = nil
    ) -> ServerHello {
        var body = WireWriter()
        body.append(UInt16(min(version, .tls1_2).rawValue))
        body.bytes += group == nil ? random : ServerHello.retryRandom
        body.appendVector8([])
        body.append(suite)
        body.bytes.append(0)
        body.appendVector16 { list in
            guard let group else { return }
            list.append(TLSExtension.supportedVersions)
            list.appendVector16 { $0.append(version.rawValue) }
            list.append(TLSExtension.keyShare)
            list.appendVector16 { $0.append(group) }
        }
        guard let hello = ServerHello(body: body.bytes[...]) else {
            preconditionFailure("a hello of our own")
        }
        return hello
    }

    private func run(_ answer: (ClientHello) -> ServerReply?) -> TLSScan {
        var plan = TLSScanPlan(serverName: "a.test")
        var asked = 0
        while let hello = plan.next(random: Self.random) {
            // Every message can be sent as it is.
            #expect(hello.record().count > 50)
            plan.take(answer(hello))
            asked += 1
            guard asked <= TLSScanPlan.connectionLimit else { break }
        }
        #expect(asked <= TLSScanPlan.connectionLimit)
        #expect(plan.scan.connections == asked)
        return plan.scan
    }

    /// All that a server has is found, in its order of preference, and nothing else.
    @Test func everythingAcceptedIsFound() {
        let old: [UInt16] = [0xC030, 0xC02F, 0x009D, 0x0005, 0x0001]
        let scan = run(
            Model(
                versions: [
                    .tls1_3: [0x1302, 0x1301], .tls1_2: old, .tls1_0: [0x0005, 0x002F],
                ], groups: [0x11EC, 0x001D]
            ).reply)
        #expect(scan.versions.map(\.name) == ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"])
        #expect(scan.versions.map(\.answer) == [.yes, .yes, .no, .yes])
        #expect(
            scan.versions[0].suites == ["TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"])
        #expect(
            scan.versions[1].suites == [
                "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_RC4_128_SHA",
                "TLS_RSA_WITH_NULL_MD5",
            ])
        // One suite is enough to condemn an old version.
        #expect(scan.versions[3].suites == ["TLS_RSA_WITH_RC4_128_SHA"])
        #expect(scan.versions.map(\.isCut) == [false, false, false, true])
        #expect(
            scan.groups.filter { $0.answer == .yes }.map(\.name) == ["X25519MLKEM768", "x25519"])
        #expect(scan.groups.count == TLSScanPlan.groups.count)
        #expect(scan.postQuantum == .yes && !scan.isGivenUp)
    }

    /// Only a refusal of what was asked is a no.
    @Test(
        arguments: [
            (ServerReply.alert(40) as ServerReply?, TLSScan.Answer.no), (.alert(70), .no),
            (.alert(71), .no),
            (.alert(80), .unknown), (.alert(112), .unknown), (.garbage(.notTLS), .unknown),
            (.garbage(.closed), .unknown), (.garbage(.truncated), .unknown), (nil, .unknown),
        ])
    func whatARefusalMeans(reply: ServerReply?, answer: TLSScan.Answer) {
        let scan = run { _ in reply }
        #expect(scan.versions.allSatisfy { $0.answer == answer })
        #expect(scan.groups.isEmpty)
        #expect(scan.postQuantum == answer)
        let isTLS =
            if case .alert = reply { true } else { false }
        // A server that does not answer in TLS is left alone.
        #expect(scan.connections == (isTLS ? 4 : TLSScanPlan.silenceLimit))
        #expect(scan.isGivenUp == !isTLS)
        // The question on the post-quantum group alone.
        let partly = run { hello in
            hello.groups == [0x11EC]
                ? reply : Model(versions: [.tls1_3: [0x1301]]).reply(to: hello)
        }
        #expect(partly.groups.first == TLSScan.Group(name: "X25519MLKEM768", answer: answer))
        #expect(partly.postQuantum == answer)
    }

    /// A server that answers in another version than asked does not speak the one asked.
    @Test func anotherVersionIsARefusal() {
        let scan = run { _ in .serverHello(Self.hello(.tls1_2, 0xC02F)) }
        #expect(scan.versions.map(\.answer) == [.no, .yes, .no, .no])
        // It goes on choosing what is not offered any more.
        #expect(scan.versions[1].suites == ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])
        #expect(scan.versions[1].isCut && scan.connections == 5)
    }

    /// A group other than the one asked for says nothing.
    @Test func anotherGroupIsUnknown() {
        let scan = run { hello in
            hello.versions == [.tls1_3]
                ? .helloRetryRequest(Self.hello(.tls1_3, hello.suites[0], 0x0017)) : .alert(70)
        }
        #expect(
            scan.groups.filter { $0.answer == .yes }.map(\.name) == ["secp256r1"])
        #expect(scan.groups.filter { $0.answer == .unknown }.count == scan.groups.count - 1)
        #expect(scan.postQuantum == .unknown)
    }

    /// One suite fewer than the limit, the limit, and one more.
    @Test(arguments: [-1, 0, 1])
    func suitesHaveALimit(more: Int) {
        let suites = TLSSuiteTable.older.map(\.number).prefix(TLSScanPlan.suiteLimit + more)
        let scan = run(Model(versions: [.tls1_2: Array(suites)]).reply)
        #expect(scan.versions[1].suites.count == min(suites.count, TLSScanPlan.suiteLimit))
        #expect(scan.versions[1].isCut == (more >= 0))
        // A server that accepts everything there is stays within the limit of connections.
        let all = TLSSuiteTable.older.map(\.number)
        let greedy = run(
            Model(
                versions: [
                    .tls1_3: TLSSuiteTable.tls1_3.map(\.number), .tls1_2: all, .tls1_1: all,
                    .tls1_0: all,
                ], groups: Set(TLSScanPlan.groups.map(\.number))
            ).reply)
        #expect(greedy.versions.map(\.answer) == [.yes, .yes, .yes, .yes])
        #expect(greedy.connections <= TLSScanPlan.connectionLimit && !greedy.isGivenUp)
    }

    /// Two silences are forgiven when a word follows; three in a row are not.
    @Test func silenceHasALimit() {
        var count = 0
        let patient = run { hello in
            count += 1
            return count % TLSScanPlan.silenceLimit == 0
                ? Model(versions: [.tls1_3: [0x1301]]).reply(to: hello) : nil
        }
        #expect(!patient.isGivenUp)
        var plan = TLSScanPlan(serverName: nil)
        for _ in 0..<TLSScanPlan.silenceLimit {
            #expect(plan.next(random: Self.random) != nil && !plan.scan.isGivenUp)
            plan.take(nil)
        }
        #expect(plan.next(random: Self.random) == nil && plan.scan.isGivenUp)
    }

    /// Who gives up asks nothing more and says so; after the end that changes nothing.
    @Test func givingUp() {
        var plan = TLSScanPlan(serverName: nil)
        plan.giveUp()
        #expect(plan.next(random: Self.random) == nil && plan.scan.isGivenUp)
        var ended = TLSScanPlan(serverName: nil)
        for _ in 0..<4 { ended.take(.alert(70)) }
        ended.giveUp()
        #expect(ended.next(random: Self.random) == nil && !ended.scan.isGivenUp)
    }

    /// The names are those that OpenSSL knows, for all that it knows.
    @Test func namesAreThoseOfTheRegistry() throws {
        let context = try #require(SSL_CTX_new(TLS_client_method()))
        defer { SSL_CTX_free(context) }
        let ssl = try #require(SSL_new(context))
        defer { SSL_free(ssl) }
        var known = 0
        for suite in TLSSuiteTable.tls1_3 + TLSSuiteTable.older {
            #expect(TLSSuiteTable.name(of: suite.number) == suite.name)
            let number = [UInt8(suite.number >> 8), UInt8(suite.number & 0xFF)]
            guard let cipher = SSL_CIPHER_find(ssl, number),
                let name = SSL_CIPHER_standard_name(cipher)
            else { continue }
            known += 1
            #expect(String(cString: name) == suite.name)
        }
        #expect(known > 50)
        #expect(TLSSuiteTable.name(of: 0x0000) == nil)
    }
}
