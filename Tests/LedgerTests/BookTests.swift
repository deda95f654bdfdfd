import Alerting
import HealthModel
import RuleTesting
import Testing

@testable import Ledger

/// A test of rules must be told what the daemon would tell: two writings of one decision.
struct BookTests {
    private struct Dice {
        var state: UInt64

        mutating func roll(_ sides: UInt64) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % sides)
        }
    }

    private func transition(_ dice: inout Dice) -> RoutedTransition {
        let noon = Timestamp(seconds: 1_795_435_200)
        let names = ["a", "b", "c"].map { ReceiverID($0) }
        let isOver = dice.roll(3) == 0
        let alert = Alert(
            key: AlertKey(
                rule: RuleID("r"), subject: .service(ServiceID("s\(dice.roll(3))"))),
            service: ServiceID("s"), level: Level.allCases[dice.roll(4)],
            state: isOver ? .resolved : .firing, activeSince: noon,
            firingSince: noon + .seconds(dice.roll(2)), reason: nil,
            summary: LocalizedText(dutch: "", english: ""), runbook: nil)
        let chosen = names.filter { _ in dice.roll(2) == 0 }
        let part = isOver ? 0 : dice.roll(3)
        return RoutedTransition(
            transition: AlertTransition(at: noon + .seconds(9), alert: alert),
            receivers: isOver ? [] : chosen, held: isOver ? Set(chosen) : [], part: part,
            occasion: part > 0 ? .update : .change)
    }

    @Test(arguments: UInt64(0)..<50) func theBookTellsWhatTheLedgerTells(seed: UInt64) throws {
        // A file system that holds no file: what is told is decided in memory all the same.
        var ledger = try Ledger(dataDirectory: "/proc/nowhere-\(seed)")
        var book = NotificationBook()
        var dice = Dice(state: seed)
        for _ in 0..<40 {
            var changes = AlertChanges()
            changes.transitions = (0...dice.roll(3)).map { _ in transition(&dice) }
            ledger.note(changes)
            #expect(ledger.takeOutbox() == changes.transitions.flatMap { book.address($0) })
        }
    }
}
