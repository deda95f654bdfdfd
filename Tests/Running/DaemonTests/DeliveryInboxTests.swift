import Alerting
import HealthModel
import Routing
import Testing

@testable import Daemon

@Suite struct DeliveryInboxTests {
    private func delivery(_ number: Int) -> Delivery {
        let now = Timestamp(seconds: Int64(number))
        let alert = Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
            service: ServiceID("s"), level: .page, state: .firing, activeSince: now,
            firingSince: now, reason: nil, summary: LocalizedText(dutch: "", english: ""),
            runbook: nil)
        return Delivery(
            notification: Notification(
                receiver: ReceiverID("r"), at: now, thread: "t",
                items: [Notification.Item(alert: alert)]), at: now)
    }

    @Test(arguments: [0, 1]) func theOldestIsLostBeyondTheLimit(excess: Int) {
        let inbox = DeliveryInbox()
        let count = Limits.waitingTransitions + excess
        for number in 0..<count { inbox.add(delivery(number)) }
        let taken = inbox.take()
        #expect(taken.count == Limits.waitingTransitions)
        #expect(taken.first == delivery(excess) && taken.last == delivery(count - 1))
        #expect(inbox.take().isEmpty)
    }
}
