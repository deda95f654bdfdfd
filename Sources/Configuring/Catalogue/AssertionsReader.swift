import HealthModel
import YAMLReading

/// The keys of the accepted size of a body.
enum BodyBytesKey: String, FieldKey {
    case min
    case max
    static let mappingName = "a body size"
}

/// Reads what a good answer looks like.
struct AssertionsReader {
    let fields: Fields<EndpointKey>
    let log: MistakeLog

    /// The assertions as far as they could be read; mistakes have been reported.
    func assertions() -> Assertions {
        var assertions = Assertions()
        if let node = fields[.status] { assertions.statuses = statuses(node) }
        assertions.headersMatching = HeaderReader.patterns(fields[.headerMatches], log)
        assertions.headersNotMatching = HeaderReader.patterns(fields[.headerNotMatches], log)
        assertions.bodyMatching = PatternReader.patterns(fields[.bodyMatches], log)
        assertions.bodyNotMatching = PatternReader.patterns(fields[.bodyNotMatches], log)
        if let node = fields[.bodyBytes] { assertions.bodyBytes = bodyBytes(node) }
        assertions.maximumDuration = fields[.maximumDuration]?.positiveDuration(log)
        assertions.busyMarkers = PatternReader.patterns(fields[.busyMarkers], log)
        assertions.maintenanceMarkers = PatternReader.patterns(fields[.maintenanceMarkers], log)
        return assertions
    }

    /// A list of statuses and ranges of them.
    private func statuses(_ node: YAMLNode) -> [ClosedRange<Int>] {
        let countBefore = log.count
        let items = node.items(log, of: "statuses such as `200` or `300-399`")
        if items.isEmpty, log.count == countBefore {
            log.add(
                at: node.position, "an empty list of statuses",
                expected: "a status such as `200`, or no `status` at all for every 2xx")
        }
        return items.compactMap { item in
            if let range = item.scalarText.flatMap(Self.statusRange) { return range }
            log.add(
                at: item.position, "found \(item.found)",
                expected: "a status from 100 to 599, or a range such as `200-299`")
            return nil
        }
    }

    private static func statusRange(_ text: String) -> ClosedRange<Int>? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let first = parts.first, let last = parts.last,
            let lower = status(first), let upper = status(last), lower <= upper
        else { return nil }
        return lower...upper
    }

    /// Three digits from 100 to 599, the statuses RFC 9110 §15 knows.
    private static func status(_ text: Substring) -> Int? {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let status = Int(text), (100...599).contains(status)
        else { return nil }
        return status
    }

    private func bodyBytes(_ node: YAMLNode) -> ClosedRange<Int>? {
        guard let size = Fields<BodyBytesKey>(node, log) else { return nil }
        // No more than this is read, so a bound beyond it could never be judged.
        let readable = 0...Limits.bodyBytes
        let lower = size[.min].map { $0.integer(log, in: readable) } ?? 0
        let upper = size[.max].map { $0.integer(log, in: readable) } ?? Int.max
        guard let lower, let upper else { return nil }
        guard size[.min] != nil || size[.max] != nil else {
            log.add(at: size.position, "a body size without `min` or `max`")
            return nil
        }
        guard lower <= upper else {
            log.add(at: size.position, "`min` \(lower) is more than `max` \(upper)")
            return nil
        }
        return lower...upper
    }
}
