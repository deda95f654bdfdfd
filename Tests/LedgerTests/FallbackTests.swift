import Alerting
import FoundationEssentials
import Glibc
import HealthModel
import SQLiteSupport
import TestFiles
import Testing

@testable import Ledger

/// Another receiver is told, once, across the end of a process.
@Suite final class FallbackTests {
    private let directory: String
    private static let noon = Timestamp(seconds: 1_795_435_200)

    init() throws {
        directory = "\(TestFiles.directory)/vitaal-fallback-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private func alert(_ state: Alert.State) -> Alert {
        Alert(
            key: AlertKey(rule: RuleID("r"), subject: .service(ServiceID("s"))),
            service: ServiceID("s"), level: .page, state: state,
            activeSince: Self.noon - .seconds(60), firingSince: Self.noon, reason: nil,
            summary: LocalizedText(dutch: "weg", english: "gone"), runbook: nil)
    }

    private func change(
        _ state: Alert.State, at second: Int64, to receivers: [String] = []
    ) -> AlertChanges {
        var changes = AlertChanges()
        changes.transitions = [
            RoutedTransition(
                transition: AlertTransition(
                    at: Self.noon + .seconds(second), alert: alert(state)),
                receivers: receivers.map { ReceiverID($0) })
        ]
        return changes
    }

    /// A ledger as a process that starts has it: `a` falls back on `b` after 60 seconds.
    private func start(at second: Int64) throws -> Ledger {
        var ledger = try Ledger(dataDirectory: directory)
        let url = try #require(ProbeURL("http://a/"))
        var receiver = Receiver(id: ReceiverID("a"), kind: .webhook(url))
        receiver.fallback = ReceiverFallback(receiver: ReceiverID("b"), after: .seconds(60))
        ledger.use([receiver, Receiver(id: ReceiverID("b"), kind: .webhook(url))])
        #expect(step(&ledger, second) == [])
        return ledger
    }

    /// What is handed out at a second, as `receiver state occasion second`.
    private func step(_ ledger: inout Ledger, _ second: Int64) -> [String] {
        #expect(ledger.write(at: Self.noon + .seconds(second)) == [])
        return ledger.takeOutbox().map { one in
            let at = (one.at - Self.noon).components.seconds
            return "\(one.receiver) \(one.alert.state) \(one.occasion) \(at)"
        }
    }

    private func waiting() throws -> [String] {
        try Ledger(dataDirectory: directory).memory.waiting.map {
            "\($0.receiver) \($0.alert.state) \($0.occasion)"
        }
    }

    @Test func theOtherHearsOfTheBeginningAndTheEnd() throws {
        var ledger = try start(at: -30)
        ledger.note(change(.firing, at: 0, to: ["a"]))
        #expect(step(&ledger, 0) == ["a firing change 0"])
        #expect(step(&ledger, 59) == [])
        #expect(step(&ledger, 60) == ["b firing fallback 60"])
        #expect(try waiting() == ["a firing change", "b firing fallback"])
        #expect(step(&ledger, 200) == [])
        ledger.note(change(.resolved, at: 300))
        #expect(step(&ledger, 300) == ["a resolved change 300", "b resolved change 300"])
        #expect(step(&ledger, 900) == [])
    }

    /// Killed before and after: neither lost nor told twice.
    @Test func aRestartNeitherLosesNorDoublesIt() throws {
        do {
            var ledger = try start(at: -30)
            ledger.note(change(.firing, at: 0, to: ["a"]))
            _ = step(&ledger, 0)
        }
        do {
            var ledger = try start(at: 100)
            #expect(step(&ledger, 109) == [])
            #expect(step(&ledger, 110) == ["b firing fallback 110"])
        }
        do {
            var ledger = try start(at: 200)
            #expect(step(&ledger, 300) == [])
            #expect(ledger.memory.told.map(\.receiver.text) == ["a", "b"])
        }
        // Taken by the other, who is owed the end all the same.
        var ledger = try start(at: 400)
        let other = try #require(ledger.memory.waiting.last)
        ledger.note([Delivery(notification: other, at: Self.noon + .seconds(400))])
        #expect(step(&ledger, 500) == [])
        ledger.note(change(.resolved, at: 600))
        #expect(step(&ledger, 600) == ["a resolved change 600", "b resolved change 600"])
    }

    /// What began and ended while its receiver was away is told whole, and once.
    @Test func whatIsOverIsToldWithItsEnd() throws {
        do {
            var ledger = try start(at: -30)
            ledger.note(change(.firing, at: 0, to: ["a"]))
            _ = step(&ledger, 0)
            ledger.note(change(.resolved, at: 30))
            #expect(step(&ledger, 30) == ["a resolved change 30"])
            #expect(step(&ledger, 60) == ["b firing fallback 60", "b resolved change 30"])
        }
        var ledger = try start(at: 100)
        #expect(step(&ledger, 200) == [])
        #expect(
            try waiting() == [
                "a firing change", "a resolved change", "b firing fallback", "b resolved change",
            ])
    }

    @Test func whoeverWasToldByARuleIsNotToldAgain() throws {
        do {
            var ledger = try start(at: -30)
            ledger.note(change(.firing, at: 0, to: ["a", "b"]))
            let both = step(&ledger, 0)
            #expect(both.count == 2)
            let second = try #require(try Ledger(dataDirectory: directory).memory.waiting.last)
            #expect(second.receiver.text == "b")
            ledger.note([Delivery(notification: second, at: Self.noon + .seconds(1))])
            #expect(step(&ledger, 60) == [])
        }
        var ledger = try start(at: 100)
        #expect(step(&ledger, 200) == [])
    }

    /// One that refuses for good is not waited for.
    @Test func whatIsGivenUpIsToldAtOnce() throws {
        var ledger = try start(at: -30)
        ledger.note(change(.firing, at: 0, to: ["a"]))
        _ = step(&ledger, 0)
        let one = try #require(try Ledger(dataDirectory: directory).memory.waiting.first)
        ledger.note([Delivery(notification: one, at: Self.noon + .seconds(5), failure: "no")])
        #expect(step(&ledger, 6) == ["b firing fallback 6"])
        #expect(try waiting() == ["b firing fallback"])
    }

    /// A process that ends begins nothing; the next one does.
    @Test func aLastWriteTellsNobody() throws {
        var ledger = try start(at: -30)
        ledger.note(change(.firing, at: 0, to: ["a"]))
        _ = step(&ledger, 0)
        _ = ledger.write(at: Self.noon + .seconds(100), isLast: true)
        #expect(ledger.takeOutbox() == [])
        #expect(try waiting() == ["a firing change"])
    }
}
