public import ArgumentParser
import Catalogue
import Daemon
import HealthModel
import Inventory
public import TLSFindings
import YAMLReading

/// `vitaal certs list`: what the endpoints show now.
struct CertsList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "What each endpoint shows now; the first to expire comes first.",
        discussion: "Filters narrow the list together. Exit 0, 3 when there is no inventory.")

    @OptionGroup var options: CertsOptions

    @Option(help: ArgumentHelp("Endpoints of this service.", valueName: "id"))
    var service: String?

    @Option(
        help: ArgumentHelp(
            "An authority in the chain: a part of its name or of its fingerprint.",
            valueName: "text"))
    var issuer: String?

    @Option(
        help: ArgumentHelp(
            "The root of the verified path: a part of its name or of its fingerprint.",
            valueName: "text"))
    var root: String?

    @Option(
        help: ArgumentHelp("Expired, or expiring within this time.", valueName: "duration"),
        transform: CertsList.duration)
    var expiringWithin: Duration?

    @Option(help: ArgumentHelp("A kind of key, such as 'RSA 2048' or EC.", valueName: "text"))
    var key: String?

    @Option(
        help: ArgumentHelp("A signature algorithm, such as sha256WithRSA.", valueName: "text"))
    var algorithm: String?

    @Option(help: "The grade of key and signature by NCSC 2025-05: insufficient … good.")
    var grade: NCSCGrade?

    @Option(
        help: ArgumentHelp(
            "Roots for --root. Default: those that the daemon used.", valueName: "file"))
    var roots: String?

    func run() throws {
        let reader = try options.open()
        let now = SystemTimekeeper().now()
        var sightings = try options.current(reader)
        if let service { sightings.removeAll { $0.service.text != service } }
        let known = try options.certificates(of: sightings, reader)
        if root != nil { sightings = try withRoot(sightings, known, at: now) }
        let rows = Row.rows(sightings, known).filter { matches($0, known, at: now) }
        if options.json {
            Console.say(try CheckReport.encode(rows.map { CertsDocument.Entry($0, at: now) }))
        } else {
            sayLines(Self.table(rows, at: now))
        }
    }

    private func matches(_ row: Row, _ known: KnownCertificates, at now: Timestamp) -> Bool {
        if let expiringWithin, row.leaf.notAfter > now + expiringWithin { return false }
        if let key, !row.leaf.key.lowercased().contains(key.lowercased()) { return false }
        if let algorithm,
            !row.leaf.signatureAlgorithm.lowercased().contains(algorithm.lowercased())
        {
            return false
        }
        if let grade, row.grade(.version2025_05) != grade { return false }
        if let issuer {
            let authorities = row.sighting.fingerprints.dropFirst().compactMap(known.facts)
            let isNamed = ([row.leaf] + authorities).contains {
                $0.issuer.lowercased().contains(issuer.lowercased())
            }
            return isNamed || !DistrustTarget.find(issuer, among: authorities).isEmpty
        }
        return true
    }

    private func withRoot(
        _ sightings: [StoredSighting], _ known: KnownCertificates, at now: Timestamp
    ) throws -> [StoredSighting] {
        let stores = try KnownRoots(file: roots, for: sightings)
        let nobody = DistrustTarget(kind: .root, certificates: [])
        return try stores.trial(sightings, known, without: nobody, at: now).compactMap { place in
            guard case .unaffected(let anchor) = place.outcome else { return nil }
            return DistrustTarget.find(root ?? "", among: [anchor]).isEmpty ? nil : place.sighting
        }
    }

    // MARK: Rows

    /// An endpoint's certificate, with every address that shows it.
    struct Row {
        var sighting: StoredSighting
        var leaf: Certificate
        var addresses: [String]
        var chain: [Certificate]

        /// How key and signatures of the chain as sent are graded.
        func grade(_ edition: NCSCGrade.Edition) -> NCSCGrade? {
            var record = TLSRecord()
            record.chainSent = chain
            return NCSCReport(record, edition: edition).overall
        }

        static func rows(_ sightings: [StoredSighting], _ known: KnownCertificates) -> [Row] {
            struct Place: Hashable {
                var endpoint: EndpointID
                var host: String
                var fingerprints: [String]
                var verdict: String
            }
            var rows: [Row] = []
            var positions: [Place: Int] = [:]
            for sighting in sightings {
                guard let leaf = sighting.fingerprints.first.flatMap(known.facts) else { continue }
                let place = Place(
                    endpoint: sighting.endpoint, host: sighting.host,
                    fingerprints: sighting.fingerprints, verdict: sighting.verdictText)
                if let position = positions[place] {
                    rows[position].addresses.append(sighting.address)
                    continue
                }
                positions[place] = rows.count
                rows.append(
                    Row(
                        sighting: sighting, leaf: leaf, addresses: [sighting.address],
                        chain: sighting.fingerprints.compactMap(known.facts)))
            }
            return rows.sorted { left, right in
                left.leaf.notAfter == right.leaf.notAfter
                    ? left.sighting.endpoint < right.sighting.endpoint
                    : left.leaf.notAfter < right.leaf.notAfter
            }
        }
    }

    private static func table(_ rows: [Row], at now: Timestamp) -> [String] {
        guard !rows.isEmpty else { return ["no certificate fits"] }
        let width = min(40, rows.map(\.sighting.endpoint.text.count).max() ?? 0)
        return rows.map { row in
            let day = String(row.leaf.notAfter.rfc3339.prefix(10))
            let left = row.leaf.notAfter < now ? "expired" : (row.leaf.notAfter - now).shortText
            let verdict = row.sighting.verdictText
            return [
                day, left.padding(to: 7), row.sighting.endpoint.text.padding(to: width),
                row.leaf.shortIssuer, row.leaf.key,
                row.grade(.version2025_05)?.rawValue ?? "-",
                row.leaf.fingerprintSHA256.shortFingerprint,
            ].joined(separator: "  ") + (verdict == "trusted" ? "" : "  \(verdict)")
        }
    }

    /// Reads a duration such as `30d`.
    static func duration(_ text: String) throws -> Duration {
        guard let duration = DurationText.parse(text) else {
            throw ValidationError("'\(text)' is not \(DurationText.expectation)")
        }
        return duration
    }
}

extension NCSCGrade: ExpressibleByArgument {}

/// The JSON of `vitaal certs`.
enum CertsDocument {
    /// One line of the list.
    struct Entry: Encodable {
        var endpoint: String
        var service: String
        var host: String
        var addresses: [String]
        var verdict: String
        var store: String
        var firstSeen: String
        var lastSeen: String
        var daysLeft: Double
        var issuerOrganisation: String?
        var ncsc2025: String?
        var ncsc211: String?
        var leaf: CheckDocument.ChainCertificate
        var chain: [String]

        enum CodingKeys: String, CodingKey {
            case endpoint, service, host, addresses, verdict, store, firstSeen, lastSeen, daysLeft
            case issuerOrganisation, leaf, chain
            case ncsc2025 = "ncsc_2025_05"
            case ncsc211 = "ncsc_2_1_1"
        }

        init(_ row: CertsList.Row, at now: Timestamp) {
            let sighting = row.sighting
            endpoint = sighting.endpoint.text
            service = sighting.service.text
            host = sighting.host
            addresses = row.addresses
            verdict = sighting.verdictText
            store = sighting.store
            firstSeen = sighting.firstSeen.rfc3339
            lastSeen = sighting.lastSeen.rfc3339
            daysLeft =
                ((row.leaf.notAfter - now).fractionalSeconds / 864).rounded() / 100
            issuerOrganisation = row.leaf.profile?.issuerOrganisation
            ncsc2025 = row.grade(.version2025_05)?.rawValue
            ncsc211 = row.grade(.version2_1_1)?.rawValue
            leaf = CheckDocument.ChainCertificate(row.leaf)
            chain = sighting.fingerprints
        }
    }

    /// A sighting in full.
    struct Sighting: Encodable {
        var endpoint: String
        var service: String
        var host: String
        var address: String
        var verdict: String
        var store: String
        var firstSeen: String
        var lastSeen: String
        var chain: [CheckDocument.ChainCertificate]

        init(_ sighting: StoredSighting, _ known: KnownCertificates) {
            endpoint = sighting.endpoint.text
            service = sighting.service.text
            host = sighting.host
            address = sighting.address
            verdict = sighting.verdictText
            store = sighting.store
            firstSeen = sighting.firstSeen.rfc3339
            lastSeen = sighting.lastSeen.rfc3339
            chain = sighting.fingerprints.compactMap(known.facts).map(
                CheckDocument.ChainCertificate.init)
        }
    }
}
