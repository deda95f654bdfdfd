import HealthModel
import Routing
import RuleTesting
import Rules
import YAMLReading

/// The keys at the top of a test of rules.
enum RuleTestFileKey: String, FieldKey {
    case about
    case services
    case receivers
    case cases
    static let mappingName = "a file of tests"
}

/// The keys of one case.
enum RuleTestCaseKey: String, FieldKey {
    case name
    case start
    case rules
    case series
    case expect
    case note
    static let mappingName = "a case"
}

/// The keys of what is expected at one instant.
enum RuleTestCheckKey: String, FieldKey {
    case at
    case alerts
    case notifications
    case incidents
    static let mappingName = "what is expected at an instant"
}

/// Reads one test of rules.
struct RuleTestReader {
    /// Cases in one file.
    static let casesMax = 256
    /// Instants that are looked at in one case.
    static let checksMax = 1000
    /// Monday 2026-11-23, 12:00 UTC: winter, working hours.
    static let usualStart = Timestamp(seconds: 1_795_435_200)

    let file: SourceFile
    /// The rules beside the file, and who is told.
    let rules: RuleSet
    /// The catalogue of files that have none of their own; nil when there is none, and that was
    /// reported.
    let probes: () -> ServiceCatalogue?
    let log: MistakeLog

    /// The cases; of use only when `log` stayed empty.
    func tests() -> [RuleTest] {
        let mistakes = log.count
        guard let root = YAMLDocument.root(of: file, log) else {
            if log.count == mistakes {
                log.add(
                    at: SourcePosition(file: file.path), "no test here",
                    expected: "`cases`, at least one")
            }
            return []
        }
        guard let fields = Fields<RuleTestFileKey>(root, log) else { return [] }
        _ = fields[.about]?.text(log)
        var rules = rules
        var scopeNames: [ScopeName] = []
        if let list = fields[.receivers] {
            var reader = ReceiverReader(log)
            reader.read(list)
            let named = Set(rules.rules.flatMap(\.receivers)).sorted()
            reader.check(named.map { ReceiverName(id: $0, position: list.position) })
            scopeNames = reader.scopeNames
            rules = RuleSet(
                rules: rules.rules, receivers: reader.receivers, externalURL: rules.externalURL)
        }
        let cases = fields.required(.cases).map {
            $0.someItems(log, of: "cases", limit: Self.casesMax)
        }
        let own = fields[.services].map { RuleTestCatalogueReader.catalogue($0, log) }
        guard let catalogue = own ?? probes() else {
            // Names cannot be checked; what was wrong has been reported.
            return []
        }
        if log.count == mistakes { ScopeNames(catalogue.services).check(scopeNames, log) }
        var names: [String: SourcePosition] = [:]
        return (cases ?? []).compactMap { node in
            guard let test = test(node, catalogue, rules) else { return nil }
            if let first = names[test.name] {
                log.add(
                    at: node.position,
                    "the name \(test.name.quoted) is used twice, first at \(first)")
            }
            names[test.name] = node.position
            return test
        }
    }

    private func test(
        _ node: YAMLNode, _ catalogue: ServiceCatalogue, _ rules: RuleSet
    ) -> RuleTest? {
        guard let fields = Fields<RuleTestCaseKey>(node, log) else { return nil }
        let name = fields.required(.name).flatMap { $0.text(log) }
        _ = fields[.note]?.text(log)
        let start = fields[.start].map { instant($0) } ?? Self.usualStart
        let inForce = fields[.rules].map { chosen($0, of: rules) } ?? rules
        let series = fields.required(.series).map { self.series($0, catalogue) } ?? [:]
        let checkReader = RuleTestCheckReader(catalogue: catalogue, rules: inForce, log: log)
        let list = fields.required(.expect)
        let instants = list.map { $0.someItems(log, of: "instants", limit: Self.checksMax) }
        let checks = (instants ?? []).compactMap(checkReader.check)
        reportDisorder(checks)
        reportSilence(checks, series, catalogue)
        guard let name, let start else { return nil }
        return RuleTest(
            name: name, place: node.position.description, catalogue: catalogue, rules: inForce,
            start: start, series: series, checks: checks.map(\.check))
    }

    /// Reports what is looked at when all series have ended: what is not measured tells nothing, so
    /// that nothing would be as good as anything.
    private func reportSilence(
        _ checks: [(check: RuleTest.Check, position: SourcePosition)],
        _ series: [EndpointID: ResultSeries], _ catalogue: ServiceCatalogue
    ) {
        let end = catalogue.probedEndpoints.compactMap { endpoint in
            series[endpoint.id].map { endpoint.probe.interval * $0.slotCount }
        }.max()
        guard let end, log.count == 0 else { return }
        for one in checks where one.check.at > end {
            log.add(
                at: one.position,
                "`at: \(one.check.at.fileText)` is later than the last result",
                expected: "at most \(end.fileText), where the longest series ends",
                hint: "a probe that says nothing is `-` in a series")
        }
    }

    private func reportDisorder(
        _ checks: [(check: RuleTest.Check, position: SourcePosition)]
    ) {
        for (before, after) in zip(checks, checks.dropFirst())
        where after.check.at <= before.check.at {
            log.add(
                at: after.position,
                "`at: \(after.check.at.fileText)` does not come after "
                    + "`at: \(before.check.at.fileText)`",
                expected: "the instants in order, each once")
        }
    }

    /// The rules that a case names, the others left out.
    private func chosen(_ node: YAMLNode, of rules: RuleSet) -> RuleSet {
        let known = rules.rules.map(\.id.text)
        var wanted: Set<String> = []
        for item in node.someItems(log, of: "rules", limit: Limits.rules) {
            guard let id = item.identifier(log) else { continue }
            if !known.contains(id) {
                log.add(
                    at: item.position, "there is no rule `\(id)`",
                    hint: NearestName.hint(for: id, among: known))
            }
            wanted.insert(id)
        }
        return RuleSet(
            rules: rules.rules.filter { wanted.contains($0.id.text) }, receivers: rules.receivers)
    }

    private func series(
        _ node: YAMLNode, _ catalogue: ServiceCatalogue
    ) -> [EndpointID: ResultSeries] {
        guard case .mapping(let fields) = node.content else {
            log.add(
                at: node.position, "found \(node.found)",
                expected: "endpoints, each with \(SeriesReader.example)")
            return [:]
        }
        let known = Set(catalogue.probedEndpoints.map(\.id.text))
        var series: [EndpointID: ResultSeries] = [:]
        for field in fields {
            if !known.contains(field.key) {
                let service = catalogue.service(ServiceID(field.key))
                let own = service.map { catalogue.endpoints(of: $0.id).map(\.id.text) } ?? []
                log.add(
                    at: field.keyPosition, "there is no endpoint \(field.key.quoted)",
                    expected: own.isEmpty ? nil : "an endpoint of it: \(own.listedWithOr)",
                    hint: own.isEmpty ? NearestName.hint(for: field.key, among: known) : nil)
            }
            series[EndpointID(field.key)] = SeriesReader.series(field.value, of: file, log)
        }
        let slots = series.values.reduce(0) { $0 + $1.slotCount }
        if slots > RuleTest.slotsMax {
            log.add(
                at: node.position, "\(slots) slots in all",
                expected: "at most \(RuleTest.slotsMax)")
        }
        return series
    }

    /// `2026-11-23T12:00:00Z`.
    private func instant(_ node: YAMLNode) -> Timestamp? {
        if let text = node.scalarText, let instant = Timestamp(wholeSecond: text) {
            return instant
        }
        log.add(
            at: node.position, "found \(node.found)",
            expected: "an instant in UTC such as `2026-11-23T12:00:00Z`")
        return nil
    }
}

extension Timestamp {
    /// Reads `2026-11-23T12:00:00Z` (RFC 3339, whole seconds); nil for anything else.
    init?(wholeSecond text: String) {
        let bytes = Array(text.utf8)
        let form = Array("0000-00-00T00:00:00Z".utf8)
        guard bytes.count == form.count else { return nil }
        for (byte, wanted) in zip(bytes, form) {
            let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            guard wanted == UInt8(ascii: "0") ? isDigit : byte == wanted else { return nil }
        }
        func number(_ range: Range<Int>) -> Int64 {
            bytes[range].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
        }
        self.init(
            year: number(0..<4), month: number(5..<7), day: number(8..<10),
            hour: number(11..<13), minute: number(14..<16), second: number(17..<19))
    }
}
