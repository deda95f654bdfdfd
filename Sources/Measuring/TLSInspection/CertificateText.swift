/// Texts from certificates, made safe to show.
enum CertificateText {
    /// The text with control characters, C1 ones too, written as `\xx`.
    static func withoutControls(_ text: String) -> String {
        let isControl = { (scalar: Unicode.Scalar) in
            scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
        }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                safe += escape(UInt8(scalar.value))
            } else {
                safe.unicodeScalars.append(scalar)
            }
        }
        return safe
    }

    /// A DNS name or address as text.
    ///
    /// It is IA5 (RFC 5280 §4.2.1.6), but comes from outside: what is not printable, such as a NUL
    /// or an escape, is shown in hexadecimal and never reaches a terminal.
    static func printable(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes {
            if (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += escape(byte)
            }
        }
        return text
    }

    /// Lower-case hexadecimal digits.
    static func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (index, byte) in bytes.enumerated() {
                buffer[2 * index] = digits[Int(byte >> 4)]
                buffer[2 * index + 1] = digits[Int(byte & 15)]
            }
            return bytes.count * 2
        }
    }

    private static func escape(_ byte: UInt8) -> String {
        "\\" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
