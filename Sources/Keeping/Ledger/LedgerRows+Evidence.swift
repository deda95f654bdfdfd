public import Evidence
import GRDB
import SQLiteSupport

/// Evidence as rows: lines that may not be in the file yet, and the head of the chain, which stays.
extension LedgerRows {
    /// Writes lines and the head, and removes lines that are in the file.
    static func write(
        _ entry: (lines: [ChainedLine], head: ChainHead, exported: Int64)?, to database: Database
    ) throws {
        guard let entry else { return }
        let insert = try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?)")
        for line in entry.lines {
            try insert.execute(arguments: [line.seq, line.hash, line.text])
        }
        try database.execute(
            sql: "INSERT OR REPLACE INTO evidence_head VALUES (1, ?, ?, ?)",
            arguments: [entry.head.seq, entry.head.hash, entry.exported])
        try database.execute(
            sql: "DELETE FROM evidence WHERE seq <= ?", arguments: [entry.exported])
    }

    /// What the ledger holds.
    static func evidence(_ database: Database) throws -> EvidenceOutbox.Stored {
        var stored = EvidenceOutbox.Stored()
        if let row = try Row.fetchOne(database, sql: "SELECT * FROM evidence_head") {
            stored.head = ChainHead(seq: row["seq"], hash: row["hash"])
            stored.exported = row["exported"]
        }
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT * FROM evidence WHERE seq > ? ORDER BY seq LIMIT \(alertsLimit)",
            arguments: [stored.exported])
        while let row = try rows.next() {
            stored.lines.append(ChainedLine(seq: row["seq"], hash: row["hash"], text: row["line"]))
        }
        return stored
    }
}

/// What the ledger knows of the evidence log, for whoever verifies that.
public struct EvidenceState: Sendable, Hashable {
    /// The last line of the chain.
    public var head: ChainHead
    /// The first line that the ledger still holds; nil when it holds none.
    public var waitingFrom: Int64?

    /// Reads it from the ledger of a data directory, while the daemon may write.
    ///
    /// - Returns: Nil when there is no ledger, or no record in it.
    /// - Throws: `Ledger.OpenError` when it cannot be read.
    public static func read(dataDirectory: String) throws(Ledger.OpenError) -> EvidenceState? {
        let path = dataDirectory + "/" + Ledger.name
        do {
            return try LedgerFile.read(path) { database in
                guard let row = try Row.fetchOne(database, sql: "SELECT * FROM evidence_head")
                else { return nil }
                return EvidenceState(
                    head: ChainHead(seq: row["seq"], hash: row["hash"]),
                    waitingFrom: try Int64.fetchOne(database, sql: "SELECT min(seq) FROM evidence"))
            }
        } catch {
            throw Ledger.OpenError(description: "\(path): \(SQLiteFile.words(error))")
        }
    }
}
