import GRDB
import HealthModel
import Observing

/// How services did against their objectives: a row for each service and month, times in nanoseconds.
extension LedgerRows {
    /// Months of one service that change: the running one, and the one before it, which has just
    /// ended.
    static let changingMonths = 2

    /// Writes the months that may have changed.
    static func write(
        _ objectives: [ServiceID: ObjectiveClock], to database: Database
    ) throws {
        let insert = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO objective VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
        for (service, clock) in objectives {
            for month in clock.months.suffix(changingMonths) {
                try insert.execute(
                    arguments: [
                        service.text, month.month, clock.seenUntil?.nanoseconds ?? 0,
                        month.good.nanoseconds, month.lostOwn.nanoseconds,
                        month.lostChain.nanoseconds, month.maintenance.nanoseconds,
                        month.unknown.nanoseconds, month.outside.nanoseconds,
                    ])
            }
        }
    }

    /// The last months of every service; older ones stay in the file.
    static func objectives(_ database: Database) throws -> [ServiceID: ObjectiveClock] {
        var months: [ServiceID: [ObjectivePeriod]] = [:]
        var seenUntil: [ServiceID: Timestamp] = [:]
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT * FROM objective WHERE month IN (
                    SELECT DISTINCT month FROM objective ORDER BY month DESC
                    LIMIT \(ObjectiveClock.monthsMax))
                ORDER BY service, month LIMIT \(alertsLimit)
                """)
        while let row = try rows.next() {
            func time(_ column: String) -> Duration { .nanoseconds(row[column] as Int64) }
            var month = ObjectivePeriod(month: row["month"])
            month.good = time("good")
            month.lostOwn = time("lost_own")
            month.lostChain = time("lost_chain")
            month.maintenance = time("maintenance")
            month.unknown = time("unknown")
            month.outside = time("outside")
            let service = ServiceID(row["service"])
            months[service, default: []].append(month)
            seenUntil[service] = Timestamp(nanoseconds: row["seen_until"])
        }
        return months.reduce(into: [:]) { clocks, entry in
            clocks[entry.key] = ObjectiveClock(
                months: entry.value, seenUntil: seenUntil[entry.key])
        }
    }
}
