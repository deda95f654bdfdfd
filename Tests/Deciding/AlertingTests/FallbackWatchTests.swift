import HealthModel
import Testing

@testable import Alerting
@testable import Routing

/// Who is told instead when a receiver does not take a message, with a clock that is moved by hand.
@Suite struct FallbackWatchTests {
    /// A monitor of one service with receivers that have fallbacks after 30 seconds.
    private struct Play {
        var monitor: HealthMonitor
        var waiting: [Notification] = []
        var told: [String] = []

        init(_ fallbacks: [(String, String?)], levels: [String: Level] = [:]) throws {
            let url = try #require(ProbeURL("http://127.0.0.1/"))
            let receivers = fallbacks.map { id, other in
                var receiver = Receiver(
                    id: ReceiverID(id), kind: .webhook(url), level: levels[id] ?? .warning)
                receiver.fallback = other.map {
                    ReceiverFallback(receiver: ReceiverID($0), after: .seconds(30))
                }
                // Others hear of nothing by themselves.
                if other == nil { receiver.about = .escalation }
                return receiver
            }
            monitor = HealthMonitor(
                catalogue: ServiceCatalogue(
                    services: [service("digid")], endpoints: [endpoint("a", of: "digid")]),
                rules: RuleSet(rules: [rule("gone", .state(.down))], receivers: receivers))
        }

        mutating func look(_ second: Int64, _ reason: Reason?? = .none) {
            if case .some(let reason) = reason { monitor.apply([result("a", second, reason)]) }
            _ = monitor.evaluate(at: at(second))
            let messages = monitor.takeAlertChanges().notifications
            waiting += messages
            for message in messages {
                told += message.news.map {
                    "\(second) \(message.receiver) \(message.occasion) \($0.part)"
                }
            }
        }

        mutating func end(_ receiver: String, _ second: Int64, failure: String? = nil) {
            let ended = waiting.filter { $0.receiver.text == receiver }
            waiting.removeAll { $0.receiver.text == receiver }
            monitor.note(
                ended.map { Delivery(notification: $0, at: at(second), failure: failure) })
        }
    }

    @Test func anotherIsToldOnceWhenTheTimeIsOverAndHearsTheEnd() throws {
        var play = try Play([("a", "b"), ("b", nil)])
        play.look(0, .some(nil))
        play.look(60, .connectRefused)
        for second in Int64(61)..<120 { play.look(second) }
        #expect(play.told == ["60 a change begun", "90 b fallback begun"])
        play.look(120, .some(nil))
        #expect(play.told.dropFirst(2).sorted() == ["120 a change over", "120 b change over"])
        for second in Int64(121)..<300 { play.look(second) }
        #expect(play.told.count == 4)
    }

    @Test func whatWasTakenInTimeIsToldToNobodyElse() throws {
        var play = try Play([("a", "b"), ("b", nil)])
        play.look(0, .some(nil))
        play.look(60, .connectRefused)
        play.end("a", 89)
        for second in Int64(89)..<120 { play.look(second) }
        #expect(play.told == ["60 a change begun"])
    }

    @Test func whatIsGivenUpIsToldAtOnceAndToldAgainWhileItFires() throws {
        var play = try Play([("a", "b"), ("b", nil)])
        play.look(0, .some(nil))
        play.look(60, .connectRefused)
        play.end("a", 61, failure: "no")
        for second in Int64(62)..<361 { play.look(second) }
        #expect(play.told == ["60 a change begun", "62 b fallback begun"])
        play.look(361)
        #expect(play.told.dropFirst(2) == ["361 a update begun"])
    }

    /// What is over before anybody else was told is no news for them.
    @Test func whatIsOverIsToldToNobodyElse() throws {
        var play = try Play([("a", "b"), ("b", nil)])
        play.look(0, .some(nil))
        play.look(60, .connectRefused)
        play.look(80, .some(nil))
        for second in Int64(81)..<200 { play.look(second) }
        #expect(play.told == ["60 a change begun", "80 a change over"])
    }

    @Test func aChainIsWalkedLinkByLink() throws {
        var play = try Play([("a", "b"), ("b", "c"), ("c", nil)], levels: ["b": .page])
        // What pages nobody by itself.
        play.monitor = HealthMonitor(
            catalogue: play.monitor.catalogue,
            rules: RuleSet(
                rules: [rule("gone", .state(.down), level: .critical)],
                receivers: play.monitor.rules.receivers))
        play.look(0, .some(nil))
        play.look(60, .connectRefused)
        for second in Int64(61)..<140 { play.look(second) }
        #expect(
            play.told == ["60 a change begun", "90 b fallback begun", "120 c fallback begun"])
    }

    /// After a start everybody gets a moment, however old the news is.
    @Test func aStartGivesEverybodyAMoment() throws {
        let before = try Play([("a", "b"), ("b", nil)])
        var play = before
        play.look(0, .some(nil))
        _ = play.monitor.takeAlertChanges()
        play.monitor.apply([result("a", 60, .connectRefused)])
        _ = play.monitor.evaluate(at: at(60))
        let changes = play.monitor.takeAlertChanges()
        var after = before
        _ = after.monitor.restore(
            Array(changes.active.values), incidents: Array(changes.incidents.values),
            books: changes.newBooks, waiting: changes.notifications, lastSeen: at(60), at: at(600))
        for second in Int64(600)..<640 { after.look(second) }
        #expect(after.told == ["610 b fallback begun"])
    }

    @Test func asManyAreWatchedAsTheLimitAndNoMore() throws {
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        var receiver = Receiver(id: ReceiverID("a"), kind: .webhook(url))
        receiver.fallback = ReceiverFallback(receiver: ReceiverID("b"), after: .seconds(30))
        var watch = FallbackWatch()
        watch.use([receiver])
        let alert = Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
            service: ServiceID("s"), level: .page, state: .firing, activeSince: at(0),
            firingSince: at(0), reason: nil, summary: LocalizedText(dutch: "", english: ""),
            runbook: nil)
        for number in 0...FallbackWatch.watchedMax {
            watch.add(
                Notification(
                    receiver: receiver.id, at: at(0), thread: "t\(number)",
                    items: [Notification.Item(alert: alert)]))
        }
        #expect(watch.count == FallbackWatch.watchedMax)
    }
}
