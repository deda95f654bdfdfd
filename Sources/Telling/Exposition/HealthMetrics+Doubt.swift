import Alerting
import HealthModel
import Observing

extension HealthMetrics {
    /// Whether the monitor can see; no control target, no family of them.
    func writeDoubt(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_blind", .gauge,
            help: "Whether the monitor cannot see, so that no state can be believed.",
            .integer(snapshot.blindSince == nil ? 0 : 1))
        writeClock(to: &text)
        let measured = snapshot.controls.filter { $0.isUp != nil }
        guard !measured.isEmpty else { return }
        text.openFamily(
            "vitaal_control_target_up", .gauge,
            help: "Whether a target that tells whether the monitor can see was reached last.")
        for control in measured {
            text.addSample(
                LabelSet("target", control.id.text), .integer(control.isUp == true ? 1 : 0))
        }
    }

    /// What the kernel says of the clock; no samples where it does not say.
    private func writeClock(to text: inout PrometheusText) {
        guard case .known(let clock) = snapshot.clock else { return }
        text.addFamily(
            "vitaal_clock_synchronised", .gauge,
            help: "Whether a time service keeps the clock of the machine right.",
            .flag(clock.isSynchronised))
        text.addFamily(
            "vitaal_clock_offset_seconds", .gauge,
            help: "What the kernel has still to correct of the clock.",
            .double(clock.offset.fractionalSeconds))
        text.addFamily(
            "vitaal_clock_error_max_seconds", .gauge,
            help: "The most that the clock is wrong by, if it is synchronised.",
            .double(clock.errorMax.fractionalSeconds))
    }
}
