import Alerting
import HealthModel
import Observing
import Testing

@Suite struct DependencyGraphTests {
    private func ids(_ texts: String...) -> [ServiceID] { texts.map { ServiceID($0) } }

    /// The shape of the real catalogue: DigiD shows data of RDW, and RDW lets people log in.
    private let real = [
        service("digid", [("rdw", .soft), ("diginetwerk", .hard)]),
        service("rdw", [("digid", .login)]),
        service("diginetwerk", kind: .dark),
        service("mijnoverheid", [("digid", .login), ("rdw", .soft)]),
        service("berichtenbox", [("mijnoverheid", .hard)]),
        service("platform", [("digid", .common)]),
    ]

    @Test func aLoginParentDownImpairsAndAHardParentDownTakesDown() {
        let graph = DependencyGraph(services: real)
        let effect = graph.effect(of: [.down, .up, .unknown, .up, .up, .up])
        #expect(effect.states == [.down, .impaired, .unknown, .impaired, .up, .up])
        #expect(effect.causes == [[], ids("digid"), [], ids("digid"), [], []])
        let network = graph.effect(of: [.up, .up, .down, .degraded, .unknown, .up])
        #expect(network.states == [.down, .impaired, .down, .impaired, .unknown, .up])
        let cause = ids("diginetwerk")
        #expect(network.causes == [cause, cause, [], cause, [], []])
    }

    @Test func onlyDownSpreads() {
        let graph = DependencyGraph(services: real)
        for state in HealthState.allCases where state != .down {
            let own = [state, .up, state, .up, .up, .up]
            let effect = graph.effect(of: own)
            #expect(effect.states == own)
            #expect(effect.causes.allSatisfy { $0.isEmpty })
        }
    }

    @Test func aChildThatIsWorseAlreadyStaysAsItIs() {
        let graph = DependencyGraph(services: real)
        let effect = graph.effect(of: [.down, .down, .unknown, .impaired, .up, .up])
        #expect(effect.states[1] == .down)
        #expect(effect.causes[1].isEmpty)
        #expect(effect.states[3] == .impaired)
        #expect(effect.causes[3].isEmpty)
    }

    @Test func causesAreRootsOnly() {
        let graph = DependencyGraph(services: [
            service("a"), service("b", [("a", .hard)]), service("c", [("b", .hard)]),
            service("other"), service("d", [("c", .login), ("other", .hard)]),
        ])
        let effect = graph.effect(of: [.down, .down, .up, .down, .up])
        #expect(effect.states == [.down, .down, .down, .down, .down])
        #expect(effect.causes == [[], [], ids("a"), [], ids("a", "other")])
    }

    @Test func cyclesEndAndTheirMembersAreRootsTogether() {
        let graph = DependencyGraph(services: [
            service("a", [("b", .hard)]), service("b", [("a", .hard)]),
            service("c", [("a", .hard), ("c", .hard)]),
        ])
        #expect(graph.effect(of: [.up, .up, .up]).states == [.up, .up, .up])
        let one = graph.effect(of: [.down, .up, .up])
        #expect(one.states == [.down, .down, .down])
        #expect(one.causes == [[], ids("a"), ids("a")])
        #expect(graph.effect(of: [.down, .down, .up]).causes == [[], [], ids("a", "b")])
    }

    @Test func dependantsAreTransitiveOverHardAndLogin() {
        let graph = DependencyGraph(services: real)
        #expect(graph.dependants[0] == ids("berichtenbox", "mijnoverheid", "rdw"))
        #expect(graph.dependants[1] == [])
        #expect(graph.dependants[2] == ids("berichtenbox", "digid", "mijnoverheid", "rdw"))
        let cycle = DependencyGraph(services: [
            service("a", [("b", .login)]), service("b", [("a", .hard)]),
        ])
        #expect(cycle.dependants == [ids("b"), ids("a")])
    }

    @Test(arguments: 0..<200) func agreesWithTheSlowFixpoint(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let count = Int.random(in: 1...9, using: &generator)
        let kinds = Dependency.Kind.allCases
        let services = (0..<count).map { index in
            service(
                "s\(index)",
                (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    (
                        "s\(Int.random(in: 0..<count, using: &generator))",
                        kinds.randomElement(using: &generator) ?? .hard
                    )
                })
        }
        let own = services.map { _ in
            [HealthState.up, .down, .unknown, .degraded].randomElement(using: &generator) ?? .up
        }
        // Over and over, edge by edge, until nothing changes.
        var states = own
        var isChanging = true
        while isChanging {
            isChanging = false
            for (child, service) in services.enumerated() {
                for edge in service.dependencies {
                    guard let parent = services.firstIndex(where: { $0.id == edge.service }),
                        states[parent] == .down, parent != child
                    else { continue }
                    let wanted: HealthState? =
                        edge.kind == .hard ? .down : edge.kind == .login ? .impaired : nil
                    if let wanted, wanted.severity > states[child].severity {
                        states[child] = wanted
                        isChanging = true
                    }
                }
            }
        }
        let effect = DependencyGraph(services: services).effect(of: own)
        #expect(effect.states == states)
        for index in services.indices {
            let isWorse = states[index].severity > own[index].severity
            #expect(effect.causes[index].isEmpty != isWorse)
            for cause in effect.causes[index] {
                let root = services.firstIndex { $0.id == cause }
                #expect(root.map { own[$0] } == .down)
            }
        }
    }
}
