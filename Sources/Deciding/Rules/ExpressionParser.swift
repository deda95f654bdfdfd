import HealthModel
import Observing

extension Expression {
    /// Reads what an operator wrote and checks names, kinds of values and windows.
    ///
    /// The grammar stands in docs/explain/rules.md.
    ///
    /// - Throws: the first mistake.
    public init(parsing text: String) throws(ExpressionMistake) {
        guard text.utf8.count <= Self.textBytes else {
            throw ExpressionMistake(
                at: 0, "the expression has \(text.utf8.count) bytes",
                expected: "at most \(Self.textBytes)")
        }
        var parser = ExpressionParser(tokens: try ExpressionScanner.tokens(of: text))
        self.init(root: try parser.all())
    }
}

/// Makes a tree of the words of an expression, by recursive descent.
struct ExpressionParser {
    typealias Token = ExpressionScanner.Token

    private let tokens: [Token]
    private var place = 0
    private var depth = 0
    private var serviceValue: (name: String, offset: Int)?
    private var endpointValue: (name: String, offset: Int)?

    init(tokens: [Token]) { self.tokens = tokens }

    private var token: Token { tokens[place] }

    private mutating func advance() { if place + 1 < tokens.count { place += 1 } }

    /// Takes the next word when it is this one.
    private mutating func take(_ kind: Token.Kind) -> Bool {
        guard token.kind == kind else { return false }
        advance()
        return true
    }

    // MARK: Conditions

    /// The whole text.
    mutating func all() throws(ExpressionMistake) -> Expression.Term {
        if token.kind == .end {
            throw ExpressionMistake(
                at: 0, "an empty expression", expected: "a condition such as `state == down`")
        }
        let term = try either()
        if token.kind == .symbol(")") {
            throw ExpressionMistake(at: token.offset, "a `)` without its `(`")
        }
        guard token.kind == .end else {
            throw ExpressionMistake(
                at: token.offset, "found \(found)", expected: "`and`, `or` or the end")
        }
        if let serviceValue, let endpointValue {
            throw ExpressionMistake(
                at: max(serviceValue.offset, endpointValue.offset),
                "`\(serviceValue.name)` is of a service, `\(endpointValue.name)` of one endpoint",
                expected: "values of one or the other")
        }
        return term
    }

    private mutating func either() throws(ExpressionMistake) -> Expression.Term {
        var term = try both()
        while take(.name("or")) { term = .either(term, try both()) }
        return term
    }

    private mutating func both() throws(ExpressionMistake) -> Expression.Term {
        var term = try single()
        while take(.name("and")) { term = .both(term, try single()) }
        return term
    }

    private mutating func single() throws(ExpressionMistake) -> Expression.Term {
        let start = token
        let isNot = start.kind == .name("not")
        guard isNot || start.kind == .symbol("(") else { return try comparison() }
        advance()
        depth += 1
        defer { depth -= 1 }
        guard depth <= Expression.depthMax else {
            throw ExpressionMistake(
                at: start.offset, "nested too deep",
                expected: "at most \(Expression.depthMax) levels")
        }
        if isNot { return .not(try single()) }
        let term = try either()
        if take(.symbol(")")) { return term }
        if token.kind == .end {
            throw ExpressionMistake(at: start.offset, "a `(` without its `)`")
        }
        throw ExpressionMistake(
            at: token.offset, "found \(found)", expected: "`and`, `or` or `)`")
    }

    private var relation: Expression.Relation? {
        guard case .symbol(let text) = token.kind else { return nil }
        return Expression.Relation(rawValue: text)
    }

    private mutating func comparison() throws(ExpressionMistake) -> Expression.Term {
        let left = try value()
        guard let relation else {
            if case .operand(.measured(let quantity)) = left.content, quantity.kind == .truth {
                return .truth(quantity)
            }
            throw left.notCondition
        }
        let relationOffset = token.offset
        advance()
        let right = try value()
        var comparison = try ExpressionChecker.comparison(left, relation, relationOffset, right)
        if token.kind == .name("for") { comparison.heldFor = try time(of: comparison) }
        if self.relation != nil {
            throw ExpressionMistake(
                at: token.offset, "a second comparison in a row", expected: "`and` or `or`")
        }
        return .comparison(comparison)
    }

    /// How long a state must have been so, with the word before it.
    private mutating func time(
        of comparison: Expression.Comparison
    ) throws(ExpressionMistake) -> Duration {
        let start = token
        guard comparison.state != nil else {
            throw ExpressionMistake(
                at: start.offset, "`for` behind a value other than a state",
                expected: "`state == busy for 2m`",
                hint: "the `for` of a rule is for all that stands in `when`")
        }
        guard comparison.relation == .equal else {
            throw ExpressionMistake(
                at: start.offset, "`for` behind `\(comparison.relation.rawValue)`",
                expected: "`==`, as in `state == busy for 2m`")
        }
        advance()
        guard case .literal(.duration(let time)) = token.kind else {
            throw ExpressionMistake(
                at: token.offset, "found \(found)",
                expected: "a duration, as in `state == busy for 2m`")
        }
        guard time > .zero else {
            throw ExpressionMistake(
                at: token.offset, "an empty time", expected: "a duration above zero")
        }
        advance()
        return time
    }

    // MARK: Values

    /// The next word for a message.
    private var found: String {
        token.kind == .end ? "the end" : "`\(token.text.cut(toBytes: 60))`"
    }

    private mutating func value() throws(ExpressionMistake) -> ExpressionValue {
        let start = token
        switch start.kind {
        case .text(let text):
            advance()
            return ExpressionValue(content: .text(text), offset: start.offset, text: start.text)
        case .literal(.number(let factor)):
            advance()
            guard take(.symbol("*")) else {
                return .init(.literal(.number(factor)), start)
            }
            guard case .name(let name) = token.kind,
                Expression.QuantityName(rawValue: name) != nil
            else {
                throw ExpressionMistake(
                    at: token.offset, "found \(found)",
                    expected: "a measured value such as `p95(total, 10m)`")
            }
            let offset = token.offset
            return .init(try product(factor, of: try quantity(), at: offset), start)
        case .literal(let literal):
            advance()
            return .init(.literal(literal), start)
        case .name(let name):
            if let state = HealthState(rawValue: name) {
                advance()
                return .init(.literal(.state(state)), start)
            }
            let quantity = try quantity()
            guard take(.symbol("*")) else { return .init(.measured(quantity), start) }
            guard case .literal(.number(let factor)) = token.kind else {
                throw ExpressionMistake(
                    at: token.offset, "found \(found)", expected: "a number such as `3`")
            }
            advance()
            return .init(try product(factor, of: quantity, at: start.offset), start)
        case .symbol, .end:
            throw ExpressionMistake(
                at: start.offset, "found \(found)", expected: "a value such as `state` or `95%`")
        }
    }

    private func product(
        _ factor: Double, of quantity: Expression.Quantity, at offset: Int
    ) throws(ExpressionMistake) -> Expression.Operand {
        guard quantity.kind.isOrdered else {
            throw ExpressionMistake(
                at: offset, "`\(quantity)` is \(quantity.kind.text), which cannot be multiplied")
        }
        return .product(factor, quantity)
    }

    private mutating func quantity() throws(ExpressionMistake) -> Expression.Quantity {
        let start = token
        guard let name = Expression.QuantityName(rawValue: start.text) else {
            throw ExpressionChecker.unknownName(start)
        }
        advance()
        let isOpen = take(.symbol("("))
        if isOpen != name.takesArguments {
            throw ExpressionMistake(
                at: start.offset,
                isOpen
                    ? "`\(name.rawValue)` takes nothing in parentheses"
                    : "`\(name.rawValue)` without \(name.argumentText)",
                expected: "`\(name.example)`")
        }
        let quantity = try isOpen ? arguments(of: name) : name.quantity(.total, .zero)
        note(quantity, at: start.offset)
        return quantity
    }

    /// What stands in parentheses, with the one that closes.
    private mutating func arguments(
        of name: Expression.QuantityName
    ) throws(ExpressionMistake) -> Expression.Quantity {
        let quantity: Expression.Quantity
        switch name {
        case .changed:
            let (fact, window): (CertificateFact, Duration) = try fact(
                of: name, usually: Expression.changeTime, atMost: Expression.changeTimeMax)
            quantity = .changed(fact, window)
        case .regressed:
            let (fact, window): (BaselineFact, Duration) = try fact(
                of: name, usually: Expression.regressTime, atMost: Expression.regressTimeMax)
            quantity = .regressed(fact, window)
        case .usual: quantity = try usual()
        default:
            let phase = name.percent == nil ? .total : try self.phase(of: name)
            quantity = name.quantity(phase, try window(of: name))
        }
        guard take(.symbol(")")) else {
            throw ExpressionMistake(
                at: token.offset, "found \(found)", expected: "`)`, as in `\(name.example)`")
        }
        return quantity
    }

    /// What may have changed, or what the server did, and perhaps in which time.
    private mutating func fact<Fact: RawRepresentable & CaseIterable>(
        of name: Expression.QuantityName, usually: Duration, atMost longest: Duration
    ) throws(ExpressionMistake) -> (Fact, Duration) where Fact.RawValue == String {
        let known = Fact.allCases.map(\.rawValue)
        guard case .name(let text) = token.kind, let fact = Fact(rawValue: text) else {
            throw ExpressionMistake(
                at: token.offset, "found \(found)",
                expected: known.map { "`\($0)`" }.joined(separator: ", "),
                unknownName: token.text, knownNames: known)
        }
        advance()
        guard take(.symbol(",")) else { return (fact, usually) }
        return (fact, try duration(in: .seconds(1)...longest, of: name))
    }

    /// The quantile of which the usual value is asked for.
    private mutating func usual() throws(ExpressionMistake) -> Expression.Quantity {
        let offset = token.offset
        if Expression.QuantityName(rawValue: token.text)?.percent != nil {
            let quantity = try quantity()
            if case .quantile(let percent, let phase, let window) = quantity {
                return .usual(percent: percent, phase, window)
            }
        }
        throw ExpressionMistake(
            at: offset, "found \(found)",
            expected: "a quantile, as in `\(Expression.QuantityName.usual.example)`")
    }

    /// Keeps the first value of a service and of an endpoint.
    private mutating func note(_ quantity: Expression.Quantity, at offset: Int) {
        switch quantity.subject {
        case .service: serviceValue = serviceValue ?? (quantity.description, offset)
        case .endpoint: endpointValue = endpointValue ?? (quantity.description, offset)
        case .either: break
        }
    }

    private mutating func phase(
        of name: Expression.QuantityName
    ) throws(ExpressionMistake) -> Phase {
        let known = Phase.allCases.map(\.rawValue)
        guard case .name(let text) = token.kind else {
            throw ExpressionMistake(
                at: token.offset, "found \(found)",
                expected: "a phase, as in `\(name.example)`")
        }
        guard let phase = Phase(rawValue: text) else {
            throw ExpressionMistake(
                at: token.offset, "unknown phase \(found)",
                expected: known.map { "`\($0)`" }.joined(separator: ", "), unknownName: text,
                knownNames: known)
        }
        advance()
        guard take(.symbol(",")) else {
            throw ExpressionMistake(
                at: token.offset, "`\(name.rawValue)` without its window",
                expected: "`\(name.example)`")
        }
        return phase
    }

    private mutating func window(
        of name: Expression.QuantityName
    ) throws(ExpressionMistake) -> Duration {
        guard case .literal(.duration(let window)) = token.kind else {
            throw ExpressionMistake(
                at: token.offset, "found \(found)",
                expected: "a window, as in `\(name.example)`")
        }
        if name == .burnRate { return try duration(in: Expression.burnWindows, of: name) }
        guard window > .zero else {
            throw ExpressionMistake(
                at: token.offset, "an empty window", expected: "a duration above zero")
        }
        guard window <= Expression.windowMax else {
            throw ExpressionMistake(
                at: token.offset, "the window \(found) is longer than results are kept",
                expected: "at most `\(Expression.windowMax.expressionText)`")
        }
        advance()
        return window
    }

    /// A duration within bounds.
    private mutating func duration(
        in bounds: ClosedRange<Duration>, of name: Expression.QuantityName
    ) throws(ExpressionMistake) -> Duration {
        guard case .literal(.duration(let duration)) = token.kind, bounds.contains(duration) else {
            let (least, most) = (
                bounds.lowerBound.expressionText, bounds.upperBound.expressionText
            )
            throw ExpressionMistake(
                at: token.offset, "found \(found)",
                expected: "from `\(least)` to `\(most)`, as in `\(name.example)`")
        }
        advance()
        return duration
    }
}
