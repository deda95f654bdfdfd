import HealthModel
import Observing

/// One side of a comparison before it is known what it is compared with.
struct ExpressionValue {
    enum Content {
        case operand(Expression.Operand)
        /// Text in quotes, which means something only beside what it is compared with.
        case text(String)
    }

    var content: Content
    var offset: Int
    /// The value as it would be written.
    var text: String

    init(content: Content, offset: Int, text: String) {
        self.content = content
        self.offset = offset
        self.text = text
    }

    init(_ operand: Expression.Operand, _ token: ExpressionScanner.Token) {
        self.init(content: .operand(operand), offset: token.offset, text: operand.description)
    }

    /// The mistake of a value that stands alone.
    var notCondition: ExpressionMistake {
        guard case .operand(let operand) = content else {
            return ExpressionMistake(
                at: offset, "`\(text.cut(toBytes: 60))` is a text, not a condition",
                expected: "a comparison such as `reason == \"tls_expired\"`")
        }
        if case .literal(.state(let state)) = operand {
            return ExpressionMistake(
                at: offset, "`\(text)` is a state, not a condition",
                expected: "a comparison", hint: "did you mean `state == \(state.rawValue)`?")
        }
        return ExpressionMistake(
            at: offset, "`\(text)` is \(operand.kind.text), not a condition",
            expected: "a comparison with \(operand.kind.example)")
    }
}

/// Checks that the two sides of a comparison go together.
enum ExpressionChecker {
    /// The comparison of two values.
    static func comparison(
        _ left: ExpressionValue, _ relation: Expression.Relation, _ relationOffset: Int,
        _ right: ExpressionValue
    ) throws(ExpressionMistake) -> Expression.Comparison {
        let first = try operand(left, beside: right)
        let second = try operand(right, beside: left)
        if first.quantity == nil, second.quantity == nil {
            throw ExpressionMistake(
                at: left.offset, "nothing measured in `\(first) \(relation.rawValue) \(second)`",
                expected: "a measured value such as `state` on one side")
        }
        for (side, value) in [(first, left), (second, right)] where side.kind == .truth {
            throw ExpressionMistake(
                at: value.offset, "`\(side)` is true or false by itself",
                expected: "`\(side)` or `not \(side)`")
        }
        guard first.kind == second.kind else { throw mismatch(first, left, second, right) }
        if !first.kind.isOrdered, relation != .equal, relation != .unequal {
            throw ExpressionMistake(
                at: relationOffset,
                "`\(relation.rawValue)` with \(first.kind.text)", expected: "`==` or `!=`")
        }
        return Expression.Comparison(left: first, relation: relation, right: second)
    }

    /// The mistake of two values of different kinds: at the written one, as that is to be changed.
    private static func mismatch(
        _ first: Expression.Operand, _ left: ExpressionValue, _ second: Expression.Operand,
        _ right: ExpressionValue
    ) -> ExpressionMistake {
        let isLeftWrong = first.quantity == nil
        let (wrong, place, other) = isLeftWrong ? (first, left, second) : (second, right, first)
        var hint: String?
        if case .literal(.number(let number)) = wrong {
            switch other.kind {
            case .share where number <= 1:
                let percent = numberText((number * 10_000).rounded() / 100)
                hint = "did you mean `\(percent)%`?"
            case .share where number <= 100: hint = "did you mean `\(wrong)%`?"
            case .duration: hint = "did you mean `\(wrong)s`?"
            default: break
            }
        }
        return ExpressionMistake(
            at: place.offset, "`\(other)` is \(other.kind.text), `\(wrong)` is \(wrong.kind.text)",
            expected: other.kind.example, hint: hint)
    }

    /// What a value means beside the other one.
    private static func operand(
        _ value: ExpressionValue, beside other: ExpressionValue
    ) throws(ExpressionMistake) -> Expression.Operand {
        switch value.content {
        case .operand(let operand): return operand
        case .text(let text):
            guard case .operand(let against) = other.content, against.kind == .reason else {
                var hint: String?
                if HealthState(rawValue: text) != nil {
                    hint = "did you mean `\(text)` without quotes?"
                }
                throw ExpressionMistake(
                    at: value.offset, "a text in quotes beside `\(other.text.cut(toBytes: 60))`",
                    expected: "text beside `reason` only", hint: hint)
            }
            guard let reason = Reason(rawValue: text) else {
                throw ExpressionMistake(
                    at: value.offset, "unknown reason `\(text.cut(toBytes: 60))`",
                    expected: "a reason such as `tls_expired`", unknownName: text,
                    knownNames: Reason.allCases.map(\.rawValue))
            }
            return .literal(.reason(reason))
        }
    }

    /// The mistake of a name that nothing has.
    static func unknownName(_ token: ExpressionScanner.Token) -> ExpressionMistake {
        if ["and", "or", "not", "for"].contains(token.text) {
            return ExpressionMistake(
                at: token.offset, "found `\(token.text)`",
                expected: "a value such as `state` or `95%`")
        }
        if Reason(rawValue: token.text) != nil {
            return ExpressionMistake(
                at: token.offset, "the reason `\(token.text)` without quotes",
                hint: "did you mean `\"\(token.text)\"`?")
        }
        if CertificateFact(rawValue: token.text) != nil {
            return ExpressionMistake(
                at: token.offset, "`\(token.text)` cannot be compared",
                hint: "did you mean `changed(\(token.text))`?")
        }
        if BaselineFact(rawValue: token.text) != nil {
            return ExpressionMistake(
                at: token.offset, "`\(token.text)` cannot be compared",
                hint: "did you mean `regressed(\(token.text))`?")
        }
        if token.text == "certificate.days_left" {
            return ExpressionMistake(
                at: token.offset, "unknown name `\(token.text)`",
                hint: "did you mean `certificate.expires_in`, as in `certificate.expires_in < 14d`?"
            )
        }
        return ExpressionMistake(
            at: token.offset, "unknown name `\(token.text.cut(toBytes: 60))`",
            expected: "a value such as `state`, `availability(10m)` or `certificate.expires_in`",
            unknownName: token.text,
            knownNames: Expression.QuantityName.allCases.map(\.rawValue)
                + HealthState.allCases.map(\.rawValue))
    }
}
