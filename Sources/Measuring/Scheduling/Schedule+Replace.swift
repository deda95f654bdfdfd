public import HealthModel

extension Schedule {
    /// Puts a new set of endpoints in force.
    ///
    /// An endpoint that stays under its id and URL keeps its attempt in flight, its confirmation
    /// and its back-off, also when its probe changed. One that is new, or whose URL changed,
    /// starts at its first slot from now, so that it has a result within one interval. The result
    /// of an attempt in flight to an endpoint that is gone is discarded. O(n log n).
    ///
    /// - Precondition: ids are unique.
    public mutating func replace(endpoints: [Endpoint], at now: Timestamp) {
        noticeClock(now)
        var kept = Set<EndpointID>(minimumCapacity: endpoints.count)
        for endpoint in endpoints {
            precondition(kept.insert(endpoint.id).inserted, "two endpoints with one id")
            guard let index = entryOfEndpoint[endpoint.id] else {
                add(endpoint, at: now)
                continue
            }
            let old = entries[index].endpoint
            if old.url != endpoint.url {
                remove(entry: index)
                add(endpoint, at: now)
            } else if old != endpoint {
                change(entry: index, to: endpoint, at: now)
            }
        }
        for (id, index) in entryOfEndpoint where !kept.contains(id) { remove(entry: index) }
        sweep()
    }

    private mutating func add(_ endpoint: Endpoint, at now: Timestamp) {
        let grid = SlotGrid(
            endpoint: endpoint.id, vantage: vantage, interval: endpoint.probe.interval)
        var entry = Entry(
            endpoint: endpoint, grid: grid, host: useHost(endpoint.url.host),
            slot: grid.first(atOrAfter: now))
        let index: Int
        if let free = freeEntries.popLast() {
            entry.generation = entries[free].generation
            entry.wakeGeneration = entries[free].wakeGeneration
            entries[free] = entry
            index = free
        } else {
            index = entries.count
            entries.append(entry)
        }
        entryOfEndpoint[endpoint.id] = index
        plan(index, slot: entry.slot, at: now)
    }

    private mutating func change(entry index: Int, to endpoint: Endpoint, at now: Timestamp) {
        entries[index].endpoint = endpoint
        let grid = SlotGrid(
            endpoint: endpoint.id, vantage: vantage, interval: endpoint.probe.interval)
        guard grid != entries[index].grid else { return }
        entries[index].grid = grid
        entries[index].stride = 1
        switch entries[index].stage {
        case .planned: plan(index, slot: grid.first(atOrAfter: now), at: now)
        case .waiting:
            entries[index].slot = grid.last(atOrBefore: now)
            setWake(entry: index, at: grid.slot(entries[index].slot, plus: 1).instant)
        // The slot under way ends as it began; the next one is on the new grid.
        case .started, .confirming, .waitingToConfirm: break
        }
    }

    private mutating func remove(entry index: Int) {
        let entry = entries[index]
        entryOfEndpoint[entry.endpoint.id] = nil
        hosts[entry.host].users -= 1
        if entry.stage == .waiting || entry.stage == .waitingToConfirm { counters.waiting -= 1 }
        entries[index].isRemoved = true
        entries[index].wakeGeneration &+= 1
        // Its place in a queue is swept at the end, its place here when nothing is in flight.
    }

    /// Takes removed entries out of the queues and frees their places.
    private mutating func sweep() {
        for index in hosts.indices {
            hosts[index].confirmations.removeAll { entries[$0].isRemoved }
            hosts[index].regular.removeAll { entries[$0].isRemoved }
        }
        readyHosts.removeAll { hosts[$0].confirmations.isEmpty && hosts[$0].regular.isEmpty }
        var isReady = Set<Int>()
        var rest = readyHosts
        while let index = rest.popFirst() { isReady.insert(index) }
        for index in hosts.indices {
            hosts[index].isReady = isReady.contains(index)
            freeHostIfUnused(index)
        }
        let free = Set(freeEntries)
        for index in entries.indices
        where entries[index].isRemoved && !entries[index].isInFlight && !free.contains(index) {
            self.free(entry: index)
        }
        dropStaleWakes()
    }
}
