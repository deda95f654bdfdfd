import HealthModel
import Yams

/// Reads a scenario from YAML and reports every mistake at once.
public enum ScenarioReader {
    /// Bytes in one scenario file: 256 steps of 1 KiB.
    public static let bytesLimit = 256 * 1024
    /// Bytes in one text of a scenario, such as a summary or a location.
    public static let textLimit = 1024

    /// Reads `text`.
    ///
    /// - Parameters:
    ///   - text: The YAML.
    ///   - file: The name of the file, for messages only.
    ///   - hosts: The hosts that exist, so that a mistyped one is found; nil skips this check.
    /// - Returns: The scenario.
    /// - Throws: `ScenarioError` with every mistake.
    public static func read(
        _ text: String, file: String, hosts: [LabHost]? = nil
    ) throws(ScenarioError) -> Scenario {
        var reading = ScenarioReading(hosts: hosts)
        guard text.utf8.count <= bytesLimit else {
            reading.report(nil, "the file is larger than \(bytesLimit) bytes")
            throw reading.error(file: file)
        }
        // Aliases can grow exponentially, and a scenario has no need of them. Without an anchor
        // there is no alias.
        if let position = anchor(in: text) {
            reading.report(
                line: position.line, column: position.column, "anchors are not used in scenarios")
            throw reading.error(file: file)
        }
        var scenario: Scenario?
        do {
            if let root = try Yams.compose(yaml: text) {
                scenario = reading.scenario(root)
            } else {
                reading.report(nil, "the file is empty; expected a scenario")
            }
        } catch {
            reading.report(error)
        }
        guard let scenario, reading.mistakes.isEmpty else { throw reading.error(file: file) }
        return scenario
    }

    /// Where `text` holds what may be a YAML anchor; nil when nowhere.
    private static func anchor(in text: String) -> (line: Int, column: Int)? {
        var line = 1
        var column = 0
        var previous: Unicode.Scalar = "\n"
        var isCandidate = false
        for scalar in text.unicodeScalars {
            if isCandidate && !(scalar == " " || scalar == "\n" || scalar == "\r") {
                return (line, column)
            }
            if scalar == "\n" { (line, column) = (line + 1, 0) } else { column += 1 }
            isCandidate = scalar == "&" && " \t\n[{,".unicodeScalars.contains(previous)
            previous = scalar
        }
        return nil
    }
}

/// The state of one reading: what was found wrong so far.
struct ScenarioReading {
    private(set) var mistakes: [ScenarioMistake] = []
    private let hostNames: Set<String>?
    private let serviceNames: Set<String>

    init(hosts: [LabHost]?) {
        hostNames = hosts.map { Set($0.map(\.name)) }
        serviceNames = Set((hosts ?? []).flatMap { $0.services.map(\.text) })
    }

    /// The mistakes as an error to throw.
    func error(file: String) -> ScenarioError {
        ScenarioError(
            file: file,
            mistakes: mistakes.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }

    mutating func report(_ mark: Mark?, _ message: String, hint: String? = nil) {
        report(line: mark?.line ?? 1, column: mark?.column ?? 1, message, hint: hint)
    }

    mutating func report(line: Int, column: Int, _ message: String, hint: String? = nil) {
        guard mistakes.count < Limits.reportedMistakes else { return }
        mistakes.append(
            ScenarioMistake(line: line, column: column, message: message, hint: hint))
    }

    mutating func report(_ error: any Error) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            report(mark, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            report(context.mark, "written twice: \(duplicates.joined(separator: ", "))")
        default: report(nil, "not YAML: \(error)")
        }
    }

    mutating func scenario(_ root: Node) -> Scenario? {
        guard let fields = fields(of: root, "a scenario", Self.scenarioKeys) else { return nil }
        let name = text(required("name", in: fields, of: root)) ?? ""
        if !name.isEmpty && !isIdentifier(name) {
            report(fields["name"]?.mark, "a name has lower-case letters, digits and hyphens only")
        }
        let summary = localizedText(required("summary", in: fields, of: root))
        var speed = 1.0
        if let node = fields["speed"] {
            if let number = number(node), (1...Scenario.speedLimit).contains(number) {
                speed = number
            } else {
                report(
                    node.mark, "'speed' is a number from 1 to \(Int(Scenario.speedLimit))")
            }
        }
        let repeatTime = fields["repeat_after"].flatMap { positiveDuration($0, "repeat_after") }
        let steps = fields["timeline"].map { self.steps($0, repeatTime: repeatTime) } ?? []
        return Scenario(
            name: name, summary: summary, speed: speed, steps: steps, repeatTime: repeatTime)
    }

    private static let scenarioKeys = ["name", "summary", "speed", "repeat_after", "timeline"]
    private static let stepKeys = ["at", "hosts", "services", "fault", "for"]

    private mutating func steps(_ node: Node, repeatTime: Duration?) -> [Scenario.Step] {
        guard case .sequence(let sequence) = node else {
            if !isNull(node) { report(node.mark, "'timeline' is a list of steps") }
            return []
        }
        if sequence.count > Scenario.stepsLimit {
            report(node.mark, "more than \(Scenario.stepsLimit) steps")
        }
        return sequence.prefix(Scenario.stepsLimit).compactMap { step($0, repeatTime: repeatTime) }
    }

    private mutating func step(_ node: Node, repeatTime: Duration?) -> Scenario.Step? {
        guard let fields = fields(of: node, "a step", Self.stepKeys) else { return nil }
        let start = required("at", in: fields, of: node).flatMap { duration($0, "at") }
        let fault = required("fault", in: fields, of: node).flatMap { self.fault($0) }
        let length = fields["for"].flatMap { positiveDuration($0, "for") }
        let hosts = names(fields["hosts"], "hosts").map { $0.lowercased() }
        let services = names(fields["services"], "services")
        if fields["hosts"] == nil && fields["services"] == nil {
            report(node.mark, "a step needs 'hosts' or 'services'")
        }
        guard let start, let fault else { return nil }
        if let repeatTime, start >= repeatTime {
            report(fields["at"]?.mark, "the step starts after the scenario repeats")
        }
        return Scenario.Step(
            start: start, hosts: hosts, services: services.map { ServiceID($0) }, fault: fault,
            length: length)
    }

    /// A name or a list of names, checked against what exists.
    private mutating func names(_ node: Node?, _ key: String) -> [String] {
        guard let node else { return [] }
        let nodes = if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
        if nodes.isEmpty { report(node.mark, "'\(key)' is empty") }
        if nodes.count > Scenario.targetsLimit {
            report(node.mark, "more than \(Scenario.targetsLimit) names in '\(key)'")
        }
        let known = key == "hosts" ? hostNames : hostNames.map { _ in serviceNames }
        return nodes.prefix(Scenario.targetsLimit).compactMap { node in
            guard let name = text(node) else { return nil }
            if key == "hosts" && name == "*" { return name }
            if let known, !known.contains(name.lowercased()) {
                let what = key == "hosts" ? "host" : "service"
                report(
                    node.mark, "no \(what) '\(name)' in the catalogue",
                    hint: Spelling.hint(for: name, among: known))
            }
            return name
        }
    }

    private mutating func localizedText(_ node: Node?) -> LocalizedText {
        guard let node, let fields = fields(of: node, "a summary", ["nl", "en"]) else {
            return LocalizedText(dutch: "", english: "")
        }
        return LocalizedText(
            dutch: text(required("nl", in: fields, of: node)) ?? "",
            english: text(required("en", in: fields, of: node)) ?? "")
    }
}
