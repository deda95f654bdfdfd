import HealthModel
import Scheduling
import Testing

@testable import Alerting

/// Who is told instead, and when, with a clock that is moved by hand.
@Suite struct FallbackWatchTests {
    /// A notification of an episode that begins at a second.
    private func note(
        _ receiver: String, _ service: String = "s", at second: Int64 = 100, isOver: Bool = false,
        part: Int = 0, since: Int64 = 100
    ) -> Notification {
        Notification(
            receiver: ReceiverID(receiver), at: Timestamp(seconds: second),
            alert: Alert(
                key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID(service))),
                service: ServiceID(service), level: .page, state: isOver ? .resolved : .firing,
                activeSince: Timestamp(seconds: since), firingSince: Timestamp(seconds: since),
                reason: nil, summary: LocalizedText(dutch: "d", english: "e"), runbook: nil),
            part: part)
    }

    private func told(_ one: Notification, to receiver: String, at second: Int64) -> Notification {
        var other = one
        other.receiver = ReceiverID(receiver)
        other.at = Timestamp(seconds: second)
        other.occasion = .fallback
        return other
    }

    /// Receivers, each with its fallback after 30 seconds.
    private func receivers(_ fallbacks: KeyValuePairs<String, String>) throws -> [Receiver] {
        let url = try #require(ProbeURL("http://a/"))
        return fallbacks.map { id, other in
            var receiver = Receiver(id: ReceiverID(id), kind: .webhook(url))
            receiver.fallback = ReceiverFallback(
                receiver: ReceiverID(other), after: .seconds(30))
            return receiver
        }
    }

    /// A watch that was started long ago.
    private func watch(_ fallbacks: KeyValuePairs<String, String>) throws -> FallbackWatch {
        var watch = FallbackWatch()
        watch.use(try receivers(fallbacks))
        #expect(watch.due(at: Timestamp(seconds: 0)) == [])
        return watch
    }

    private func due(_ watch: inout FallbackWatch, _ second: Int64) -> [FallbackWatch.Due] {
        watch.due(at: Timestamp(seconds: second))
    }

    @Test func anotherIsToldOnceWhenTheTimeIsOver() throws {
        var watch = try watch(["a": "b"])
        watch.add(note("a"))
        #expect(due(&watch, 129) == [])
        #expect(due(&watch, 130).map(\.notification) == [told(note("a"), to: "b", at: 130)])
        #expect(due(&watch, 500) == [])
        // Not when the news grows, either.
        watch.add(note("a", at: 600, part: 1))
        #expect(due(&watch, 900) == [])
    }

    @Test func whatWasTakenInTimeIsToldToNobodyElse() throws {
        var watch = try watch(["a": "b"])
        watch.add(note("a"))
        watch.end(Delivery(notification: note("a"), at: Timestamp(seconds: 129)))
        #expect(watch.count == 0)
        #expect(due(&watch, 500) == [])
        // What grows later is watched by itself.
        watch.add(note("a", at: 600, part: 1))
        #expect(due(&watch, 629) == [])
        #expect(due(&watch, 630).map(\.notification.part) == [1])
    }

    @Test func whatIsGivenUpIsToldAtOnce() throws {
        var watch = try watch(["a": "b"])
        watch.add(note("a"))
        watch.end(Delivery(notification: note("a"), at: Timestamp(seconds: 101), failure: "no"))
        #expect(due(&watch, 102).map(\.notification) == [told(note("a"), to: "b", at: 102)])
        #expect(watch.count == 0)
        // Of a receiver without a fallback too, to nobody.
        watch.add(note("x"))
        watch.end(Delivery(notification: note("x"), at: Timestamp(seconds: 101), failure: "no"))
        #expect(due(&watch, 102) == [])
        #expect(watch.count == 0)
    }

    /// From its rule, as somebody's fallback, or before: nobody hears of one episode twice.
    @Test func whoeverHasHeardIsNotTold() throws {
        var watch = try watch(["a": "b", "c": "b", "d": "b"])
        watch.add(note("a", "one"))
        watch.add(note("b", "one"))
        watch.add(note("a", "two"), knownTo: [ReceiverID("b")])
        watch.add(note("a", "three"))
        watch.add(note("c", "three"))
        watch.add(note("a", "four"))
        watch.add(note("b", "four"))
        watch.end(Delivery(notification: note("b", "four"), at: Timestamp(seconds: 101)))
        let all = due(&watch, 200).map(\.notification)
        #expect(all == [told(note("a", "three"), to: "b", at: 200)])
        // Another episode of the same alert is news.
        watch.add(note("a", "one", at: 300, since: 300))
        #expect(due(&watch, 400).count == 1)
    }

    @Test func whatIsOverIsToldWithItsEnd() throws {
        var watch = try watch(["a": "b"])
        watch.add(note("a"))
        watch.add(note("a", at: 110, isOver: true))
        var end = note("a", at: 110, isOver: true)
        end.receiver = ReceiverID("b")
        #expect(
            due(&watch, 130)
                == [FallbackWatch.Due(notification: told(note("a"), to: "b", at: 130), end: end)])
        // The end alone is no news for whoever heard of no beginning.
        watch.add(note("a", "two", at: 200, isOver: true))
        #expect(due(&watch, 500) == [])
    }

    /// The other one has its own time, and its own fallback.
    @Test func aChainIsWalkedLinkByLink() throws {
        var watch = try watch(["a": "b", "b": "c"])
        watch.add(note("a"))
        let first = due(&watch, 130).map(\.notification)
        for one in first { watch.add(one) }
        #expect(due(&watch, 159) == [])
        #expect(due(&watch, 160).map(\.notification) == [told(note("a"), to: "c", at: 160)])
    }

    /// After a start everybody gets a moment, however old the news is.
    @Test func aStartGivesEverybodyAMoment() throws {
        var watch = FallbackWatch()
        watch.use(try receivers(["a": "b"]))
        watch.add(note("a"))
        #expect(due(&watch, 1000) == [])
        #expect(due(&watch, 1009) == [])
        #expect(due(&watch, 1010).count == 1)
        // A clock that was set back begins anew.
        watch.add(note("a", "two"))
        #expect(due(&watch, 900) == [])
        #expect(due(&watch, 910).count == 1)
    }

    @Test func fallbacksAreThoseOfNow() throws {
        var watch = try watch(["a": "b"])
        watch.add(note("a"))
        watch.use([])
        #expect(due(&watch, 200) == [])
        watch.use(try receivers(["a": "c"]))
        #expect(due(&watch, 200).map(\.notification.receiver.text) == ["c"])
    }

    @Test func asManyAreWatchedAsTheLimitAndNoMore() throws {
        var watch = try watch(["a": "b"])
        for number in 0...FallbackWatch.watchedMax {
            watch.add(note("a", "s\(number)"))
        }
        #expect(watch.count == FallbackWatch.watchedMax)
        #expect(due(&watch, 200).count == FallbackWatch.watchedMax)
    }

    /// Against the obvious: everything that happened in a list, looked through at every second.
    @Test(arguments: 0..<30) func agreesWithTheObvious(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let next = ["a": "b", "b": "c", "d": "b"]
        var watch = try watch(["a": "b", "b": "c", "d": "b"])
        var sent: [Notification] = []
        var ended: [String: Bool] = [:]
        for second in Int64(100)..<400 {
            if Int.random(in: 0..<4, using: &random) == 0 {
                let receiver = ["a", "b", "c", "d"].randomElement(using: &random) ?? ""
                let service = "s\(Int.random(in: 0..<12, using: &random))"
                let part = Int.random(in: 0..<3, using: &random)
                let one = note(receiver, service, at: second, part: part)
                if !sent.contains(where: { $0.id == one.id }) {
                    let before = sent.filter { $0.episode == one.episode }.map(\.receiver)
                    sent.append(one)
                    watch.add(one, knownTo: before)
                }
            }
            let open = sent.filter { ended[$0.id] == nil }
            if Int.random(in: 0..<5, using: &random) == 0,
                let one = open.randomElement(using: &random)
            {
                let isTaken = Bool.random(using: &random)
                ended[one.id] = isTaken
                watch.end(
                    Delivery(
                        notification: one, at: Timestamp(seconds: second),
                        failure: isTaken ? nil : "no"))
            }
            var expected: [Notification] = []
            let late = sent.filter { one in
                ended[one.id] == false
                    || ended[one.id] == nil && Timestamp(seconds: second) - one.at >= .seconds(30)
            }
            for one in late.sorted(by: { ($0.at, $0.id) < ($1.at, $1.id) }) {
                guard let other = next[one.receiver.text] else { continue }
                let heard = (sent + expected).contains {
                    $0.episode == one.episode && $0.receiver.text == other
                }
                if !heard { expected.append(told(one, to: other, at: second)) }
            }
            let found = due(&watch, second).map(\.notification)
            #expect(found == expected, "second \(second)")
            for one in found {
                sent.append(one)
                watch.add(one, knownTo: sent.filter { $0.episode == one.episode }.map(\.receiver))
            }
        }
    }
}
