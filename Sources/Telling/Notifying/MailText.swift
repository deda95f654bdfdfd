import HealthModel

/// How mail writes text that is not plain ASCII, and how it counts its lines.
enum MailText {
    /// Bytes in one line of a mail (RFC 5322 §2.1.1), without its end.
    static let lineBytes = 998
    /// Characters of a line that programs like to get.
    static let quotedLineBytes = 76
    /// Characters of the text in one encoded word: with its frame and the name of the field a line
    /// stays below 76 (RFC 2047 §2).
    static let wordBytes = 50

    private static let hexDigits = Array("0123456789ABCDEF".utf8)

    /// Characters of a line of plain text in a header field.
    static let headerLineBytes = 70

    /// The value of a header field: as it is when it is plain, on several lines when it is long, else
    /// in encoded words of UTF-8 (RFC 2047), each of whole characters, on lines of their own.
    ///
    /// What controls has been taken out, so that nothing can begin another field.
    static func headerValue(_ text: String) -> String {
        let text = text.cleaned
        let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        if isPlain, !text.contains("=?"), let folded = folded(text) { return folded }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = encodedForWord(scalar)
            if words[words.count - 1].count + bytes.count > wordBytes { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?UTF-8?Q?\(String(decoding: $0, as: UTF8.self))?=" }
            .joined(separator: "\r\n ")
    }

    /// Plain text in lines that break before a space (RFC 5322 §2.2.3); nil when it has a word that is
    /// longer than a line, or spaces that would get lost.
    private static func folded(_ text: String) -> String? {
        guard text.utf8.count > wordBytes else { return text }
        var lines = [""]
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            guard !word.isEmpty, word.utf8.count <= headerLineBytes else { return nil }
            let last = lines.count - 1
            if lines[last].isEmpty {
                lines[last] += word
            } else if lines[last].utf8.count + word.utf8.count < headerLineBytes {
                lines[last] += " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.joined(separator: "\r\n ")
    }

    private static func encodedForWord(_ scalar: Unicode.Scalar) -> [UInt8] {
        var bytes: [UInt8] = []
        for byte in String(scalar).utf8 {
            switch byte {
            case 0x20: bytes.append(UInt8(ascii: "_"))
            // What is safe in every place (RFC 2047 §5, rule 3).
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "/"):
                bytes.append(byte)
            default: bytes += escaped(byte)
            }
        }
        return bytes
    }

    private static func escaped(_ byte: UInt8) -> [UInt8] {
        [UInt8(ascii: "="), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
    }

    /// Lines in quoted-printable (RFC 2045 §6.7), each ended by CR LF and none longer than 76.
    ///
    /// - Parameter lines: Text without line ends; what controls is taken out.
    /// - Returns: The lines as they are sent.
    static func quotedPrintable(_ lines: [String]) -> [UInt8] {
        var written: [UInt8] = []
        for line in lines {
            var column = 0
            let bytes = Array(line.cleaned.utf8)
            for (index, byte) in bytes.enumerated() {
                let isLast = index == bytes.count - 1
                let isPlain =
                    (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
                    || byte == 0x20 && !isLast
                let more = isPlain ? [byte] : escaped(byte)
                // One column is kept for the mark of a line that goes on.
                if column + more.count > quotedLineBytes - (isLast ? 0 : 1) {
                    written += Array("=\r\n".utf8)
                    column = 0
                }
                written += more
                column += more.count
            }
            written += Array("\r\n".utf8)
        }
        return written
    }

    /// An instant as mail writes it (RFC 5322 §3.3), in UTC.
    static func date(_ instant: Timestamp) -> String {
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        // 2026-11-27 02:08:45
        let text = instant.dateAndTime
        let parts = text.split(whereSeparator: { $0 == "-" || $0 == " " })
        let seconds = instant.seconds
        let sinceEpoch = (seconds - ((seconds % 86_400) + 86_400) % 86_400) / 86_400
        let day = days[Int(((sinceEpoch % 7) + 7) % 7)]
        guard parts.count == 4, let month = Int(parts[1]), (1...12).contains(month),
            let number = Int(parts[2])
        else { preconditionFailure("an instant is a date and a time") }
        return "\(day), \(number) \(months[month - 1]) \(parts[0]) \(parts[3]) +0000"
    }
}
