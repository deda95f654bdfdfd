public import HealthModel

/// When an incident has to be reported by law, counted from when somebody became aware of it.
///
/// Directive (EU) 2022/2555 (NIS2), article 23(4): an early warning within 24 hours, an incident
/// notification within 72 hours, and a final report within a month after that notification. Whether
/// an incident has to be reported is for people to judge; nothing starts this clock but they.
public struct LegalClock: Sendable, Hashable {
    /// What is owed to the authority.
    public enum Step: String, Sendable, Hashable, CaseIterable {
        case earlyWarning = "early-warning"
        case notification
        case finalReport = "final-report"
    }

    /// One step of an incident.
    public struct Due: Sendable, Hashable {
        /// What is owed.
        public var step: Step
        /// Until when.
        public var at: Timestamp
        /// When it was sent, as somebody noted; nil before.
        public var doneAt: Timestamp?
    }

    /// When somebody became aware.
    public let awareAt: Timestamp
    /// When each step was sent, as far as it was.
    public let done: [Step: Timestamp]

    /// Reads the clock of an incident from its timeline; nil when nobody has started it.
    ///
    /// The last word on awareness counts, since the first may have been a mistake.
    public init?(_ incident: Incident) {
        guard let aware = incident.events.last(where: { $0.kind == .aware }) else { return nil }
        awareAt = aware.at
        var done: [Step: Timestamp] = [:]
        for event in incident.events where event.kind == .reported {
            let word = event.text.prefix { $0 != ":" }
            if let step = Step(rawValue: String(word)) { done[step] = event.at }
        }
        self.done = done
    }

    /// The steps with their times, in order.
    public var steps: [Due] {
        Step.allCases.map { step in
            let at: Timestamp =
                switch step {
                case .earlyWarning: awareAt + .seconds(24 * 3600)
                case .notification: awareAt + .seconds(72 * 3600)
                case .finalReport:
                    (done[.notification] ?? awareAt + .seconds(72 * 3600)).aMonthLater
                }
            return Due(step: step, at: at, doneAt: done[step])
        }
    }

    /// The first step that is owed; nil when all are done.
    public var next: Due? { steps.first { $0.doneAt == nil } }
}

extension Timestamp {
    /// The same day and time of the next month in UTC, or its last day when it is shorter.
    var aMonthLater: Timestamp {
        let text = Array(rfc3339.utf8)
        func number(_ range: Range<Int>) -> Int64 {
            text[range].reduce(0) { $0 * 10 + Int64($1) - 0x30 }
        }
        let (year, month) = (number(0..<4), number(5..<7))
        let (nextYear, nextMonth) = month == 12 ? (year + 1, 1) : (year, month + 1)
        let midnight = Int64(86_400)
        let time = seconds - seconds.flooredQuotient(by: midnight) * midnight
        let day = number(8..<10)
        for day in stride(from: day, through: min(day, 28), by: -1) {
            if let found = Timestamp(
                year: nextYear, month: nextMonth, day: day, hour: 0, minute: 0, second: 0)
            {
                return found + .seconds(time)
            }
        }
        return self + .seconds(28 * midnight)
    }
}
