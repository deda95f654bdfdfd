import HealthModel

/// Which fault is in force where and when: a pure function of the scenario and the time.
///
/// Where steps overlap, the one that started last is in force, of two that start together the
/// one written last; when it ends, the earlier one is in force again.
public struct ScenarioPlayer: Sendable {
    /// One fault coming into force.
    public struct Change: Sendable, Hashable {
        /// The lab time.
        public var elapsed: Duration
        /// The name of the host.
        public var host: String
        /// The fault now in force; `up` when a fault ended.
        public var fault: Fault
    }

    /// A fault in force from `start` until the next segment of the same host.
    private struct Segment {
        var start: Duration
        var fault: Fault
    }

    private let hosts: [LabHost]
    /// Per host, in order of time, without two equal neighbours; the first starts at zero.
    private let segmentsPerHost: [[Segment]]
    /// The instants within one cycle at which anything may change, ascending.
    private let instants: [Duration]
    private let cycle: Duration?

    /// Prepares a scenario for these hosts; steps for hosts that are not among them do nothing.
    public init(scenario: Scenario, hosts: [LabHost]) {
        self.hosts = hosts
        cycle = scenario.repeatTime
        let ordered = scenario.steps.enumerated().sorted {
            ($0.element.start, $0.offset) < ($1.element.start, $1.offset)
        }.map(\.element)
        let end = scenario.repeatTime
        segmentsPerHost = hosts.map { host in
            Self.segments(of: ordered.filter { $0.concerns(host) }, end: end)
        }
        instants = Set(segmentsPerHost.flatMap { $0.map(\.start) }).sorted()
    }

    /// The fault in force on every host, in the order of the hosts.
    ///
    /// - Parameter elapsed: The lab time since the start; not negative.
    /// - Returns: One fault for each host.
    public func faults(at elapsed: Duration) -> [Fault] {
        let position = position(of: elapsed)
        return segmentsPerHost.map { Self.fault(in: $0, at: position) }
    }

    /// What comes into force after `start` and not later than `end`, in order of time.
    ///
    /// When a repeated scenario went round more than once in between, whole rounds are left out;
    /// the changes still lead from the faults at `start` to those at `end`.
    public func changes(after start: Duration, through end: Duration) -> [Change] {
        guard end > start else { return [] }
        var current = faults(at: start)
        var changes: [Change] = []
        for instant in instantsBetween(start, end) {
            for (index, fault) in faults(at: instant).enumerated() where fault != current[index] {
                current[index] = fault
                changes.append(Change(elapsed: instant, host: hosts[index].name, fault: fault))
            }
        }
        return changes
    }

    /// The instants in `(start, end]` at which anything may change, of the last round at most.
    private func instantsBetween(_ start: Duration, _ end: Duration) -> [Duration] {
        guard let cycle else { return instants.filter { $0 > start && $0 <= end } }
        var from = start
        var found: [Duration] = []
        if end - start > cycle {
            from = end - cycle
            found.append(from)
        }
        // The window is at most one cycle long, so it touches at most two rounds.
        let round = from - position(of: from)
        for origin in [round, round + cycle] {
            found += instants.map { origin + $0 }.filter { $0 > from && $0 <= end }
        }
        return found
    }

    private func position(of elapsed: Duration) -> Duration {
        guard let cycle else { return elapsed }
        return .nanoseconds(elapsed.nanoseconds % cycle.nanoseconds)
    }

    private static func fault(in segments: [Segment], at position: Duration) -> Fault {
        segments.last { $0.start <= position }?.fault ?? .up
    }

    /// The piecewise constant course of one host; `steps` are in order of start.
    private static func segments(of steps: [Scenario.Step], end: Duration?) -> [Segment] {
        var boundaries: Set<Duration> = [.zero]
        for step in steps {
            boundaries.insert(step.start)
            if let length = step.length { boundaries.insert(step.start + length) }
        }
        var segments: [Segment] = []
        for boundary in boundaries.sorted() where end.map({ boundary < $0 }) ?? true {
            let step = steps.last { step in
                step.start <= boundary && step.length.map { boundary < step.start + $0 } ?? true
            }
            let fault = step?.fault ?? .up
            if segments.last?.fault != fault {
                segments.append(Segment(start: boundary, fault: fault))
            }
        }
        return segments
    }
}
