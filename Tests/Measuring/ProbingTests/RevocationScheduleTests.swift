import HealthModel
import Testing

@testable import Probing

/// When revocation lists are fetched, on a clock of the test's own.
@Suite struct RevocationScheduleTests {
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static func after(_ seconds: Int64) -> Timestamp { start + .seconds(seconds) }

    @Test func aNewListIsDueAtOnceAndOnce() {
        var schedule = RevocationSchedule()
        #expect(schedule.nextInstant == nil)
        schedule.want("http://a/", at: Self.start)
        schedule.want("http://a/", at: Self.start)
        #expect(schedule.nextInstant == Self.start)
        #expect(schedule.due(at: Self.start) == ["http://a/"])
        #expect(schedule.due(at: Self.start) == [])
        #expect(schedule.inFlight == 1)
    }

    @Test func onlySoManyAtATime() {
        var schedule = RevocationSchedule()
        for number in 0..<10 { schedule.want("http://a/\(number)", at: Self.after(Int64(number))) }
        let now = Self.after(100)
        let first = schedule.due(at: now)
        #expect(first == (0..<RevocationSchedule.fetchesMax).map { "http://a/\($0)" })
        #expect(schedule.nextInstant == nil)
        schedule.failed(first[0], at: now)
        #expect(schedule.due(at: now) == ["http://a/\(RevocationSchedule.fetchesMax)"])
    }

    /// Six to twelve hours, spread by address and the same every time; earlier when it runs out.
    @Test func refresh() {
        var waits: Set<Int64> = []
        for number in 0..<50 {
            let address = "http://a/\(number)"
            var schedule = RevocationSchedule()
            schedule.want(address, at: Self.start)
            for _ in 0..<2 {
                let due = schedule.nextInstant ?? Self.start
                #expect(schedule.due(at: due) == [address])
                schedule.fetched(address, nextUpdate: nil, at: due)
                let wait = (schedule.nextInstant ?? due) - due
                #expect((.seconds(6 * 3600)..<(.seconds(12 * 3600))).contains(wait))
                waits.insert(wait.nanoseconds)
            }
        }
        #expect(waits.count > 40 && waits.count <= 50)
    }

    @Test(
        arguments: [
            (-1, 600), (0, 600), (599, 600), (600, 600), (601, 601), (3600, 3600),
        ] as [(Int64, Int64)])
    func aListThatRunsOutIsAskedForThen(nextUpdate: Int64, wait: Int64) {
        var schedule = RevocationSchedule()
        schedule.want("http://a/", at: Self.start)
        _ = schedule.due(at: Self.start)
        schedule.fetched("http://a/", nextUpdate: Self.after(nextUpdate), at: Self.start)
        #expect(schedule.nextInstant == Self.after(wait))
    }

    @Test func failuresAreRetriedMoreAndMoreRarely() {
        var schedule = RevocationSchedule()
        schedule.want("http://a/", at: Self.start)
        var now = Self.start
        var waits: [Int64] = []
        for _ in 0..<20 {
            #expect(schedule.due(at: now) == ["http://a/"])
            schedule.failed("http://a/", at: now)
            let next = schedule.nextInstant ?? now
            waits.append((next - now).nanoseconds / 1_000_000_000)
            now = next
        }
        #expect(waits.prefix(8) == [300, 600, 1200, 2400, 4800, 9600, 19_200, 21_600])
        #expect(waits.suffix(12).allSatisfy { $0 == 21_600 })
        // A success forgets them.
        _ = schedule.due(at: now)
        schedule.fetched("http://a/", nextUpdate: now, at: now)
        now = now + .seconds(600)
        _ = schedule.due(at: now)
        schedule.failed("http://a/", at: now)
        #expect(schedule.nextInstant == now + .seconds(300))
    }

    @Test func whatNobodyNamesIsForgotten() {
        var schedule = RevocationSchedule()
        schedule.want("http://a/", at: Self.start)
        schedule.want("http://b/", at: Self.start)
        let end = Self.start + RevocationSchedule.unwantedAfter
        schedule.want("http://b/", at: Self.after(1))
        #expect(schedule.forget(at: Timestamp(nanoseconds: end.nanoseconds - 1)) == [])
        #expect(schedule.forget(at: end) == ["http://a/"])
        #expect(schedule.count == 1)
    }

    @Test func theNumberOfAddressesIsBounded() {
        var schedule = RevocationSchedule()
        for number in 0...RevocationSchedule.addressesMax {
            schedule.want("http://a/\(number)", at: Self.start)
        }
        #expect(schedule.count == RevocationSchedule.addressesMax)
        schedule.want("http://a/0", at: Self.after(1))
        #expect(schedule.count == RevocationSchedule.addressesMax)
    }
}
