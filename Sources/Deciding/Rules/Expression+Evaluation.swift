import HealthModel

/// One part of an expression with what was found, for a person who asks why.
public struct ExpressionStep: Sendable, Hashable {
    /// How deep the part lies in the expression; the whole is 0.
    public var depth: Int
    /// The part as it would be written.
    public var text: String
    /// What was measured, with its unit; nil when it is not known or nothing is measured here.
    public var value: String?
    /// What it is compared with; nil when it is not known or nothing is compared here.
    public var threshold: String?
    /// What the part comes to.
    public var finding: AlertMachine.Finding
}

extension Expression {
    /// Gives what is measured as one number; nil when it is not known.
    ///
    /// Durations are in seconds, shares from 0 to 1; states and reasons are places in `allCases`,
    /// -1 is the reason of a success; true is 1.
    package typealias Measure = (Quantity) -> Double?

    /// Whether the expression holds.
    ///
    /// What is not measured makes it unknown, unless the rest decides: unknown and failing is
    /// failing, unknown or holding is holding.
    package func finding(_ measure: Measure) -> AlertMachine.Finding { root.finding(measure) }

    /// The value on the left of the first comparison that holds, with its unit; nil when there is
    /// none.
    package func decisiveValue(_ measure: Measure) -> String? {
        root.decisive(measure).map { operand, value in operand.kind.valueText(value) }
    }

    /// Every part with what was found, the whole first.
    package func trace(_ measure: Measure) -> [ExpressionStep] {
        var steps: [ExpressionStep] = []
        root.trace(measure, depth: 0, into: &steps)
        return steps
    }
}

extension Expression.Term {
    func finding(_ measure: Expression.Measure) -> AlertMachine.Finding {
        switch self {
        case .both(let left, let right):
            let first = left.finding(measure)
            if first == .fails { return .fails }
            let second = right.finding(measure)
            return second == .holds ? first : second
        case .either(let left, let right):
            let first = left.finding(measure)
            if first == .holds { return .holds }
            let second = right.finding(measure)
            return second == .fails ? first : second
        case .not(let term):
            return switch term.finding(measure) {
            case .holds: .fails
            case .fails: .holds
            case .unknown: .unknown
            }
        case .comparison(let comparison): return comparison.finding(measure)
        case .truth(let quantity):
            return measure(quantity).map { $0 == 0 ? .fails : .holds } ?? .unknown
        }
    }

    fileprivate func decisive(
        _ measure: Expression.Measure
    ) -> (operand: Expression.Operand, value: Double)? {
        switch self {
        case .both(let left, let right), .either(let left, let right):
            return left.decisive(measure) ?? right.decisive(measure)
        case .comparison(let comparison):
            guard comparison.finding(measure) == .holds else { return nil }
            // A threshold may be written on the left.
            let side = comparison.left.quantity == nil ? comparison.right : comparison.left
            return side.value(measure).map { (side, $0) }
        case .not, .truth: return nil
        }
    }

    fileprivate func trace(
        _ measure: Expression.Measure, depth: Int, into steps: inout [ExpressionStep]
    ) {
        var step = ExpressionStep(depth: depth, text: description, finding: finding(measure))
        switch self {
        case .both(let left, let right), .either(let left, let right):
            steps.append(step)
            left.trace(measure, depth: depth + 1, into: &steps)
            right.trace(measure, depth: depth + 1, into: &steps)
        case .not(let term):
            steps.append(step)
            term.trace(measure, depth: depth + 1, into: &steps)
        case .comparison(let comparison):
            step.value = comparison.left.valueText(measure)
            step.threshold = comparison.right.valueText(measure)
            if let heldFor = comparison.heldFor {
                step.threshold = step.threshold.map { "\($0) for \(heldFor.expressionText)" }
            }
            steps.append(step)
        case .truth(let quantity):
            step.value = measure(quantity).map { quantity.kind.valueText($0) }
            steps.append(step)
        }
    }
}

extension Expression.Comparison {
    func finding(_ measure: Expression.Measure) -> AlertMachine.Finding {
        guard let first = left.value(measure), let second = right.value(measure) else {
            return .unknown
        }
        // A service that is not measured may be in any state; to ask for that itself is allowed.
        if left.kind == .state {
            let unknown = Expression.Literal.state(.unknown)
            let isAsked = left == .literal(unknown) || right == .literal(unknown)
            if !isAsked, first == unknown.scalar || second == unknown.scalar { return .unknown }
        }
        guard relation.holds(first, second) else { return .fails }
        guard let heldFor else { return .holds }
        let isEffective = state == .effectiveState
        guard let time = measure(isEffective ? .effectiveStateTime : .stateTime) else {
            return .unknown
        }
        guard time < heldFor.fractionalSeconds else { return .holds }
        // It may have begun while nothing was measured: no all-clear for what goes on perhaps.
        let begin = measure(isEffective ? .isEffectiveStateBeginKnown : .isStateBeginKnown)
        return begin == 1 ? .fails : .unknown
    }
}

extension Expression.Relation {
    func holds(_ first: Double, _ second: Double) -> Bool {
        switch self {
        case .less: first < second
        case .lessOrEqual: first <= second
        case .greater: first > second
        case .greaterOrEqual: first >= second
        case .equal: first == second
        case .unequal: first != second
        }
    }
}

extension Expression.Operand {
    fileprivate func value(_ measure: Expression.Measure) -> Double? {
        switch self {
        case .literal(let literal): literal.scalar
        case .measured(let quantity): measure(quantity)
        case .product(let factor, let quantity): measure(quantity).map { factor * $0 }
        }
    }

    fileprivate func valueText(_ measure: Expression.Measure) -> String? {
        if case .literal(let literal) = self { return literal.description }
        return value(measure).map { kind.valueText($0) }
    }
}

extension Expression.Literal {
    /// The value as `Measure` gives it.
    package var scalar: Double {
        switch self {
        case .number(let number): number
        case .percent(let number): number / 100
        case .fraction(let part, let whole): Double(part) / Double(whole)
        case .duration(let duration): duration.fractionalSeconds
        case .state(let state): Double(HealthState.allCases.firstIndex(of: state) ?? 0)
        case .reason(let reason): Double(Reason.allCases.firstIndex(of: reason) ?? 0)
        }
    }
}

extension Expression.Kind {
    /// The longest time that is shown: 31,700 years.
    private static let millisecondsMax = 1e15

    /// A measured value for people.
    func valueText(_ value: Double) -> String {
        switch self {
        case .number: return numberText((value * 100).rounded() / 100)
        case .share: return "\(numberText((value * 1000).rounded() / 10))%"
        case .duration:
            // A product may be longer than any clock runs.
            let milliseconds = min(max(value * 1000, -Self.millisecondsMax), Self.millisecondsMax)
            return Duration.milliseconds(Int64(milliseconds)).shortText
        case .state: return HealthState.allCases[Int(value)].rawValue
        case .reason: return value < 0 ? "success" : Reason.allCases[Int(value)].rawValue
        case .truth: return value == 0 ? "false" : "true"
        }
    }
}
