import GRDB
import HealthModel
import Observing
import Rules

/// What servers did as they should: a row for each endpoint and fact, times in nanoseconds.
extension LedgerRows {
    /// Writes when servers last did.
    static func write(
        _ passes: some Collection<BaselinePass>, to database: Database
    ) throws {
        let insert = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO baseline_pass VALUES (?, ?, ?, ?)")
        for pass in passes {
            try insert.execute(
                arguments: [
                    pass.key.endpoint.text, pass.key.fact.rawValue, pass.url, pass.at.nanoseconds,
                ])
        }
    }

    /// What an earlier run left; facts of another program are left out.
    static func passes(_ database: Database) throws -> [BaselinePass] {
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT * FROM baseline_pass ORDER BY endpoint, fact LIMIT \(alertsLimit)")
        return rows.compactMap { row in
            guard let fact = BaselineFact(rawValue: row["fact"]) else { return nil }
            return BaselinePass(
                key: BaselinePass.Key(endpoint: EndpointID(row["endpoint"]), fact: fact),
                url: row["url"], at: Timestamp(nanoseconds: row["at"]))
        }
    }

    /// Forgets what no rule may look back on any more.
    static func prunePasses(at now: Timestamp, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM baseline_pass WHERE at < ?",
            arguments: [(now - Expression.regressTimeMax).nanoseconds])
    }
}
