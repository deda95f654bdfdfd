import HealthModel
import YAMLReading

/// Reads what a service promises: `objective: 99.5%` and `service_hours: mon-fri 08:00-17:00`.
enum ObjectiveReader {
    private static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let hoursExpectation =
        "days and hours in the time of Amsterdam, such as `mon-fri 08:00-17:00`, "
        + "`mon-fri 08:00-12:00,13:00-17:00` or `mon-sun 22:00-06:00`"

    /// The objective; what is not written is that of the tier.
    static func objective(
        _ target: YAMLNode?, hours: YAMLNode?, tier: Tier, _ log: MistakeLog
    ) -> Objective {
        var objective = Objective(of: tier)
        if let share = target.flatMap({ self.target($0, log) }) { objective.target = share }
        objective.hours = hours.flatMap { self.hours($0, log) }
        return objective
    }

    /// A percentage above 0, below 100.
    private static func target(_ node: YAMLNode, _ log: MistakeLog) -> Double? {
        let text = node.scalarText ?? ""
        if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent < 100 {
            return percent / 100
        }
        var hint: String?
        if let number = Double(text) {
            if number > 0, number < 1 {
                hint = "did you mean `\(number * 100)%`?"
            } else if number >= 1, number < 100 {
                hint = "did you mean `\(text)%`?"
            }
        } else if text == "100%" {
            hint = "nothing is always available; `99.9%` allows three quarters of an hour a month"
        }
        log.add(
            at: node.position, "found \(node.found)",
            expected: "a percentage above 0, below 100, such as `99.5%`", hint: hint)
        return nil
    }

    /// Days and hours; nil, with a mistake, for anything else.
    static func hours(_ node: YAMLNode, _ log: MistakeLog) -> ServiceHours? {
        guard let text = node.text(log, expected: hoursExpectation) else { return nil }
        let parts = text.split(separator: " ", maxSplits: 1)
        let ranges = (parts.last ?? "").split(separator: ",", omittingEmptySubsequences: false)
            .map { range($0.drop { $0 == " " }) }
        guard parts.count == 2, let weekdays = weekdays(parts[0]), !ranges.contains(nil) else {
            log.add(at: node.position, "found \(node.found)", expected: hoursExpectation)
            return nil
        }
        guard ranges.count <= ServiceHours.rangesMax else {
            log.add(
                at: node.position, "\(ranges.count) ranges of hours",
                expected: "at most \(ServiceHours.rangesMax)")
            return nil
        }
        return ServiceHours(weekdays: weekdays, ranges: ranges.compactMap(\.self))
    }

    /// `08:00-17:00`, or `22:00-06:00` over midnight; nil for anything else.
    private static func range(_ text: Substring) -> ServiceHours.ClockRange? {
        let times = text.split(separator: "-", omittingEmptySubsequences: false)
        guard times.count == 2, let from = time(times[0]), let to = time(times[1]),
            from < .seconds(86_400)
        else { return nil }
        return ServiceHours.ClockRange(from: from, to: to)
    }

    /// `mon-fri`, `sat` or `mon,wed,fri`; nil for anything else.
    private static func weekdays(_ text: Substring) -> Set<Int>? {
        var found: Set<Int> = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { days.firstIndex(of: String($0)) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1],
                first <= last
            else { return nil }
            found.formUnion((first + 1)...(last + 1))
        }
        return found.isEmpty ? nil : found
    }

    /// `08:00` to `24:00`; nil for anything else.
    private static func time(_ text: Substring) -> Duration? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour),
            (0...59).contains(minute), hour < 24 || minute == 0
        else { return nil }
        return .seconds(hour * 3600 + minute * 60)
    }
}
