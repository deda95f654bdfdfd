import ArgumentParser
import Catalogue
import Daemon
import HealthModel
import Inventory
import TLSInspection

/// `vitaal certs distrust`: which services hang on an authority.
struct CertsDistrust: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "distrust",
        abstract: "What breaks when an authority is distrusted; exit 0, 2 or 3.",
        discussion: """
            Verifies what every endpoint shows now once more, without a root (--root) or without \
            an issuer, be it sent or trusted (--issuer), by the code that judges live connections. \
            X is the beginning of a SHA-256 fingerprint, of that of the key, or a part of the \
            subject. Exit 0 nothing breaks, 2 a service breaks, 3 nothing can be said.
            """)

    @OptionGroup var options: CertsOptions
    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: ArgumentHelp("The trusted root to leave out.", valueName: "x"))
    var root: String?

    @Option(help: ArgumentHelp("The issuer to leave out, wherever it stands.", valueName: "x"))
    var issuer: String?

    @Flag(help: "Leave out every authority that fits X.")
    var all = false

    @Option(
        help: ArgumentHelp(
            "Only certificates valid from after this instant lose trust (RFC 3339 or a day).",
            valueName: "date"),
        transform: CertsDistrust.instant)
    var from: Timestamp?

    @Option(
        help: ArgumentHelp("When to judge (RFC 3339); now unless given.", valueName: "instant"),
        transform: TLSVerify.instant)
    var at: Timestamp?

    @Option(
        help: ArgumentHelp(
            "The trusted roots. Default: those that the daemon used.", valueName: "file"))
    var roots: String?

    func validate() throws {
        if (root == nil) == (issuer == nil) {
            throw ValidationError("give either --root X or --issuer X")
        }
    }

    func run() throws {
        let reader = try options.open()
        let catalogue = try loadOrComplain(configuration).catalogue
        let instant = at ?? SystemTimekeeper().now()
        let sightings = try options.current(reader).filter {
            catalogue.endpoint($0.endpoint) != nil
        }
        guard !sightings.isEmpty || roots != nil else {
            StandardError.complain(
                "\(reader.path): no endpoint of \(configuration.probesDirectory)/ is in the "
                    + "inventory yet")
            throw PluginExit.unknown
        }
        let known = try options.certificates(of: sightings, reader)
        let stores = try KnownRoots(file: roots, for: sightings)
        let target = try target(among: sightings, known, anchors: try stores.anchors())
        let places = try stores.trial(
            sightings, known, without: target, issuedAfter: from, at: instant)
        let answer = DistrustAnswer(
            target: target, from: from, at: instant,
            report: DistrustReport(catalogue: catalogue, places: places))
        Console.say(
            options.json
                ? try answer.json()
                : answer.text().map(CheckReport.printable).joined(separator: "\n"))
        throw answer.isBreaking ? PluginExit.critical : PluginExit.ok
    }

    /// Finds the authority, or says what fits and exits with 3.
    private func target(
        among sightings: [StoredSighting], _ known: KnownCertificates, anchors: [Certificate]
    ) throws -> DistrustTarget {
        let kind: DistrustTarget.Kind = root == nil ? .issuer : .root
        let text = root ?? issuer ?? ""
        let authorities = Set(sightings.flatMap { $0.fingerprints.dropFirst() }).sorted()
            .compactMap(known.facts).filter { $0.profile?.isAuthority == true }
        let found = DistrustTarget.find(
            text, among: kind == .root ? anchors : authorities + anchors)
        let target = DistrustTarget(kind: kind, certificates: found)
        if found.isEmpty {
            let isElsewhere =
                kind == .root && !DistrustTarget.find(text, among: authorities).isEmpty
            StandardError.complain(
                "no \(kind == .root ? "trusted root" : "authority") fits '\(text)'"
                    + (isElsewhere ? "; servers send such an issuer: use --issuer" : ""))
            throw PluginExit.unknown
        }
        if !target.isOneAuthority && !all {
            let lines = found.prefix(Self.candidatesMax).map(Self.line)
            let more = found.count - lines.count
            StandardError.complain(
                "several authorities fit '\(text)'; give a fingerprint, or --all for all of them:\n"
                    + (lines + (more > 0 ? ["  and \(more) more"] : [])).joined(separator: "\n"))
            throw PluginExit.unknown
        }
        return target
    }

    /// Candidates named when X is not clear.
    static let candidatesMax = 20

    static func line(_ certificate: Certificate) -> String {
        CheckReport.printable(
            "  \(certificate.fingerprintSHA256.shortFingerprint)  \(certificate.subject), until "
                + String(certificate.notAfter.rfc3339.prefix(10)))
    }

    /// Reads an instant, or a day, which begins at midnight UTC.
    static func instant(_ text: String) throws -> Timestamp {
        try TLSVerify.instant(text.utf8.count == 10 ? text + "T00:00:00Z" : text)
    }
}
