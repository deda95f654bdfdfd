import Alerting
import HealthModel
import Incidents
import Observing
import Routing

extension HealthMetrics {
    /// States of the services and what hangs on them.
    func writeServices(to text: inout PrometheusText) {
        text.openFamily("vitaal_service_info", .gauge, help: "Who runs the service, and its kind.")
        for row in services {
            let facts = LabelSet([
                "owner": row.service.owner, "kind": row.service.kind.rawValue,
                "name": row.service.name.dutch,
            ])
            text.addSample(row.labels, facts, .integer(1))
        }
        writeStates(
            "vitaal_service_state",
            help: "The measured state of the service: 1 for the current state, 0 for the others.",
            of: \.ownState, to: &text)
        writeStates(
            "vitaal_service_effective_state",
            help: "The state with what the service depends on taken in: 1 for the current state, "
                + "0 for the others.", of: \.effectiveState, to: &text)
        text.openFamily(
            "vitaal_service_dependants", .gauge,
            help: "Services that cannot work, or not be logged in to, without this one.")
        for row in services {
            text.addSample(
                LabelSet("service", row.service.id.text), .count(row.status.dependants.count))
        }
    }

    /// What services promise and what is left of their error budgets, for those that are probed.
    func writeObjectives(to text: inout PrometheusText) {
        let known = snapshot.objectives.compactMap { status in
            status.months.last.map { (LabelSet("service", status.service.text), status, $0) }
        }
        text.openFamily(
            "vitaal_objective_ratio", .gauge,
            help: "The share of the month in which the service promises to be available.")
        for (label, status, _) in known { text.addSample(label, .double(status.objective.target)) }
        text.openFamily(
            "vitaal_objective_availability_ratio", .gauge,
            help: "The share of the running month, of the time that counts, in which it was.")
        for (label, _, month) in known {
            if let ratio = month.availability { text.addSample(label, .double(ratio)) }
        }
        text.openFamily(
            "vitaal_error_budget_left_ratio", .gauge,
            help: "What is left of the time that may be lost in the running month; 1 is all, "
                + "negative when more was lost.")
        for (label, status, _) in known { text.addSample(label, .double(status.budgetLeft)) }
        text.openFamily(
            "vitaal_objective_lost_seconds", .gauge,
            help: "Time lost in the running month by the service itself (own) or by what it "
                + "depends on (chain).")
        for (label, _, month) in known {
            for (cause, lost) in [("own", month.lostOwn), ("chain", month.lostChain)] {
                text.addSample(
                    label, LabelSet("cause", cause), .double(lost.fractionalSeconds))
            }
        }
    }

    private func writeStates(
        _ name: String, help: String, of state: KeyPath<ServiceStatus, HealthState>,
        to text: inout PrometheusText
    ) {
        text.openFamily(name, .gauge, help: help)
        for row in services {
            for (candidate, label) in stateLabels {
                text.addSample(
                    row.labels, label, .flag(row.status[keyPath: state] == candidate))
            }
        }
    }

    /// Pending and firing alerts, one by one and counted.
    func writeAlerts(to text: inout PrometheusText) {
        text.openFamily(
            "vitaal_alert", .gauge,
            help: "1 for each pending or firing alert; endpoint is empty for one about a service.")
        for alert in snapshot.alerts {
            var endpoint = ""
            if case .endpoint(let id) = alert.key.subject { endpoint = id.text }
            var receiver = LabelSet.none
            if case .receiver(let id) = alert.key.subject {
                receiver = LabelSet("receiver", id.text)
            }
            text.addSample(
                LabelSet([
                    "rule": alert.key.rule.text, "service": alert.service.text,
                    "endpoint": endpoint, "level": alert.level.rawValue,
                    "state": alert.state.rawValue,
                ]), receiver, .integer(1))
        }
        text.openFamily("vitaal_alerts", .gauge, help: "Alerts by level and state.")
        for level in Level.allCases {
            for state in [Alert.State.pending, .firing] {
                let count = snapshot.alerts.count { $0.level == level && $0.state == state }
                text.addSample(
                    LabelSet(["level": level.rawValue, "state": state.rawValue]), .count(count))
            }
        }
        text.openFamily(
            "vitaal_incidents_open", .gauge,
            help: "Incidents of which an alert still fires, by the most urgent level they have had."
        )
        for level in Level.allCases {
            let count = snapshot.incidents.count {
                $0.incident.isOpen && $0.incident.level == level
            }
            text.addSample(LabelSet("level", level.rawValue), .count(count))
        }
        text.openFamily(
            "vitaal_operator_actions", .gauge,
            help: "Silences, acknowledgements and the like that hold now, by kind.")
        for kind in OperatorAction.Kind.allCases {
            let count = snapshot.actions.count {
                $0.effect.kind == kind && $0.isActive(at: snapshot.takenAt)
            }
            text.addSample(LabelSet("kind", kind.rawValue), .count(count))
        }
        text.addFamily(
            "vitaal_alerts_silenced", .gauge,
            help: "Firing alerts that a silence keeps from being told.",
            .count(snapshot.silenced.count))
    }
}
