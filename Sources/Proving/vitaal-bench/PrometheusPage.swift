import Foundation

/// Reading of Prometheus text, as far as it is needed here.
extension String {
    /// The value of a metric without labels; nil when it is not there.
    func value(of metric: String) -> Double? {
        let line = split(separator: "\n").first { $0.hasPrefix(metric + " ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    /// The values of a metric with labels, and the labels as they are written.
    func values(of metric: String) -> [(labels: Substring, value: Double)] {
        split(separator: "\n").compactMap { line in
            guard line.hasPrefix(metric + "{"), let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { return nil }
            return (line[..<space], value)
        }
    }
}
