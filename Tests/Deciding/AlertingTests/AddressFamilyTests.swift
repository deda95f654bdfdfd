import HealthModel
import Testing

@testable import Alerting
@testable import Rules

/// Two endpoints of one URL, one of them over IPv6.
@Suite struct AddressFamilyTests {
    private static func pair(
        ipv4: Probe.AddressFamily = .any, isSameURL: Bool = true
    ) -> [Endpoint] {
        var first = endpoint("a-www", of: "a")
        first.probe.addressFamily = ipv4
        var second = endpoint("a-ipv6", of: "a")
        second.probe.addressFamily = .ipv6
        if isSameURL { second.url = first.url }
        return [second, first]
    }

    private static func watch(_ endpoints: [Endpoint] = pair()) throws -> Watch {
        Watch(
            [service("a"), service("b")], endpoints,
            [
                rule("down", .state(.down)), rule("degraded", .state(.degraded)),
                rule("flapping", .state(.flapping)),
                rule("v6", Condition(try Rules.Expression(parsing: "only_ipv6_fails"))),
            ])
    }

    @Test(
        arguments: [
            // Over IPv6, over IPv4, whether that is IPv6 only, the state of the service.
            (Reason.timeoutConnect, nil, true, HealthState.up),
            (.connectRefused, nil, true, .up), (.dnsNoAddress, nil, true, .up),
            (.dnsServfail, nil, true, .up), (.timeoutConnect, .busy, true, .busy),
            (.timeoutConnect, .httpStatus, true, .down),
            (nil, nil, false, .up), (nil, .timeoutConnect, false, .degraded),
            (.timeoutConnect, .timeoutConnect, false, .down),
            (.timeoutConnect, .connectRefused, false, .down),
            // Browsers do not fall back from a connection that stands.
            (.tlsExpired, nil, false, .degraded), (.timeoutTLS, nil, false, .degraded),
            (.httpStatus, nil, false, .degraded),
            // The monitor has no IPv6, or no IPv4: nothing can be said.
            (.monitorNoRoute, nil, false, .up), (.timeoutConnect, .monitorNoRoute, false, .down),
        ] as [(Reason?, Reason?, Bool, HealthState)])
    func `IPv6 alone is no outage`(
        ipv6: Reason?, ipv4: Reason?, isOnlyIPv6: Bool, state: HealthState
    ) throws {
        for family in [Probe.AddressFamily.any, .ipv4] {
            let watch = try Self.watch(Self.pair(ipv4: family))
            watch.apply(result("a-ipv6", 1, ipv6), result("a-www", 2, ipv4))
            let news = watch.news(at: 3)
            #expect(news.contains("v6 a-ipv6 firing") == isOnlyIPv6)
            #expect(!news.contains("v6 a-www firing"))
            #expect(watch.status("a", at: 3)?.ownState == state)
        }
    }

    /// What was found out of one endpoint is looked at again when the other one changes.
    @Test func `either of the two changes it`() throws {
        let watch = try Self.watch()
        watch.apply(result("a-ipv6", 1, .timeoutConnect), result("a-www", 2))
        #expect(watch.news(at: 3) == ["v6 a-ipv6 firing"])
        watch.apply(result("a-www", 60, .timeoutConnect))
        #expect(watch.news(at: 61) == ["down a firing", "v6 a-ipv6 resolved"])
        watch.apply(result("a-www", 120))
        #expect(watch.news(at: 121) == ["down a resolved", "v6 a-ipv6 firing"])
        watch.apply(result("a-ipv6", 180))
        #expect(watch.news(at: 181) == ["v6 a-ipv6 resolved"])
    }

    /// One of two addresses makes no connection and the other answers wrongly: visitors meet that.
    @Test func `one failure of a row on a connection counts`() throws {
        let watch = try Self.watch()
        for minute in 0..<12 as Range<Int64> {
            let reason = minute.isMultiple(of: 2) ? Reason.timeoutConnect : .httpStatus
            watch.apply(
                result("a-ipv6", minute * 60, reason), result("a-www", minute * 60 + 1))
            let state = watch.status("a", at: minute * 60 + 2)?.ownState
            #expect(state == (minute == 0 ? .up : .degraded), "\(minute)")
        }
        // Answering once ends the row.
        watch.apply(result("a-ipv6", 720), result("a-www", 721))
        watch.apply(result("a-ipv6", 780, .timeoutConnect), result("a-www", 781))
        #expect(watch.status("a", at: 782)?.ownState == .up)
    }

    /// What IPv4 said long ago, and who is reached over IPv6 as well, excuse nothing.
    @Test(
        arguments: [
            (120, "192.0.2.1", HealthState.up), (121, "192.0.2.1", .degraded),
            (0, "2001:db8::1", .degraded),
        ] as [(Int64, String, HealthState)])
    func `only what is reached over IPv4 now excuses`(
        later: Int64, address: String, state: HealthState
    ) throws {
        let watch = try Self.watch()
        var answer = result("a-www", 10)
        answer.address = NetworkAddress(address)
        watch.apply(answer, result("a-ipv6", 10 + later, .timeoutConnect))
        #expect(watch.status("a", at: 11 + later)?.ownState == state)
    }

    /// IPv4 is left alone after it asked for rest, or refused us: the old fault of IPv6 is no outage
    /// for that, and a new one is.
    @Test(arguments: [Reason.busy, .httpBlocked, .httpStatus])
    func `a counterpart that rests changes nothing`(reason: Reason) throws {
        let watch = try Self.watch()
        watch.apply(result("a-www", 0), result("a-ipv6", 1, .timeoutConnect))
        watch.apply(result("a-www", 60, reason, retryAfterSeconds: 3600))
        watch.apply(result("a-ipv6", 61, .timeoutConnect))
        let state = watch.status("a", at: 62)?.ownState
        for minute in 2...10 as ClosedRange<Int64> {
            watch.apply(result("a-ipv6", minute * 60 + 1, .timeoutConnect))
            #expect(watch.status("a", at: minute * 60 + 2)?.ownState == state)
        }
        // It was there in between.
        watch.apply(result("a-ipv6", 661), result("a-ipv6", 721, .timeoutConnect))
        let later = watch.status("a", at: 722)?.ownState
        #expect(later == HealthState(ofServiceWith: watch.snapshot(at: 722).endpoints))
    }

    /// A reload of what stays keeps it, one that ends the pair does not.
    @Test(arguments: [true, false]) func `a reload keeps who is excused`(isPair: Bool) throws {
        let watch = try Self.watch()
        watch.apply(result("a-www", 0), result("a-ipv6", 1, .timeoutConnect))
        watch.apply(result("a-ipv6", 300, .timeoutConnect))
        var endpoints = Self.pair()
        if !isPair { endpoints[0].probe.addressFamily = .any }
        _ = watch.replace([service("a"), service("b")], endpoints, [], at: 301)
        watch.apply(result("a-ipv6", 310, .timeoutConnect))
        #expect(watch.status("a", at: 311)?.ownState == (isPair ? .unknown : .down))
    }

    /// A counterpart that stops connecting after failures of another kind is gone too.
    @Test func `a counterpart that is gone excuses nothing`() throws {
        let watch = try Self.watch()
        watch.apply(result("a-www", 0, .httpStatus), result("a-ipv6", 1, .timeoutConnect))
        #expect(watch.news(at: 2).contains("v6 a-ipv6 firing"))
        watch.apply(result("a-www", 60, .timeoutConnect))
        #expect(watch.news(at: 61).contains("v6 a-ipv6 resolved"))
    }

    /// What browsers do not meet does not lower the share of answers.
    @Test func `connections that were not made over IPv6 are left out of windows`() throws {
        let watch = Watch(
            [service("a")], Self.pair(),
            [
                rule(
                    "losing",
                    Condition(
                        try Rules.Expression(
                            parsing: "availability(10m) < 90% and failures(10m) >= 3")))
            ])
        for minute in 0..<10 as Range<Int64> {
            let isBad = minute.isMultiple(of: 3)
            watch.apply(
                result("a-ipv6", minute * 60, isBad ? .timeoutConnect : nil),
                result("a-www", minute * 60 + 1))
        }
        #expect(watch.news(at: 542) == [])
        for minute in 10..<20 as Range<Int64> {
            let isBad = minute.isMultiple(of: 3)
            watch.apply(
                result("a-ipv6", minute * 60, isBad ? .tlsExpired : nil),
                result("a-www", minute * 60 + 1))
        }
        #expect(watch.news(at: 1142) == ["losing a-ipv6 firing"])
    }

    /// An earlier run saw it answer by turns, on connections that stood or not.
    @Test(arguments: [Reason.timeoutConnect, .httpStatus])
    func `a restart remembers how it flapped`(reason: Reason) throws {
        let watch = try Self.watch()
        watch.apply(result("a-www", 1200), result("a-ipv6", 1200))
        watch.recall(
            (0..<20).map { number in number.isMultiple(of: 2) ? reason : nil }, of: "a-ipv6")
        watch.apply(result("a-ipv6", 1260), result("a-www", 1260))
        #expect(watch.state("a-ipv6", at: 1261)?.state == .flapping)
        #expect(
            watch.status("a", at: 1261)?.ownState == (reason == .timeoutConnect ? .up : .degraded))
    }

    /// The words of an alert are of those who count.
    @Test func `what does not count is not named`() throws {
        let watch = try Self.watch()
        watch.apply(result("a-ipv6", 1, .timeoutConnect), result("a-www", 2, .tooSlow))
        let alert = watch.evaluate(at: 3).first { $0.alert.key.rule.text == "degraded" }?.alert
        #expect(alert?.reason == .tooSlow)
    }

    @Test func `up and down by turns over IPv6 is not the service's`() throws {
        let watch = try Self.watch()
        for minute in 0..<20 as Range<Int64> {
            watch.apply(
                result("a-ipv6", minute * 60, minute.isMultiple(of: 2) ? .timeoutConnect : nil),
                result("a-www", minute * 60 + 1))
            #expect(watch.status("a", at: minute * 60 + 2)?.ownState == .up)
        }
        #expect(watch.state("a-ipv6", at: 1142)?.state == .flapping)
        #expect(watch.news(at: 1142) == ["v6 a-ipv6 firing"])
    }

    // MARK: The monitor's own line

    /// As many services, each with a pair.
    private static func fleet(
        _ count: Int, hosts: Int = .max, lastInterval: Duration = .seconds(60)
    ) throws -> Watch {
        var endpoints: [Endpoint] = []
        for number in 0..<count {
            var pair = [
                endpoint("s\(number)-www", of: "s\(number)", path: "/\(number)"),
                endpoint("s\(number)-ipv6", of: "s\(number)"),
            ]
            if number >= hosts, let url = ProbeURL("https://s0-www.test/\(number)") {
                pair[0].url = url
            }
            pair[1].url = pair[0].url
            pair[1].probe.addressFamily = .ipv6
            if number == count - 1 {
                for index in pair.indices { pair[index].probe.interval = lastInterval }
            }
            endpoints += pair
        }
        return Watch(
            (0..<count).map { service("s\($0)") }, endpoints,
            [
                rule("degraded", .state(.degraded)),
                rule(
                    "v6", Condition(try Rules.Expression(parsing: "only_ipv6_fails")),
                    hold: .seconds(120)),
            ])
    }

    private static func apply(
        _ watch: Watch, _ second: Int64, ipv6: [Reason?], ipv4: Reason? = nil
    ) {
        for (number, reason) in ipv6.enumerated() {
            watch.apply(
                result("s\(number)-www", second, ipv4), result("s\(number)-ipv6", second, reason))
        }
    }

    @Test(arguments: [2, 3]) func `what is gone everywhere over IPv6 is told once`(
        count: Int
    ) throws {
        let watch = try Self.fleet(count)
        let (gone, there) = (
            Array(repeating: Reason?.some(.timeoutConnect), count: count),
            Array(repeating: Reason?.none, count: count)
        )
        var news: [String] = []
        for minute in 0..<15 as Range<Int64> {
            Self.apply(watch, minute * 60, ipv6: minute < 2 ? there : gone)
            news += watch.news(at: minute * 60 + 1).map { "\(minute) \($0)" }
        }
        let warned = news.filter { $0.hasSuffix("firing") }
        #expect(
            warned
                == (count == 2
                    ? ["4 v6 s0-ipv6 firing", "4 v6 s1-ipv6 firing"]
                    : ["12 monitor-ipv6 monitor firing"]))
        #expect(watch.status("s0", at: 841)?.ownState == .up)
        // One that is reached again is enough, and what still fails is its own trouble then.
        Self.apply(watch, 900, ipv6: [nil] + gone.dropFirst())
        let after = watch.news(at: 901)
        #expect(after.contains("monitor-ipv6 monitor resolved") == (count == 3))
        Self.apply(watch, 1020, ipv6: [nil] + gone.dropFirst())
        #expect(watch.news(at: 1021).contains("v6 s1-ipv6 firing") == (count == 3))
    }

    /// One host, or names without an address, say nothing of the line.
    @Test(arguments: ["one host", "no address"]) func `others' faults are not the line`(
        what: String
    ) throws {
        let watch = try Self.fleet(3, hosts: what == "one host" ? 1 : 3)
        let gone = [Reason?](
            repeating: what == "no address" ? .dnsNoAddress : .timeoutConnect, count: 3)
        var news: [String] = []
        for minute in 0..<15 as Range<Int64> {
            Self.apply(watch, minute * 60, ipv6: gone)
            news += watch.news(at: minute * 60 + 1).filter { $0.hasSuffix("firing") }
        }
        #expect(news == (0..<3).map { "v6 s\($0)-ipv6 firing" })
    }

    /// Who is probed once in a quarter of an hour neither hides the loss nor ends it with a storm.
    @Test func `an old answer says nothing of the line`() throws {
        let watch = try Self.fleet(4, lastInterval: .seconds(900))
        Self.apply(watch, 0, ipv6: [nil, nil, nil, nil])
        var news = watch.news(at: 1)
        for minute in 1...14 as ClosedRange<Int64> {
            Self.apply(
                watch, minute * 60, ipv6: [.timeoutConnect, .timeoutConnect, .timeoutConnect])
            news += watch.news(at: minute * 60 + 1).filter { $0.hasSuffix("firing") }
        }
        #expect(news == ["monitor-ipv6 monitor firing"])
        Self.apply(watch, 900, ipv6: [nil])
        #expect(watch.news(at: 901) == ["monitor-ipv6 monitor resolved"])
        // The others have not been looked at since.
        #expect(watch.news(at: 1100).filter { $0.contains("v6 ") } == [])
    }

    /// What IPv4 does not reach either says nothing of IPv6, and what is not measured changes nothing.
    @Test func `the doubt lasts until something is seen`() throws {
        let watch = try Self.fleet(3)
        let gone = [Reason?](repeating: .timeoutConnect, count: 3)
        Self.apply(watch, 0, ipv6: gone)
        #expect(watch.news(at: 1).isEmpty)
        Self.apply(watch, 500, ipv6: gone)
        #expect(watch.news(at: 600).isEmpty)
        #expect(watch.news(at: 601) == ["monitor-ipv6 monitor firing"])
        let remembered = Array(watch.takeAlertChanges().active.values)
        Self.apply(watch, 700, ipv6: gone, ipv4: .timeoutConnect)
        #expect(!watch.news(at: 701).contains { $0.contains("monitor") })
        // Nor does a restart.
        let next = try Self.fleet(3)
        #expect(next.restore(remembered, lastSeen: 710, at: 711).isEmpty)
        #expect(next.news(at: 712).isEmpty)
        Self.apply(next, 720, ipv6: gone)
        #expect(next.news(at: 721).isEmpty)
        Self.apply(next, 780, ipv6: [nil, .timeoutConnect, .timeoutConnect])
        #expect(next.news(at: 781).contains("monitor-ipv6 monitor resolved"))
    }

    @Test(arguments: ["another URL", "another service", "both IPv6", "none"])
    func `what is no pair is judged alone`(what: String) throws {
        var endpoints = Self.pair(isSameURL: what != "another URL")
        switch what {
        case "another service": endpoints[1].service = ServiceID("b")
        case "both IPv6": endpoints[1].probe.addressFamily = .ipv6
        case "none": endpoints[0].probe.addressFamily = .any
        default: break
        }
        let watch = try Self.watch(endpoints)
        watch.apply(result("a-ipv6", 1, .timeoutConnect), result("a-www", 2))
        #expect(!watch.news(at: 3).contains { $0.hasPrefix("v6 ") })
        #expect(
            watch.status("a", at: 3)?.ownState == (what == "another service" ? .down : .degraded))
    }

    @Test func `a reload makes a pair and ends it`() throws {
        let alone = Self.pair(isSameURL: false)
        let watch = try Self.watch(alone)
        watch.apply(result("a-ipv6", 1, .timeoutConnect), result("a-www", 2))
        #expect(watch.status("a", at: 3)?.ownState == .degraded)
        var pair = alone
        pair[1].url = alone[0].url
        _ = watch.replace([service("a")], pair, [], at: 4)
        watch.apply(result("a-www", 5))
        #expect(watch.status("a", at: 6)?.ownState == .up)
        _ = watch.replace([service("a")], alone, [], at: 7)
        watch.apply(result("a-www", 8))
        #expect(watch.status("a", at: 9)?.ownState == .degraded)
    }
}
