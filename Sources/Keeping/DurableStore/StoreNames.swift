import HealthModel
import Observing
import ResultFormat

/// The names of the files in a store's directory.
///
/// `raw-20261124T08-000000000042.vts`: level, start (with the hour when it covers one), and the
/// last batch in it, so that the later of two of the same time is the one that counts.
enum StoreNames {
    static let lock = "lock"
    static let journalSuffix = ".vtj"
    static let segmentSuffix = ".vts"

    static func journal(_ firstSequence: UInt64) -> String {
        "journal-\(padded(firstSequence))\(journalSuffix)"
    }

    /// The number of a batch in the name of a journal or segment; 0 for another name.
    static func sequence(of name: String) -> UInt64 {
        let last = name.split(separator: "-").last ?? ""
        return last.split(separator: ".").first.flatMap { UInt64($0) } ?? 0
    }

    static func segment(_ facts: SegmentLayout.Facts) -> String {
        let level =
            switch facts.level {
            case .raw: facts.precision == .exact ? "raw" : "rounded"
            case .hour: "hour"
            case .day: "day"
            }
        let text = Timestamp(milliseconds: facts.start).rfc3339
        let day = text.prefix(10).filter { $0 != "-" }
        let hour =
            facts.end - facts.start > StoreTime.hour ? "" : "T\(text.dropFirst(11).prefix(2))"
        return "\(level)-\(day)\(hour)-\(padded(facts.sealedThrough))\(segmentSuffix)"
    }

    private static func padded(_ number: UInt64) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}

/// Hours and days in milliseconds since the epoch, UTC.
enum StoreTime {
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 24 * hour

    /// The start of the hour or day that holds an instant.
    static func start(of milliseconds: Int64, _ length: Int64) -> Int64 {
        let rest = milliseconds % length
        return milliseconds - (rest < 0 ? rest + length : rest)
    }
}
