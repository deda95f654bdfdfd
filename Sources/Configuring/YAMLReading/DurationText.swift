import HealthModel

/// Durations as people write them: a whole number and a unit, such as `250ms`, `60s` or `2m`.
public enum DurationText {
    /// The longest duration that may be written: more is a slip, not a wish.
    package static let longest: Duration = .seconds(366 * 86_400)
    /// What messages say was expected.
    public static let expectation = "a duration such as `250ms`, `60s`, `2m`, `1h` or `1d`"

    /// Seconds times 1000 in one of each unit.
    private static let milliseconds = [
        "ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    /// Reads `text`; nil when it is anything but one number and one unit, or too long.
    public static func parse(_ text: some StringProtocol) -> Duration? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let unit = text[digits.endIndex...]
        guard !digits.isEmpty, let number = Int64(String(text[..<digits.endIndex])),
            let milliseconds = milliseconds[String(unit)]
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: Int64(milliseconds))
        guard !overflow, Duration.milliseconds(product) <= longest else { return nil }
        return .milliseconds(product)
    }

    /// Reads one duration or a sum of them such as `1h30m`, the larger units first; nil for anything
    /// else, or when it is too long.
    public static func parseSum(_ text: String) -> Duration? {
        var (sum, last) = (Duration.zero, Int.max)
        var rest = text[...]
        repeat {
            let number = rest.prefix { $0.isASCII && $0.isNumber }
            let unit = rest[number.endIndex...].prefix { $0.isLetter }
            guard let size = milliseconds[String(unit)], size < last,
                let part = parse(rest[..<unit.endIndex])
            else { return nil }
            sum += part
            last = size
            rest = rest[unit.endIndex...]
        } while !rest.isEmpty
        return sum <= longest ? sum : nil
    }

    /// Reads a range such as `5s..15s`; nil when it is none or ends before it starts.
    package static func parseRange(_ text: String) -> ClosedRange<Duration>? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        guard let lower = parse(text[..<dots.lowerBound]),
            let upper = parse(text[dots.upperBound...]), lower <= upper
        else { return nil }
        return lower...upper
    }

    /// What was probably meant by `text`; nil when there is no guess.
    package static func suggestion(for text: String) -> String? {
        if let number = Int(text), number >= 0 { return "\(number)s" }
        let compact = text.lowercased().filter { $0 != " " }
        if parse(compact) != nil { return compact }
        let words = [
            ("milliseconds", "ms"), ("millisecond", "ms"), ("msec", "ms"), ("seconds", "s"),
            ("second", "s"), ("secs", "s"), ("sec", "s"), ("minutes", "m"), ("minute", "m"),
            ("mins", "m"), ("min", "m"), ("hours", "h"), ("hour", "h"), ("hrs", "h"),
            ("days", "d"), ("day", "d"),
        ]
        for (word, unit) in words where compact.hasSuffix(word) {
            let guess = compact.dropLast(word.count) + unit
            if parse(guess) != nil { return String(guess) }
        }
        return sumSuggestion(for: compact)
    }

    /// A fraction or a sum such as `1.5s` or `1m30s` in the largest unit that holds it exactly.
    private static func sumSuggestion(for compact: String) -> String? {
        var total = 0.0
        var rest = compact[...]
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            let unit = rest[number.endIndex...].prefix { $0.isLetter }
            guard let value = Double(number), let scale = milliseconds[String(unit)] else {
                return nil
            }
            total += value * Double(scale)
            rest = rest[unit.endIndex...]
        }
        guard total > 0, total == total.rounded(), total <= longest / .milliseconds(1) else {
            return nil
        }
        let whole = Int(total)
        let fitting = milliseconds.filter { whole.isMultiple(of: $0.value) }
        return fitting.max { $0.value < $1.value }.map { "\(whole / $0.value)\($0.key)" }
    }
}

extension Duration {
    /// The duration as it would be written in a file, such as `90s`.
    package var fileText: String {
        let milliseconds = wholeMilliseconds
        let units: [(Int64, String)] = [
            (86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"),
        ]
        for (scale, unit) in units where milliseconds > 0 && milliseconds.isMultiple(of: scale) {
            // People say 60s and 120s, not 1m and 2m, when they compare with a timeout.
            if unit == "m" && milliseconds < 600_000 { continue }
            return "\(milliseconds / scale)\(unit)"
        }
        return "\(milliseconds)ms"
    }
}
