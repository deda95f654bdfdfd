import HealthModel
import Routing
public import YAMLReading

/// The keys of a receiver.
enum ReceiverKey: String, FieldKey {
    case id
    case webhook
    case alertmanager
    case chat
    case command
    case timeout
    case email
    case secretFile = "secret_file"
    case language
    case level
    case tiers
    case sectors
    case owners
    case services
    case hours
    case outsideHours = "outside_hours"
    case remindEvery = "remind_every"
    case escalateTo = "escalate_to"
    case escalateAfter = "escalate_after"
    case about
    case fallback
    case fallbackAfter = "fallback_after"
    case note
    static let mappingName = "a receiver"
}

/// A receiver that a rule names, before it is known whether there is one.
struct ReceiverName {
    var id: ReceiverID
    var position: SourcePosition
}

/// Reads who is told, from the files of `alerts/`.
struct ReceiverReader {
    /// The receivers so far, in the order of the files.
    private(set) var receivers: [Receiver] = []
    /// The files of secrets that they name.
    private(set) var secretFiles: [SecretFileReference] = []
    /// The programs that they name.
    private(set) var programs: [ProgramReference] = []
    /// The services, sectors and owners that they name, to be held against the catalogue.
    private(set) var scopeNames: [ScopeName] = []
    private var firstPositions: [ReceiverID: SourcePosition] = [:]
    /// Every id, also of a receiver with mistakes.
    private var ids: Set<ReceiverID> = []
    /// Where each fallback is named, in the order of the files.
    private var escalations: [(receiver: ReceiverID, other: ReceiverID, position: SourcePosition)] =
        []
    private var fallbacks: [(receiver: ReceiverID, other: ReceiverID, position: SourcePosition)] =
        []
    private let log: MistakeLog

    /// Makes a reader that has read nothing and reports to `log`.
    init(_ log: MistakeLog) { self.log = log }

    /// Reads the list of one file; nil when the file has none.
    mutating func read(_ list: YAMLNode?) {
        for node in list?.items(log, of: "receivers", limit: Limits.receivers) ?? [] {
            guard let (receiver, position) = receiver(node) else { continue }
            if let first = firstPositions[receiver.id] {
                log.add(
                    at: position,
                    "the receiver id `\(receiver.id)` is used twice, first at \(first)")
                continue
            }
            firstPositions[receiver.id] = position
            receivers.append(receiver)
            if receivers.count == Limits.receivers + 1 {
                log.add(
                    at: position, "too many receivers in all",
                    expected: "at most \(Limits.receivers)")
            }
        }
    }

    /// The receivers that a rule names in `node`.
    static func names(_ node: YAMLNode, _ log: MistakeLog) -> [ReceiverName] {
        let items = node.someItems(
            log, of: "receivers", limit: Limits.receivers, orNo: "receivers",
            hint: "`level: off` tells nobody")
        return items.compactMap { item in
            item.identifier(log).map { ReceiverName(id: ReceiverID($0), position: item.position) }
        }
    }

    /// Reports every name that no receiver of any file has; nothing while there are other mistakes,
    /// as one of them may be why it is missing.
    private func checkKnown(_ names: [ReceiverName]) {
        guard log.count == 0 else { return }
        let known = receivers.map(\.id.text)
        for name in names where !known.contains(name.id.text) {
            let hint = NearestName.hint(for: name.id.text, among: known)
            log.add(
                at: name.position, "there is no receiver `\(name.id)`",
                expected: hint == nil ? "the id of one in `receivers` of a file in alerts/" : nil,
                hint: hint)
        }
    }

    private mutating func receiver(_ node: YAMLNode) -> (Receiver, SourcePosition)? {
        guard let fields = Fields<ReceiverKey>(node, log) else { return nil }
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        if let id { ids.insert(ReceiverID(id)) }
        let fallback = fallback(fields, of: id)
        var passwordFile: String?
        let kind = kind(fields, &passwordFile)
        let level = fields[.level]?.choice(Level.self, log) ?? .warning
        let tiers = values(fields, .tiers) { node in
            node.integer(log, in: 0...3).flatMap { Tier(rawValue: $0) }
        }
        let sectors = named(fields, .sectors, .sectors) { [log] in $0.identifier(log) }
        _ = fields[.note]?.text(log)
        let language = fields[.language]?.choice(Receiver.Language.self, log)
        let about = fields[.about]?.choice(Receiver.About.self, log)
        let secretFile = secretFile(fields, kind)
        let owners = named(fields, .owners, .owners) { [log] in $0.text(log) }
        let services = named(fields, .services, .services) { [log] in $0.identifier(log) }
        let hours = fields[.hours].flatMap { ObjectiveReader.hours($0, log) }
        let outside = outsideHours(fields)
        let remindEvery = fields[.remindEvery].flatMap {
            $0.duration(log, within: Receiver.Escalation.times)
        }
        let escalation = escalation(fields, of: id)
        guard let id, let kind else { return nil }
        var receiver = Receiver(
            id: ReceiverID(id), kind: kind, level: level, tiers: Set(tiers),
            sectors: Set(sectors))
        receiver.language = language ?? .english
        receiver.about = about ?? .everything
        receiver.fallback = fallback
        receiver.secretFile = secretFile ?? passwordFile
        receiver.owners = Set(owners)
        receiver.services = Set(services.map { ServiceID($0) })
        receiver.hours = hours
        receiver.levelOutsideHours = outside ?? .page
        receiver.remindEvery = remindEvery
        receiver.escalation = escalation
        return (receiver, fields.position(of: .id))
    }

    /// The values of a list that is about some services only; none when it is not written.
    private func values<Value>(
        _ fields: Fields<ReceiverKey>, _ key: ReceiverKey, _ read: (YAMLNode) -> Value?
    ) -> [Value] {
        let items = fields[key]?.someItems(log, of: key.rawValue, orNo: key.rawValue)
        return (items ?? []).compactMap(read)
    }

    /// The same for names that services must have.
    private mutating func named(
        _ fields: Fields<ReceiverKey>, _ key: ReceiverKey, _ scope: ScopeKey,
        _ read: (YAMLNode) -> String?
    ) -> [String] {
        let names = values(fields, key) { node in
            read(node).map { ScopeName(key: scope, text: $0, position: node.position) }
        }
        scopeNames += names
        return names.map(\.text)
    }

    /// The level that is told outside its hours.
    private func outsideHours(_ fields: Fields<ReceiverKey>) -> Level? {
        if fields[.hours] == nil {
            fields.forbid(.outsideHours, because: "is about `hours`, which are not written")
        }
        return fields[.outsideHours]?.choice(Level.self, log)
    }

    /// Who is told when nobody acknowledges a page.
    private mutating func escalation(
        _ fields: Fields<ReceiverKey>, of id: String?
    ) -> Receiver.Escalation? {
        let after = fields[.escalateAfter].map {
            $0.duration(log, within: Receiver.Escalation.times)
        }
        guard let node = fields[.escalateTo] else {
            fields.forbid(
                .escalateAfter, because: "is how long `escalate_to` waits, which is not written")
            return nil
        }
        guard let name = node.identifier(log) else { return nil }
        if let id { escalations.append((ReceiverID(id), ReceiverID(name), node.position)) }
        guard let time = after ?? Receiver.Escalation.usualTime else { return nil }
        return Receiver.Escalation(receiver: ReceiverID(name), after: time)
    }

    /// Looks at what receivers and rules say of one another once every file was read.
    func check(_ names: [ReceiverName]) {
        checkKnown(names)
        checkFallbacks()
        checkEscalations()
    }

    private func checkEscalations() {
        for (receiver, other, position) in escalations {
            if receiver == other {
                log.add(
                    at: position, "the receiver `\(receiver)` escalates to itself",
                    hint: "name another one")
            } else if !ids.contains(other) {
                let known = ids.map(\.text).sorted()
                let hint = NearestName.hint(for: other.text, among: known)
                log.add(
                    at: position, "there is no receiver `\(other)`",
                    expected: hint == nil ? known.listedWithOr : nil, hint: hint)
            }
        }
    }

    /// Who is told when it does not take a notification.
    private mutating func fallback(
        _ fields: Fields<ReceiverKey>, of id: String?
    ) -> ReceiverFallback? {
        let after = fields[.fallbackAfter].map { $0.duration(log, within: ReceiverFallback.times) }
        guard let node = fields[.fallback] else {
            fields.forbid(
                .fallbackAfter, because: "is how long a `fallback` waits, which is not written")
            return nil
        }
        guard let name = node.identifier(log) else { return nil }
        if let id { fallbacks.append((ReceiverID(id), ReceiverID(name), node.position)) }
        guard let time = after ?? ReceiverFallback.usualTime else { return nil }
        return ReceiverFallback(receiver: ReceiverID(name), after: time)
    }

    private func checkFallbacks() {
        let next = Dictionary(fallbacks.map { ($0.receiver, $0.other) }) { first, _ in first }
        var reported: Set<ReceiverID> = []
        for (receiver, other, position) in fallbacks {
            guard ids.contains(other) else {
                let known = ids.map(\.text).sorted()
                let hint = NearestName.hint(for: other.text, among: known)
                log.add(
                    at: position, "there is no receiver `\(other)`",
                    expected: hint == nil ? known.listedWithOr : nil, hint: hint)
                continue
            }
            guard receiver != other else {
                log.add(
                    at: position, "the receiver `\(receiver)` is its own fallback",
                    hint: "name another one")
                continue
            }
            var circle = [receiver]
            while let last = circle.last, let following = next[last], circle.count <= next.count,
                !circle.dropFirst().contains(following)
            {
                circle.append(following)
                if following == receiver { break }
            }
            guard circle.count > 1, circle.last == receiver, !reported.contains(receiver) else {
                continue
            }
            reported.formUnion(circle)
            log.add(
                at: position,
                "fallbacks go round: \(circle.map { "`\($0)`" }.joined(separator: " to "))",
                hint: "leave one of them out, or when none is reached nobody is told")
        }
    }

    /// How it is told, of which one way is written.
    private mutating func kind(
        _ fields: Fields<ReceiverKey>, _ passwordFile: inout String?
    ) -> Receiver.Kind? {
        let ways: [ReceiverKey] = [.webhook, .alertmanager, .chat, .command, .email]
        let written = ways.filter { fields[$0] != nil }
        guard written.count == 1, let way = written.first, let node = fields[way] else {
            let found = written.isEmpty ? "nothing" : written.map(\.rawValue).listedWithAnd
            log.add(
                at: fields.position, "a receiver with \(found)",
                expected: "one of \(ways.map(\.rawValue).listedWithOr)")
            return nil
        }
        if way != .command { fields.forbid(.timeout, because: "is for a command") }
        switch way {
        case .command:
            return command(node, timeLimit: fields[.timeout]).map { .command($0) }
        case .email:
            guard let (email, password) = EmailReader.email(node, log) else { return nil }
            if let password { secretFiles.append(password) }
            passwordFile = password?.path
            return .email(email)
        case .alertmanager: return url(node).map { .alertmanager($0) }
        case .chat: return url(node).map { .chat($0) }
        default: return url(node).map { .webhook($0) }
        }
    }

    /// The file of the secret, of webhooks only: the others have no place for a signature.
    private mutating func secretFile(
        _ fields: Fields<ReceiverKey>, _ kind: Receiver.Kind?
    ) -> String? {
        guard let node = fields[.secretFile] else { return nil }
        if let kind {
            guard case .webhook = kind else {
                fields.forbid(.secretFile, because: "is for a webhook, to sign what it gets")
                return nil
            }
        }
        guard let name = node.text(log, expected: "the name of a file") else { return nil }
        let path = relativePath(name, beside: node.position.file)
        secretFiles.append(SecretFileReference(path: path, position: node.position))
        return path
    }

    /// A program and its words.
    private mutating func command(_ node: YAMLNode, timeLimit: YAMLNode?) -> ReceiverCommand? {
        let expected = "a list of words such as `[/usr/local/bin/call, --loud]`"
        let timeLimit = timeLimit.map { $0.duration(log, within: ReceiverCommand.timeLimits) }
        guard case .sequence = node.content else {
            log.add(
                at: node.position, "found \(node.found)", expected: expected,
                hint: "no shell reads it: write each word apart")
            return nil
        }
        let items = node.items(log, of: "words", limit: ReceiverCommand.argumentsMax)
        guard let first = items.first else {
            if case .sequence(let written) = node.content, written.isEmpty {
                log.add(at: node.position, "found an empty list", expected: expected)
            }
            return nil
        }
        let words = items.compactMap { $0.text(log, expected: "a word") }
        guard words.count == items.count, let program = words.first else { return nil }
        guard program.hasPrefix("/"), !program.hasSuffix("/") else {
            log.add(
                at: first.position, "\(program.fit(80).quoted) is no absolute path of a program",
                expected: "one such as `/usr/local/bin/call`",
                hint: "nothing is looked up in PATH")
            return nil
        }
        programs.append(ProgramReference(path: program, position: first.position))
        guard let limit = timeLimit ?? ReceiverCommand.usualTimeLimit else { return nil }
        return ReceiverCommand(
            program: program, arguments: Array(words.dropFirst()), timeLimit: limit)
    }

    private func url(_ node: YAMLNode) -> ProbeURL? {
        let expected = "an address such as `https://example.org/hook`"
        guard let text = node.text(log, expected: expected) else { return nil }
        if let url = ProbeURL(text), url.scheme.isHTTP { return url }
        log.add(
            at: node.position, "\(text.fit(80).quoted) is no address of http or https",
            expected: expected)
        return nil
    }
}

/// A file with a secret that a receiver names.
public struct SecretFileReference: Sendable, Hashable {
    /// Where it is.
    public var path: String
    /// Where it is named.
    public var position: SourcePosition
}

/// A program that a receiver names.
public struct ProgramReference: Sendable, Hashable {
    /// Its absolute path.
    public var path: String
    /// Where it is named.
    public var position: SourcePosition
}
