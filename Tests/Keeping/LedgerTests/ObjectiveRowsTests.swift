import Alerting
import FoundationEssentials
import HealthModel
import Observing
import TestSupport
import Testing

@testable import Ledger

/// What services did against their objectives, across the end of a process.
@Suite final class ObjectiveRowsTests {
    private static let noon = Timestamp(seconds: 1_795_435_200)
    private let files: TemporaryDirectory
    private var directory: String { files.path }

    init() throws {
        files = try TemporaryDirectory()
    }

    @Test func monthsAreReadBackAndGoOn() throws {
        let (a, b) = (ServiceID("a"), ServiceID("b"))
        var clock = ObjectiveClock()
        clock.advance(to: Self.noon, as: .unknown)
        for (index, kind) in ServiceTime.allCases.enumerated() {
            clock.advance(to: Self.noon + .seconds(Int64(100 * (index + 1))), as: kind)
        }
        var other = ObjectiveClock()
        other.advance(to: Self.noon - .seconds(10), as: .unknown)
        other.advance(to: Self.noon + .seconds(600), as: .lostOwn)
        do {
            var ledger = try Ledger(dataDirectory: directory)
            var changes = AlertChanges()
            changes.objectives = [a: clock, b: other]
            ledger.note(changes)
            #expect(ledger.write(at: Self.noon) == [])
            // Sixteen months later: only the last ones of all services are read.
            other.advance(to: Self.noon + .seconds(16 * 31 * 86_400), as: .good)
            changes.objectives = [b: other]
            ledger.note(changes)
            _ = ledger.write(at: Self.noon)
        }
        let memory = try Ledger(dataDirectory: directory).memory.objectives
        #expect(memory[b]?.months.suffix(2) == other.months.suffix(2))
        #expect(memory[b]?.seenUntil == other.seenUntil)
        #expect(memory[a]?.months == clock.months)
        #expect(memory[a]?.seenUntil == clock.seenUntil)
    }
}
