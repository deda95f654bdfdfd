import HealthModel

/// One YAML file as it was read.
public struct SourceFile: Sendable, Hashable {
    /// The path as messages show it, such as `probes/identity.yml`.
    public var path: String
    /// The content; at most one byte more than `Limits.yamlBytes` is of any use.
    public var bytes: [UInt8]

    /// Makes a file from its bytes.
    public init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }

    /// Makes a file from text.
    public init(path: String, text: String) {
        self.init(path: path, bytes: Array(text.utf8))
    }
}

extension SourceFile {
    /// Aliases reported in one file: whoever uses them has to rewrite the file anyway.
    package static let aliasesReported = 10

    /// The content as text that is fit for the YAML parser; nil when a mistake was reported.
    ///
    /// What is refused here is what YAML would allow but nobody means to write, or what the
    /// parser would report without a usable position.
    package func checkedText(_ log: MistakeLog) -> String? {
        guard bytes.count <= Limits.yamlBytes else {
            log.add(
                at: SourcePosition(file: path), "the file is too large",
                expected: "at most \(Limits.yamlBytes) bytes")
            return nil
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            log.add(
                at: SourcePosition(file: path), "the file starts with a byte order mark",
                expected: "UTF-8 without one")
            return nil
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            log.add(
                at: firstInvalidPosition, "bytes that are not UTF-8",
                expected: "UTF-8 without a byte order mark")
            return nil
        }
        let countBefore = log.count
        reportForbiddenScalars(in: text, log)
        reportAliases(log)
        return log.count == countBefore ? text : nil
    }

    /// The position of the first bytes that are not UTF-8.
    private var firstInvalidPosition: SourcePosition {
        var position = SourcePosition(file: path)
        var decoder = UTF8()
        var remaining = bytes.makeIterator()
        while case .scalarValue(let scalar) = decoder.decode(&remaining) {
            position.advance(over: scalar)
        }
        return position
    }

    /// Reports the first control character or line separator that YAML 1.2 does not take, or that
    /// ends a line for YAML and not for most editors.
    private func reportForbiddenScalars(in text: String, _ log: MistakeLog) {
        var position = SourcePosition(file: path)
        var returnPosition: SourcePosition?
        for scalar in text.unicodeScalars {
            if let returnPosition, scalar != "\n" {
                report("\r", at: returnPosition, log)
                return
            }
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: break
            case 0...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                report(scalar, at: position, log)
                return
            default: break
            }
            returnPosition = scalar == "\r" ? position : nil
            position.advance(over: scalar)
        }
    }

    private func report(
        _ scalar: Unicode.Scalar, at position: SourcePosition, _ log: MistakeLog
    ) {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        log.add(at: position, "the control character U+\(code)", expected: "readable text")
    }

    /// Reports every alias (`*name`) whose anchor (`&name`) is in the file as well.
    ///
    /// Aliases are refused before the parser sees them, because a few lines of them expand to
    /// more than any memory holds ("billion laughs"). Looking at the text alone may take a star
    /// inside quotes for an alias, but only when the same word stands behind an ampersand too.
    private func reportAliases(_ log: MistakeLog) {
        guard bytes.contains(UInt8(ascii: "&")) else { return }
        let anchors = Set(tokens(startingWith: UInt8(ascii: "&")).map(\.name))
        guard !anchors.isEmpty else { return }
        let aliases = tokens(startingWith: UInt8(ascii: "*")).filter { anchors.contains($0.name) }
        for token in aliases.prefix(Self.aliasesReported) {
            log.add(
                at: position(ofByte: token.offset),
                "the alias \("*\(token.name)".quoted), which is not supported",
                expected: "the value itself, written out")
        }
    }

    /// Words behind `sign` where YAML may take the sign for an anchor or alias.
    private func tokens(startingWith sign: UInt8) -> [(name: String, offset: Int)] {
        var found: [(name: String, offset: Int)] = []
        for offset in bytes.indices where bytes[offset] == sign {
            guard offset == 0 || " \t\r\n[]{},:-?\"'".utf8.contains(bytes[offset - 1]) else {
                continue
            }
            // libyaml takes letters, digits, hyphens and underscores for a name.
            let name = bytes[(offset + 1)...].prefix { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
            guard !name.isEmpty else { continue }
            found.append((String(decoding: name, as: UTF8.self), offset))
        }
        return found
    }

    /// The position of the byte at `offset`.
    private func position(ofByte offset: Int) -> SourcePosition {
        var position = SourcePosition(file: path)
        for scalar in String(decoding: bytes[..<offset], as: UTF8.self).unicodeScalars {
            position.advance(over: scalar)
        }
        return position
    }
}

extension SourcePosition {
    /// Moves behind `scalar`.
    package mutating func advance(over scalar: Unicode.Scalar) {
        if scalar == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
    }
}
