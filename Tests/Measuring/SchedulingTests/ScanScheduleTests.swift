import HealthModel
import Testing

@testable import Scheduling

@Suite struct ScanScheduleTests {
    private static let start = Timestamp(seconds: 1_795_000_000)
    private static let day: Int64 = 86_400
    private let endpoints = Set((0..<50).map { EndpointID("e\($0)") })

    /// Each endpoint once in every day, at the same time of day, one at a time.
    @Test func onceADayEach() {
        var schedule = ScanSchedule()
        schedule.replace(endpoints, at: Self.start)
        var times: [EndpointID: [Int64]] = [:]
        for minute in 0..<(3 * 24 * 60) {
            let now = Self.start + .seconds(Int64(minute) * 60)
            while let endpoint = schedule.due(at: now) {
                #expect(schedule.due(at: now) == nil && schedule.running == endpoint)
                times[endpoint, default: []].append(now.seconds)
                schedule.finished()
            }
        }
        #expect(Set(times.keys) == endpoints)
        for one in times.values {
            #expect(one.count == 3)
            #expect(zip(one, one.dropFirst()).allSatisfy { $1 - $0 == Self.day })
        }
        // They are spread: no hour has a third of them.
        let hours = Dictionary(grouping: times.values.map { $0[0] % Self.day / 3600 }) { $0 }
        #expect((hours.values.map(\.count).max() ?? 0) < 17)
    }

    /// Who is started again every ten minutes scans no more often.
    @Test func aRestartIsNoReasonToScan() {
        var counts: [EndpointID: Int] = [:]
        for tenth in 0..<(24 * 6) {
            var schedule = ScanSchedule()
            let begun = Self.start + .seconds(Int64(tenth) * 600)
            schedule.replace(endpoints, at: begun)
            for second in stride(from: Int64(0), through: 600, by: 1) {
                while let endpoint = schedule.due(at: begun + .seconds(second)) {
                    counts[endpoint, default: 0] += 1
                    schedule.finished()
                }
            }
        }
        #expect(counts.count == endpoints.count && counts.values.allSatisfy { $0 == 1 })
    }

    /// Put off for an hour, to the second; a reload keeps what is planned, and forgets who left.
    @Test func putOffAndReload() throws {
        var schedule = ScanSchedule()
        let endpoint = EndpointID("a")
        schedule.replace([endpoint], at: Self.start)
        let slot = ScanSchedule.slot(of: endpoint, after: Self.start)
        #expect(slot > Self.start && slot <= Self.start + .seconds(Self.day))
        #expect(ScanSchedule.slot(of: endpoint, after: slot) == slot + .seconds(Self.day))
        #expect(schedule.due(at: slot - .nanoseconds(1)) == nil)
        #expect(schedule.due(at: slot) == endpoint)
        schedule.putOff(at: slot)
        schedule.replace([endpoint, EndpointID("b")], at: slot)
        let retry = slot + ScanSchedule.retryInterval
        var early = schedule
        #expect(early.due(at: retry - .nanoseconds(1)) != endpoint)
        schedule.replace([endpoint], at: slot)
        #expect(schedule.due(at: retry) == endpoint)
        schedule.replace([], at: retry)
        schedule.putOff(at: retry)
        #expect(schedule.due(at: retry + .seconds(9 * Self.day)) == nil)
    }
}
