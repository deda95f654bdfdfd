import HealthModel

extension Schedule {
    /// Where an endpoint is in the cycle of one slot.
    enum Stage: Hashable {
        /// Until its next slot is due.
        case planned
        /// Due, until its host and the caps let it start.
        case waiting
        /// In flight, first attempt or second.
        case started
        /// Between a failed first attempt and the second.
        case confirming(at: Timestamp)
        /// Due for the second attempt, until its host and the caps let it start.
        case waitingToConfirm
    }

    /// One endpoint.
    struct Entry {
        var endpoint: Endpoint
        var grid: SlotGrid
        var host: Int
        /// Changes with every wake set, so that older wakes are known to be stale.
        var wakeGeneration: UInt32 = 0
        /// Changes when the place is given to another endpoint.
        var generation: UInt32 = 0
        var slot: Slot
        var stage = Stage.planned
        var isInFlight = false
        /// Gone from the catalogue, but its attempt is still in flight.
        var isRemoved = false
        var firstResult: ProbeResult?
        /// Since when every final result failed; nil when the last one did not.
        var downSince: Timestamp?
        /// Every how many slots it is probed; 1 unless it backs off.
        var stride: Int64 = 1
        /// Until when the server asked to be left alone.
        var leaveAloneUntil: Timestamp?
    }

    /// One host name.
    struct Host {
        var name: String
        var inFlight = 0
        /// Endpoints on this host plus attempts in flight; the place is free at 0.
        var users = 0
        var lastStart: Timestamp?
        var confirmations = Queue<Int>()
        var regular = Queue<Int>()
        /// Whether it stands in `readyHosts`.
        var isReady = false
        /// Whether a wake is set for the end of the spacing.
        var hasWake = false
        var generation: UInt32 = 0
    }

    // MARK: Hosts

    mutating func useHost(_ name: String) -> Int {
        if let index = hostOfName[name] {
            hosts[index].users += 1
            return index
        }
        let index: Int
        if let free = freeHosts.popLast() {
            let generation = hosts[free].generation &+ 1
            hosts[free] = Host(name: name)
            hosts[free].generation = generation
            index = free
        } else {
            index = hosts.count
            hosts.append(Host(name: name))
        }
        hosts[index].users = 1
        hostOfName[name] = index
        return index
    }

    /// Frees the place of a host that no endpoint and no attempt needs.
    ///
    /// While the spacing after its last start runs, the place is kept, so that a reload cannot
    /// shorten the spacing.
    mutating func freeHostIfUnused(_ index: Int) {
        guard hosts[index].users == 0, !hosts[index].isReady, hosts[index].name != "" else {
            return
        }
        if let last = hosts[index].lastStart, let lastSeen,
            lastSeen < last + limits.hostSpacing
        {
            return
        }
        hostOfName[hosts[index].name] = nil
        hosts[index].name = ""
        hosts[index].generation &+= 1
        freeHosts.append(index)
    }

    /// Puts a host among the ready ones when it has something to start and may start it, or sets
    /// a wake for the end of its spacing.
    mutating func makeReady(host index: Int, at now: Timestamp) {
        let host = hosts[index]
        guard host.inFlight < Limits.probesInFlightPerHost, !host.isReady, !host.hasWake,
            !host.confirmations.isEmpty || !host.regular.isEmpty
        else { return }
        if let last = host.lastStart, last + limits.hostSpacing > now {
            hosts[index].hasWake = true
            wakes.push(
                at: last + limits.hostSpacing, .host(index), generation: host.generation)
        } else {
            hosts[index].isReady = true
            readyHosts.append(index)
        }
    }

    /// The endpoint that a host starts next: confirmations first, each kind in order of arrival.
    mutating func takeWaiting(host index: Int) -> Int? {
        hosts[index].confirmations.popFirst() ?? hosts[index].regular.popFirst()
    }

    // MARK: Wakes

    mutating func setWake(entry index: Int, at instant: Timestamp) {
        entries[index].wakeGeneration &+= 1
        wakes.push(at: instant, .entry(index), generation: entries[index].wakeGeneration)
    }

    func isCurrent(_ wake: Wake) -> Bool {
        switch wake.target {
        case .entry(let index): entries[index].wakeGeneration == wake.generation
        case .host(let index): hosts[index].generation == wake.generation
        }
    }

    mutating func dropStaleWakes() {
        while let wake = wakes.top, !isCurrent(wake) { wakes.pop() }
    }

    // MARK: Entries

    mutating func free(entry index: Int) {
        entries[index].wakeGeneration &+= 1
        entries[index].generation &+= 1
        entries[index].firstResult = nil
        freeEntries.append(index)
    }

    mutating func reportMissed(_ index: Int, first: Slot, count: Int) {
        guard count > 0 else { return }
        counters.missedSlots += count
        if missedReports.count == ScheduleLimits.missedReports { missedReports.removeFirst() }
        missedReports.append(
            MissedSlots(endpoint: entries[index].endpoint.id, first: first, count: count))
    }
}
