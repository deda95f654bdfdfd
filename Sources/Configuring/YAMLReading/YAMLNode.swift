/// One value of a YAML file with the place it was written.
///
/// Smaller than YAML itself: no anchors, no tags, and keys are text. That is all a configuration
/// needs, and it keeps what a reviewer reads the same as what the program sees.
package struct YAMLNode {
    /// One key with its value.
    package struct Field {
        package var key: String
        package var keyPosition: SourcePosition
        package var value: YAMLNode
    }

    /// What a node holds.
    package enum Content {
        /// Text without quotes, which may also be a number, a truth value or nothing.
        case plain(String)
        /// Text in quotes or in a block, which is always text.
        case text(String)
        case sequence([YAMLNode])
        case mapping([Field])
    }

    package var content: Content
    package var position: SourcePosition

    /// Makes a node.
    package init(content: Content, position: SourcePosition) {
        self.content = content
        self.position = position
    }

    /// Whether nothing is written here: no value, `~` or `null`.
    package var isNull: Bool {
        if case .plain(let text) = content {
            PlainScalar(text) == .null
        } else {
            false
        }
    }

    /// What is written here, for messages: "the number `5`", "a list".
    package var found: String {
        switch content {
        case .plain(let text):
            if isNull { "nothing" } else { "\(PlainScalar(text).article) \(text.quoted)" }
        case .text(let text): "the text \(text.quoted)"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// What a YAML 1.2 reader makes of text without quotes (YAML 1.2.2 §10.3.2, the core schema).
///
/// Editors check the files with that schema, so the reader uses the same: `off` and `no` are
/// text, unlike in YAML 1.1.
package enum PlainScalar: Hashable {
    case null
    case boolean
    case number
    case text

    package init(_ text: String) {
        if ["", "~", "null", "Null", "NULL"].contains(text) {
            self = .null
        } else if ["true", "True", "TRUE", "false", "False", "FALSE"].contains(text) {
            self = .boolean
        } else if Self.isNumber(text) {
            self = .number
        } else {
            self = .text
        }
    }

    /// The word that goes before it in a message.
    package var article: String {
        switch self {
        case .null: "nothing"
        case .boolean: "the truth value"
        case .number: "the number"
        case .text: "the text"
        }
    }

    private static func isNumber(_ text: String) -> Bool {
        var rest = text[...]
        if rest.hasPrefix("0x") || rest.hasPrefix("0o") {
            let digits = rest.dropFirst(2)
            return !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
        }
        if let sign = rest.first, sign == "+" || sign == "-" { rest = rest.dropFirst() }
        if [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(rest) { return true }
        let whole = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(whole.count)
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count + 1)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return false }
        guard let exponent = rest.first else { return true }
        guard exponent == "e" || exponent == "E" else { return false }
        rest = rest.dropFirst()
        if let sign = rest.first, sign == "+" || sign == "-" { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
