import GRDB
public import HealthModel
import Routing

/// What operators did, as rows: one for each action, and one for each name that it is about.
extension LedgerRows {
    /// The kind of name that is the state of a dark service.
    private static let stateKind = "state"
    /// The kind of name that is an incident.
    private static let incidentKind = "incident"
    /// The kind and the name that say that what needs the services is meant too.
    private static let dependants = (kind: "with", name: "dependants")

    /// Writes actions as they are now in place of what was known of them.
    static func write(
        _ actions: some Collection<OperatorAction>, to database: Database
    ) throws {
        guard !actions.isEmpty else { return }
        let insert = try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO operator_action
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let name = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO operator_action_name VALUES (?, ?, ?)")
        for action in actions {
            let id = action.id.text
            try insert.execute(
                arguments: [
                    id, action.effect.kind.rawValue, action.author, action.reason,
                    action.addedAt.nanoseconds, action.startsAt.nanoseconds,
                    action.endsAt.nanoseconds, action.endedAt?.nanoseconds, action.endedBy,
                    action.recurrence?.days.description,
                    action.recurrence?.from.nanoseconds, action.recurrence?.length.nanoseconds,
                    action.recurrence?.until?.nanoseconds,
                ])
            // What an action is about never changes; endpoints come to it.
            for one in names(of: action) {
                try name.execute(arguments: [id, one.kind, one.name])
            }
        }
    }

    private static func names(of action: OperatorAction) -> [(kind: String, name: String)] {
        switch action.effect {
        case .silence(let scope): scope.names
        case .acknowledgement(let incident): [(incidentKind, incident.text)]
        case .maintenance(let services):
            services.map { ("service", $0.text) } + (action.withDependants ? [dependants] : [])
                + action.endpoints.map { ("endpoint", $0.text) }
        case .dark(let service, let state):
            [("service", service.text), (stateKind, state.rawValue)]
        }
    }

    /// What is not over, and the last action of each kind, after which the next is numbered.
    ///
    /// An action of a kind that another program knows is left out.
    static func actions(_ database: Database) throws -> [OperatorAction] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM operator_action WHERE ended_at IS NULL OR id IN (
                    SELECT id FROM operator_action AS later WHERE NOT EXISTS (
                        SELECT 1 FROM operator_action AS last
                        WHERE substr(last.id, 1, 8) = substr(later.id, 1, 8)
                            AND (length(last.id), last.id) > (length(later.id), later.id)))
                ORDER BY added_at, id LIMIT \(Limits.operatorActions * 2)
                """)
        return try rows.compactMap { try action(of: $0, database) }
    }

    /// The maintenance that was not over at an instant.
    static func maintenance(
        _ database: Database, after instant: Timestamp
    ) throws -> [OperatorAction] {
        try Row.fetchAll(
            database,
            sql: """
                SELECT * FROM operator_action
                WHERE kind = ? AND (ended_at IS NULL OR ended_at > ?)
                """,
            arguments: [OperatorAction.Kind.maintenance.rawValue, instant.nanoseconds]
        ).compactMap { try action(of: $0, database) }
    }

    /// The action of a row; nil when another program knows its kind, or how it comes back.
    private static func action(of row: Row, _ database: Database) throws -> OperatorAction? {
        let names = try Row.fetchAll(
            database,
            sql: "SELECT kind, name FROM operator_action_name WHERE action = ? ORDER BY name",
            arguments: [row["id"] as String]
        ).map { (kind: $0["kind"] as String, name: $0["name"] as String) }
        guard let effect = effect(row["kind"], names), let recurrence = recurrence(row) else {
            return nil
        }
        var action = OperatorAction(
            id: ActionID(row["id"]), effect: effect, author: row["author"],
            reason: row["reason"], addedAt: Timestamp(nanoseconds: row["added_at"]),
            startsAt: Timestamp(nanoseconds: row["starts_at"]),
            endsAt: Timestamp(nanoseconds: row["ends_at"]))
        action.endedAt = instant(row["ended_at"])
        action.endedBy = row["ended_by"]
        action.recurrence = recurrence.first
        guard effect.kind == .maintenance else { return action }
        action.withDependants = names.contains { $0 == dependants }
        action.endpoints = names.filter { $0.kind == "endpoint" }.map { EndpointID($0.name) }
            .sorted()
        return action
    }

    /// How an action comes back: none, or one; nil when another program knows how.
    private static func recurrence(_ row: Row) -> [Recurrence]? {
        guard let text = row["recurrence"] as String? else { return [] }
        guard let days = Recurrence.Days(text), let from = instant(row["recurs_from"]),
            let length = row["recurs_length"] as Int64?
        else { return nil }
        return [
            Recurrence(
                days: days, from: from, length: .nanoseconds(length),
                until: instant(row["recurs_until"]))
        ]
    }

    private static func effect(
        _ kind: String, _ names: [(kind: String, name: String)]
    ) -> OperatorAction.Effect? {
        func first(_ kind: String) -> String? { names.first { $0.kind == kind }?.name }
        let services = names.filter { $0.kind == "service" }.map { ServiceID($0.name) }.sorted()
        switch OperatorAction.Kind(rawValue: kind) {
        case .silence:
            var scope = AlertScope()
            // A name that is left out would widen the silence.
            for one in names where !scope.add(one.kind, one.name) { return nil }
            return scope.isEmpty ? nil : .silence(scope)
        case .acknowledgement:
            return first(incidentKind).map { .acknowledgement(IncidentID($0)) }
        case .maintenance: return services.isEmpty ? nil : .maintenance(services)
        case .dark:
            guard let service = services.first,
                let state = first(stateKind).flatMap({ HealthState(rawValue: $0) })
            else { return nil }
            return .dark(service, state)
        case nil: return nil
        }
    }

    /// Removes what ended long ago; numbers hold the year, so none is given twice.
    static func pruneActions(at now: Timestamp, in database: Database) throws {
        let before = (now - incidentAge).nanoseconds
        try database.execute(
            sql: """
                DELETE FROM operator_action_name WHERE action IN
                    (SELECT id FROM operator_action WHERE ended_at < ?)
                """, arguments: [before])
        try database.execute(
            sql: "DELETE FROM operator_action WHERE ended_at < ?", arguments: [before])
    }
}

extension Ledger {
    /// The times within a range in which endpoints were under maintenance that operators announced,
    /// as the ledger of a data directory knows them; also while a monitor writes it.
    ///
    /// An endpoint that a window of an action covered counts in all windows of that action, also in
    /// those before a reload that added it to them. Not known is maintenance that a lost ledger held,
    /// or that began and ended while no monitor ran.
    ///
    /// - Throws: `OpenError` when there is a ledger and it cannot be read.
    public static func maintenance(
        dataDirectory: String, within range: Range<Timestamp>
    ) throws(OpenError) -> MaintenanceTimes {
        let path = dataDirectory + "/" + name
        var times: MaintenanceTimes = [:]
        do {
            let actions = try LedgerFile.read(path) { database in
                try LedgerRows.maintenance(database, after: range.lowerBound)
            }
            for action in actions ?? [] {
                let windows = action.windows(within: range)
                for endpoint in action.endpoints { times[endpoint, default: []] += windows }
            }
        } catch {
            throw OpenError(description: "\(path): \(error)")
        }
        return times.mapValues { $0.united() }
    }
}
