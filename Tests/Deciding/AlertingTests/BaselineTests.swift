import HealthModel
import Testing

@testable import Alerting
@testable import Observing
@testable import Rules

/// What servers did as they should and do no more.
@Suite struct BaselineTests {
    private static let year: Int64 = 31_536_000
    private static let day: Int64 = 86_400

    private static func hop(
        _ url: String, status: Int? = 200, hsts: Int64? = nil
    ) -> ProbeHop {
        ProbeHop(
            url: url, status: status, tls: url.hasPrefix("https") ? tls(to: 90 * day) : nil,
            hstsSeconds: hsts)
    }

    private static func answered(
        _ second: Int64, _ hops: [ProbeHop], _ reason: Reason? = nil
    ) -> ProbeResult {
        var one = result("a-www", second, reason)
        one.hops = hops
        return one
    }

    /// An answer of `https://a-www.test/` with or without HSTS.
    private static func secure(
        _ second: Int64, hsts: Int64?, _ reason: Reason? = nil
    ) -> ProbeResult {
        answered(second, [hop("https://a-www.test/", hsts: hsts)], reason)
    }

    private static func watch(_ text: String = "regressed(hsts)") throws -> Watch {
        Watch(
            [service("a")], [endpoint("a-www", of: "a", interval: .seconds(day))],
            [rule("r", Condition(try Rules.Expression(parsing: text)))])
    }

    // MARK: What an answer says

    @Test(
        arguments: [
            ([hop("https://a.test/", hsts: year)], nil, .hsts, .passes),
            ([hop("https://a.test/", hsts: year - 1)], nil, .hsts, .partly),
            ([hop("https://a.test/", hsts: 1)], nil, .hsts, .partly),
            ([hop("https://a.test/", hsts: 0)], nil, .hsts, .fails),
            ([hop("https://a.test/")], nil, .hsts, .fails),
            (
                [hop("https://a.test/", status: 302), hop("https://b.test/", hsts: year)], nil,
                .hsts, .fails
            ),
            ([hop("https://a.test/", status: nil)], nil, nil, nil),
            ([hop("https://a.test/")], .httpStatus, nil, nil), ([], nil, nil, nil),
            (
                [hop("http://a.test/", status: 301), hop("https://a.test/x")], nil, .httpsRedirect,
                .passes
            ),
            (
                [hop("http://a.test/", status: 301), hop("https://www.a.test/")], nil,
                .httpsRedirect, .fails
            ),
            (
                [hop("http://a.test/", status: 301), hop("http://a.test/x")], nil, .httpsRedirect,
                .fails
            ),
            ([hop("http://a.test/")], nil, .httpsRedirect, .fails),
            ([hop("http://a.test/", status: 301)], nil, nil, nil),
            ([hop("http://a.test/")], .httpStatus, nil, nil),
        ] as [([ProbeHop], Reason?, BaselineFact?, BaselineGrade?)])
    func `an answer says what the server does`(
        hops: [ProbeHop], reason: Reason?, fact: BaselineFact?, grade: BaselineGrade?
    ) {
        let found = BaselineFact.judge(Self.answered(1, hops, reason))
        #expect(found?.fact == fact)
        #expect(found?.grade == grade)
    }

    @Test(
        arguments: [
            ([("TLSv1.3", .yes), ("TLSv1.2", .yes), ("TLSv1.1", .no), ("TLSv1", .no)], .passes),
            ([("TLSv1.2", .yes), ("TLSv1.1", .yes), ("TLSv1", .no)], .fails),
            ([("TLSv1.2", .yes), ("TLSv1.1", .unknown), ("TLSv1", .yes)], .fails),
            ([("TLSv1.2", .yes), ("TLSv1.1", .no), ("TLSv1", .unknown)], nil),
            ([("TLSv1.2", .unknown), ("TLSv1.1", .no), ("TLSv1", .no)], .passes),
            ([("TLSv1.3", .yes), ("TLSv1.2", .yes)], nil), ([], nil),
            ([("TLSv1.2", .yes), ("TLSv1.1", .no)], nil), ([("TLSv1", .no)], nil),
        ] as [([(String, TLSScan.Answer)], BaselineGrade?)])
    func `a scan says whether old versions are accepted`(
        versions: [(String, TLSScan.Answer)], grade: BaselineGrade?
    ) {
        var scan = TLSScan()
        scan.versions = versions.map { TLSScan.Version(name: $0, answer: $1) }
        #expect(BaselineFact.judge(scan) == grade)
    }

    // MARK: What was and is no more

    @Test func `what it did and does no more is told until it does or a month is over`() throws {
        let watch = try Self.watch()
        // Never seen to do it.
        watch.apply(Self.secure(0, hsts: nil))
        #expect(watch.news(at: 1) == [])
        watch.apply(Self.secure(10, hsts: Self.year))
        #expect(watch.news(at: 11) == [])
        // Shorter than it should be is neither.
        watch.apply(Self.secure(20, hsts: 60))
        #expect(watch.news(at: 21) == [])
        watch.apply(Self.secure(30, hsts: nil))
        #expect(watch.news(at: 31) == ["r a-www firing"])
        // The page of an outage says nothing.
        watch.apply(Self.secure(40, hsts: Self.year, .httpStatus))
        #expect(watch.news(at: 41) == [])
        watch.apply(Self.secure(50, hsts: Self.year))
        #expect(watch.news(at: 51) == ["r a-www resolved"])
        watch.apply(Self.secure(60, hsts: 0))
        #expect(watch.news(at: 61) == ["r a-www firing"])
        for day in 1...29 as ClosedRange<Int64> {
            watch.apply(Self.secure(day * Self.day, hsts: nil))
            #expect(watch.news(at: day * Self.day + 1) == [])
        }
        watch.apply(Self.secure(30 * Self.day, hsts: nil))
        #expect(watch.news(at: 30 * Self.day + 49) == [])
        #expect(watch.news(at: 30 * Self.day + 50) == ["r a-www resolved"])
    }

    /// Shorter than it should be, but there: what was told is not so any more.
    @Test func `what is there again in part ends it`() throws {
        let watch = try Self.watch()
        watch.apply(Self.secure(0, hsts: Self.year), Self.secure(10, hsts: nil))
        #expect(watch.news(at: 11) == ["r a-www firing"])
        watch.apply(Self.secure(20, hsts: Self.year / 2))
        #expect(watch.news(at: 21) == ["r a-www resolved"])
        watch.apply(Self.secure(30, hsts: nil))
        #expect(watch.news(at: 31) == ["r a-www firing"])
    }

    @Test func `a shorter time may be asked for`() throws {
        let watch = try Self.watch("regressed(hsts, 1h)")
        watch.apply(Self.secure(0, hsts: Self.year), Self.secure(60, hsts: nil))
        #expect(watch.news(at: 61) == ["r a-www firing"])
        #expect(watch.news(at: 3599) == [])
        #expect(watch.news(at: 3600) == ["r a-www resolved"])
    }

    @Test func `a scan is told as soon as it ends`() throws {
        let watch = try Self.watch("regressed(modern_tls)")
        var scan = TLSScan()
        scan.versions = ["TLSv1", "TLSv1.1"].map { TLSScan.Version(name: $0, answer: .no) }
        watch.apply(result("a-www", 1))
        watch.note(scan, of: "a-www", at: 2)
        #expect(watch.news(at: 3) == [])
        scan.versions[0].answer = .yes
        watch.note(scan, of: "a-www", at: 4)
        watch.note(scan, of: "gone", at: 4)
        #expect(watch.news(at: 5) == ["r a-www firing"])
        scan.versions[0].answer = .unknown
        watch.note(scan, of: "a-www", at: 6)
        #expect(watch.news(at: 7) == [])
        scan.versions[0].answer = .no
        watch.note(scan, of: "a-www", at: 8)
        #expect(watch.news(at: 9) == ["r a-www resolved"])
    }

    // MARK: Memory

    @Test func `a pass is kept once a day`() throws {
        let watch = try Self.watch()
        func kept() -> [Int64] {
            watch.takeAlertChanges().passes.values.map { ($0.at - noon).components.seconds }
        }
        for (second, wanted) in [
            (0, [0]), (10, []), (Self.day - 1, []), (Self.day, [Self.day]), (Self.day + 1, []),
            // The clock was set back.
            (100, [100]), (101, []),
        ] as [(Int64, [Int64])] {
            watch.apply(Self.secure(second, hsts: Self.year))
            #expect(kept() == wanted, "\(second)")
        }
        watch.apply(Self.secure(3 * Self.day, hsts: nil))
        #expect(kept() == [])
    }

    /// The alert goes on over a restart, and is told by a run that never saw the server do it.
    @Test(arguments: ["the same", "another URL", "gone"])
    func `an earlier run saw it`(what: String) throws {
        let first = try Self.watch()
        first.apply(Self.secure(0, hsts: Self.year))
        var passes = Array(first.takeAlertChanges().passes.values)
        try #require(passes.map(\.url) == ["https://a-www.test/"])
        if what == "another URL" { passes[0].url = "https://b.test/" }
        if what == "gone" { passes[0].key.endpoint = EndpointID("gone") }
        let second = try Self.watch()
        second.restore(passes: passes, at: 100)
        #expect(second.news(at: 101) == [])
        second.apply(Self.secure(110, hsts: nil))
        #expect(second.news(at: 111) == (what == "the same" ? ["r a-www firing"] : []))
    }

    /// A clock that was ahead must not make a pass last longer than a month.
    @Test func `nobody did it later than now`() throws {
        let watch = try Self.watch()
        let pass = BaselinePass(
            key: BaselinePass.Key(endpoint: EndpointID("a-www"), fact: .hsts),
            url: "https://a-www.test/", at: at(90 * Self.day))
        watch.restore(passes: [pass], at: 0)
        watch.apply(Self.secure(10, hsts: nil))
        #expect(watch.news(at: 11) == ["r a-www firing"])
        watch.apply(Self.secure(30 * Self.day, hsts: nil))
        #expect(watch.news(at: 30 * Self.day) == ["r a-www resolved"])
    }

    /// Who is scanned no more says nothing more of old versions.
    @Test(arguments: [true, false]) func `a reload may end the scans`(isScanned: Bool) throws {
        var one = endpoint("a-www", of: "a")
        one.probe.isScannedDaily = true
        let rules = [
            rule("r", Condition(try Rules.Expression(parsing: "regressed(modern_tls)")))
        ]
        let watch = Watch([service("a")], [one], rules)
        var scan = TLSScan()
        scan.versions = ["TLSv1", "TLSv1.1"].map { TLSScan.Version(name: $0, answer: .no) }
        watch.note(scan, of: "a-www", at: 0)
        scan.versions[0].answer = .yes
        watch.note(scan, of: "a-www", at: 1)
        watch.apply(result("a-www", 2))
        #expect(watch.news(at: 3) == ["r a-www firing"])
        one.probe.isScannedDaily = isScanned
        _ = watch.replace([service("a")], [one], rules, at: 4)
        #expect(watch.news(at: 5) == (isScanned ? [] : ["r a-www resolved"]))
    }

    /// Where nobody looks for it any more, what was told of it is over, also after a restart.
    @Test(arguments: [
        ("regressed(https_redirect)", "http", "https"), ("regressed(hsts)", "https", "http"),
        ("regressed(modern_tls)", "https", "http"),
    ])
    func `another URL ends what was told`(text: String, from: String, to: String) throws {
        let rules = [rule("r", Condition(try Rules.Expression(parsing: text)))]
        func one(_ scheme: String) throws -> Endpoint {
            var one = endpoint("a-www", of: "a")
            one.url = try #require(ProbeURL("\(scheme)://a-www.test/"))
            one.probe.isScannedDaily = scheme == from
            return one
        }
        let watch = Watch([service("a")], [try one(from)], rules)
        for fact in BaselineFact.allCases {
            watch.note(fact, .passes, of: "a-www", at: 0)
            watch.note(fact, .fails, of: "a-www", at: 1)
        }
        watch.apply(result("a-www", 2))
        #expect(watch.news(at: 3) == ["r a-www firing"])
        #expect(
            watch.replace([service("a")], [try one(to)], rules, at: 4) == ["r a-www resolved"])
        watch.apply(result("a-www", 5))
        #expect(watch.news(at: 6) == [])
    }

    /// A result that was on its way when its endpoint moved.
    @Test func `a result of the old URL says nothing of the new one`() throws {
        let watch = try Self.watch()
        let rules = [rule("r", Condition(try Rules.Expression(parsing: "regressed(hsts)")))]
        _ = watch.replace([service("a")], [endpoint("a-www", of: "a", path: "/new")], rules, at: 1)
        watch.apply(Self.secure(2, hsts: Self.year))
        #expect(watch.takeAlertChanges().passes.isEmpty)
    }

    @Test(arguments: [true, false]) func `a reload keeps what the same URL did`(isSame: Bool) throws
    {
        let watch = try Self.watch()
        watch.apply(Self.secure(0, hsts: Self.year))
        var moved = endpoint("a-www", of: "a", path: isSame ? "/" : "/new")
        moved.probe.interval = .seconds(Self.day)
        _ = watch.replace(
            [service("a")], [moved],
            [rule("r", Condition(try Rules.Expression(parsing: "regressed(hsts)")))], at: 10)
        var later = Self.secure(20, hsts: nil)
        later.hops[0].url = isSame ? "https://a-www.test/" : "https://a-www.test/new"
        watch.apply(later)
        #expect(watch.news(at: 21) == (isSame ? ["r a-www firing"] : []))
    }
}
