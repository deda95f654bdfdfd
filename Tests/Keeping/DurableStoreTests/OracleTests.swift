import DurableStore
import HealthModel
import Observing
import Testing

/// Random histories with late, repeated and out-of-order slots, sealed, made into days and reopened
/// in between, beside arrays in memory.
@Suite struct OracleTests {
    private struct Kept {
        var slot: Int64
        var state: ObservedState
        var until: Int64
        var micro: Int64
        var reason: Reason?
    }

    @Test(arguments: 0..<12) func theStoreAnswersAsPlainArraysDo(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let directory = try StoreDirectory()
        var store: DurableStore? = try DurableStore(directory: directory.path)
        var oracle: [String: [Int64: Kept]] = [:]
        var now = midnight
        for _ in 0..<Int.random(in: 100...220, using: &random) {
            now = now + .milliseconds(Int64.random(in: 0...900_000, using: &random))
            let batch = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                submission(
                    ["a", "b", "c"].randomElement(using: &random) ?? "a",
                    Timestamp(
                        milliseconds: now.milliseconds
                            - Int64.random(in: 0...20, using: &random) * 240_000),
                    [nil, nil, .httpStatus, .maintenance, .monitorError]
                        .randomElement(using: &random) ?? nil,
                    micro: Int64.random(in: 1...3_000_000, using: &random),
                    coverage: .seconds(Int64.random(in: 0...2000, using: &random)))
            }
            for one in batch {
                let slot = one.result.slot.milliseconds
                guard oracle[one.result.endpoint.text]?[slot] == nil else { continue }
                oracle[one.result.endpoint.text, default: [:]][slot] = Kept(
                    slot: slot, state: ObservedState(one.result.reason),
                    until: slot + one.coverage.components.seconds * 1000,
                    micro: one.result.phases.totalMicroseconds, reason: one.result.reason)
            }
            store?.append(batch, at: now)
            #expect(store?.commit() == [])
            if Int.random(in: 0..<4, using: &random) == 0 {
                #expect(store?.maintain(at: now) == [])
            }
            if Int.random(in: 0..<25, using: &random) == 0 {
                store = nil
                store = try DurableStore(directory: directory.path)
                #expect(store?.problems == [])
            }
        }
        let last = try #require(store)
        for (endpoint, kept) in oracle {
            try await compare(
                last, endpoint, kept.values.sorted { $0.slot < $1.slot }, until: now, &random)
        }
    }

    private func compare(
        _ store: DurableStore, _ endpoint: String, _ kept: [Kept], until now: Timestamp,
        _ random: inout SplitMix64
    ) async throws {
        let key = SeriesKey(endpoint: EndpointID(endpoint))
        let chunk = try store.view.results(
            of: key, from: midnight - .seconds(86_400), to: now + .seconds(1))
        #expect(chunk.results.map(\.slot.milliseconds) == kept.map(\.slot))
        #expect(chunk.results.map(\.record.reason) == kept.map(\.reason))
        #expect(chunk.results.map(\.record.phases.totalMicroseconds) == kept.map(\.micro))
        for _ in 0..<12 {
            let length = now.milliseconds - midnight.milliseconds
            let from = midnight.milliseconds + Int64.random(in: 0...length, using: &random)
            let to = from + Int64.random(in: 0...length, using: &random)
            var times: [ObservedState: Int64] = [.unknown: to - from]
            for (place, one) in kept.enumerated() {
                let next = place + 1 < kept.count ? kept[place + 1].slot : .max
                // A result of an hour that nothing was ever sealed or kept after speaks no further
                // than the hour behind its own.
                let time = min(one.until, next, to) - max(one.slot, from)
                guard time > 0, one.state != .unknown else { continue }
                times[one.state, default: 0] += time
                times[.unknown, default: 0] -= time
            }
            let report = try store.view.report(
                of: key, from: Timestamp(milliseconds: from), to: Timestamp(milliseconds: to))
            let fleet = try await store.view.reports(
                from: Timestamp(milliseconds: from), to: Timestamp(milliseconds: to)
            ).reports
            if report.results > 0 {
                let same = try #require(fleet[key])
                #expect(same.availability == report.availability)
                #expect(same.results == report.results)
                #expect(same.failures == report.failures)
                #expect(same.lastSuccess == report.lastSuccess)
                #expect(same.sketches[.total] == report.sketches[.total])
            } else {
                #expect(fleet[key] == nil)
            }
            var lengths: [ObservedState: Int64] = [:]
            let intervals = try store.view.states(
                of: key, from: Timestamp(milliseconds: from), to: Timestamp(milliseconds: to))
            for interval in intervals {
                lengths[interval.state, default: 0] +=
                    interval.to.milliseconds - interval.from.milliseconds
            }
            for (state, time) in times where time > 0 { #expect(lengths[state] == time) }
            for (before, next) in zip(intervals, intervals.dropFirst()) {
                #expect(before.to == next.from && before.state != next.state)
            }
            try await compareAnnounced(
                store, key, intervals, (Timestamp(milliseconds: from), Timestamp(milliseconds: to)),
                &random)
            #expect(report.availability.up == .milliseconds(times[.up] ?? 0))
            #expect(report.availability.down == .milliseconds(times[.down] ?? 0))
            #expect(report.availability.maintenance == .milliseconds(times[.maintenance] ?? 0))
            #expect(report.availability.unknown == .milliseconds(times[.unknown] ?? 0))
        }
    }

    /// Lays times of maintenance over the states, five seconds after five seconds.
    private func compareAnnounced(
        _ store: DurableStore, _ key: SeriesKey, _ intervals: [StoreView.StateInterval],
        _ window: (from: Timestamp, to: Timestamp), _ random: inout SplitMix64
    ) async throws {
        guard window.from < window.to else { return }
        let length = window.to.milliseconds - window.from.milliseconds
        var announced: [Range<Timestamp>] = []
        var at = window.from - .seconds(600)
        while at < window.to, announced.count < 6 {
            let start = at + .milliseconds(Int64.random(in: 1...max(2, length / 2), using: &random))
            at = start + .milliseconds(Int64.random(in: 1...max(2, length / 2), using: &random))
            announced.append(start..<at)
        }
        let states = try store.view.states(
            of: key, from: window.from, to: window.to, announced: announced)
        #expect(states.first?.from == window.from && states.last?.to == window.to)
        for (before, next) in zip(states, states.dropFirst()) {
            #expect(before.to == next.from && before.state != next.state)
        }
        var wrong: [Timestamp] = []
        var (instant, measured, laid) = (window.from, 0, 0)
        while instant < window.to {
            while intervals[measured].to <= instant { measured += 1 }
            while states[laid].to <= instant { laid += 1 }
            let isAnnounced = announced.contains { $0.contains(instant) }
            let state = isAnnounced ? .maintenance : intervals[measured].state
            if states[laid].state != state { wrong.append(instant) }
            instant = instant + .seconds(5)
        }
        #expect(wrong.isEmpty)
        let report = try store.view.report(
            of: key, from: window.from, to: window.to, announced: announced)
        func sum(_ state: ObservedState) -> Duration {
            states.filter { $0.state == state }.reduce(.zero) { $0 + ($1.to - $1.from) }
        }
        #expect(report.availability.up == sum(.up))
        #expect(report.availability.down == sum(.down))
        #expect(report.availability.maintenance == sum(.maintenance))
        #expect(report.availability.unknown == sum(.unknown))
        let fleet = try await store.view.reports(
            from: window.from, to: window.to, announced: [key.endpoint: announced])
        if report.results > 0 {
            #expect(fleet.reports[key]?.availability == report.availability)
        }
    }
}
