import HealthModel
import Testing

@testable import Notifying

/// When a receiver that has nothing to take is looked at.
@Suite struct IdleCheckTests {
    private static let second: Int64 = 1_000_000_000

    @Test func afterFiveMinutesAndThenAgain() {
        var check = IdleCheck(at: 0)
        #expect(check.wakeAt(waiting: 0) == 300 * Self.second)
        check.noteCheck(isReached: true, at: 300 * Self.second)
        #expect(check.wakeAt(waiting: 0) == 600 * Self.second)
        check.noteCheck(isReached: false, at: 600 * Self.second)
        #expect(check.wakeAt(waiting: 0) == 660 * Self.second)
    }

    @Test func whatIsDeliveredIsALookToo() {
        var check = IdleCheck(at: 0)
        check.noteAttempt(.delivered, at: 200 * Self.second)
        #expect(check.wakeAt(waiting: 0) == 500 * Self.second)
        #expect(check.wakeAt(waiting: 1) == nil)
        check.noteAttempt(.cancelled, at: 400 * Self.second)
        #expect(check.wakeAt(waiting: 0) == 500 * Self.second)
    }

    /// A server that answers 500 accepts connections: that it does says nothing.
    @Test(arguments: [
        DeliveryQueue.Outcome.failed("HTTP 500", retryAfter: nil), .refused("HTTP 400"),
    ])
    func aNotificationThatFailedIsNotSetRightByAConnection(outcome: DeliveryQueue.Outcome) {
        var check = IdleCheck(at: 0)
        check.noteAttempt(outcome, at: 0)
        #expect(check.wakeAt(waiting: 0) == nil)
        check.noteAttempt(.delivered, at: 0)
        #expect(check.wakeAt(waiting: 0) == 300 * Self.second)
    }

    @Test func aFailedLookIsSaidOnceAndDelaysNothing() {
        var queue = DeliveryQueue()
        #expect(queue.noteCheck(failure: "refused") == .failing("refused"))
        #expect(queue.noteCheck(failure: "refused") == nil)
        _ = queue.add(notification("a"))
        #expect(queue.next(at: 0) != nil)
        #expect(queue.noteCheck(failure: nil) == .recovered)
        #expect(queue.noteCheck(failure: nil) == nil)
    }
}
