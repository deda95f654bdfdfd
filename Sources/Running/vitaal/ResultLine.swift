import HealthModel
import Observing
import ResultFormat

/// One result as a line of CSV or JSON.
struct ResultLine {
    let key: SeriesKey
    let result: StoredResult
    let labels: [String]

    /// The names of the columns; those of JSON are the same.
    static let columns = [
        "endpoint", "vantage", "slot", "lateness_seconds", "outcome", "reason", "attempts",
        "http_status", "resolve_seconds", "connect_seconds", "tls_seconds", "processing_seconds",
        "transfer_seconds", "total_seconds", "coverage_seconds", "address", "certificate_sha256",
    ]
    static let csvHeader = columns.joined(separator: ",")

    /// A value, and whether JSON puts it between quotes; nil when there is none.
    private var values: [(text: String, isText: Bool)?] {
        let record = result.record
        let phases = record.phases
        func label(_ place: UInt16) -> (String, Bool)? {
            Int(place) < labels.count && place > 0 ? (labels[Int(place)], true) : nil
        }
        return [
            (key.endpoint.text, true), (key.vantage.text, true), (record.slot.description, true),
            (Self.seconds(record.latenessMicroseconds), false),
            (record.isSuccess ? "success" : "failure", true),
            record.reason.map { ($0.rawValue, true) }, ("\(record.attempts)", false),
            record.status.map { ("\($0)", false) },
            (Self.seconds(phases.resolveMicroseconds), false),
            (Self.seconds(phases.connectMicroseconds), false),
            (Self.seconds(phases.tlsMicroseconds), false),
            (Self.seconds(phases.processingMicroseconds), false),
            (Self.seconds(phases.transferMicroseconds), false),
            (Self.seconds(phases.totalMicroseconds), false),
            (Self.seconds(Int64(result.coverageMilliseconds) * 1000), false),
            label(result.address), label(result.certificate),
        ]
    }

    /// No value holds a comma or a quote: ids, reasons, numbers and addresses.
    var csv: String { values.map { $0?.text ?? "" }.joined(separator: ",") }

    /// One object.
    var json: String {
        let pairs = zip(Self.columns, values).compactMap { name, value in
            value.map { "\"\(name)\":" + ($0.isText ? "\"\($0.text)\"" : $0.text) }
        }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    /// Microseconds as seconds, all digits and no more.
    private static func seconds(_ microseconds: Int64) -> String {
        let whole = microseconds.magnitude / 1_000_000
        var rest = "\(microseconds.magnitude % 1_000_000)"
        rest = String(repeating: "0", count: 6 - rest.count) + rest
        while rest.hasSuffix("0") && rest.count > 1 { rest.removeLast() }
        return "\(microseconds < 0 ? "-" : "")\(whole).\(rest)"
    }
}

extension ResultLine {
    /// What OpenMetrics has of a result.
    enum Family: String, CaseIterable {
        case success = "probe_success"
        case duration = "probe_duration_seconds"
        case status = "probe_http_status_code"

        /// The lines before the samples.
        var head: String {
            let help =
                switch self {
                case .success: "Whether the probe succeeded."
                case .duration: "How long the whole probe took."
                case .status: "The HTTP status; absent when nothing that is HTTP came back."
                }
            let unit = self == .duration ? "\n# UNIT \(rawValue) seconds" : ""
            return "# TYPE \(rawValue) gauge\(unit)\n# HELP \(rawValue) \(help)"
        }
    }

    /// The sample of a family at the slot; nil when there is none.
    func sample(_ family: Family) -> String? {
        let record = result.record
        let value: String
        switch family {
        case .success: value = record.isSuccess ? "1" : "0"
        case .duration: value = Self.seconds(record.phases.totalMicroseconds)
        case .status:
            guard let status = record.status else { return nil }
            value = "\(status)"
        }
        let labels = "{endpoint=\"\(key.endpoint.text)\",vantage=\"\(key.vantage.text)\"}"
        let time = Self.seconds(record.slot.milliseconds * 1000)
        return "\(family.rawValue)\(labels) \(value) \(time)"
    }
}
