import Alerting
import HealthModel
import Scheduling
import Testing

@testable import Notifying

/// A notification about a service.
func notification(
    _ service: String, isOver: Bool = false, since: Int64 = 100, receiver: String = "on-call",
    at second: Int64? = nil
) -> Notification {
    Notification(
        receiver: ReceiverID(receiver), at: Timestamp(seconds: second ?? (isOver ? 200 : since)),
        alert: Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID(service))),
            service: ServiceID(service), level: .page, state: isOver ? .resolved : .firing,
            activeSince: Timestamp(seconds: since - 10), firingSince: Timestamp(seconds: since),
            reason: .connectRefused, summary: LocalizedText(dutch: "weg", english: "gone"),
            runbook: nil))
}

@Suite struct DeliveryQueueTests {
    private static let second: Int64 = 1_000_000_000

    /// A queue with a clock that is moved by hand.
    private struct Run {
        var queue = DeliveryQueue()
        var now: Int64 = 1000 * second

        /// Makes an attempt and returns what was tried.
        mutating func attempt(
            _ outcome: DeliveryQueue.Outcome, jitter: Double = 0
        ) -> (tried: Notification?, ending: Delivery?, change: DeliveryQueue.Change?) {
            guard let next = queue.next(at: now) else { return (nil, nil, nil) }
            let date = Timestamp(seconds: now / second)
            let (ending, change) = queue.finish(
                outcome, of: next, at: now, date: date, jitter: jitter)
            return (next, ending, change)
        }

        /// Moves the clock to when the queue wants to be looked at, in seconds from now.
        mutating func sleep() -> Double? {
            guard let wake = queue.wakeAt else { return nil }
            let pause = Double(max(wake, now) - now) / Double(second)
            now = max(now, wake)
            return pause
        }
    }

    @Test func deliversInOrder() {
        var run = Run()
        #expect(run.queue.wakeAt == nil)
        for name in ["a", "b", "c"] { #expect(run.queue.add(notification(name)) == nil) }
        #expect(run.attempt(.delivered).ending?.notification == notification("a"))
        #expect(run.attempt(.delivered).ending?.notification == notification("b"))
        let last = run.attempt(.delivered)
        #expect(
            last.ending == Delivery(notification: notification("c"), at: Timestamp(seconds: 1000)))
        #expect(last.change == nil)
        #expect(run.queue.count == 0)
        #expect(run.attempt(.delivered).tried == nil)
    }

    @Test func aReceiverThatFailsIsLeftAloneForLongerAndLonger() {
        var run = Run()
        _ = run.queue.add(notification("a"))
        _ = run.queue.add(notification("b"))
        var pauses: [Double?] = []
        for number in 0..<9 {
            let attempt = run.attempt(.failed("HTTP 500", retryAfter: nil))
            #expect(attempt.tried == notification("a"))
            #expect(attempt.change == (number == 0 ? .failing("HTTP 500") : nil))
            #expect(run.queue.next(at: run.now) == nil)
            pauses.append(run.sleep())
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        let attempt = run.attempt(.delivered)
        #expect(attempt.ending?.failure == nil)
        #expect(attempt.change == .recovered)
        // Nothing is left of the pauses.
        #expect(run.attempt(.failed("x", retryAfter: nil)).change == .failing("x"))
        #expect(run.sleep() == 1)
    }

    @Test(arguments: [(0.0, 1.0), (0.5, 1.125), (0.999, 1.24975)])
    func chanceAddsUpToAQuarter(jitter: Double, pause: Double) {
        var run = Run()
        _ = run.queue.add(notification("a"))
        _ = run.attempt(.failed("x", retryAfter: nil), jitter: jitter)
        #expect(run.sleep() == pause)
    }

    @Test(arguments: [
        (Duration.seconds(90), 90.0), (.milliseconds(10), 1), (.seconds(-5), 1),
        (.seconds(3600), 3600), (.seconds(3601), 3600),
    ])
    func aReceiverMayAskForARest(asked: Duration, pause: Double) {
        var run = Run()
        _ = run.queue.add(notification("a"))
        _ = run.attempt(.failed("HTTP 429", retryAfter: asked))
        #expect(run.queue.isResting(at: run.now))
        #expect(run.sleep() == pause)
        #expect(!run.queue.isResting(at: run.now))
    }

    /// What is refused stands aside; the end of the same alert waits behind it, others do not.
    @Test func whatIsRefusedHoldsUpOnlyItsOwnAlert() {
        var run = Run()
        for one in [notification("a"), notification("a", isOver: true), notification("b")] {
            _ = run.queue.add(one)
        }
        #expect(run.attempt(.refused("HTTP 400")).tried == notification("a"))
        #expect(run.attempt(.delivered).tried == notification("b"))
        #expect(run.attempt(.delivered).tried == nil)
        #expect(run.sleep() == 1)
        #expect(run.attempt(.delivered).tried == notification("a"))
        #expect(run.attempt(.delivered).tried == notification("a", isOver: true))
    }

    @Test func whatIsRefusedTooOftenIsGivenUp() {
        var run = Run()
        _ = run.queue.add(notification("a"))
        for number in 1...DeliveryQueue.refusalsMax {
            let attempt = run.attempt(.refused("HTTP 400"))
            #expect(attempt.change == nil)
            #expect(attempt.ending?.failure == (number == 8 ? "HTTP 400" : nil))
            _ = run.sleep()
        }
        #expect(run.queue.count == 0)
    }

    /// A receiver that is away for days gets no news of last week.
    @Test func whatIsTooOldIsGivenUp() {
        var run = Run()
        let age = DeliveryQueue.ageMax.nanoseconds
        _ = run.queue.add(notification("a", since: 100))
        run.now = 100 * Self.second + age - Self.second
        #expect(run.attempt(.failed("x", retryAfter: nil)).ending == nil)
        run.now += Self.second
        #expect(run.attempt(.failed("x", retryAfter: nil)).ending?.failure == "x")
    }

    @Test func whatWeStoppedIsTriedAgain() {
        var run = Run()
        _ = run.queue.add(notification("a"))
        #expect(run.attempt(.cancelled).ending == nil)
        #expect(run.queue.count == 1)
        #expect(run.attempt(.delivered).tried == notification("a"))
    }

    @Test func theOldestIsDroppedWhenTooManyWait() {
        var queue = DeliveryQueue()
        for number in 0..<Limits.waitingNotifications {
            #expect(queue.add(notification("s\(number)")) == nil)
        }
        #expect(queue.add(notification("one-more")) == notification("s0"))
        #expect(queue.count == Limits.waitingNotifications)
        #expect(queue.next(at: 0) == notification("s1"))
    }

    /// Random receivers: everything ends once, and of one alert in order.
    @Test(arguments: 0..<20) func everythingEndsOnceAndInOrder(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var run = Run()
        var added: [Notification] = []
        var ended: [Notification] = []
        for step in 0..<300 {
            if step < 100 {
                let service = "s\(Int.random(in: 0..<5, using: &random))"
                let one = notification(service, since: Int64(1000 + step))
                added.append(one)
                _ = run.queue.add(one)
            }
            let outcome: DeliveryQueue.Outcome =
                switch Int.random(in: 0..<4, using: &random) {
                case 0: .refused("HTTP 400")
                case 1: .failed("x", retryAfter: .seconds(Int.random(in: 0..<90, using: &random)))
                default: .delivered
                }
            if let ending = run.attempt(step < 200 ? outcome : .delivered).ending {
                ended.append(ending.notification)
            }
            _ = run.sleep()
        }
        #expect(run.queue.count == 0)
        #expect(Set(ended) == Set(added))
        #expect(ended.count == added.count)
        for service in 0..<5 {
            let isOfService = { (one: Notification) in one.alert.service.text == "s\(service)" }
            #expect(ended.filter(isOfService) == added.filter(isOfService))
        }
    }
}
