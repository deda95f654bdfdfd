import Alerting
import HealthModel
import Routing
import Testing

/// A receiver that fails is told to the others.
@Suite struct ReceiverDoubtTests {
    private final class Told {
        var monitor: HealthMonitor

        init(_ names: [String] = ["a", "b", "pages"]) {
            let hook = ProbeURL("https://hook.test/")
            let receivers = hook.map { hook in
                names.map {
                    Receiver(
                        id: ReceiverID($0), kind: .webhook(hook),
                        level: $0 == "pages" ? .page : .warning)
                }
            }
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(services: [], endpoints: []),
                rules: RuleSet(rules: [], receivers: receivers ?? []))
        }

        /// What is new when receivers fail with these words; nil for one that works, and one that
        /// is not named was not spoken to.
        func news(_ second: Int64, _ failures: [String: String?]) -> [String] {
            var counters: [ReceiverID: ReceiverCounters] = [:]
            for receiver in monitor.rules.receivers {
                var one = ReceiverCounters()
                if let failure = failures[receiver.id.text] {
                    one.isTried = true
                    one.failure = failure
                }
                counters[receiver.id] = one
            }
            monitor.noteReceivers(counters, at: at(second))
            return monitor.evaluate(at: at(second)).map {
                "\($0.alert.key.subject) \($0.alert.state) \($0.alert.level)"
            }
        }

        func told() -> [[String]] {
            monitor.takeAlertChanges().notifications.map { [$0.receiver.text] }
        }
    }

    @Test func theOthersAreToldAfterFiveMinutes() {
        let told = Told()
        #expect(told.news(0, ["a": "HTTP 500"]) == [])
        #expect(told.news(299, ["a": "refused"]) == [])
        #expect(told.news(300, ["a": "refused"]) == ["receiver/a firing critical"])
        #expect(told.told() == [["b"]])
        let alert = told.monitor.snapshot(at: at(301)).alerts.first
        #expect(alert?.key.rule.text == "monitor-receiver")
        #expect(alert?.key.subject == .receiver(ReceiverID("a")))
        #expect(alert?.key.subject.kind == "monitor")
        #expect(
            alert?.summary.english
                == "this receiver takes no notifications (refused): whoever looks only there hears "
                + "nothing; mend it or tell people another way")
        #expect(told.news(9000, ["a": "refused"]) == [])
        #expect(told.news(9001, ["a": nil]) == ["receiver/a resolved critical"])
    }

    @Test func oneThatWorksInBetweenIsNoNews() {
        let told = Told()
        #expect(told.news(0, ["a": "HTTP 500"]) == [])
        #expect(told.news(200, ["a": nil]) == [])
        #expect(told.news(201, ["a": "HTTP 500"]) == [])
        #expect(told.news(500, ["a": "HTTP 500"]) == [])
        #expect(told.news(501, ["a": "HTTP 500"]) == ["receiver/a firing critical"])
    }

    @Test func eachHasAnAlertOfItsOwn() {
        let told = Told()
        #expect(told.news(0, ["a": "no", "b": "no"]) == [])
        #expect(
            told.news(300, ["a": "no", "b": "no"]) == [
                "receiver/a firing critical", "receiver/b firing critical",
            ])
        #expect(told.told() == [["a"], ["b"]])
        let episodes = told.monitor.snapshot(at: at(301)).alerts.map(\.episode)
        #expect(Set(episodes).count == 2)
        #expect(told.news(302, ["a": "no", "b": nil]) == ["receiver/b resolved critical"])
    }

    @Test func oneThatIsGoneIsOver() {
        let told = Told()
        _ = told.news(0, ["a": "no"])
        #expect(told.news(300, ["a": "no"]).count == 1)
        let rules = RuleSet(
            rules: [], receivers: told.monitor.rules.receivers.filter { $0.id.text != "a" })
        _ = told.monitor.replace(catalogue: told.monitor.catalogue, rules: rules, at: at(301))
        #expect(told.news(302, [:]) == ["receiver/a resolved critical"])
    }

    @Test func aRestartTellsNobodyAgain() {
        let before = Told()
        _ = before.news(0, ["a": "no"])
        _ = before.news(300, ["a": "no"])
        let after = Told()
        let changes = before.monitor.takeAlertChanges()
        #expect(
            after.monitor.restore(
                Array(changes.active.values), lastSeen: at(301), at: at(302)) == [])
        // Nothing is known before it is spoken to.
        #expect(after.news(303, [:]) == [])
        #expect(after.news(304, ["a": "no"]) == [])
        #expect(after.news(305, ["a": nil]) == ["receiver/a resolved critical"])
    }

    @Test(arguments: ["monitor", "receiver/a", "receiver/monitor"])
    func theSubjectIsWhatItsTextSays(text: String) {
        let subject = Subject(ofMonitor: text)
        #expect(subject.description == text)
        #expect(subject.kind == "monitor")
        #expect((subject == .monitor) == (text == "monitor"))
    }
}
