import HealthModel
import Testing

@testable import Lab

@Suite struct ScenarioPlayerTests {
    /// The obvious way: look at every step.
    private func slowFault(_ scenario: Scenario, _ host: LabHost, at elapsed: Int64) -> Fault {
        let cycle = scenario.repeatTime?.wholeMilliseconds
        let position = cycle.map { elapsed % $0 } ?? elapsed
        var best: (start: Int64, fault: Fault)?
        for step in scenario.steps where step.concerns(host) {
            let start = step.start.wholeMilliseconds
            let end = step.length.map { start + $0.wholeMilliseconds } ?? Int64.max
            guard start <= position, position < end else { continue }
            if best.map({ start >= $0.start }) ?? true { best = (start, step.fault) }
        }
        return best?.fault ?? .up
    }

    private func randomScenario(_ generator: inout SplitMix64) -> Scenario {
        let cycle: Int64? =
            Bool.random(using: &generator)
            ? .random(in: 1...60, using: &generator) : nil
        let faults: [Fault] = [.up, .down, .refused, .slow(.seconds(1)), .expired]
        let steps = (0..<Int.random(in: 0...8, using: &generator)).map { _ in
            Scenario.Step(
                start: .milliseconds(Int64.random(in: 0..<(cycle ?? 50), using: &generator)),
                hosts: [["*"], ["www.digid.nl"], ["nobody.example"], []]
                    .randomElement(using: &generator) ?? [],
                services: Bool.random(using: &generator) ? [ServiceID("digid")] : [],
                fault: faults.randomElement(using: &generator) ?? .up,
                length: Bool.random(using: &generator)
                    ? .milliseconds(Int64.random(in: 1...40, using: &generator)) : nil)
        }
        return Scenario(
            name: "random", summary: LocalizedText(dutch: "", english: ""), steps: steps,
            repeatTime: cycle.map { .milliseconds($0) })
    }

    @Test func faultsAndChangesAgreeWithTheSlowWay() {
        var generator = SplitMix64(seed: 2)
        for round in 0..<300 {
            let scenario = randomScenario(&generator)
            let player = ScenarioPlayer(scenario: scenario, hosts: testHosts)
            var expected: [ScenarioPlayer.Change] = []
            let start = Int64.random(in: 0...70, using: &generator)
            var current = testHosts.map { slowFault(scenario, $0, at: start) }
            #expect(player.faults(at: .milliseconds(start)) == current, "round \(round)")
            // Windows longer than a cycle may leave rounds out; they are tested below.
            let span = scenario.repeatTime?.wholeMilliseconds ?? 60
            for instant in (start + 1)...(start + span) {
                for (index, host) in testHosts.enumerated() {
                    let fault = slowFault(scenario, host, at: instant)
                    guard fault != current[index] else { continue }
                    current[index] = fault
                    expected.append(
                        ScenarioPlayer.Change(
                            elapsed: .milliseconds(instant), host: host.name, fault: fault))
                }
            }
            let changes = player.changes(
                after: .milliseconds(start), through: .milliseconds(start + span))
            #expect(changes == expected, "round \(round): \(scenario)")
        }
    }

    @Test func aLongPauseStillLeadsToTheRightFaults() {
        var generator = SplitMix64(seed: 3)
        for round in 0..<200 {
            let scenario = randomScenario(&generator)
            let player = ScenarioPlayer(scenario: scenario, hosts: testHosts)
            let start = Duration.milliseconds(Int64.random(in: 0...70, using: &generator))
            let end = start + .milliseconds(Int64.random(in: 0...100_000, using: &generator))
            var faults = player.faults(at: start)
            let changes = player.changes(after: start, through: end)
            for change in changes {
                for (index, host) in testHosts.enumerated() where host.name == change.host {
                    #expect(faults[index] != change.fault, "round \(round)")
                    faults[index] = change.fault
                }
            }
            #expect(faults == player.faults(at: end), "round \(round)")
            #expect(changes.map(\.elapsed) == changes.map(\.elapsed).sorted())
            #expect(changes.count <= 200)
        }
    }

    @Test func theEndOfAStepIsNotPartOfIt() {
        let scenario = Scenario(
            name: "one", summary: LocalizedText(dutch: "", english: ""),
            steps: [
                Scenario.Step(
                    start: .seconds(1), hosts: ["www.digid.nl"], fault: .down, length: .seconds(1))
            ])
        let player = ScenarioPlayer(scenario: scenario, hosts: testHosts)
        #expect(player.faults(at: .milliseconds(999))[0] == .up)
        #expect(player.faults(at: .milliseconds(1000))[0] == .down)
        #expect(player.faults(at: .milliseconds(1999))[0] == .down)
        #expect(player.faults(at: .milliseconds(2000))[0] == .up)
        #expect(player.faults(at: .milliseconds(1500))[1] == .up)
        #expect(player.changes(after: .seconds(1), through: .seconds(1)).isEmpty)
        #expect(player.changes(after: .zero, through: .seconds(1)).count == 1)
    }
}
