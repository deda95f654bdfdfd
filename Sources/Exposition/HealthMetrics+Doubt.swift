import Alerting
import HealthModel

extension HealthMetrics {
    /// Whether the monitor can see; no control target, no family of them.
    func writeDoubt(to text: inout PrometheusText) {
        text.addFamily(
            "vitaal_blind", .gauge,
            help: "Whether the monitor cannot see, so that no state can be believed.",
            .integer(snapshot.blindSince == nil ? 0 : 1))
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
}
