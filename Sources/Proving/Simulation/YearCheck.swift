public import HealthModel
import Incidents
import Routing

/// Compares what was told with what happened, without any of the code that decides.
///
/// *Missed* is an episode in which a service or one of its endpoints did not answer for longer than
/// the hold time, one interval, the longest confirmation (15 s) and one look at the rules, and for
/// which by then no alert about the service was firing in an incident that people were told of.
/// *False* is what people were told without cause:
///
/// - `unreachable`, `partly-unreachable`: no episode of failure lasted from when the alert says that
///   it began (one interval and a confirmation earlier at the most) until it fired, less the same;
/// - `flapping`: no episode of it, nor three of failure, in the 20 results before;
/// - `slow`, `busy`: no such episode in the window of the rule;
/// - a burn rate: less than two intervals of failure in its long window;
/// - anything else.
///
/// *Unended* is what people were told and never heard the end of, or an incident that stays open.
public struct YearCheck: Sendable, Hashable {
    /// Episodes that had to be told.
    public var outages = 0
    /// Those of them that were not.
    public var missed = 0
    /// Beginnings that people were told, of the level page.
    public var pages = 0
    /// Beginnings that people were told, of any level.
    public var told = 0
    /// Those without cause.
    public var falseOnes = 0
    /// Ends that people were not told, and incidents that stay open.
    public var unended = 0
    /// Breaches of the contract of telling; see `TellingContract`.
    public var breaches = 0
    /// The first thing that was wrong, in words; nil when nothing was.
    public var firstMistake: String?

    /// Makes a check of nothing.
    public init() {}

    /// Adds another one.
    public static func += (left: inout YearCheck, right: YearCheck) {
        left.outages += right.outages
        left.missed += right.missed
        left.pages += right.pages
        left.told += right.told
        left.falseOnes += right.falseOnes
        left.unended += right.unended
        left.breaches += right.breaches
        left.firstMistake = left.firstMistake ?? right.firstMistake
    }

    private static let slack = OutageYear.interval + 15

    /// Checks one year.
    ///
    /// - Parameters:
    ///   - play: What was said.
    ///   - year: What happened.
    ///   - people: The receiver who wants everything from warnings on.
    ///   - holdTime: How long an outage of a tier lasts before it is told.
    public init(
        _ play: YearPlay, of year: OutageYear, people: ReceiverID,
        holdTime: (Tier) -> Duration
    ) {
        let begun = play.told.filter { $0.receiver == people && $0.part == .begun }
        func final(_ id: IncidentID) -> IncidentID {
            var id = id
            while let next = play.incidents[id]?.mergedInto { id = next }
            return id
        }
        let toldIncidents = Set(begun.compactMap(\.alert.incident).map(final))
        var ends: [String: Timestamp] = [:]
        for one in play.transitions where one.alert.state == .resolved {
            ends[one.alert.episode] = one.at
        }
        for (index, service) in year.catalogue.services.enumerated() {
            let fired = play.transitions.filter { one in
                one.alert.state == .firing && one.alert.service == service.id
                    && one.alert.incident.map { toldIncidents.contains(final($0)) } == true
            }
            let hold = holdTime(service.tier).components.seconds
            for episode in year.episodes[index]
            where [.outage, .long, .partial].contains(episode.kind) {
                let deadline = episode.begin + hold + Self.slack + YearPlay.tick
                guard episode.end >= deadline else { continue }
                outages += 1
                let isTold = fired.contains { one in
                    one.at <= OutageYear.start + .seconds(deadline)
                        && ends[one.alert.episode].map {
                            $0 > OutageYear.start + .seconds(episode.begin)
                        } ?? true
                }
                guard !isTold else { continue }
                missed += 1
                note("missed: \(service.id) \(episode)")
            }
        }
        for one in begun {
            told += 1
            if one.alert.level == .page { pages += 1 }
            guard !Self.hasCause(one.alert, in: year) else { continue }
            falseOnes += 1
            note("false: \(one.alert.key.rule) \(one.alert.key.subject) \(one.at.rfc3339)")
        }
        unended = play.owedEnds + play.incidents.values.count(where: \.isOpen)
        if unended > 0 { note("unended: \(unended)") }
        breaches = play.contract.breachCount
        if let words = play.contract.breaches.first { note("breach: \(words)") }
    }

    private mutating func note(_ words: String) { firstMistake = firstMistake ?? words }

    private static func hasCause(_ alert: Alert, in year: OutageYear) -> Bool {
        let services = year.catalogue.services
        guard let index = services.firstIndex(where: { $0.id == alert.service }),
            let firingSince = alert.firingSince
        else { return false }
        let fired = (firingSince - OutageYear.start).components.seconds
        let active = (alert.activeSince - OutageYear.start).components.seconds
        let all = year.episodes[index]
        func happened(_ kind: OutageYear.Episode.Kind, since second: Int64) -> Bool {
            all.contains { $0.kind == kind && $0.begin <= fired && $0.end > second }
        }
        func lost(over window: Int64) -> Int64 {
            all.filter(\.kind.isFailure).reduce(0) {
                $0 + max(0, min($1.end, fired) - max($1.begin, fired - window))
            }
        }
        switch alert.key.rule.text {
        case "unreachable", "partly-unreachable":
            return all.contains {
                $0.kind.isFailure && $0.begin <= active && $0.end >= fired - slack
            }
        case "flapping":
            let since = fired - 21 * OutageYear.interval
            return happened(.flapping, since: since)
                || all.count { $0.kind.isFailure && $0.begin <= fired && $0.end > since } >= 3
        case "slow": return happened(.slow, since: active - 600 - slack)
        case "busy": return happened(.busy, since: active - slack)
        case "budget-burning-fast": return lost(over: 3600 + 60) >= OutageYear.interval
        case "budget-burning": return lost(over: 6 * 3600 + 300) >= OutageYear.interval
        case "budget-trend": return lost(over: 3 * 86_400 + 3600) >= OutageYear.interval
        default: return false
        }
    }
}
