import Alerting
import FoundationEssentials
import GRDB
import HealthModel
import Observing
import TestSupport
import Testing

@testable import Ledger

/// What servers did as they should, across the end of a process.
@Suite final class BaselineRowsTests {
    private static let noon = Timestamp(seconds: 1_795_435_200)
    private static let month: Duration = .seconds(30 * 86_400)
    private let files: TemporaryDirectory
    private var directory: String { files.path }

    init() throws {
        files = try TemporaryDirectory()
    }

    private var path: String { directory + "/" + Ledger.name }

    private func pass(
        _ endpoint: String, _ fact: BaselineFact = .hsts, at instant: Timestamp = noon
    ) -> BaselinePass {
        BaselinePass(
            key: BaselinePass.Key(endpoint: EndpointID(endpoint), fact: fact),
            url: "https://\(endpoint).test/", at: instant)
    }

    private func changes(_ passes: BaselinePass...) -> AlertChanges {
        var changes = AlertChanges()
        for pass in passes { changes.passes[pass.key] = pass }
        return changes
    }

    private func left() throws -> [BaselinePass] {
        try Ledger(dataDirectory: directory).memory.passes
    }

    @Test func everyFieldComesBackAndTheLastCounts() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(changes(pass("a"), pass("b")))
            ledger.note(changes(pass("a", .modernTLS)))
            #expect(ledger.write(at: Self.noon).isEmpty)
            ledger.note(changes(pass("b", at: Self.noon + .seconds(1))))
            #expect(ledger.write(at: Self.noon).isEmpty)
        }
        #expect(
            try left() == [
                pass("a"), pass("a", .modernTLS), pass("b", at: Self.noon + .seconds(1)),
            ])
    }

    /// What no rule may look back on is forgotten, and nothing before.
    @Test func aMonthIsKept() throws {
        do {
            var ledger = try Ledger(dataDirectory: directory)
            ledger.note(
                changes(
                    pass("a", at: Self.noon - Self.month),
                    pass("b", at: Self.noon - Self.month - .nanoseconds(1))))
            #expect(ledger.write(at: Self.noon).isEmpty)
        }
        #expect(try left().map(\.key.endpoint.text) == ["a"])
    }

    /// Also what an earlier run has seen.
    @Test(arguments: [false, true]) func damageWhileRunningLosesNothing(isRestarted: Bool) throws {
        var ledger = try Ledger(dataDirectory: directory)
        ledger.note(changes(pass("a")))
        #expect(ledger.write(at: Self.noon).isEmpty)
        if isRestarted { ledger = try Ledger(dataDirectory: directory) }
        #expect(ledger.fail(DatabaseError(resultCode: .SQLITE_CORRUPT)) != nil)
        #expect(ledger.write(at: Self.noon).isEmpty)
        #expect(try left() == [pass("a")])
    }
}
