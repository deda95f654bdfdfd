/// Text that may be shown on a terminal: clean, and measured in columns.
package enum TerminalText {
    /// `text` without anything that could steer a terminal or reorder what is shown.
    ///
    /// Control characters, line ends, bidirectional controls and unassigned code points become
    /// U+FFFD; other invisible format characters are dropped, the zero-width joiner stays.
    package static func clean(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
                .unassigned:
                scalars.append("\u{FFFD}")
            case .format where scalar == "\u{200D}":
                scalars.append(scalar)
            case .format where scalar.properties.isBidiControl:
                scalars.append("\u{FFFD}")
            case .format:
                continue
            default:
                scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// The columns that `text` takes, as wcwidth(3) counts them.
    package static func columns(of text: String) -> Int {
        text.reduce(0) { $0 + columns(of: $1) }
    }

    /// The longest prefix of `text` within `columns`, ending in an ellipsis when it was cut.
    package static func cut(_ text: String, to columns: Int) -> String {
        guard self.columns(of: text) > columns else { return text }
        guard columns > 0 else { return "" }
        var result = ""
        var used = 1
        for character in text {
            used += self.columns(of: character)
            if used > columns { break }
            result.append(character)
        }
        return result + "…"
    }

    /// `text` cut or filled with spaces to exactly `columns`.
    package static func pad(_ text: String, to columns: Int) -> String {
        let kept = cut(text, to: columns)
        return kept + String(repeating: " ", count: columns - self.columns(of: kept))
    }

    private static func columns(of character: Character) -> Int {
        var columns = 0
        for scalar in character.unicodeScalars {
            // U+FE0F asks for the emoji form, which takes two columns.
            columns = scalar == "\u{FE0F}" ? 2 : max(columns, self.columns(of: scalar))
        }
        return columns
    }

    private static func columns(of scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wideRanges.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// Wide and fullwidth code points (UAX #11).
    private static let wideRanges: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
        0x1F200...0x1F2FF, 0x20000...0x3FFFD,
    ]
}
