import Alerting
import GRDB
import HealthModel
import Incidents

/// Alerts as rows, with times in nanoseconds since the epoch.
enum LedgerRows {
    /// Alerts that are read back; more than that many bindings no catalogue has.
    static let alertsLimit = 1_000_000

    /// Writes changes, and that the monitor is alive.
    static func write(
        _ changes: AlertChanges, at now: Timestamp, to database: Database
    ) throws {
        if changes.isComplete { try database.execute(sql: "DELETE FROM alert") }
        let remove = try database.cachedStatement(
            sql: "DELETE FROM alert WHERE rule = ? AND subject_kind = ? AND subject = ?")
        for key in changes.ended {
            try remove.execute(
                arguments: [key.rule.text, kind(of: key.subject), key.subject.description])
        }
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO alert (
                    rule, subject_kind, subject, service, level, active_since, firing_since,
                    keep_firing_since, reason, summary_nl, summary_en, runbook, incident
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (key, one) in changes.active {
            let alert = one.alert
            try insert.execute(
                arguments: [
                    key.rule.text, kind(of: key.subject), key.subject.description,
                    alert.service.text, alert.level.rawValue, alert.activeSince.nanoseconds,
                    alert.firingSince?.nanoseconds, one.keepFiringSince?.nanoseconds,
                    alert.reason?.rawValue, alert.summary.dutch, alert.summary.english,
                    alert.runbook, alert.incident?.text,
                ])
        }
        try write(changes.books, to: database)
        try write(changes.incidents.values, to: database)
        try write(changes.objectives, to: database)
        try write(changes.actions.values, to: database)
        try write(changes.passes.values, to: database)
        try database.execute(
            sql: "INSERT OR REPLACE INTO alive VALUES (1, ?)", arguments: [now.nanoseconds])
    }

    /// What an earlier run left; an alert with a level or reason of another program is left out.
    static func memory(_ database: Database) throws -> Ledger.Memory {
        var memory = Ledger.Memory()
        memory.lastSeen = try Int64.fetchOne(database, sql: "SELECT at FROM alive")
            .map { Timestamp(nanoseconds: $0) }
        let rows = try Row.fetchCursor(
            database, sql: "SELECT * FROM alert ORDER BY subject, rule LIMIT \(alertsLimit)")
        while let row = try rows.next() {
            guard let alert = alert(row) else { continue }
            let keepFiringSince: Int64? = row["keep_firing_since"]
            memory.alerts.append(
                RememberedAlert(
                    alert: alert,
                    keepFiringSince: keepFiringSince.map { Timestamp(nanoseconds: $0) }))
        }
        let lately = (memory.lastSeen ?? Timestamp(nanoseconds: 0)) - IncidentKeeper.recurrenceTime
        memory.objectives = try objectives(database)
        memory.actions = try actions(database)
        memory.passes = try passes(database)
        memory.incidents = try incidents(database, since: lately)
        memory.waiting = try waiting(database)
        memory.books = try books(database)
        return memory
    }

    /// The alert in a row, pending or firing; nil when its level is another program's.
    static func alert(_ row: Row) -> Alert? {
        guard let level = Level(rawValue: row["level"]) else { return nil }
        let subject: Subject =
            switch row["subject_kind"] as String {
            case "service": .service(ServiceID(row["subject"]))
            case "monitor": Subject(ofMonitor: row["subject"])
            default: .endpoint(EndpointID(row["subject"]))
            }
        let firingSince = (row["firing_since"] as Int64?).map { Timestamp(nanoseconds: $0) }
        return Alert(
            key: AlertKey(rule: RuleID(row["rule"]), subject: subject),
            service: ServiceID(row["service"]), level: level,
            state: firingSince == nil ? .pending : .firing,
            activeSince: Timestamp(nanoseconds: row["active_since"]),
            firingSince: firingSince,
            reason: (row["reason"] as String?).flatMap { Reason(rawValue: $0) },
            summary: LocalizedText(dutch: row["summary_nl"], english: row["summary_en"]),
            runbook: row["runbook"],
            incident: (row["incident"] as String?).map { IncidentID($0) })
    }

    static func kind(of subject: Subject) -> String { subject.kind }
}
