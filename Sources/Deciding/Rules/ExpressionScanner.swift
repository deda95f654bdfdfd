import HealthModel

/// One mistake in an expression, in words for the person who wrote it.
public struct ExpressionMistake: Error, Sendable, Hashable {
    /// Where it is: Unicode scalars before it; the length of the text when something is missing.
    public var offset: Int
    /// What was found.
    public var message: String
    /// What would have been right; nil when the message says it all.
    public var expected: String?
    /// What was probably meant; nil when nothing is certain.
    public var hint: String?
    /// A name that is not known; nil when the mistake is another.
    public var unknownName: String?
    /// The names that could stand there.
    public var knownNames: [String]

    init(
        at offset: Int, _ message: String, expected: String? = nil, hint: String? = nil,
        unknownName: String? = nil, knownNames: [String] = []
    ) {
        self.offset = offset
        self.message = message
        self.expected = expected
        self.hint = hint
        self.unknownName = unknownName
        self.knownNames = knownNames
    }
}

/// Cuts an expression into words.
struct ExpressionScanner {
    /// One word and where it starts.
    struct Token: Hashable {
        enum Kind: Hashable {
            case name(String)
            case literal(Expression.Literal)
            case text(String)
            case symbol(String)
            case end
        }

        var kind: Kind
        var offset: Int
        /// The word as written; empty at the end.
        var text: String
    }

    /// The largest number.
    static let numberMax: Int64 = 1_000_000_000
    /// Digits behind the point.
    static let decimalsMax = 4
    /// The longest time that may be written.
    static let durationMax: Duration = .seconds(366 * 86_400)

    private let scalars: [Unicode.Scalar]
    private var place = 0

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The words of `text`; the last is the end.
    static func tokens(of text: String) throws(ExpressionMistake) -> [Token] {
        var scanner = ExpressionScanner(text)
        var tokens: [Token] = []
        while true {
            let token = try scanner.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private func scalar(_ ahead: Int = 0) -> Unicode.Scalar? {
        place + ahead < scalars.count ? scalars[place + ahead] : nil
    }

    private func written(from start: Int) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars[start..<place])
        return String(text)
    }

    private mutating func next() throws(ExpressionMistake) -> Token {
        while scalar() == " " || scalar() == "\n" { place += 1 }
        let start = place
        guard let first = scalar() else { return Token(kind: .end, offset: start, text: "") }
        let kind: Token.Kind
        if first.isDigit {
            kind = .literal(try number())
        } else if first.isNameStart {
            while let next = scalar(), next.isNameStart || next.isDigit || next == "." {
                place += 1
            }
            kind = .name(written(from: start))
        } else if first == "\"" || first == "'" {
            kind = .text(try quotedText(first))
        } else {
            kind = .symbol(try symbol(first))
        }
        return Token(kind: kind, offset: start, text: written(from: start))
    }

    private mutating func quotedText(_ quote: Unicode.Scalar) throws(ExpressionMistake) -> String {
        let start = place
        place += 1
        while let next = scalar(), next != quote { place += 1 }
        guard scalar() != nil else {
            throw ExpressionMistake(at: start, "a quote without its partner")
        }
        place += 1
        return String(written(from: start).dropFirst().dropLast())
    }

    private mutating func symbol(_ first: Unicode.Scalar) throws(ExpressionMistake) -> String {
        let start = place
        let pair = "\(first)\(scalar(1).map(String.init) ?? "")"
        if let hint = ["&&": "and", "||": "or", "=<": "<=", "=>": ">="][pair] {
            throw ExpressionMistake(at: start, "found `\(pair)`", hint: "did you mean `\(hint)`?")
        }
        if ["<=", ">=", "==", "!="].contains(pair) {
            place += 2
            return pair
        }
        if let hint = ["=": "==", "!": "not", "≤": "<=", "≥": ">=", "×": "*"][String(first)] {
            throw ExpressionMistake(at: start, "found `\(first)`", hint: "did you mean `\(hint)`?")
        }
        guard ["(", ")", ",", "*", "<", ">"].contains(first) else {
            let hint = first == "-" ? "no value is below zero" : nil
            throw ExpressionMistake(
                at: start, "found `\(first)`", expected: "a value, a comparison, `and` or `or`",
                hint: hint)
        }
        place += 1
        return String(first)
    }

    private mutating func digits() -> String {
        let start = place
        while scalar()?.isDigit == true { place += 1 }
        return written(from: start)
    }

    private mutating func number() throws(ExpressionMistake) -> Expression.Literal {
        let start = place
        let whole = digits()
        var decimals = ""
        if scalar() == ".", scalar(1)?.isDigit == true {
            place += 1
            decimals = digits()
        }
        guard let number = Int64(whole), number <= Self.numberMax else {
            throw ExpressionMistake(
                at: start, "the number `\(whole.cut(toBytes: 60))` is too large",
                expected: "at most \(Self.numberMax)")
        }
        let padding = String(repeating: "0", count: max(0, Self.decimalsMax - decimals.count))
        guard decimals.count <= Self.decimalsMax, let behindPoint = Int64(decimals + padding) else {
            throw ExpressionMistake(
                at: start, "too many digits behind the point",
                expected: "at most \(Self.decimalsMax)")
        }
        // A division is rounded to the nearest number, which is the one that is printed back.
        let tenThousandths = number * 10_000 + behindPoint
        let value = Double(tenThousandths) / 10_000
        if scalar() == "%" {
            place += 1
            guard value <= 100 else {
                throw ExpressionMistake(
                    at: start, "`\(written(from: start))` is more than all",
                    expected: "at most `100%`")
            }
            return .percent(value)
        }
        if scalar() == "/" { return try fraction(of: number, decimals, from: start) }
        guard let next = scalar(), next.isNameStart else { return .number(value) }
        return .duration(try duration(tenThousandths, from: start))
    }

    private mutating func fraction(
        of part: Int64, _ decimals: String, from start: Int
    ) throws(ExpressionMistake) -> Expression.Literal {
        place += 1
        let whole = digits()
        guard decimals.isEmpty, let size = Int64(whole), size > 0, size <= Self.numberMax,
            part <= size
        else {
            throw ExpressionMistake(
                at: start, "`\(written(from: start))` is no share",
                expected: "a share from 0 to 1 such as `1/4`")
        }
        return .fraction(Int(part), Int(size))
    }

    private mutating func duration(
        _ tenThousandths: Int64, from start: Int
    ) throws(ExpressionMistake) -> Duration {
        let unitStart = place
        while scalar()?.isNameStart == true { place += 1 }
        let unit = written(from: unitStart)
        guard let size = ExpressionUnits.milliseconds.first(where: { $0.name == unit })?.size else {
            throw ExpressionMistake(
                at: unitStart, "unknown unit `\(unit.cut(toBytes: 60))`",
                expected: "`ms`, `s`, `m`, `h` or `d`")
        }
        let (scaled, isTooLarge) = tenThousandths.multipliedReportingOverflow(by: size)
        guard !isTooLarge, Duration.milliseconds(scaled / 10_000) <= Self.durationMax else {
            throw ExpressionMistake(
                at: start, "the duration `\(written(from: start))` is too long",
                expected: "at most `\(Self.durationMax.expressionText)`")
        }
        guard scaled.isMultiple(of: 10_000) else {
            throw ExpressionMistake(
                at: start, "the duration `\(written(from: start))` is too fine",
                expected: "whole milliseconds")
        }
        return .milliseconds(scaled / 10_000)
    }
}

extension Unicode.Scalar {
    fileprivate var isDigit: Bool { ("0"..."9").contains(self) }

    fileprivate var isNameStart: Bool {
        ("a"..."z").contains(self) || ("A"..."Z").contains(self) || self == "_"
    }
}
