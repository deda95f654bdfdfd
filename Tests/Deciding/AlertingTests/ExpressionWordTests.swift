import HealthModel
import Observing
import Testing

@testable import Alerting
@testable import Rules

/// The words of expressions that look further than one result or one window.
@Suite struct ExpressionWordTests {
    private func condition(_ text: String) throws -> Condition {
        Condition(try Rules.Expression(parsing: text))
    }

    private func watch(_ text: String, interval: Duration = .seconds(60)) throws -> Watch {
        Watch(
            [service("a")], [endpoint("a-www", of: "a", interval: interval)],
            [rule("down", .state(.down), hold: .seconds(120)), rule("r", try condition(text))])
    }

    @Test(arguments: [
        "state == busy for 2m", "not effective_state == down for 90s and dependants > 3",
        "burn_rate(1h) > 14.4 and burn_rate(5m) > 14.4", "burn_rate(3d) > 1",
        "changed(certificate.issuer)", "not changed(certificate.key, 7d)",
        "changed(certificate.names, 1h) or tier == 0",
        "p95(total, 5m) > 3 * usual(p95(total, 5m)) and p95(total, 5m) > 1500ms",
        "usual(p50(tls, 1h)) < 5s", "certificate.lifetime_left < 1/4",
        "only_ipv6_fails and tier < 2",
        "regressed(hsts)", "not regressed(https_redirect, 7d)",
        "regressed(modern_tls, 1h) or tier == 0",
    ])
    func `is printed as it is written`(text: String) throws {
        #expect(try Rules.Expression(parsing: text).description == text)
    }

    @Test func `the lab divides every time but thresholds`() throws {
        let texts = [
            ("state == busy for 2m", "state == busy for 2s"),
            ("burn_rate(1h) > 2", "burn_rate(1m) > 2"),
            ("changed(certificate.key)", "changed(certificate.key, 24m)"),
            ("usual(p95(total, 5m)) > 2s", "usual(p95(total, 5s)) > 2s"),
            ("regressed(hsts)", "regressed(hsts, 12h)"),
        ]
        for (text, wanted) in texts {
            let faster = try Rules.Expression(parsing: text).accelerated(by: 60)
            #expect(faster.description == wanted)
        }
    }

    // MARK: A state that lasts

    @Test func `a state must have lasted`() throws {
        let watch = try watch("state == busy for 2m or effective_state == down for 1m")
        #expect(watch.news(at: 0) == [])
        watch.apply(result("a-www", 10, .busy))
        #expect(watch.news(at: 10) == [])
        #expect(watch.news(at: 129) == [])
        #expect(watch.news(at: 130) == ["r a firing"])
        watch.apply(result("a-www", 140))
        #expect(watch.news(at: 140) == ["r a resolved"])
        // Another state in between begins anew.
        watch.apply(result("a-www", 150, .busy))
        #expect(watch.news(at: 150) == [])
        watch.apply(result("a-www", 200, .timeoutConnect))
        #expect(watch.news(at: 200) == ["down a pending"])
        #expect(watch.news(at: 259) == [])
        #expect(watch.news(at: 260) == ["r a firing"])
    }

    /// A moment in which nothing is measured ends nothing, and begins nothing either.
    @Test(arguments: ["state == busy for 5m", "effective_state == busy for 5m"])
    func `a gap in a state that lasts is no all-clear`(text: String) throws {
        let watch = try watch(text)
        func busy(_ seconds: StrideTo<Int64>) -> [String] {
            seconds.flatMap { second in
                watch.apply(result("a-www", second, .busy))
                return watch.news(at: second)
            }
        }
        #expect(busy(stride(from: 0, to: 600, by: 60)) == ["r a firing"])
        // Nothing comes for a while, so that nothing is known.
        #expect(watch.status("a", at: 1200)?.ownState == .unknown)
        #expect(watch.news(at: 1200) == [])
        #expect(busy(stride(from: 1260, to: 2400, by: 60)) == [])
        watch.apply(result("a-www", 2400))
        #expect(watch.news(at: 2400) == ["r a resolved"])
    }

    @Test func `what was busy before a gap does not fire at once after it`() throws {
        let watch = try watch("state == busy for 5m")
        watch.apply(result("a-www", 0, .busy))
        #expect(watch.news(at: 0) == [])
        #expect(watch.news(at: 1200) == [])
        for second in stride(from: Int64(1260), to: 1560, by: 60) {
            watch.apply(result("a-www", second, .busy))
            #expect(watch.news(at: second) == [])
        }
        watch.apply(result("a-www", 1560, .busy))
        #expect(watch.news(at: 1560) == ["r a firing"])
    }

    /// No text is so long that it ends the program.
    @Test func `a value beyond all time is shown`() {
        let kind = Rules.Expression.Kind.duration
        #expect(kind.valueText(1e300) == kind.valueText(1e12))
        #expect(kind.valueText(-1e300) == kind.valueText(-1e12))
        #expect(kind.valueText(.infinity) == kind.valueText(1e12))
    }

    @Test func `a state that lasts says so when asked why`() throws {
        let watch = try watch("state == busy for 2m")
        watch.apply(result("a-www", 0))
        _ = watch.news(at: 0)
        watch.apply(result("a-www", 10, .busy))
        _ = watch.news(at: 10)
        let steps = watch.monitor.trace(
            of: RuleID("r"), for: .service(ServiceID("a")), at: at(70))
        #expect(steps?.map(\.threshold) == ["busy for 2m"])
        #expect(steps?.map(\.value) == ["busy"])
        #expect(steps?.map(\.finding) == [.fails])
    }

    @Test func `without for it is the condition of before, with it not`() throws {
        #expect(try condition("state == down") == .state(.down))
        #expect(
            try condition("state == down for 1m")
                == .expression(try Rules.Expression(parsing: "state == down for 1m")))
    }

    @Test(arguments: [
        ("state == busy for 30m", false), ("maintenance == effective_state", false),
        ("state != up", true), ("state == down for 1m", true),
        ("state == busy for 30m or effective_state == impaired", true),
        ("reason == \"dns_bogus\"", true), ("p95(total, 1h) > 3s", false),
        ("changed(certificate.issuer)", false), ("only_ipv6_fails", false),
        ("regressed(hsts)", false),
        ("burn_rate(1h) > 14.4", false),
        ("not certificate.trusted", true),
    ])
    func `a state that is as it should be is no outage`(text: String, isOutage: Bool) throws {
        #expect(try Rules.Expression(parsing: text).isAboutOutage == isOutage)
    }

    // MARK: Error budgets

    /// An expression fires and ends when the condition of that name does, also where an outage has
    /// been told or one failed probe is all there was.
    @Test func `a burn rate is that of the condition`() throws {
        let told = try (0..<8 as Range<UInt64>).map { try toldOfBurning(seed: $0) }
        #expect(told.count { $0 > 0 } > 4)
    }

    private func toldOfBurning(seed: UInt64) throws -> Int {
        var random = SplitMix64(seed: seed)
        let interval: Int64 = seed.isMultiple(of: 3) ? 300 : 60
        let fixed = rule(
            "fixed",
            .burnRate(BurnRateCondition(rate: 3, long: .seconds(3600), short: .seconds(600))),
            keep: .seconds(300))
        let written = rule(
            "written", try condition("burn_rate(1h) > 3 and burn_rate(10m) > 3"),
            keep: .seconds(300))
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a", interval: .seconds(interval))],
            [rule("down", .state(.down), hold: .seconds(600)), fixed, written])
        var told = 0
        var (isBad, second) = (false, Int64(0))
        while second < 12 * 3600 {
            let odds = isBad ? 0.3 : 0.03
            if Double.random(in: 0..<1, using: &random) < odds { isBad.toggle() }
            watch.apply(result("a-www", second, isBad ? .timeoutConnect : nil))
            for step in 0..<Int64(3) {
                let news = watch.news(at: second + step * interval / 3)
                let one = news.filter { $0.hasPrefix("fixed") }.map { $0.dropFirst(5) }
                let other = news.filter { $0.hasPrefix("written") }.map { $0.dropFirst(7) }
                #expect(one == other, "seed \(seed) at \(second)")
                told += one.count
            }
            second += interval
        }
        return told
    }

    // MARK: What changes

    private func record(
        _ fingerprint: String, by issuer: String = "CN=b", key: String = "k"
    ) -> TLSRecord {
        var record = tls(from: 0, to: 90 * 86_400)
        var profile = CertificateProfile()
        profile.publicKeySHA256 = key
        record.chainSent[0].fingerprintSHA256 = fingerprint
        record.chainSent[0].issuer = issuer
        record.chainSent[0].profile = profile
        record.chainBuilt = record.chainSent
        return record
    }

    @Test func `a new issuer or key is told for as long as is written`() throws {
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            [
                rule("issuer", try condition("changed(certificate.issuer, 10m)")),
                rule("key", try condition("changed(certificate.key)")),
            ])
        watch.apply(result("a-www", 0, tls: record("1")))
        #expect(watch.news(at: 0) == [])
        // A renewal by the same authority with the same key is nothing.
        watch.apply(result("a-www", 60, tls: record("2")))
        #expect(watch.news(at: 60) == [])
        watch.apply(result("a-www", 120, tls: record("3", by: "CN=evil")))
        #expect(watch.news(at: 120) == ["issuer a-www firing"])
        watch.apply(result("a-www", 700, tls: record("3", by: "CN=evil")))
        #expect(watch.news(at: 719) == [])
        #expect(watch.news(at: 720) == ["issuer a-www resolved"])
        watch.apply(result("a-www", 730, tls: record("4", by: "CN=evil", key: "l")))
        #expect(watch.news(at: 730) == ["key a-www firing"])
        // A reload forgets nothing.
        _ = watch.replace(
            [service("a")], [endpoint("a-www", of: "a")],
            [rule("issuer", try condition("changed(certificate.issuer)"))], at: 731)
        #expect(watch.news(at: 731) == ["issuer a-www firing"])
    }

    @Test func `what changed before a restart is known after it`() throws {
        let watch = Watch(
            [service("a")], [endpoint("a-www", of: "a")],
            [rule("issuer", try condition("changed(certificate.issuer, 1h)"))])
        let (old, new) = (record("1"), record("2", by: "CN=evil"))
        watch.apply(result("a-www", 0, tls: new))
        #expect(watch.news(at: 0) == [])
        func sight(_ record: TLSRecord, _ second: Int64) throws -> CertificateWatch.Sight {
            CertificateWatch.Sight(
                endpoint: EndpointID("a-www"), host: "a-www.test", address: "",
                leaf: try #require(record.leaf), at: at(second))
        }
        watch.recall([try sight(old, -86_400), try sight(new, -1800)])
        #expect(watch.news(at: 1) == ["issuer a-www firing"])
        watch.apply(result("a-www", 1799, tls: new))
        #expect(watch.news(at: 1799) == [])
        #expect(watch.news(at: 1800) == ["issuer a-www resolved"])
    }

    @Test func `without a certificate nothing is said to have stayed the same`() throws {
        let watch = try watch("not changed(certificate.issuer)")
        watch.apply(result("a-www", 0))
        #expect(watch.news(at: 0) == [])
        watch.apply(result("a-www", 60, tls: record("1")))
        #expect(watch.news(at: 60) == ["r a-www firing"])
    }
}
