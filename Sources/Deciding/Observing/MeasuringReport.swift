public import HealthModel

/// How many endpoints are measured, and why the others are not: pure.
public struct MeasuringReport: Sendable, Hashable {
    /// Ids of endpoints named in one line; more are counted.
    static let named = 3

    /// Endpoints that are not measured for one reason.
    public struct Group: Sendable, Hashable {
        /// Why; nil when no result came, or none of late.
        public var reason: Reason?
        /// More about it, such as which name server; empty when there is nothing to add.
        public var detail: String
        /// The endpoints, in the order of the catalogue; never empty.
        public var endpoints: [EndpointID]

        /// Why, in words.
        public var words: LocalizedText {
            guard let reason else {
                return LocalizedText(dutch: "er komt geen resultaat", english: "no result comes")
            }
            let rest = detail.isEmpty ? "" : " (\(detail))"
            return LocalizedText(
                dutch: reason.dutchText + rest, english: reason.text + rest)
        }
    }

    /// Endpoints of which the state is known.
    public private(set) var measured = 0
    /// Those that are not measured by why, the most frequent first.
    public private(set) var groups: [Group] = []
    /// Since when the first of these is not measured; nil when that is not known.
    public private(set) var since: Timestamp?

    /// Endpoints that are not measured.
    public var unmeasured: Int { groups.reduce(0) { $0 + $1.endpoints.count } }

    private struct Key: Hashable {
        var reason: Reason?
        var detail: String
    }

    /// Sums up some endpoints.
    public init(_ statuses: some Sequence<EndpointStatus>) {
        var found: [Key: [EndpointID]] = [:]
        for status in statuses {
            guard status.state == .unknown else {
                measured += 1
                continue
            }
            let last = status.lastResult
            // Any other reason is that of a result too old to count.
            let reason = last?.reason.flatMap { $0.meaning == .monitor ? $0 : nil }
            let key = Key(reason: reason, detail: reason == nil ? "" : last?.detail ?? "")
            found[key, default: []].append(status.id)
            if let began = status.unmeasuredSince { since = min(since ?? began, began) }
        }
        groups = found.map {
            Group(reason: $0.key.reason, detail: $0.key.detail, endpoints: $0.value)
        }
        groups.sort { left, right in
            left.endpoints.count == right.endpoints.count
                ? left.endpoints.lexicographicallyPrecedes(right.endpoints)
                : left.endpoints.count > right.endpoints.count
        }
    }

    /// The first few endpoints that are not measured, and how many more there are.
    package var names: LocalizedText {
        let all = groups.flatMap(\.endpoints)
        let first = all.prefix(Self.named).map(\.text).joined(separator: ", ")
        let more = all.count - Self.named
        guard more > 0 else { return LocalizedText(dutch: first, english: first) }
        return LocalizedText(
            dutch: "\(first) en nog \(more)", english: "\(first) and \(more) more")
    }

    /// That so many of `total` are not measured, without a full stop.
    package func count(of total: Int) -> LocalizedText {
        LocalizedText(
            dutch: "\(unmeasured) van \(total) meetpunten niet gemeten",
            english: "\(unmeasured) of \(total) endpoints not measured")
    }

    /// Since when they are not measured and mostly why, without a full stop; nil when all are.
    package var why: LocalizedText? {
        guard let words = groups.first?.words else { return nil }
        guard let since else { return words }
        return LocalizedText(
            dutch: "sinds \(since.dateAndTime) UTC: \(words.dutch)",
            english: "since \(since.dateAndTime) UTC: \(words.english)")
    }
}
