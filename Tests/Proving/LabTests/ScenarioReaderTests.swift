import HealthModel
import Lab
import Testing
import YAMLReading

@Suite struct ScenarioReaderTests {
    @Test func readsEveryField() throws {
        let scenario = try ScenarioReader.read(
            """
            name: proef
            summary: {nl: Proef, en: Trial}
            speed: 2.5
            repeat_after: 90s
            timeline:
              - at: 250ms
                hosts: [WWW.digid.nl, '*']
                services: digid
                fault: {slow: 2s}
                for: 10s
              - {at: 1m, hosts: mijn.digid.nl, fault: refused}
            """, file: "proef.yml", hosts: testHosts)
        #expect(
            scenario
                == Scenario(
                    name: "proef", summary: LocalizedText(dutch: "Proef", english: "Trial"),
                    speed: 2.5,
                    steps: [
                        Scenario.Step(
                            start: .milliseconds(250), hosts: ["www.digid.nl", "*"],
                            services: [ServiceID("digid")], fault: .slow(.seconds(2)),
                            length: .seconds(10)),
                        Scenario.Step(
                            start: .seconds(60), hosts: ["mijn.digid.nl"], fault: .refused),
                    ], repeatTime: .seconds(90)))
    }

    /// One step with this fault.
    private func read(fault: String) throws(ConfigurationError) -> Fault? {
        let text =
            "name: a\nsummary: {nl: a, en: a}\n"
            + "timeline:\n  - {at: 0s, hosts: ['*'], fault: \(fault)}\n"
        return try ScenarioReader.read(text, file: "a.yml").steps.first?.fault
    }

    @Test func everyFaultHasASpelling() throws {
        for name in Fault.Name.allCases {
            let parameter: String? =
                switch name {
                case .status: "503"
                case .redirect: "https://elsewhere.example/"
                default: nil
                }
            let text = parameter.map { "{\(name.rawValue): \($0)}" } ?? name.rawValue
            #expect(try read(fault: text)?.name == name)
        }
    }

    @Test(arguments: [
        ("{status: 200}", Fault.status(200)), ("{status: 599}", .status(599)),
        ("{reset: body}", .reset(.body)), ("{expiring: 1}", .expiring(lifetimeLeft: 1)),
        ("{flapping: 1ms}", .flapping(period: .milliseconds(1))),
        ("{too_many_requests: 2m}", .tooManyRequests(retryAfter: .seconds(120))),
        ("{redirect: /elders}", .redirect(location: "/elders")),
        ("staple", .staple(.good)), ("{staple: stale}", .staple(.stale)),
    ])
    func parameters(text: String, fault: Fault) throws {
        #expect(try read(fault: text) == fault)
    }

    @Test(arguments: [
        ("donw", "did you mean `down`?"), ("xyzzyxyzzy", "expected `up`, `down`"),
        ("{status: 199}", "200 to 599"), ("{status: 600}", "200 to 599"),
        ("status", "200 to 599"),
        ("{status: 200.5}", "200 to 599"), ("{slow: 0s}", "above zero"),
        ("{slow: fast}", "such as"), ("{reset: later}", "expected `"),
        ("{staple: bad}", "`good`, `revoked` or `stale`"),
        ("{weak_key: 512}", "no parameter"), ("{expiring: 0}", "over 0"),
        ("{expiring: 1.01}", "up to 1"), ("{down: 1s}", "no parameter"), ("redirect", "location"),
        ("{redirect: \"a\\r\\nb\"}", "location"), ("{slow: 1s, down: 2s}", "one name"),
        ("[down]", "found a list; expected `up`"),
    ])
    func badFaults(text: String, part: String) {
        do throws(ConfigurationError) {
            let fault = try read(fault: text)
            Issue.record("read \(text) as \(String(describing: fault))")
        } catch {
            #expect(error.mistakes.count == 1)
            #expect(error.mistakes.first?.position.line == 4)
            #expect("\(error)".contains(part), "\(error)")
        }
    }

    @Test func everyMistakeAtOnce() {
        do throws(ConfigurationError) {
            _ = try ScenarioReader.read(
                """
                name: Mijn proef
                sumary: {nl: a, en: b}
                speed: 0.5
                repeat_after: 10s
                timeline:
                  - at: 10s
                    hosts: [www.digd.nl]
                    fault: down
                  - hosts: [www.digid.nl]
                    services: [digit]
                    fault: down
                    for: 0s
                  - at: 1s
                    fault: down
                """, file: "x.yml", hosts: testHosts)
            Issue.record("no mistake found")
        } catch {
            let lines = "\(error)".split(separator: "\n").map(String.init)
            let parts = [
                "x.yml:1:1: a scenario without `summary`", "x.yml:1:7: `Mijn proef` is no id",
                "x.yml:2:1: unknown key `sumary` in a scenario; did you mean `summary`?",
                "x.yml:3:8: found the number `0.5`; expected a number from 1 to 1000",
                "x.yml:6:9: the step starts after",
                "x.yml:7:13: no host `www.digd.nl` in the catalogue; did you mean `www.digid.nl`?",
                "x.yml:9:5: a step without `at`",
                "x.yml:10:16: no service `digit` in the catalogue; did you mean `digid`?",
                "x.yml:12:10: found the text `0s`; expected a duration above zero",
                "x.yml:13:5: a step without `hosts` and `services`",
            ]
            #expect(lines.count == parts.count)
            for (line, part) in zip(lines, parts) { #expect(line.hasPrefix(part), "\(line)") }
        }
    }

    @Test(arguments: [
        "", "- a", "name: [", "name: a\nname: b", "a: &x [1]\nb: *x", "\t", "name: 'a",
        String(repeating: "[", count: 5000), "#" + String(repeating: "a", count: Limits.yamlBytes),
        "\u{0}", "name: a\nsummary: text\ntimeline: 3",
    ])
    func malformedFilesAreMistakes(text: String) {
        #expect(throws: ConfigurationError.self) { try ScenarioReader.read(text, file: "x.yml") }
    }

    @Test func filesHaveALimit() throws {
        let text = "name: a\nsummary: {nl: a, en: a}\n#"
        let limit = Limits.yamlBytes
        let padding = String(repeating: "a", count: limit - text.utf8.count)
        #expect(try ScenarioReader.read(text + padding, file: "x.yml").name == "a")
        #expect(throws: ConfigurationError.self) {
            try ScenarioReader.read(text + padding + "a", file: "x.yml")
        }
    }

    @Test func stepsHaveALimit() throws {
        func text(_ count: Int) -> String {
            "name: a\nsummary: {nl: a, en: a}\ntimeline:\n"
                + String(repeating: "- {at: 1s, hosts: a, fault: down}\n", count: count)
        }
        let limit = Scenario.stepsLimit
        #expect(try ScenarioReader.read(text(limit), file: "x.yml").steps.count == limit)
        #expect(throws: ConfigurationError.self) {
            try ScenarioReader.read(text(limit + 1), file: "x.yml")
        }
    }

    @Test func builtInScenariosAreRight() {
        #expect(Scenario.builtIn.map(\.name) == Scenario.builtInTexts.map(\.name))
        for scenario in Scenario.builtIn {
            #expect(!scenario.summary.dutch.isEmpty)
            #expect(!scenario.summary.english.isEmpty)
        }
        #expect(Scenario.builtIn(named: "demonstration")?.speed == 12)
        #expect(Scenario.builtIn(named: "nonsense") == nil)
    }

    @Test func theKitchenSinkHasEveryFaultOnAHostOfItsOwn() throws {
        let scenario = try #require(Scenario.builtIn(named: "kitchen-sink"))
        #expect(Set(scenario.steps.map(\.fault.name)) == Set(Fault.Name.allCases))
        let hosts = scenario.steps.flatMap(\.hosts)
        #expect(Set(hosts).count == hosts.count)
    }

    @Test func theDemonstrationEndsInTime() throws {
        let scenario = try #require(Scenario.builtIn(named: "demonstration"))
        for step in scenario.steps {
            let end = step.start + (step.length ?? .seconds(3600))
            #expect(end <= .seconds(80))
        }
    }
}
