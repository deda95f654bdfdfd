import Alerting
import HealthModel

/// The keys of a receiver.
enum ReceiverKey: String, FieldKey {
    case id
    case webhook
    case alertmanager
    case level
    case tiers
    case sectors
    case note
    static let mappingName = "a receiver"
}

/// Reads who is told, from the files of `alerts/`.
struct ReceiverReader {
    /// The receivers so far, in the order of the files.
    private(set) var receivers: [Receiver] = []
    private var firstPositions: [ReceiverID: SourcePosition] = [:]
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

    private func receiver(_ node: YAMLNode) -> (Receiver, SourcePosition)? {
        guard let fields = Fields<ReceiverKey>(node, log) else { return nil }
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        let kind = kind(fields)
        let level = fields[.level]?.choice(Level.self, log) ?? .warning
        let tiers = fields[.tiers]?.items(log, of: "tiers").compactMap { node in
            node.integer(log, in: 0...3).flatMap { Tier(rawValue: $0) }
        }
        let sectors = fields[.sectors]?.items(log, of: "sectors").compactMap { $0.identifier(log) }
        _ = fields[.note]?.text(log)
        guard let id, let kind else { return nil }
        let receiver = Receiver(
            id: ReceiverID(id), kind: kind, level: level, tiers: Set(tiers ?? []),
            sectors: Set(sectors ?? []))
        return (receiver, fields.position(of: .id))
    }

    /// How it is told, of which one way is written.
    private func kind(_ fields: Fields<ReceiverKey>) -> Receiver.Kind? {
        switch (fields[.webhook], fields[.alertmanager]) {
        case (let webhook?, nil): return url(webhook).map(Receiver.Kind.webhook)
        case (nil, let alertmanager?): return url(alertmanager).map(Receiver.Kind.alertmanager)
        case (let found, _):
            log.add(
                at: fields.position,
                "a receiver with \(found == nil ? "neither `webhook` nor" : "both `webhook` and") "
                    + "`alertmanager`",
                expected: "one of them")
            return nil
        }
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
