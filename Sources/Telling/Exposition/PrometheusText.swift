import HealthModel

/// Writes the Prometheus text format, version 0.0.4, into one buffer of bytes.
///
/// A family is opened once with its name, type and help; its samples follow before the next one
/// opens, so families are contiguous by construction. A family without samples leaves no trace.
/// Reference: prometheus.io/docs/instrumenting/exposition_formats.
public struct PrometheusText: Sendable {
    /// What a scraper may do with the samples of a family.
    public enum FamilyType: String, Sendable, Hashable {
        /// Only rises, or starts again from zero; the name ends in `_total`.
        case counter
        /// May take any value at any time.
        case gauge
        /// How many events took how long; each counter starts again from zero.
        case histogram
    }

    /// The text so far; every line ends with a line feed.
    public private(set) var bytes: [UInt8] = []

    /// The name of the open family.
    private var name: [UInt8] = []
    /// The HELP and TYPE lines of the open family, until its first sample is written.
    private var pendingHeader: [UInt8] = []

    /// Starts an empty text with room for `reservedBytes`.
    public init(reservedBytes: Int = 0) {
        bytes.reserveCapacity(reservedBytes)
    }

    /// Opens a family, whose HELP and TYPE lines appear before its first sample.
    ///
    /// - Precondition: `name` is a metric name, and a counter's ends in `_total`.
    public mutating func openFamily(_ name: String, _ type: FamilyType, help: String) {
        precondition(isMetricName(name), "not a metric name")
        precondition((type == .counter) == name.hasSuffix("_total"), "only counters end in _total")
        self.name.removeAll(keepingCapacity: true)
        self.name.append(contentsOf: name.utf8)
        pendingHeader.removeAll(keepingCapacity: true)
        pendingHeader.append(contentsOf: "# HELP ".utf8)
        pendingHeader.append(contentsOf: self.name)
        pendingHeader.append(UInt8(ascii: " "))
        appendEscaped(help, escapingQuotes: false, to: &pendingHeader)
        pendingHeader.append(contentsOf: "\n# TYPE ".utf8)
        pendingHeader.append(contentsOf: self.name)
        pendingHeader.append(UInt8(ascii: " "))
        pendingHeader.append(contentsOf: type.rawValue.utf8)
        pendingHeader.append(lineFeed)
    }

    /// Adds one sample to the open family.
    ///
    /// - Parameters:
    ///   - labels: The labels, as a rule rendered once and used in many families.
    ///   - more: Labels that follow them; their names differ from those in `labels`.
    ///   - value: The value.
    /// - Precondition: A family is open.
    public mutating func addSample(
        _ labels: LabelSet, _ more: LabelSet, _ value: SampleValue
    ) {
        addSample(suffix: "", labels, more, value)
    }

    private mutating func addSample(
        suffix: String, _ labels: LabelSet, _ more: LabelSet, _ value: SampleValue
    ) {
        precondition(!name.isEmpty, "a sample outside a family")
        if !pendingHeader.isEmpty {
            bytes.append(contentsOf: pendingHeader)
            pendingHeader.removeAll(keepingCapacity: true)
        }
        bytes.append(contentsOf: name)
        bytes.append(contentsOf: suffix.utf8)
        if !labels.bytes.isEmpty || !more.bytes.isEmpty {
            bytes.append(UInt8(ascii: "{"))
            bytes.append(contentsOf: labels.bytes)
            if !labels.bytes.isEmpty && !more.bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: more.bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: " "))
        value.append(to: &bytes)
        bytes.append(lineFeed)
    }

    /// Adds one sample with one set of labels to the open family.
    ///
    /// - Precondition: A family is open.
    public mutating func addSample(_ labels: LabelSet, _ value: SampleValue) {
        addSample(labels, .none, value)
    }

    /// Adds a histogram of durations to the open family.
    ///
    /// - Parameters:
    ///   - labels: Its labels.
    ///   - bounds: The upper bounds of its buckets, rising.
    ///   - counts: How many events each bucket alone holds, and those above all bounds.
    ///   - sum: All durations together.
    /// - Precondition: A histogram is open, and there is one count more than bounds.
    public mutating func addHistogram(
        _ labels: LabelSet, bounds: [Duration], counts: [Int], sum: Duration
    ) {
        precondition(counts.count == bounds.count + 1, "a count for each bucket")
        var total = 0
        for (index, count) in counts.enumerated() {
            total += count
            var bound: [UInt8] = []
            (index < bounds.count ? SampleValue.duration(bounds[index]) : .double(.infinity))
                .append(to: &bound)
            addSample(
                suffix: "_bucket", labels, LabelSet("le", String(decoding: bound, as: UTF8.self)),
                .count(total))
        }
        addSample(suffix: "_sum", labels, .none, .duration(sum))
        addSample(suffix: "_count", labels, .none, .count(total))
    }

    /// Opens a family that has one sample without labels.
    public mutating func addFamily(
        _ name: String, _ type: FamilyType, help: String, _ value: SampleValue
    ) {
        openFamily(name, type, help: help)
        addSample(.none, value)
    }
}

/// Labels as they stand between the braces, escaped and cut.
public struct LabelSet: Sendable, Hashable {
    /// `name="value"` pairs joined by commas; empty for no labels.
    let bytes: [UInt8]

    /// No labels.
    public static let none = LabelSet(bytes: [])

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Renders labels in the order given.
    ///
    /// A value longer than `Limits.labelValueBytes` is cut at a character boundary and ends in
    /// an ellipsis, which counts towards the limit.
    ///
    /// - Precondition: The names are label names and differ.
    public init(_ labels: KeyValuePairs<String, String>) {
        var bytes: [UInt8] = []
        for (name, value) in labels {
            precondition(isLabelName(name), "not a label name")
            if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: name.utf8)
            bytes.append(contentsOf: "=\"".utf8)
            appendEscaped(cutToLabelLimit(value), escapingQuotes: true, to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        }
        self.bytes = bytes
    }

    /// One label.
    public init(_ name: String, _ value: String) {
        self.init([name: value])
    }
}

private let lineFeed = UInt8(ascii: "\n")
private let ellipsis = "…"

/// `text` when it fits in a label value, else its longest prefix of whole characters that leaves
/// room for an ellipsis, and the ellipsis.
private func cutToLabelLimit(_ text: String) -> String {
    guard text.utf8.count > Limits.labelValueBytes else { return text }
    let room = Limits.labelValueBytes - ellipsis.utf8.count
    var size = 0
    var end = text.startIndex
    while end < text.endIndex {
        size += text[end].utf8.count
        if size > room { break }
        end = text.index(after: end)
    }
    return text[..<end] + ellipsis
}

/// Appends `text` with backslash and line feed escaped, and the double quote where asked.
private func appendEscaped(_ text: String, escapingQuotes: Bool, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\\"):
            bytes.append(byte)
            bytes.append(byte)
        case lineFeed:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(UInt8(ascii: "n"))
        case UInt8(ascii: "\"") where escapingQuotes:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        default:
            bytes.append(byte)
        }
    }
}

/// Tells whether `text` is `[a-zA-Z_][a-zA-Z0-9_]*`: colons are left to recording rules.
private func isMetricName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Tells whether `text` is a label name and not one of the reserved `__` names.
private func isLabelName(_ text: String) -> Bool {
    isMetricName(text) && !text.hasPrefix("__")
}
