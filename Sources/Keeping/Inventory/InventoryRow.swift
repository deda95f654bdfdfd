import Foundation
import GRDB
public import HealthModel

/// One sighting as the file has it: who showed which chain, and when.
public struct StoredSighting: Sendable, Hashable {
    /// The row of the file.
    public var row: Int64
    /// The endpoint whose probes saw it.
    public var endpoint: EndpointID
    /// The service of the endpoint at that time.
    public var service: ServiceID
    /// The name or address that was asked for.
    public var host: String
    /// The address that answered.
    public var address: String
    /// The SHA-256 fingerprints of the chain as sent, leaf first, in lower-case hexadecimal.
    public var fingerprints: [String]
    /// `trusted`, or the raw value of the reason why not.
    public var verdictText: String
    /// The file of the roots by which it was judged.
    public var store: String
    /// When it was first seen, in whole seconds.
    public var firstSeen: Timestamp
    /// When it was last seen, in whole seconds; a minute late while the daemon runs.
    public var lastSeen: Timestamp
}

/// The statements on the rows of the file.
enum InventoryRow {
    /// The verdict of a good chain.
    static let trusted = "trusted"
    private static let fingerprintBytes = 32

    /// Every sighting, the oldest first.
    static func sightings(_ database: Database) throws -> [StoredSighting] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT s.id, s.endpoint, s.service, s.host, s.address, c.fingerprints, s.verdict,
                    s.store, s.first_seen, s.last_seen
                FROM sighting AS s JOIN chain AS c ON c.id = s.chain
                ORDER BY s.first_seen, s.id
                """)
        var found: [StoredSighting] = []
        while let row = try rows.next() {
            found.append(
                StoredSighting(
                    row: row[0], endpoint: EndpointID(row[1]), service: ServiceID(row[2]),
                    host: row[3], address: row[4], fingerprints: split(row[5]),
                    verdictText: row[6], store: row[7], firstSeen: Timestamp(seconds: row[8]),
                    lastSeen: Timestamp(seconds: row[9])))
        }
        return found
    }

    /// The DER of certificates by fingerprint; those that are not there are left out.
    static func encodings(
        of wanted: Set<String>, _ database: Database
    ) throws -> [String: [UInt8]] {
        let rows = try Row.fetchCursor(database, sql: "SELECT fingerprint, der FROM certificate")
        var found: [String: [UInt8]] = [:]
        while let row = try rows.next() {
            let fingerprint = hexadecimal(row[0])
            guard wanted.contains(fingerprint) else { continue }
            let encoding: Data = row[1]
            found[fingerprint] = Array(encoding)
        }
        return found
    }

    /// The facts of certificates that stand in columns, by fingerprint.
    static func facts(
        of wanted: Set<String>, _ database: Database
    ) throws -> [String: Certificate] {
        let rows = try Row.fetchCursor(
            database,
            sql: """
                SELECT fingerprint, subject, issuer, issuer_organisation, names, name_count,
                    serial_number, not_before, not_after, key, key_sha256, signature
                FROM certificate
                """)
        var found: [String: Certificate] = [:]
        while let row = try rows.next() {
            let fingerprint = hexadecimal(row[0])
            guard wanted.contains(fingerprint) else { continue }
            var profile = CertificateProfile()
            profile.issuerOrganisation = row[3]
            profile.publicKeySHA256 = row[10]
            let names: String = row[4]
            found[fingerprint] = Certificate(
                fingerprintSHA256: fingerprint, subject: row[1], issuer: row[2],
                serialNumber: row[6], names: names.split(separator: "\n").map(String.init),
                nameCount: row[5], notBefore: Timestamp(seconds: row[7]),
                notAfter: Timestamp(seconds: row[8]), key: row[9], signatureAlgorithm: row[11],
                profile: profile)
        }
        return found
    }

    /// The fingerprints in the file that begin with `prefix`, in lower-case hexadecimal.
    static func fingerprints(startingWith prefix: String, _ database: Database) throws -> [String] {
        try String.fetchAll(
            database,
            sql: "SELECT lower(hex(fingerprint)) AS f FROM certificate WHERE f LIKE ? ORDER BY f",
            arguments: [prefix + "%"])
    }

    /// Writes an observation with its chain and certificates; returns the row of the sighting.
    static func insert(
        _ observation: CertificateObservation, firstSeen: Timestamp, lastSeen: Timestamp,
        into database: Database
    ) throws -> Int64 {
        for certificate in observation.chain { try insert(certificate, into: database) }
        let chain = Data(observation.chain.flatMap { bytes($0.fingerprintSHA256) })
        let chainStatement = try database.cachedStatement(
            sql: """
                INSERT INTO chain (fingerprints) VALUES (?)
                ON CONFLICT DO UPDATE SET fingerprints = fingerprints RETURNING id
                """)
        guard let chainRow = try Int64.fetchOne(chainStatement, arguments: [chain]) else {
            throw DatabaseError(message: "no row for a chain")
        }
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO sighting (endpoint, service, host, address, chain, verdict, store,
                    first_seen, last_seen)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET last_seen = max(last_seen, excluded.last_seen),
                    service = excluded.service
                RETURNING id
                """)
        let row = try Int64.fetchOne(
            statement,
            arguments: [
                observation.endpoint.text, observation.service.text, observation.host,
                observation.address, chainRow, observation.verdict?.rawValue ?? trusted,
                observation.store, firstSeen.seconds, lastSeen.seconds,
            ])
        guard let row else { throw DatabaseError(message: "no row for a sighting") }
        return row
    }

    private static func insert(_ certificate: Certificate, into database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO certificate (fingerprint, der, subject, issuer,
                    issuer_organisation, names, name_count, serial_number, not_before, not_after,
                    key, key_sha256, signature)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            Data(bytes(certificate.fingerprintSHA256)), Data(certificate.der ?? []),
            certificate.subject, certificate.issuer, certificate.profile?.issuerOrganisation,
            certificate.names.joined(separator: "\n"), certificate.nameCount,
            certificate.serialNumber, certificate.notBefore.seconds, certificate.notAfter.seconds,
            certificate.key, certificate.profile?.publicKeySHA256 ?? "",
            certificate.signatureAlgorithm,
        ])
    }

    /// Writes when a sighting was last seen.
    static func refresh(_ row: Int64, lastSeen: Timestamp, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE sighting SET last_seen = max(last_seen, ?) WHERE id = ?")
        try statement.execute(arguments: [lastSeen.seconds, row])
    }

    /// Forgets a sighting.
    static func delete(_ row: Int64, _ database: Database) throws {
        try database.execute(sql: "DELETE FROM sighting WHERE id = ?", arguments: [row])
    }

    /// Forgets chains that nobody showed, and certificates that are in no chain.
    static func deleteOrphans(_ database: Database) throws {
        try database.execute(
            sql: "DELETE FROM chain WHERE id NOT IN (SELECT chain FROM sighting)")
        var used: Set<String> = []
        let chains = try Row.fetchCursor(database, sql: "SELECT fingerprints FROM chain")
        while let row = try chains.next() { used.formUnion(split(row[0])) }
        let all = try String.fetchAll(
            database, sql: "SELECT lower(hex(fingerprint)) FROM certificate")
        for fingerprint in all where !used.contains(fingerprint) {
            try database.execute(
                sql: "DELETE FROM certificate WHERE fingerprint = ?",
                arguments: [Data(bytes(fingerprint))])
        }
    }

    // MARK: Fingerprints

    private static func split(_ chain: Data) -> [String] {
        stride(from: 0, to: chain.count - chain.count % fingerprintBytes, by: fingerprintBytes)
            .map { start in
                hexadecimal(chain.dropFirst(start).prefix(fingerprintBytes))
            }
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hexadecimal(_ bytes: Data) -> String {
        String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let values = hexadecimal.utf8.map { digit -> UInt8 in
            digit < UInt8(ascii: "a")
                ? digit &- UInt8(ascii: "0") : digit &- UInt8(ascii: "a") &+ 10
        }
        return stride(from: 0, to: values.count - 1, by: 2).map { values[$0] << 4 | values[$0 + 1] }
    }
}
