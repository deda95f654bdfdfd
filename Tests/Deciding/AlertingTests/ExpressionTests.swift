import HealthModel
import Observing
import Testing

@testable import Alerting
@testable import Rules

@Suite struct ExpressionTests {
    /// A random expression of the values of an endpoint.
    private func term(
        depth: Int, _ random: inout SplitMix64
    ) -> Rules.Expression.Term {
        switch depth == 0 ? 9 : Int.random(in: 0..<8, using: &random) {
        case 0, 1:
            return .both(term(depth: depth - 1, &random), term(depth: depth - 1, &random))
        case 2, 3:
            return .either(term(depth: depth - 1, &random), term(depth: depth - 1, &random))
        case 4: return .not(term(depth: depth - 1, &random))
        default:
            if Int.random(in: 0..<5, using: &random) == 0 { return .truth(.certificateTrusted) }
            return .comparison(comparison(&random))
        }
    }

    private func comparison(
        _ random: inout SplitMix64
    ) -> Rules.Expression.Comparison {
        let window = Duration.milliseconds(Int.random(in: 1...21_600_000, using: &random))
        let decimal = Double(Int.random(in: 0...999_999, using: &random)) / 10_000
        let share: Rules.Expression.Literal =
            Bool.random(using: &random) ? .percent(decimal) : .fraction(1, 4)
        let phase = Phase.allCases.randomElement(using: &random) ?? .total
        let percent = [50, 90, 95, 99].randomElement(using: &random) ?? 50
        let pairs: [(Rules.Expression.Quantity, Rules.Expression.Literal)] = [
            (.tier, .number(decimal)), (.consecutiveFailures, .number(3)),
            (.status, .number(503)), (.availability(window), share),
            (.failures(window), .number(decimal)), (.changes(window), .number(4)),
            (.quantile(percent: percent, phase, window), .duration(window)),
            (.certificateLifetimeLeft, share), (.certificateExpiresIn, .duration(.zero)),
            (.reason, .reason(Reason.allCases.randomElement(using: &random) ?? .dnsBogus)),
        ]
        guard let (quantity, literal) = pairs.randomElement(using: &random) else {
            preconditionFailure("the list is not empty")
        }
        let isOrdered = quantity.kind.isOrdered
        let relations = Rules.Expression.Relation.allCases.filter {
            isOrdered || $0 == .equal || $0 == .unequal
        }
        let relation = relations.randomElement(using: &random) ?? .equal
        let measured: Rules.Expression.Operand =
            isOrdered && Bool.random(using: &random)
            ? .product(decimal, quantity) : .measured(quantity)
        return Bool.random(using: &random)
            ? .init(left: measured, relation: relation, right: .literal(literal))
            : .init(left: .literal(literal), relation: relation, right: measured)
    }

    @Test func `what is printed parses to the same`() throws {
        for seed in 0..<3000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let expression = Rules.Expression(root: term(depth: 3, &random))
            let text = expression.description
            guard text.utf8.count <= Rules.Expression.textBytes else { continue }
            let parsed = try #require(try? Rules.Expression(parsing: text), "\(text)")
            #expect(parsed == expression, "seed \(seed): \(text)")
        }
    }

    /// Kleene's logic with numbers: fails is 0, unknown 1, holds 2.
    private func rank(
        _ term: Rules.Expression.Term, _ measure: Rules.Expression.Measure
    ) -> Int {
        switch term {
        case .both(let left, let right): return min(rank(left, measure), rank(right, measure))
        case .either(let left, let right): return max(rank(left, measure), rank(right, measure))
        case .not(let term): return 2 - rank(term, measure)
        case .comparison(let comparison):
            return [.fails: 0, .unknown: 1, .holds: 2][comparison.finding(measure)] ?? 1
        case .truth(let quantity): return measure(quantity).map { $0 == 0 ? 0 : 2 } ?? 1
        }
    }

    @Test func `three values combine as Kleene's do`() {
        var seen: Set<Int> = []
        for seed in 0..<3000 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let expression = Rules.Expression(root: term(depth: 3, &random))
            let measured = Dictionary(
                expression.root.quantities.map { quantity in
                    let value = [nil, 0, 0.5, 3].randomElement(using: &random) ?? nil
                    return (quantity, value as Double?)
                }, uniquingKeysWith: { first, _ in first })
            let measure: Rules.Expression.Measure = { measured[$0] ?? nil }
            let wanted = rank(expression.root, measure)
            seen.insert(wanted)
            let finding = expression.finding(measure)
            #expect(
                [AlertMachine.Finding.fails, .unknown, .holds][wanted] == finding,
                "seed \(seed): \(expression)")
        }
        #expect(seen == [0, 1, 2])
    }

    static let table: [(String, AlertMachine.Finding)] = [
        ("tier == 1", .holds), ("tier != 1", .fails), ("tier <= 1", .holds),
        ("tier < 1", .fails), ("tier >= 1", .holds), ("tier > 1", .fails), ("1 == tier", .holds),
        ("state == degraded", .holds), ("state != down", .holds), ("state == down", .fails),
        ("effective_state == down", .unknown), ("effective_state == unknown", .holds),
        ("effective_state != unknown", .fails),
        ("state == down and effective_state == down", .fails),
        ("state == degraded and effective_state == down", .unknown),
        ("state == degraded or effective_state == down", .holds),
        ("state == down or effective_state == down", .unknown),
        ("not effective_state == down", .unknown),
        ("tier == 2 and tier == 1 or tier == 1", .holds),
        ("tier == 2 and (tier == 1 or tier == 1)", .fails),
        ("not tier == 2 and tier == 1", .holds), ("not (tier == 2 or tier == 1)", .fails),
        ("3 * dependants == 12", .holds), ("dependants * 0.5 > 2", .fails),
    ]

    @Test(arguments: table)
    func `evaluates by the table`(text: String, wanted: AlertMachine.Finding) throws {
        let expression = try Rules.Expression(parsing: text)
        let finding = expression.finding { quantity in
            switch quantity {
            case .tier: 1
            case .dependants: 4
            case .state: Rules.Expression.Literal.state(.degraded).scalar
            case .effectiveState: Rules.Expression.Literal.state(.unknown).scalar
            default: nil
            }
        }
        #expect(finding == wanted)
    }

    @Test func `traces every part with its value and threshold`() throws {
        let expression = try Rules.Expression(
            parsing: "availability(10m) < 90% and 2 * p95(total, 1h) > 1500ms")
        let steps = expression.trace { quantity in
            if case .availability = quantity { 0.875 } else { nil }
        }
        #expect(
            steps.map {
                "\($0.depth) \($0.value ?? "?") \($0.threshold ?? "?") \($0.finding)"
            } == ["0 ? ? unknown", "1 87.5% 90% holds", "1 ? 1500ms unknown"])
        #expect(steps[2].text == "2 * p95(total, 1h) > 1500ms")
    }
}
