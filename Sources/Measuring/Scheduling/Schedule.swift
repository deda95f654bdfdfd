public import HealthModel

/// Decides when each endpoint is probed: a pure state machine owned by one loop thread.
///
/// Slots are pinned to absolute time and spread by a stable hash, so that load is flat and a
/// restart keeps the pattern. Call `due` at `nextDeadline` and after every `finish` or `replace`,
/// start every order it returns, and hand each outcome to `finish`.
///
/// All endpoints of one host must be in the same schedule, since the cap per host is kept here.
/// Not thread-safe; every instant is wall-clock time handed in. `due` is O(k log n) for k due
/// endpoints of n.
public struct Schedule: Sendable {
    /// What has been counted so far.
    public internal(set) var counters = ScheduleCounters()
    /// The vantage whose slots these are.
    public let vantage: VantageID
    /// The caps and times in force.
    public let limits: ScheduleLimits

    var entries: [Entry] = []
    var freeEntries: [Int] = []
    var entryOfEndpoint: [EndpointID: Int] = [:]
    var hosts: [Host] = []
    var freeHosts: [Int] = []
    var hostOfName: [String: Int] = [:]
    var wakes = WakeHeap()
    /// Hosts that could start something now, were it not for the caps of the whole schedule.
    var readyHosts = Queue<Int>()
    var pacer: Pacer?
    var random: SplitMix64
    var lastSeen: Timestamp?
    var missedReports: [MissedSlots] = []

    /// Makes a schedule without endpoints.
    ///
    /// - Parameters:
    ///   - vantage: Where the probes run; part of the slot's hash.
    ///   - limits: The caps and times.
    ///   - seed: The seed of the random times of confirmations.
    public init(vantage: VantageID, limits: ScheduleLimits = ScheduleLimits(), seed: UInt64) {
        self.vantage = vantage
        self.limits = limits
        pacer = limits.startsPerSecond.map { Pacer(perSecond: $0) }
        random = SplitMix64(seed: seed)
    }

    /// How many endpoints are planned.
    public var endpointCount: Int { entryOfEndpoint.count }

    /// When `due` must be called next; it may lie in the past.
    ///
    /// Nil when nothing is planned, or when everything due waits for an attempt to finish.
    public func nextDeadline() -> Timestamp? {
        guard !readyHosts.isEmpty, counters.inFlight < limits.inFlight, let lastSeen else {
            return wakes.top?.at
        }
        let startAt = pacer?.allowedAt ?? lastSeen
        return wakes.top.map { min($0.at, startAt) } ?? startAt
    }

    /// Takes what is to be started now, at most one attempt per host in flight and within the caps.
    public mutating func due(at now: Timestamp) -> [Order] {
        noticeClock(now)
        while let wake = wakes.top, wake.at <= now {
            wakes.pop()
            guard isCurrent(wake) else { continue }
            switch wake.target {
            case .entry(let index): wakeEntry(index, at: now)
            case .host(let index):
                hosts[index].hasWake = false
                makeReady(host: index, at: now)
            }
        }
        var orders: [Order] = []
        while counters.inFlight < limits.inFlight, pacer?.allows(at: now) ?? true,
            let host = readyHosts.popFirst()
        {
            hosts[host].isReady = false
            guard let index = takeWaiting(host: host) else { continue }
            orders.append(start(index, at: now))
            makeReady(host: host, at: now)
        }
        dropStaleWakes()
        return orders
    }

    /// Takes the outcome of an attempt that was in flight.
    ///
    /// A first failed attempt is confirmed when the failure says that the endpoint does not do
    /// its work (`Reason.Meaning.failure`) and the endpoint was not known to be down. The other
    /// meanings are not confirmed: a page that says busy or maintenance, a refusal and a slow
    /// answer are the server's own word, and repeating a fault of the monitor tells nothing.
    /// Neither is a failure confirmed when the server asked to be left alone for longer.
    ///
    /// - Precondition: `order` came from `due` and was not finished before.
    public mutating func finish(
        _ result: ProbeResult, of order: Order, at now: Timestamp
    ) -> Finished {
        noticeClock(now)
        precondition(
            entries[order.entry].generation == order.generation
                && entries[order.entry].isInFlight,
            "an order finished twice or of another schedule")
        let host = entries[order.entry].host
        counters.inFlight -= 1
        hosts[host].inFlight -= 1
        hosts[host].users -= 1
        entries[order.entry].isInFlight = false
        defer {
            makeReady(host: host, at: now)
            freeHostIfUnused(host)
            dropStaleWakes()
        }
        if entries[order.entry].isRemoved {
            free(entry: order.entry)
            counters.discarded += 1
            return .discarded
        }
        if let at = confirmationTime(of: result, order: order, now: now) {
            entries[order.entry].firstResult = result
            entries[order.entry].stage = .confirming(at: at)
            setWake(entry: order.entry, at: at)
            return .confirmLater(at: at)
        }
        let merged = merge(result, into: order)
        noteOutcome(merged, entry: order.entry, at: now)
        planNext(entry: order.entry, at: now)
        return .final(merged)
    }

    /// Ends the back-off of endpoints that failed, since the failures may have been the monitor's.
    ///
    /// Each is probed at its next slot, so that all have a result within one interval and the load
    /// is as flat as ever; the caps stay. Who blocks us or asked for rest is left alone as before.
    public mutating func resume(at now: Timestamp) {
        noticeClock(now)
        for index in entryOfEndpoint.values where entries[index].downSince != nil {
            entries[index].downSince = nil
            entries[index].stride = 1
            guard entries[index].stage == .planned else { continue }
            let grid = entries[index].grid
            // After now, so that no slot is probed twice.
            var next = grid.slot(grid.last(atOrBefore: now), plus: 1)
            if let until = entries[index].leaveAloneUntil {
                next = max(next, grid.first(atOrAfter: until))
            }
            guard next < entries[index].slot else { continue }
            counters.backedOffSlots -= grid.steps(from: next, to: entries[index].slot)
            plan(index, slot: next, at: now)
        }
        dropStaleWakes()
    }

    /// Takes the runs of missed slots reported since the last call, the oldest first; at most
    /// `ScheduleLimits.missedReports`.
    public mutating func takeMissedSlots() -> [MissedSlots] {
        defer { missedReports.removeAll(keepingCapacity: true) }
        return missedReports
    }
}
