import Alerting
import CCurl
import HealthModel
import Routing
import Testing

@testable import Notifying

/// A notification about a service.
func notification(
    _ service: String, isOver: Bool = false, since: Int64 = 100, receiver: String = "on-call",
    at second: Int64? = nil
) -> Notification {
    let alert = Alert(
        key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID(service))),
        service: ServiceID(service), level: .page, state: isOver ? .resolved : .firing,
        activeSince: Timestamp(seconds: since - 10), firingSince: Timestamp(seconds: since),
        reason: .connectRefused, summary: LocalizedText(dutch: "weg", english: "gone"),
        runbook: nil)
    return Notification(
        receiver: ReceiverID(receiver), at: Timestamp(seconds: second ?? (isOver ? 200 : since)),
        thread: alert.episode, part: isOver ? 1 : 0,
        items: [Notification.Item(alert: alert, part: isOver ? .over : .begun)],
        words: Notification.Words(
            headline: LocalizedText(
                dutch: isOver ? "VOORBIJ: weg" : "PAGE: weg",
                english: isOver ? "OVER: gone" : "PAGE: gone"),
            body: [LocalizedText(dutch: "regel", english: "line")]))
}

/// One message about several services.
func several(_ services: [String], receiver: String = "on-call") -> Notification {
    var one = notification(services[0], receiver: receiver)
    one.thread = "INC-2026-0001"
    one.items = services.flatMap { notification($0).items }
    return one
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
            return (next.notification, ending, change)
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

    /// Never given up while it may fire; once its end waits behind it, both are.
    @Test func whatIsRefusedIsTriedForAsLongAsItFires() {
        var run = Run()
        _ = run.queue.add(notification("a"))
        var pauses: [Double] = []
        for number in 1...20 {
            let attempt = run.attempt(.refused("HTTP 400"))
            #expect(attempt.change == (number == 1 ? .failing("HTTP 400") : nil))
            #expect(attempt.ending == nil)
            pauses.append(run.sleep() ?? 0)
        }
        #expect(pauses.prefix(8) == [1, 2, 4, 8, 16, 32, 60, 60] && pauses.last == 60)
        #expect(run.queue.refusal == "HTTP 400")
        _ = run.queue.add(notification("a", isOver: true))
        #expect(run.attempt(.refused("HTTP 400")).ending?.failure == "HTTP 400")
        for number in 1...DeliveryQueue.refusalsMax {
            let attempt = run.attempt(.refused("HTTP 422"))
            #expect(attempt.ending?.failure == (number == 8 ? "HTTP 422" : nil))
            _ = run.sleep()
        }
        #expect(run.queue.count == 0 && run.queue.refusal == nil)
    }

    /// A message of several alerts that is refused falls into these: one holds up no other.
    @Test func aMessageThatIsRefusedIsTakenApart() {
        var run = Run()
        _ = run.queue.add(several(["a", "b", "c"]))
        _ = run.queue.add(notification("d"))
        #expect(run.attempt(.refused("HTTP 400")).ending == nil)
        var told: [String] = []
        for outcome in [DeliveryQueue.Outcome.refused("HTTP 400"), .delivered, .delivered] {
            let attempt = run.attempt(outcome)
            told += attempt.tried?.items.map(\.alert.service.text) ?? []
            #expect(attempt.ending == nil)
        }
        #expect(told == ["a", "b", "c"])
        #expect(run.attempt(.delivered).tried == notification("d"))
        _ = run.sleep()
        let last = run.attempt(.delivered)
        #expect(last.tried?.items.map(\.alert.service.text) == ["a"])
        #expect(
            last.ending
                == Delivery(
                    notification: several(["a", "b", "c"]),
                    at: last.ending?.at ?? Timestamp(seconds: 0)))
        #expect(last.change == .recovered)
    }

    /// Each address is told by itself, and each is tried until it takes it.
    @Test func eachAddressIsToldByItself() {
        var run = Run()
        _ = run.queue.add(notification("a"), addresses: 2)
        let first = run.queue.next(at: run.now)
        #expect(first?.address == 0)
        #expect(run.attempt(.refused("550")).change == .failing("550"))
        let second = run.queue.next(at: run.now)
        #expect(second?.address == 1 && second?.id != first?.id)
        #expect(run.attempt(.delivered).ending == nil)
        #expect(run.queue.refusal == "550")
        _ = run.sleep()
        #expect(run.queue.next(at: run.now)?.address == 0)
        #expect(run.attempt(.delivered).ending?.failure == nil)
        #expect(run.queue.count == 0)
    }

    /// Nothing is tried again without a rest, whatever the answer.
    @Test(arguments: 100...599)
    func noAnswerMakesALoop(status: Int) {
        for outcome in [
            HTTPSender.outcome(CURLE_OK, status: status, retryAfterSeconds: 0),
            MailSender.outcome(
                CURLE_RECV_ERROR, status: status, isAboutMessage: true, line: "\(status) x"),
            MailSender.outcome(
                CURLE_RECV_ERROR, status: status, isAboutMessage: false, line: "\(status) x"),
        ] { expectRests(outcome) }
    }

    private func expectRests(_ outcome: DeliveryQueue.Outcome) {
        var run = Run()
        for one in [several(["a", "b"]), notification("c")] { _ = run.queue.add(one) }
        var attempts = 0
        let end = run.now + 60 * Self.second
        while run.now < end, run.queue.count > 0 {
            while run.attempt(outcome).tried != nil { attempts += 1 }
            guard run.sleep() != nil else { break }
        }
        #expect(attempts <= 25, "\(outcome)")
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
        #expect(queue.next(at: 0)?.notification == notification("s1"))
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
