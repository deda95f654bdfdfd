import GRDB
import HealthModel
import Incidents

/// Incidents as rows: one for each incident, and one for each alert and event of it.
extension LedgerRows {
    /// How long incidents are kept; three years of them are asked for (BIO2 5.28.01).
    static let incidentAge: Duration = .seconds(5 * 365 * 86_400)

    /// Writes incidents as they are now in place of what was known of them.
    static func write(
        _ incidents: some Collection<Incident>, to database: Database
    ) throws {
        guard !incidents.isEmpty else { return }
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO incident VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for incident in incidents {
            let id = incident.id.text
            try insert.execute(
                arguments: [
                    id, incident.root.description, incident.openedAt.nanoseconds,
                    incident.closedAt?.nanoseconds, incident.mergedInto?.text,
                    incident.level.rawValue, incident.isCalamity, incident.occurrence,
                ])
            for table in ["event", "alert"] {
                try database.execute(
                    sql: "DELETE FROM incident_\(table) WHERE incident = ?", arguments: [id])
            }
            try writeParts(of: incident, to: database)
        }
    }

    private static func writeParts(of incident: Incident, to database: Database) throws {
        let id = incident.id.text
        let event = try database.cachedStatement(
            sql: "INSERT INTO incident_event VALUES (?, ?, ?, ?, ?)")
        for (position, one) in incident.events.enumerated() {
            try event.execute(
                arguments: [id, position, one.at.nanoseconds, one.kind.rawValue, one.text])
        }
        let alert = try database.cachedStatement(
            sql: """
                INSERT INTO incident_alert
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for (position, member) in incident.members.enumerated() {
            let one = member.alert
            try alert.execute(
                arguments: [
                    id, position, member.joinedAt.nanoseconds, member.endedAt?.nanoseconds,
                    one.key.rule.text, kind(of: one.key.subject),
                    one.key.subject.description, one.service.text, one.level.rawValue,
                    one.activeSince.nanoseconds, one.firingSince?.nanoseconds,
                    one.reason?.rawValue, one.summary.dutch, one.summary.english, one.runbook,
                ])
        }
    }

    /// The incidents that a monitor has to know: the open ones, those that ended since `since`,
    /// those whose alerts fire on although they were resolved by force, those of which somebody may
    /// have to report, and the last one of each year, after which the next is numbered.
    static func incidents(_ database: Database, since: Timestamp) throws -> [Incident] {
        try incidents(
            database,
            where: """
                closed_at IS NULL OR closed_at >= \(since.nanoseconds)
                    OR id IN (SELECT incident FROM alert)
                    OR id IN (
                        SELECT incident FROM incident_event
                        WHERE kind = '\(Incident.Event.Kind.aware.rawValue)')
                    OR NOT EXISTS (
                        SELECT 1 FROM incident AS later
                        WHERE substr(later.id, 1, 8) = substr(incident.id, 1, 8)
                            AND (length(later.id), later.id) > (length(incident.id), incident.id))
                """)
    }

    /// The incidents of which `condition` holds, by number; at most `alertsLimit`.
    private static func incidents(
        _ database: Database, where condition: String
    ) throws -> [Incident] {
        var incidents: [Incident] = []
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT * FROM incident WHERE \(condition) ORDER BY length(id), id
                LIMIT \(alertsLimit)
                """)
        while let row = try rows.next() {
            guard let root = Incident.Root(row["root"]) else { continue }
            var incident = Incident(
                id: IncidentID(row["id"]), root: root,
                openedAt: Timestamp(nanoseconds: row["opened_at"]), occurrence: row["occurrence"])
            incident.closedAt = instant(row["closed_at"])
            incident.mergedInto = (row["merged_into"] as String?).map { IncidentID($0) }
            incident.level = Level(rawValue: row["level"]) ?? .page
            incident.isCalamity = row["is_calamity"]
            try readParts(of: &incident, database)
            incidents.append(incident)
        }
        return incidents
    }

    private static func readParts(of incident: inout Incident, _ database: Database) throws {
        let id = incident.id.text
        for row in try Row.fetchAll(
            database, sql: "SELECT * FROM incident_event WHERE incident = ? ORDER BY position",
            arguments: [id])
        {
            guard let kind = Incident.Event.Kind(rawValue: row["kind"]) else { continue }
            incident.events.append(
                Incident.Event(
                    at: Timestamp(nanoseconds: row["at"]), kind: kind, text: row["text"]))
        }
        for row in try Row.fetchAll(
            database,
            sql: "SELECT * FROM incident_alert WHERE incident = ? ORDER BY position",
            arguments: [id])
        {
            guard let alert = alert(row) else { continue }
            incident.members.append(
                Incident.Member(
                    alert: alert, joinedAt: Timestamp(nanoseconds: row["joined_at"]),
                    endedAt: instant(row["ended_at"])))
        }
    }

    /// Removes what ended long ago.
    static func pruneIncidents(at now: Timestamp, in database: Database) throws {
        let before = (now - incidentAge).nanoseconds
        for table in ["event", "alert"] {
            try database.execute(
                sql: """
                    DELETE FROM incident_\(table) WHERE incident IN
                        (SELECT id FROM incident WHERE closed_at < ?)
                    """, arguments: [before])
        }
        try database.execute(
            sql: "DELETE FROM incident WHERE closed_at < ?", arguments: [before])
    }

    static func instant(_ nanoseconds: Int64?) -> Timestamp? {
        nanoseconds.map { Timestamp(nanoseconds: $0) }
    }
}
