import GRDB
import HealthModel
import SQLiteSupport

/// Reads an inventory while a daemon may write it.
public struct InventoryReader: Sendable {
    /// How much older than the newest sighting of its endpoint a current sighting may be.
    ///
    /// The addresses of a name are used in turn: 32 addresses at 900 s take eight hours.
    public static let currentAge: Duration = .seconds(86_400)

    /// The file.
    public let path: String

    private let database: DatabaseQueue

    /// Opens the inventory in a data directory.
    ///
    /// - Throws: `OpenError` when there is none, or it cannot be read.
    public init(dataDirectory: String) throws(InventoryFile.OpenError) {
        path = InventoryFile.path(in: dataDirectory)
        database = try InventoryFile.openForReading(path)
    }

    /// Every sighting ever kept, the oldest first.
    ///
    /// - Throws: `OpenError` when the file cannot be read.
    public func sightings() throws(InventoryFile.OpenError) -> [StoredSighting] {
        try read(InventoryRow.sightings)
    }

    /// What each endpoint shows now: the newest sighting of each host and address of it.
    ///
    /// - Throws: `OpenError` when the file cannot be read.
    public func currentSightings() throws(InventoryFile.OpenError) -> [StoredSighting] {
        Self.current(among: try sightings())
    }

    /// The newest sighting of each endpoint, host and address, unless the endpoint has been seen
    /// for longer than `currentAge` without it; in the order of the input.
    public static func current(among sightings: [StoredSighting]) -> [StoredSighting] {
        struct Place: Hashable {
            var endpoint: EndpointID
            var host: String
            var address: String
        }
        var newest: [Place: StoredSighting] = [:]
        var newestOfEndpoint: [EndpointID: Timestamp] = [:]
        for sighting in sightings {
            let place = Place(
                endpoint: sighting.endpoint, host: sighting.host, address: sighting.address)
            if let known = newest[place], known.lastSeen > sighting.lastSeen { continue }
            newest[place] = sighting
            newestOfEndpoint[sighting.endpoint] = max(
                newestOfEndpoint[sighting.endpoint] ?? sighting.lastSeen, sighting.lastSeen)
        }
        let rows = Set(
            newest.values.filter { sighting in
                newestOfEndpoint[sighting.endpoint].map {
                    $0 - sighting.lastSeen <= currentAge
                } ?? true
            }.map(\.row))
        return sightings.filter { rows.contains($0.row) }
    }

    /// The DER of certificates by fingerprint.
    ///
    /// - Throws: `OpenError` when the file cannot be read.
    public func encodings(
        of fingerprints: Set<String>
    ) throws(InventoryFile.OpenError) -> [String: [UInt8]] {
        try read { try InventoryRow.encodings(of: fingerprints, $0) }
    }

    /// The fingerprints that begin with `prefix`, in order.
    ///
    /// - Throws: `OpenError` when the file cannot be read.
    public func fingerprints(
        startingWith prefix: String
    ) throws(InventoryFile.OpenError) -> [String] {
        try read { try InventoryRow.fingerprints(startingWith: prefix, $0) }
    }

    private func read<Value>(
        _ work: (Database) throws -> Value
    ) throws(InventoryFile.OpenError) -> Value {
        do {
            return try database.read(work)
        } catch {
            throw InventoryFile.OpenError("\(path): \(SQLiteFile.words(error))")
        }
    }
}
