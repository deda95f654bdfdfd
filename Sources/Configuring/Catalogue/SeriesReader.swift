import HealthModel
import Observing
import RuleTesting
import YAMLReading

/// Reads what an endpoint says from slot to slot: `up x10, down(timeout_connect) x5, up`.
enum SeriesReader {
    /// What a mistake in a series says was expected.
    static let example = "a series such as `up x10, down(timeout_connect) x5, up`"

    /// The series in `node`, a text; nil after a mistake was reported.
    static func series(
        _ node: YAMLNode, of file: SourceFile, _ log: MistakeLog
    ) -> ResultSeries? {
        if case .plain("-") = node.content { return ResultSeries(items: [.init(outcome: nil)]) }
        guard let text = node.text(log, expected: example) else { return nil }
        var parser = SeriesParser(text)
        do {
            return try parser.series()
        } catch {
            var position = node.position
            position.column += ScalarPlaces.column(
                of: error.offset, in: text, source: file.restOfLine(from: node.position))
            log.add(
                at: position, error.message, expected: error.hint == nil ? error.expected : nil,
                hint: error.hint)
            return nil
        }
    }
}

/// A mistake in a series and the number of Unicode scalars before it.
struct SeriesMistake: Error {
    var offset: Int
    var message: String
    var expected: String?
    var hint: String?
}

/// Takes a series apart.
struct SeriesParser {
    /// The words of a series, besides `-` for a slot without a result.
    enum Word: String, CaseIterable {
        case up
        case down
        case slow
        case status
        case busy
        case blocked
        case maintenance
        case unknown
    }

    private static let argumentsExpectation =
        "a duration, a reason after `down`, `certificate 20d of 90d` or `fails hsts`"

    private let scalars: [Unicode.Scalar]
    private var place = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    mutating func series() throws(SeriesMistake) -> ResultSeries {
        var series = ResultSeries(items: [])
        repeat {
            skipSpaces()
            let start = place
            series.items.append(try item())
            guard series.items.count <= ResultSeries.itemsMax,
                series.slotCount <= ResultSeries.slotsMax
            else {
                throw SeriesMistake(
                    offset: start, message: "the series is too long",
                    expected: "at most \(ResultSeries.itemsMax) items and "
                        + "\(ResultSeries.slotsMax) slots")
            }
            skipSpaces()
        } while take(",")
        guard place == scalars.count else {
            throw mistake(
                "found \(rest)", expected: "a comma before the next item, or `x10` to repeat one")
        }
        return series
    }

    private mutating func item() throws(SeriesMistake) -> ResultSeries.Item {
        if take("-") { return ResultSeries.Item(outcome: nil, count: try count()) }
        let start = place
        let name = word()
        guard let word = Word(rawValue: name) else {
            let known = Word.allCases.map(\.rawValue)
            throw SeriesMistake(
                offset: start, message: "found \(name.isEmpty ? rest : name.quoted)",
                expected: "\(known.listedWithOr), or `-` for no result",
                hint: hint(for: name, known))
        }
        var item = ResultSeries.Item(outcome: try outcome(word))
        if take("(") { try arguments(of: word, into: &item) }
        if word == .slow, item.length == nil {
            throw SeriesMistake(
                offset: start, message: "`slow` without a duration",
                expected: "how long it took, such as `slow(12s)`")
        }
        item.count = try count()
        return item
    }

    /// A reason that stands where a word has to stand belongs to `down`.
    private func hint(for name: String, _ known: [String]) -> String? {
        Reason(rawValue: name) != nil
            ? "did you mean `down(\(name))`?" : NearestName.hint(for: name, among: known)
    }

    private mutating func outcome(_ word: Word) throws(SeriesMistake) -> ResultSeries.Outcome {
        switch word {
        case .up: return .success
        case .down: return .failure(.connectRefused)
        case .slow: return .failure(.tooSlow)
        case .busy: return .failure(.busy)
        case .blocked: return .failure(.httpBlocked)
        case .maintenance: return .failure(.maintenance)
        case .unknown: return .failure(.monitorError)
        case .status:
            skipSpaces()
            let start = place
            guard let status = number(), (100...599).contains(status) else {
                throw SeriesMistake(
                    offset: start, message: "`status` without a status",
                    expected: "a number from 100 to 599, such as `status 503`")
            }
            return .status(status)
        }
    }

    // MARK: Arguments

    private mutating func arguments(
        of word: Word, into item: inout ResultSeries.Item
    ) throws(SeriesMistake) {
        repeat {
            skipSpaces()
            try argument(of: word, into: &item)
            skipSpaces()
        } while take(",")
        guard take(")") else { throw mistake("found \(rest)", expected: "`)`") }
    }

    private mutating func argument(
        of word: Word, into item: inout ResultSeries.Item
    ) throws(SeriesMistake) {
        let start = place
        if isDigit {
            item.length = try duration()
            return
        }
        let name = self.word()
        switch name {
        case "certificate": item.certificate = try certificate()
        case "sent": item.sentBeside = try certificate()
        case "passes", "fails": item.baseline[try fact()] = name == "passes"
        default:
            guard word == .down else {
                let known = ["certificate", "sent", "passes", "fails"]
                throw SeriesMistake(
                    offset: start, message: "found \(name.isEmpty ? rest : name.quoted)",
                    expected: Self.argumentsExpectation,
                    hint: NearestName.hint(for: name, among: known))
            }
            item.outcome = .failure(try reason(name, at: start))
        }
    }

    private func reason(_ name: String, at start: Int) throws(SeriesMistake) -> Reason {
        let failures = Reason.allCases.filter { $0.meaning == .failure }.map(\.rawValue)
        guard let reason = Reason(rawValue: name) else {
            throw SeriesMistake(
                offset: start, message: "there is no reason \(name.isEmpty ? rest : name.quoted)",
                expected: "a reason such as `timeout_connect` or `tls_expired`",
                hint: NearestName.hint(for: name, among: failures))
        }
        guard reason.meaning == .failure else {
            throw SeriesMistake(
                offset: start, message: "`\(name)` does not make an endpoint down",
                expected: "`slow(12s)`, `busy`, `blocked`, `maintenance` or `unknown` as an item")
        }
        return reason
    }

    /// What the server does or does not: `hsts`.
    private mutating func fact() throws(SeriesMistake) -> BaselineFact {
        skipSpaces()
        let start = place
        let name = word()
        guard let fact = BaselineFact(rawValue: name) else {
            let known = BaselineFact.allCases.map(\.rawValue)
            throw SeriesMistake(
                offset: start, message: "found \(name.isEmpty ? rest : name.quoted)",
                expected: known.listedWithOr, hint: NearestName.hint(for: name, among: known))
        }
        return fact
    }

    /// `20d of 90d by noord`: how much is left of how much, and who issued it.
    private mutating func certificate() throws(SeriesMistake) -> ResultSeries.ShownCertificate {
        skipSpaces()
        let isOver = take("-")
        let left = try duration()
        skipSpaces()
        guard word() == "of" else {
            throw mistake("found \(rest)", expected: "`of` and the lifetime, as in `20d of 90d`")
        }
        skipSpaces()
        let start = place
        let lifetime = try duration()
        guard lifetime > .zero, left <= lifetime else {
            throw SeriesMistake(
                offset: start, message: "a certificate with more left than its lifetime",
                expected: "a lifetime of \(left.fileText) or more")
        }
        var certificate = ResultSeries.ShownCertificate(
            left: isOver ? .zero - left : left, lifetime: lifetime)
        skipSpaces()
        if isLetter {
            guard word() == "by" else {
                throw mistake("found \(rest)", expected: "`by` and who issued it, or `)`")
            }
            skipSpaces()
            let issuer = word()
            guard !issuer.isEmpty else {
                throw mistake("found \(rest)", expected: "who issued it, one word")
            }
            certificate.issuer = issuer
        }
        return certificate
    }

    private mutating func duration() throws(SeriesMistake) -> Duration {
        let start = place
        while isDigit || isLetter { place += 1 }
        let text = String(String.UnicodeScalarView(scalars[start..<place]))
        guard let duration = DurationText.parse(text) else {
            place = start
            throw SeriesMistake(
                offset: start, message: "found \(text.isEmpty ? rest : text.quoted)",
                expected: DurationText.expectation,
                hint: DurationText.suggestion(for: text).map { "did you mean `\($0)`?" })
        }
        return duration
    }

    // MARK: Words

    /// `x10` after an item; 1 when nothing is written.
    private mutating func count() throws(SeriesMistake) -> Int {
        skipSpaces()
        let start = place
        guard take("x") else { return 1 }
        guard let count = number(), (1...ResultSeries.slotsMax).contains(count) else {
            throw SeriesMistake(
                offset: start, message: "`x` without a number of slots",
                expected: "`x` and a number from 1 to \(ResultSeries.slotsMax), such as `x10`")
        }
        return count
    }

    private mutating func number() -> Int? {
        let start = place
        while isDigit { place += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<place])))
    }

    private mutating func word() -> String {
        let start = place
        while isLetter || (place > start && isDigit) { place += 1 }
        return String(String.UnicodeScalarView(scalars[start..<place]))
    }

    private mutating func skipSpaces() { while next == " " { place += 1 } }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        place += 1
        return true
    }

    private var next: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }
    private var isDigit: Bool { next.map { ("0"..."9").contains($0) } ?? false }
    private var isLetter: Bool {
        next.map { ("a"..."z").contains($0) || ("A"..."Z").contains($0) || $0 == "_" } ?? false
    }

    /// What stands here, for a message.
    private var rest: String {
        place < scalars.count
            ? String(String.UnicodeScalarView(scalars[place...])).quoted : "the end"
    }

    private func mistake(_ message: String, expected: String) -> SeriesMistake {
        SeriesMistake(offset: place, message: message, expected: expected)
    }
}
