import ArgumentParser
import Daemon
import HealthModel
import Inventory

/// `vitaal certs show`: one certificate, or the chains of one endpoint.
struct CertsShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "A certificate and who shows it, or what an endpoint shows now.",
        discussion: "Exit 0, 3 when nothing or more than one certificate fits.")

    @OptionGroup var options: CertsOptions

    @Argument(
        help: ArgumentHelp(
            "An endpoint, or the beginning of a SHA-256 fingerprint.",
            valueName: "fingerprint|endpoint"))
    var subject: String

    func run() throws {
        let reader = try options.open()
        let all = try orComplain { () throws(InventoryFile.OpenError) in try reader.sightings() }
        let current = InventoryReader.current(among: all)
        let ofEndpoint = current.filter { $0.endpoint.text == subject }
        if !ofEndpoint.isEmpty { return try show(ofEndpoint, reader) }
        let fingerprint = try fingerprint(reader)
        try show(all.filter { $0.fingerprints.contains(fingerprint) }, reader, only: fingerprint)
    }

    private func fingerprint(_ reader: InventoryReader) throws -> String {
        guard let prefix = DistrustTarget.fingerprintPrefix(subject) else {
            StandardError.complain(
                "'\(subject)' is no endpoint of the inventory and no fingerprint "
                    + "(\(DistrustTarget.prefixDigits) hexadecimal digits or more); "
                    + "vitaal certs lists both")
            throw PluginExit.unknown
        }
        let found = try orComplain { () throws(InventoryFile.OpenError) in
            try reader.fingerprints(startingWith: prefix)
        }
        guard let first = found.first, found.count == 1 else {
            StandardError.complain(
                found.isEmpty
                    ? "no certificate begins with \(prefix)"
                    : "several begin with \(prefix); give more digits:\n  "
                        + found.prefix(10).joined(separator: "\n  "))
            throw PluginExit.unknown
        }
        return first
    }

    private func show(
        _ sightings: [StoredSighting], _ reader: InventoryReader, only fingerprint: String? = nil
    ) throws {
        let known = try options.certificates(of: sightings, reader)
        if options.json {
            return Console.say(
                try CheckReport.encode(
                    sightings.map { CertsDocument.Sighting($0, known) }))
        }
        var lines: [String] = []
        if let facts = fingerprint.flatMap(known.facts) { lines += Self.lines(of: facts) }
        var shown: [String] = []
        for sighting in sightings {
            lines.append(
                "\(sighting.endpoint)  \(sighting.host) at \(sighting.address)  "
                    + "\(sighting.verdictText), \(Self.span(of: sighting))")
            guard fingerprint == nil, shown != sighting.fingerprints else { continue }
            shown = sighting.fingerprints
            for (depth, facts) in sighting.fingerprints.compactMap(known.facts).enumerated() {
                lines += Self.lines(of: facts, depth: depth).map { "  " + $0 }
            }
        }
        sayLines(lines)
    }

    static func span(of sighting: StoredSighting) -> String {
        "seen \(sighting.firstSeen.dateAndTime) to \(sighting.lastSeen.dateAndTime)"
    }

    private static func lines(of facts: Certificate, depth: Int? = nil) -> [String] {
        let more = facts.nameCount > facts.names.count ? " and more" : ""
        return [
            (depth.map { "\($0) " } ?? "") + facts.subject,
            "  fingerprint  \(facts.fingerprintSHA256)",
            "  key hash     \(facts.profile?.publicKeySHA256 ?? "-")",
            "  issuer       \(facts.issuer)",
            "  valid        \(facts.notBefore.dateAndTime) to \(facts.notAfter.dateAndTime)",
            "  key          \(facts.key), signed with \(facts.signatureAlgorithm)",
        ]
            + (facts.names.isEmpty
                ? [] : ["  names        \(facts.names.joined(separator: ", "))\(more)"])
    }
}

/// `vitaal certs history`: what an endpoint has shown.
struct CertsHistory: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Every chain that an endpoint has shown, the newest last.",
        discussion: "Exit 0, 3 when the endpoint is not in the inventory.")

    @OptionGroup var options: CertsOptions

    @Argument(help: "The endpoint.")
    var endpoint: String

    func run() throws {
        let reader = try options.open()
        let all = try orComplain { () throws(InventoryFile.OpenError) in try reader.sightings() }
        let sightings = all.filter { $0.endpoint.text == endpoint }
        guard !sightings.isEmpty else {
            StandardError.complain("the inventory has no endpoint '\(endpoint)'")
            throw PluginExit.unknown
        }
        let known = try options.certificates(of: sightings, reader)
        if options.json {
            return Console.say(
                try CheckReport.encode(
                    sightings.map { CertsDocument.Sighting($0, known) }))
        }
        sayLines(
            sightings.map { sighting in
                let leaf = sighting.fingerprints.first ?? ""
                let facts = known.facts(leaf)
                let issuer = facts?.shortIssuer ?? "?"
                let end = facts.map { String($0.notAfter.rfc3339.prefix(10)) } ?? "?"
                return "\(sighting.firstSeen.dateAndTime) to \(sighting.lastSeen.dateAndTime)  "
                    + "\(sighting.address)  \(leaf.shortFingerprint)  \(issuer)  until \(end)  "
                    + "\(sighting.verdictText)"
            })
    }
}

/// `vitaal certs calendar`: on which days certificates expire.
struct CertsCalendar: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar",
        abstract: "How many certificates expire on which day; waves stand out.",
        discussion: "Certificates that endpoints show now, each once. Exit 0, 3 without inventory.")

    /// Columns of the longest bar.
    static let barWidth = 40
    /// Endpoints named on one line.
    static let endpointsMax = 3

    @OptionGroup var options: CertsOptions

    struct Day: Encodable {
        var day: String
        var certificates: Int
        var endpoints: [String]
    }

    func run() throws {
        let reader = try options.open()
        let sightings = try options.current(reader)
        let known = try options.certificates(of: sightings, reader)
        var leaves: [String: Set<String>] = [:]
        for sighting in sightings {
            guard let leaf = sighting.fingerprints.first else { continue }
            leaves[leaf, default: []].insert(sighting.endpoint.text)
        }
        let byDay = Dictionary(grouping: leaves.keys) { leaf in
            known.facts(leaf).map { String($0.notAfter.rfc3339.prefix(10)) } ?? "unknown"
        }
        let days = byDay.sorted { $0.key < $1.key }.map { day, fingerprints in
            Day(
                day: day, certificates: fingerprints.count,
                endpoints: Set(fingerprints.flatMap { leaves[$0] ?? [] }).sorted())
        }
        if options.json { return Console.say(try CheckReport.encode(days)) }
        let most = max(Self.barWidth, days.map(\.certificates).max() ?? 0)
        sayLines(
            days.isEmpty
                ? ["no certificate yet"]
                : days.map { day in
                    let width = max(1, day.certificates * Self.barWidth / most)
                    let bar = String(repeating: "#", count: width).padding(to: Self.barWidth)
                    let more = day.endpoints.count - Self.endpointsMax
                    let named = day.endpoints.prefix(Self.endpointsMax).joined(separator: ", ")
                    return
                        "\(day.day)  \(String(day.certificates).padding(to: 5))  \(bar)  \(named)"
                        + (more > 0 ? " and \(more) more" : "")
                })
    }
}
