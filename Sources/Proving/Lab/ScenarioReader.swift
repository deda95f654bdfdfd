import HealthModel
public import YAMLReading

/// Reads a scenario from YAML and reports every mistake at once.
public enum ScenarioReader {
    /// Reads `text`.
    ///
    /// - Parameters:
    ///   - text: The YAML.
    ///   - file: The name of the file, for messages only.
    ///   - hosts: The hosts that exist, so that a mistyped one is found; nil skips this check.
    /// - Returns: The scenario.
    /// - Throws: `ConfigurationError` with every mistake.
    public static func read(
        _ text: String, file: String, hosts: [LabHost]? = nil
    ) throws(ConfigurationError) -> Scenario {
        let log = MistakeLog()
        let root = YAMLDocument.root(of: SourceFile(path: file, text: text), log)
        let scenario = root.flatMap { ScenarioReading(hosts: hosts, log: log).scenario($0) }
        if let error = log.error { throw error }
        guard let scenario else {
            throw ConfigurationError(mistakes: [
                Mistake(
                    position: SourcePosition(file: file), message: "the file is empty",
                    expected: "a scenario")
            ])
        }
        return scenario
    }
}

private enum ScenarioKey: String, FieldKey {
    case name, summary, speed
    case repeatTime = "repeat_after"
    case timeline

    static let mappingName = "a scenario"
}

private enum StepKey: String, FieldKey {
    case start = "at"
    case hosts, services, fault
    case length = "for"

    static let mappingName = "a step"
}

/// One reading: what exists, and what was found wrong so far.
struct ScenarioReading {
    let log: MistakeLog
    private let hostNames: Set<String>?
    private let serviceNames: Set<String>

    init(hosts: [LabHost]?, log: MistakeLog) {
        self.log = log
        hostNames = hosts.map { Set($0.map(\.name)) }
        serviceNames = Set((hosts ?? []).flatMap { $0.services.map(\.text) })
    }

    func scenario(_ root: YAMLNode) -> Scenario? {
        guard let fields = Fields<ScenarioKey>(root, log) else { return nil }
        let name = fields.required(.name).flatMap { $0.identifier(log) }
        let summary = fields.required(.summary).flatMap { $0.localizedText(log) }
        let speed = fields[.speed].flatMap {
            $0.number(
                log, in: 1...Scenario.speedLimit,
                expected: "a number from 1 to \(Int(Scenario.speedLimit))")
        }
        let repeatTime = fields[.repeatTime].flatMap { $0.positiveDuration(log) }
        let steps =
            fields[.timeline].flatMap { $0.isNull ? nil : $0 }
            .map { $0.items(log, of: "steps", limit: Scenario.stepsLimit) } ?? []
        return Scenario(
            name: name ?? "", summary: summary ?? LocalizedText(dutch: "", english: ""),
            speed: speed ?? 1, steps: steps.compactMap { step($0, repeatTime: repeatTime) },
            repeatTime: repeatTime)
    }

    private func step(_ node: YAMLNode, repeatTime: Duration?) -> Scenario.Step? {
        guard let fields = Fields<StepKey>(node, log) else { return nil }
        let start = fields.required(.start).flatMap { $0.duration(log) }
        let fault = fields.required(.fault).flatMap { self.fault($0) }
        let length = fields[.length].flatMap { $0.positiveDuration(log) }
        let hosts = fields[.hosts].map { names($0, "host", among: hostNames) } ?? []
        let services =
            fields[.services].map {
                names($0, "service", among: hostNames.map { _ in serviceNames })
            } ?? []
        if fields[.hosts] == nil && fields[.services] == nil {
            log.add(at: node.position, "a step without `hosts` and `services`")
        }
        guard let start, let fault else { return nil }
        if let repeatTime, start >= repeatTime {
            let place = fields[.start]?.position ?? node.position
            log.add(at: place, "the step starts after the scenario repeats")
        }
        return Scenario.Step(
            start: start, hosts: hosts.map { $0.lowercased() },
            services: services.map { ServiceID($0) }, fault: fault, length: length)
    }

    /// A name or a list of names, checked against what exists.
    private func names(_ node: YAMLNode, _ what: String, among known: Set<String>?) -> [String] {
        let items =
            if case .sequence = node.content {
                node.someItems(log, of: "\(what)s", limit: Scenario.targetsLimit)
            } else { [node] }
        return items.compactMap { item in
            guard let name = item.text(log, expected: "a \(what)") else { return nil }
            if what == "host" && name == "*" { return name }
            if let known, !known.contains(name.lowercased()) {
                log.add(
                    at: item.position, "no \(what) \(name.quoted) in the catalogue",
                    hint: NearestName.hint(for: name, among: known))
            }
            return name
        }
    }
}
