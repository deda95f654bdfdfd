import HealthModel

extension HealthMetrics {
    /// What became of notifications; no receiver, no family.
    func writeReceivers(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_lost_transitions_total", .counter,
            help: "Changes of alerts that nobody was told of because too many waited.",
            .count(counters.lostTransitions))
        let receivers = counters.receivers.sorted { $0.key < $1.key }
        func family(
            _ name: String, _ type: PrometheusText.FamilyType, _ help: String,
            _ value: (ReceiverCounters) -> SampleValue
        ) {
            guard !receivers.isEmpty else { return }
            text.openFamily(name, type, help: help)
            for (id, one) in receivers { text.addSample(LabelSet("receiver", id.text), value(one)) }
        }
        family(
            "vitaal_notifications_delivered_total", .counter, "Notifications that a receiver took."
        ) { .count($0.delivered) }
        family(
            "vitaal_notification_failures_total", .counter,
            "Attempts to deliver a notification that failed."
        ) { .count($0.failures) }
        family(
            "vitaal_notifications_given_up_total", .counter,
            "Notifications that were never delivered."
        ) { .count($0.givenUp) }
        family(
            "vitaal_notifications_waiting", .gauge, "Notifications that wait for a receiver."
        ) { .count($0.waiting) }
        if !receivers.isEmpty {
            text.openFamily(
                "vitaal_notification_delivery_seconds", .histogram,
                help: "Time from the change of an alert to its delivery.")
        }
        for (id, one) in receivers {
            text.addHistogram(
                LabelSet("receiver", id.text), bounds: ReceiverCounters.deliveryBounds,
                counts: one.deliveryCounts, sum: one.deliveryTime)
        }
        family(
            "vitaal_receiver_up", .gauge, "Whether the last attempt to deliver succeeded."
        ) { .integer($0.failure == nil ? 1 : 0) }
    }
}
