import Foundation

/// The ratios of the table, by the names that they have in `Benchmarks/thresholds.json`.
enum BenchmarkRatio: String, CaseIterable {
    /// CPU per HTTPS probe at 200 a second, by blackbox_exporter and Prometheus together.
    case httpsOverPeers = "https_over_peers"
    /// The same by a bare handshake of `openssl s_time`.
    case httpsOverHandshake = "https_over_s_time"
    /// CPU per HTTPS probe at 1,000 a second by a bare handshake.
    case busyHTTPSOverHandshake = "https_busy_over_s_time"
    /// CPU per HTTP probe by blackbox_exporter alone.
    case httpOverBlackbox = "http_over_blackbox"
}

/// What each ratio was when it was last measured with care, and what it should be.
struct Thresholds {
    /// One ratio.
    struct Threshold: Equatable {
        /// What it was.
        var ratio: Double
        /// What it should be at most; nil when nobody has said.
        var target: Double?
    }

    /// Where they are kept, from the directory of the project.
    static let path = "Benchmarks/thresholds.json"
    /// How much worse a ratio may be: machines with neighbours differ by a tenth from run to run.
    static let slack = 1.15

    /// All of them.
    let thresholds: [BenchmarkRatio: Threshold]

    /// Reads the file of the project.
    ///
    /// - Throws: `BenchError` when it cannot be read or is not as it should be.
    static func read(from path: String = path) throws -> Thresholds {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BenchError("\(path) cannot be read; start this in the directory of the project")
        }
        do {
            return try Thresholds(json: data)
        } catch let error as BenchError {
            throw BenchError("\(path): \(error)")
        }
    }

    /// Takes every ratio with its name, once and positive.
    ///
    /// - Throws: `BenchError` that names what is wrong.
    init(json: Data) throws {
        let document: Any
        do {
            document = try JSONSerialization.jsonObject(with: json)
        } catch {
            throw BenchError("no JSON: \(error)")
        }
        guard let entries = document as? [String: Any] else { throw BenchError("no JSON object") }
        var thresholds: [BenchmarkRatio: Threshold] = [:]
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            guard let known = BenchmarkRatio(rawValue: name) else {
                throw BenchError("unknown ratio '\(name)'")
            }
            guard let fields = entry as? [String: Any],
                fields.keys.allSatisfy(["ratio", "target"].contains),
                let ratio = Self.positive(fields["ratio"]),
                fields["target"] == nil || Self.positive(fields["target"]) != nil
            else {
                throw BenchError(
                    "'\(name)' must have a positive number 'ratio' and may have a 'target'")
            }
            thresholds[known] = Threshold(ratio: ratio, target: Self.positive(fields["target"]))
        }
        if let missing = BenchmarkRatio.allCases.first(where: { thresholds[$0] == nil }) {
            throw BenchError("ratio '\(missing.rawValue)' is missing")
        }
        self.thresholds = thresholds
    }

    private static func positive(_ value: Any?) -> Double? {
        guard let number = (value as? NSNumber)?.doubleValue, number.isFinite, number > 0 else {
            return nil
        }
        return number
    }

    /// What to complain of in what was measured: a ratio that is worse by more than `slack`, or was
    /// not measured.
    func complaints(about measured: [BenchmarkRatio: Double]) -> [String] {
        BenchmarkRatio.allCases.compactMap { name in
            guard let threshold = thresholds[name] else { return nil }
            guard let ratio = measured[name] else {
                return "\(name.rawValue) was not measured"
            }
            // A ratio that is no number is worse than any.
            guard !(ratio <= threshold.ratio * Self.slack) else { return nil }
            return "\(name.rawValue) is \(ratio.text(2)), more than \(Self.slack.text(2)) × "
                + "\(threshold.ratio.text(2)) of \(Self.path)"
        }
    }
}
