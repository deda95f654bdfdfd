import HealthModel

/// Bounds on what one value may hold.
package enum ValueLimits {
    /// Bytes in one text, such as a name, a note or a summary.
    package static let textBytes = 1024
    /// Items in one list of an endpoint, such as patterns or statuses.
    package static let listItems = 64
}

/// Typed reading. Each method returns nil after it has reported what is wrong.
extension YAMLNode {
    /// One line of text.
    package func text(_ log: MistakeLog, expected: String = "text") -> String? {
        let text: String
        switch content {
        case .text(let quoted): text = quoted
        case .plain(let plain) where PlainScalar(plain) == .text: text = plain
        case .plain(let plain) where !isNull:
            // An editor that checks the file against the schema sees a number here, not text.
            log.add(
                at: position, "found \(found)", expected: expected,
                hint: "put it in quotes: \"\(plain.fit(60))\"")
            return nil
        default:
            log.add(at: position, "found \(found)", expected: expected)
            return nil
        }
        guard text.utf8.count <= ValueLimits.textBytes else {
            log.add(
                at: position, "the text has \(text.utf8.count) bytes",
                expected: "at most \(ValueLimits.textBytes)")
            return nil
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            log.add(at: position, "found an empty text", expected: expected)
            return nil
        }
        let isOneLine = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
        guard isOneLine else {
            log.add(at: position, "found \(found)", expected: "\(expected) on one line")
            return nil
        }
        return text
    }

    /// `true` or `false`.
    package func boolean(_ log: MistakeLog) -> Bool? {
        switch content {
        case .plain("true"): return true
        case .plain("false"): return false
        case .plain(let text), .text(let text):
            let guesses = [
                "yes": "true", "on": "true", "true": "true", "no": "false", "off": "false",
                "false": "false",
            ]
            log.add(
                at: position, "found \(found)", expected: "`true` or `false`",
                hint: guesses[text.lowercased()].map { "did you mean `\($0)`?" })
        case .sequence, .mapping:
            log.add(at: position, "found \(found)", expected: "`true` or `false`")
        }
        return nil
    }

    /// A whole number within `range`.
    package func integer(_ log: MistakeLog, in range: ClosedRange<Int>) -> Int? {
        if case .plain(let text) = content, let number = Int(text), range.contains(number),
            !text.hasPrefix("+")
        {
            return number
        }
        log.add(
            at: position, "found \(found)",
            expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// A number within `range`, without quotes; `expected` says in words what was.
    package func number(
        _ log: MistakeLog, in range: ClosedRange<Double>, expected: String,
        hint: @autoclosure () -> String? = nil
    ) -> Double? {
        if case .plain(let text) = content, PlainScalar(text) == .number,
            let number = Double(text), range.contains(number)
        {
            return number
        }
        log.add(at: position, "found \(found)", expected: expected, hint: hint())
        return nil
    }

    /// A duration such as `60s`.
    package func duration(_ log: MistakeLog) -> Duration? {
        let text = scalarText
        if let text, let duration = DurationText.parse(text) { return duration }
        log.add(
            at: position, "found \(found)", expected: DurationText.expectation,
            hint: text.flatMap(DurationText.suggestion).map { "did you mean `\($0)`?" })
        return nil
    }

    /// A duration longer than zero.
    package func positiveDuration(_ log: MistakeLog) -> Duration? {
        guard let duration = duration(log) else { return nil }
        if duration > .zero { return duration }
        log.add(at: position, "found \(found)", expected: "a duration above zero")
        return nil
    }

    /// A duration within `range`.
    package func duration(_ log: MistakeLog, within range: ClosedRange<Duration>) -> Duration? {
        guard let duration = duration(log) else { return nil }
        if range.contains(duration) { return duration }
        log.add(
            at: position, "found \(found)",
            expected:
                "a duration from `\(range.lowerBound.fileText)` to `\(range.upperBound.fileText)`")
        return nil
    }

    /// One of the raw values of an enumeration.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type, _ log: MistakeLog
    ) -> Choice? {
        let text = scalarText
        if let text, let choice = Choice(rawValue: text) { return choice }
        let known = Choice.allCases.map(\.rawValue)
        log.add(
            at: position, "found \(found)", expected: known.listedWithOr,
            hint: text.flatMap { NearestName.hint(for: $0, among: known) })
        return nil
    }

    /// An id: lower-case letters, digits and hyphens.
    package func identifier(_ log: MistakeLog) -> String? {
        guard let text = text(log, expected: "an id such as `digid-www`") else { return nil }
        if isIdentifier(text) { return text }
        let guess = String(
            text.lowercased().map { "abcdefghijklmnopqrstuvwxyz0123456789".contains($0) ? $0 : "-" }
        )
        log.add(
            at: position, "\(text.quoted) is no id",
            expected: "lower-case letters, digits and hyphens, at most "
                + "\(Limits.identifierBytes), not a hyphen first",
            hint: isIdentifier(guess) ? "did you mean `\(guess)`?" : nil)
        return nil
    }

    /// The items of a list of at most `limit`; an empty list when a mistake was reported.
    package func items(
        _ log: MistakeLog, of what: String, limit: Int = ValueLimits.listItems
    ) -> [YAMLNode] {
        guard case .sequence(let items) = content else {
            log.add(at: position, "found \(found)", expected: "a list of \(what)")
            return []
        }
        guard items.count <= limit else {
            log.add(
                at: position, "a list of \(items.count) \(what)", expected: "at most \(limit)")
            return []
        }
        return items
    }

    /// The items of a list that would say the opposite of what it seems to, or nothing, when it is
    /// empty: that is reported.
    ///
    /// - Parameters:
    ///   - log: Takes the mistakes.
    ///   - what: What the items are.
    ///   - limit: How many there may be.
    ///   - key: The key that may be left out instead; nil when it may not.
    ///   - hint: What else the reader may have meant.
    /// - Returns: The items; none when a mistake was reported.
    package func someItems(
        _ log: MistakeLog, of what: String, limit: Int = ValueLimits.listItems,
        orNo key: String? = nil, hint: String? = nil
    ) -> [YAMLNode] {
        if case .sequence(let items) = content, items.isEmpty {
            log.add(
                at: position, "an empty list of \(what)",
                expected: "at least one" + (key.map { ", or no `\($0)` at all" } ?? ""), hint: hint)
        }
        return items(log, of: what, limit: limit)
    }

    /// The characters of a scalar, in quotes or not; nil for a list, a mapping or nothing.
    package var scalarText: String? {
        switch content {
        case .plain(let text): isNull ? nil : text
        case .text(let text): text
        case .sequence, .mapping: nil
        }
    }
}
