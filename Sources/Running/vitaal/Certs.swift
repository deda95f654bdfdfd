import ArgumentParser
import Daemon
import Glibc
import HealthModel
import Inventory
import TLSInspection

/// `vitaal certs`: the inventory of certificates that the daemon keeps.
struct Certs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Certificates seen: list, show, history, calendar, distrust.",
        discussion: """
            Reads what `vitaal run` keeps in its data directory, also while it runs. Exit 0, for \
            distrust 2 when a service breaks, 3 when nothing can be said.
            """,
        subcommands: [
            CertsList.self, CertsShow.self, CertsHistory.self, CertsCalendar.self,
            CertsDistrust.self,
        ],
        defaultSubcommand: CertsList.self)
}

/// Where the inventory is and how it is shown.
struct CertsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Data directory of the daemon. Default: the XDG state directory, /var/lib/vitaal for root.",
            valueName: "dir"))
    var dataDir: String?

    @Flag(help: "Print the result as JSON.")
    var json = false

    /// Opens the inventory, or says why not and exits with 3.
    func open() throws -> InventoryReader {
        try orComplain { () throws(InventoryFile.OpenError) in
            try InventoryReader(dataDirectory: dataDir ?? Paths.dataDirectory)
        }
    }

    /// What the endpoints show now.
    func current(_ reader: InventoryReader) throws -> [StoredSighting] {
        try orComplain { () throws(InventoryFile.OpenError) in try reader.currentSightings() }
    }

    /// The facts of every certificate of `sightings`, by fingerprint.
    func certificates(
        of sightings: [StoredSighting], _ reader: InventoryReader
    ) throws -> KnownCertificates {
        let wanted = Set(sightings.flatMap(\.fingerprints))
        let encodings = try orComplain { () throws(InventoryFile.OpenError) in
            try reader.encodings(of: wanted)
        }
        return KnownCertificates(encodings)
    }
}

/// What `work` gives, or its complaint on standard error and exit code 3.
func orComplain<Value, Failure: Error>(_ work: () throws(Failure) -> Value) throws -> Value {
    do {
        return try work()
    } catch {
        StandardError.complain("\(error)")
        throw PluginExit.unknown
    }
}

/// Certificates of the inventory, decoded once.
struct KnownCertificates {
    let pool: CertificatePool
    /// The SHA-256 of each certificate of the pool.
    let fingerprints: [String]
    private let index: [String: Int]
    private let reader = CertificateReader()

    init(_ encodings: [String: [UInt8]]) {
        let all = encodings.sorted { $0.key < $1.key }
        fingerprints = all.map(\.key)
        pool = CertificatePool(der: all.map(\.value))
        index = Dictionary(uniqueKeysWithValues: fingerprints.enumerated().map { ($1, $0) })
    }

    /// The facts of one certificate; nil when it is not there or cannot be read.
    func facts(_ fingerprint: String) -> Certificate? {
        index[fingerprint].flatMap { pool.facts($0, by: reader) }
    }

    /// Positions of a chain in the pool; nil when a certificate of it is not there.
    func positions(of sighting: StoredSighting) -> [Int]? {
        let positions = sighting.fingerprints.compactMap { index[$0] }
        return positions.count == sighting.fingerprints.count && !positions.isEmpty
            ? positions : nil
    }
}

/// The roots by which the chains of an inventory are judged.
struct KnownRoots {
    private(set) var stores: [TrustStore] = []
    private let index: [String: Int]
    private let isGiven: Bool

    /// Reads the roots: those of a file, else those that each chain was judged by.
    ///
    /// Says what cannot be read and exits with 3.
    init(file: String?, for sightings: [StoredSighting]) throws {
        isGiven = file != nil
        let paths = file.map { [$0] } ?? Set(sightings.map(\.store)).sorted()
        for path in paths {
            do throws(TrustStore.LoadError) {
                stores.append(try TrustStore(path: path))
            } catch {
                StandardError.complain(
                    file == nil
                        ? "the roots of these chains cannot be read: \(error)\n"
                            + "Give others with --roots FILE" : "--roots \(error)")
                throw PluginExit.unknown
            }
        }
        index = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })
    }

    /// The position of the roots of a chain in `stores`.
    func position(of sighting: StoredSighting) -> Int { isGiven ? 0 : index[sighting.store] ?? 0 }

    /// The facts of all roots.
    func anchors() throws -> [Certificate] {
        let reader = CertificateReader()
        var all: [Certificate] = []
        for store in stores {
            all += try orComplain { () throws(TrustStore.LoadError) in try store.anchors(by: reader)
            }
        }
        return all
    }

    /// Judges chains without an authority, on every core; chains that cannot be read are left out.
    func trial(
        _ sightings: [StoredSighting], _ known: KnownCertificates, without target: DistrustTarget,
        issuedAfter: Timestamp? = nil, at instant: Timestamp
    ) throws -> [DistrustReport.Place] {
        let readable = sightings.compactMap { sighting in
            known.positions(of: sighting).map { (sighting, $0) }
        }
        let trial = DistrustTrial(
            pool: known.pool, fingerprints: known.fingerprints, stores: stores, target: target,
            issuedAfter: issuedAfter, instant: instant)
        let questions = readable.map { sighting, chain in
            DistrustTrial.Question(chain: chain, host: sighting.host, store: position(of: sighting))
        }
        let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let outcomes = try orComplain { () throws(TrustStore.LoadError) in
            try trial.run(questions, workers: cores)
        }
        return zip(readable, outcomes).map { readable, outcome in
            DistrustReport.Place(sighting: readable.0, outcome: outcome)
        }
    }
}

extension Certificate {
    /// The common name, else the organisation, else the whole subject.
    var shortSubject: String {
        profile?.commonNames.first ?? profile?.organisations.first ?? subject
    }

    /// The organisation that issued it, else the issuer's whole name.
    var shortIssuer: String { profile?.issuerOrganisation ?? issuer }
}

extension String {
    /// The beginning of a fingerprint, enough to name it on a command line.
    var shortFingerprint: String { String(prefix(12)) }
}

/// Prints lines that hold text from the network.
func sayLines(_ lines: [String]) {
    Console.say(lines.map(CheckReport.printable).joined(separator: "\n"))
}
