import Alerting
import HealthModel
import Testing

@testable import Exposition

@Suite struct ReceiverMetricsTests {
    private func samples(_ receivers: [ReceiverID: ReceiverCounters]) throws -> [String] {
        var counters = MonitorCounters(startedAt: Timestamp(seconds: 0))
        counters.receivers = receivers
        let bytes = HealthMetrics.text(
            of: try Fixture.snapshot(Fixture.status(nil)), counters: counters, version: "1")
        _ = try StrictParser(bytes)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
            .filter { $0.contains("vitaal_notification_delivery_seconds") }
    }

    /// At each bound, one nanosecond past it, and past all; a clock that was set back counts as 0.
    @Test func deliveriesAreCountedByTheirTime() throws {
        let bounds = ReceiverCounters.deliveryBounds
        #expect(bounds == bounds.sorted() && Set(bounds).count == bounds.count)
        var one = ReceiverCounters()
        for bound in bounds {
            one.noteDelivery(after: bound)
            one.noteDelivery(after: bound + .nanoseconds(1))
        }
        one.noteDelivery(after: .seconds(-5))
        #expect(one.delivered == 21)
        #expect(one.deliveryCounts == [2] + Array(repeating: 2, count: 9) + [1])
        let name = "vitaal_notification_delivery_seconds"
        let expected = ["0.1", "0.5", "1", "5", "10", "30", "60", "300", "900", "3600"]
            .enumerated().map { index, bound in
                "\(name)_bucket{receiver=\"on-call\",le=\"\(bound)\"} \(2 * index + 2)"
            }
        #expect(
            try samples([ReceiverID("on-call"): one]) == [
                "# HELP \(name) Time from the change of an alert to its delivery.",
                "# TYPE \(name) histogram",
            ] + expected + [
                "\(name)_bucket{receiver=\"on-call\",le=\"+Inf\"} 21",
                "\(name)_sum{receiver=\"on-call\"} 9813.20000001",
                "\(name)_count{receiver=\"on-call\"} 21",
            ])
    }

    @Test func withoutAReceiverThereIsNoFamily() throws { #expect(try samples([:]) == []) }
}
