import Alerting
import HealthModel
import Observing
import Testing

@testable import StatusServer

/// How promises are shown.
@Suite struct ObjectiveTextTests {
    private func document(_ rows: [(String, Int64, Int64)]) throws -> StatusDocument {
        var snapshot = try Fixture.calm()
        snapshot.objectives = rows.map { name, own, chain in
            var month = ObjectivePeriod(month: "2026-11")
            month.good = .seconds(1_000_000)
            month.lostOwn = .seconds(own)
            month.lostChain = .seconds(chain)
            month.unknown = .seconds(3720)
            let objective = Objective(target: 0.995)
            return ObjectiveStatus(
                service: ServiceID(name), objective: objective, months: [month],
                budgetLeft: month.budgetLeft(objective, monthLength: .seconds(2_592_000)),
                burnRate: nil)
        }
        return Fixture.document(snapshot)
    }

    /// The least budget first; 99.4999 % is never shown as 99.5 %.
    @Test func theTableBeginsWithTheLeastBudget() throws {
        #expect(
            StatusText.objectives(try document([("a", 0, 0), ("b", 5026, 0), ("c", 60, 13_000)]))
                == """
                2026-11  target  reached   budget   own      chain   unknown   service
                ✖        99.5%   98.710%   -1%      1m       3h36m   1h2m      c
                ✔        99.5%   99.499%   61%      1h23m    -       1h2m      b
                ✔        99.5%   100.000%  100%     -        -       1h2m      a

                """)
        #expect(StatusText.objectives(try document([])) == "nothing has been measured yet\n")
        let one = StatusText.objectives(try document([("a", 0, 0), ("b", 1, 0)]), ids: ["b"])
        #expect(one.split(separator: "\n").count == 2)
    }

    @Test func theDocumentSaysTheSame() throws {
        let status = try document([("a", 60, 30)])
        #expect(try StatusDocument(json: status.json()) == status)
        let one = try #require(status.objectives?.first)
        #expect(one.lostOwnSeconds == 60 && one.lostChainSeconds == 30)
        #expect(one.availabilityRatio == 1_000_000.0 / 1_000_090)
        let json = String(decoding: try ObjectivesDocument(status).json(), as: UTF8.self)
        #expect(json.contains("\"target_ratio\":0.995"))
    }
}
