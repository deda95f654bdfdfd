public import HealthModel
package import Observing

/// When a rule holds, as an operator writes it: parsed and checked, never wrong at run time.
///
/// Made by `Expression.init(parsing:)`; printed text parses to the same expression.
public struct Expression: Sendable, Hashable, CustomStringConvertible {
    /// Bytes in one expression: four comparisons with long names, and room.
    public static let textBytes = 512
    /// Parentheses and `not` within each other.
    public static let depthMax = 16
    /// The longest window: `Limits.resultsPerEndpoint` results, one a minute, reach that far back.
    public static let windowMax: Duration = .seconds(Limits.resultsPerEndpoint * 60)

    /// For how long something that changed has changed, unless it is written: `changed(…, 7d)`.
    public static let changeTime: Duration = .seconds(86_400)
    /// The longest time that may be asked for of what changed.
    public static let changeTimeMax: Duration = .seconds(7 * 86_400)
    /// How long ago a server may have done as it should when nothing is written.
    public static let regressTime: Duration = .seconds(30 * 86_400)
    /// The longest time that a rule may look for it; it is kept no longer.
    public static let regressTimeMax: Duration = regressTime
    /// The windows of `burn_rate`, as in the condition of that name.
    public static let burnWindows: ClosedRange<Duration> =
        .seconds(300)...ObjectiveClock.windowMax

    /// The condition as a tree.
    public let root: Term
    /// Whether the subject of the rule is an endpoint; otherwise it is a service.
    public let isAboutEndpoint: Bool
    /// The windows of results that are looked back on, each once.
    package let windows: [Duration]
    /// The longest window of a burn rate; nil when there is none.
    package let burnWindow: Duration?
    /// What is asked of changes for the better or worse.
    package let changes: [Quantity]
    /// The quantiles of which the usual value is asked for.
    package let usuals: [UsualTimes.Kind]
    /// What time alone changes, at instants that are known beforehand.
    package let crossings: [Crossing]
    /// Whether time alone may change what it says at any instant.
    package let isRestless: Bool

    /// Takes a checked tree.
    init(root: Term) {
        self.root = root
        let quantities = root.quantities
        isAboutEndpoint = quantities.contains { $0.subject == .endpoint }
        windows = Set(quantities.compactMap(\.window)).sorted()
        burnWindow = quantities.compactMap { quantity in
            if case .burnRate(let window) = quantity { window } else { nil }
        }.max()
        changes = quantities.filter { quantity in
            switch quantity {
            case .changed, .regressed: true
            default: false
            }
        }
        usuals = quantities.compactMap { quantity in
            guard case .usual(let percent, let phase, _) = quantity else { return nil }
            return UsualTimes.Kind(percent: percent, phase: phase)
        }
        let timed = root.comparisons.filter(\.isTimed)
        crossings = timed.compactMap(\.crossing)
        isRestless = crossings.count < timed.count
    }

    /// The longest window that is looked back on; nil without one.
    public var longestWindow: Duration? { windows.max() }
    /// Whether it looks at what is not kept of results: how long certificates last, what became of
    /// them, and what servers did.
    public var looksBeyondResults: Bool {
        root.quantities.contains { quantity in
            switch quantity {
            case .certificateExpiresIn, .certificateLifetimeLeft, .changed, .regressed: true
            default: false
            }
        }
    }

    /// Whether time alone may change what it says of a service in this state.
    package func waits(in state: HealthState) -> Bool {
        burnWindow != nil
            || root.comparisons.contains { comparison in
                comparison.heldFor != nil
                    && [comparison.left, comparison.right].contains { "\($0)" == state.rawValue }
            }
    }

    /// Whether it looks at whether people are served, so that its alerts belong to incidents.
    package var isAboutOutage: Bool { root.isAboutOutage }

    /// The expression as it would be written, with no more parentheses than it needs.
    public var description: String { root.description }

    /// The same with every window divided by `factor`; thresholds stay, as services are no faster.
    package func accelerated(by factor: Double) -> Expression {
        Expression(
            root: root.mapped({ $0.accelerated(by: factor) }, time: { $0 / factor }))
    }

    /// Something that holds, fails or is not known.
    public indirect enum Term: Sendable, Hashable, CustomStringConvertible {
        /// Both hold.
        case both(Term, Term)
        /// At least one holds.
        case either(Term, Term)
        /// It does not hold.
        case not(Term)
        /// Two values compare as asked.
        case comparison(Comparison)
        /// A value that is true or false by itself.
        case truth(Quantity)

        /// The term as it would be written.
        public var description: String {
            switch self {
            case .both(let left, let right):
                "\(left.enclosed(when: left.isEither)) and "
                    + right.enclosed(when: right.isEither || right.isBoth)
            case .either(let left, let right):
                "\(left) or \(right.enclosed(when: right.isEither))"
            case .not(let term): "not \(term.enclosed(when: term.isEither || term.isBoth))"
            case .comparison(let comparison):
                "\(comparison.left) \(comparison.relation.rawValue) \(comparison.right)"
                    + (comparison.heldFor.map { " for \($0.expressionText)" } ?? "")
            case .truth(let quantity): quantity.description
            }
        }

        private func enclosed(when isNeeded: Bool) -> String {
            isNeeded ? "(\(self))" : description
        }

        private var isEither: Bool { if case .either = self { true } else { false } }
        private var isBoth: Bool { if case .both = self { true } else { false } }

        /// Every value that is measured, from left to right.
        var quantities: [Quantity] {
            switch self {
            case .both(let left, let right), .either(let left, let right):
                left.quantities + right.quantities
            case .not(let term): term.quantities
            case .comparison(let comparison):
                [comparison.left.quantity, comparison.right.quantity].compactMap(\.self)
            case .truth(let quantity): [quantity]
            }
        }

        /// Whether it looks at whether people are served.
        var isAboutOutage: Bool {
            switch self {
            case .both(let left, let right), .either(let left, let right):
                left.isAboutOutage || right.isAboutOutage
            case .not(let term): term.isAboutOutage
            case .comparison(let comparison):
                !comparison.isOrderly
                    && [comparison.left, comparison.right].compactMap(\.quantity)
                        .contains(where: \.isAboutOutage)
            case .truth(let quantity): quantity.isAboutOutage
            }
        }

        /// Every comparison, from left to right.
        var comparisons: [Comparison] {
            switch self {
            case .both(let left, let right), .either(let left, let right):
                left.comparisons + right.comparisons
            case .not(let term): term.comparisons
            case .comparison(let comparison): [comparison]
            case .truth: []
            }
        }

        /// The same with another value in the place of each, and another time behind each `for`.
        func mapped(
            _ transform: (Quantity) -> Quantity, time: (Duration) -> Duration
        ) -> Term {
            switch self {
            case .both(let left, let right):
                .both(
                    left.mapped(transform, time: time), right.mapped(transform, time: time))
            case .either(let left, let right):
                .either(
                    left.mapped(transform, time: time), right.mapped(transform, time: time))
            case .not(let term): .not(term.mapped(transform, time: time))
            case .comparison(let comparison):
                .comparison(
                    Comparison(
                        left: comparison.left.mapped(transform), relation: comparison.relation,
                        right: comparison.right.mapped(transform),
                        heldFor: comparison.heldFor.map(time)))
            case .truth(let quantity): .truth(transform(quantity))
            }
        }
    }

    /// Two values and how they must compare.
    public struct Comparison: Sendable, Hashable {
        /// What stands on the left.
        public var left: Operand
        /// How they must compare.
        public var relation: Relation
        /// What stands on the right.
        public var right: Operand
        /// How long it must have been so; of states only.
        public var heldFor: Duration? = nil

        /// Whether it asks for a state in which a service does as it says: admission control that
        /// works, for one, is no outage.
        var isOrderly: Bool {
            relation == .equal
                && [HealthState.up, .busy, .blocked, .maintenance, .unknown].contains { state in
                    left == .literal(.state(state)) || right == .literal(.state(state))
                }
        }

        /// The state that is compared; nil when none is.
        var state: Quantity? {
            [left, right].compactMap(\.quantity).first { $0.kind == .state }
        }
    }

    /// How two values compare.
    public enum Relation: String, Sendable, Hashable, CaseIterable {
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
        case equal = "=="
        case unequal = "!="
    }

    /// One side of a comparison.
    public enum Operand: Sendable, Hashable, CustomStringConvertible {
        /// What is written.
        case literal(Literal)
        /// What is measured.
        case measured(Quantity)
        /// A number of times what is measured.
        case product(Double, Quantity)

        /// What is measured; nil for what is written.
        public var quantity: Quantity? {
            switch self {
            case .literal: nil
            case .measured(let quantity), .product(_, let quantity): quantity
            }
        }

        /// The operand as it would be written.
        public var description: String {
            switch self {
            case .literal(let literal): literal.description
            case .measured(let quantity): quantity.description
            case .product(let factor, let quantity): "\(numberText(factor)) * \(quantity)"
            }
        }

        var kind: Kind {
            switch self {
            case .literal(let literal): literal.kind
            case .measured(let quantity), .product(_, let quantity): quantity.kind
            }
        }

        func mapped(_ transform: (Quantity) -> Quantity) -> Operand {
            switch self {
            case .literal: self
            case .measured(let quantity): .measured(transform(quantity))
            case .product(let factor, let quantity): .product(factor, transform(quantity))
            }
        }
    }

    /// A value that is written.
    public enum Literal: Sendable, Hashable, CustomStringConvertible {
        /// A plain number.
        case number(Double)
        /// A share in percent, such as 95.
        case percent(Double)
        /// A share as a fraction, such as 1/4.
        case fraction(Int, Int)
        /// A time, whole milliseconds.
        case duration(Duration)
        /// A state.
        case state(HealthState)
        /// A reason of a failure.
        case reason(Reason)

        /// The literal as it would be written.
        public var description: String {
            switch self {
            case .number(let number): numberText(number)
            case .percent(let number): "\(numberText(number))%"
            case .fraction(let part, let whole): "\(part)/\(whole)"
            case .duration(let duration): duration.expressionText
            case .state(let state): state.rawValue
            case .reason(let reason): "\"\(reason.rawValue)\""
            }
        }

        var kind: Kind {
            switch self {
            case .number: .number
            case .percent, .fraction: .share
            case .duration: .duration
            case .state: .state
            case .reason: .reason
            }
        }
    }

    /// What kinds of value there are; only values of one kind compare.
    enum Kind: Sendable, Hashable {
        case number
        case share
        case duration
        case state
        case reason
        case truth

        /// The kind in a sentence.
        var text: String {
            switch self {
            case .number: "a number"
            case .share: "a share"
            case .duration: "a duration"
            case .state: "a state"
            case .reason: "a reason"
            case .truth: "true or false"
            }
        }

        /// What may be written of the kind.
        var example: String {
            switch self {
            case .number: "a number such as `3`"
            case .share: "a share such as `95%` or `1/4`"
            case .duration: "a duration such as `2s` or `10m`"
            case .state: "a state such as `down`"
            case .reason: "a reason in quotes such as `\"tls_expired\"`"
            case .truth: "nothing"
            }
        }

        /// Whether one may be more than another.
        var isOrdered: Bool { self == .number || self == .share || self == .duration }
    }
}

/// The number as it is written: without a point when it is whole.
func numberText(_ number: Double) -> String {
    let text = number.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

extension Duration {
    /// The duration with the largest unit of which it is a whole number, such as `90m`.
    var expressionText: String {
        let milliseconds = wholeMilliseconds
        for (name, size) in ExpressionUnits.milliseconds.reversed()
        where milliseconds != 0 && milliseconds.isMultiple(of: size) {
            return "\(milliseconds / size)\(name)"
        }
        return "0s"
    }
}

/// The units of time that may be written.
enum ExpressionUnits {
    /// Each with its milliseconds, the smallest first.
    static let milliseconds: [(name: String, size: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
}
