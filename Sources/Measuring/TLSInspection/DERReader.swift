/// Reads DER (ITU-T X.690 §8 and §10) element by element, never past the end of its bytes.
///
/// Pure and without recursion: whoever reads decides how deep to go.
struct DERReader {
    /// The bytes not read yet.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// One element: its identifier octet, its contents, and both with the length in between.
    struct Element {
        var tag: UInt8
        var contents: ArraySlice<UInt8>
        var whole: ArraySlice<UInt8>

        /// A reader of the elements inside.
        var reader: DERReader { DERReader(contents) }
    }

    /// Identifier octets of universal types (X.690 §8.1.2).
    enum Tag {
        static let boolean: UInt8 = 0x01
        static let integer: UInt8 = 0x02
        static let bitString: UInt8 = 0x03
        static let octetString: UInt8 = 0x04
        static let objectIdentifier: UInt8 = 0x06
        static let sequence: UInt8 = 0x30
        static let set: UInt8 = 0x31
        /// Context-specific and primitive.
        static func context(_ number: UInt8) -> UInt8 { 0x80 | number }
        /// Context-specific and constructed.
        static func constructed(_ number: UInt8) -> UInt8 { 0xA0 | number }
    }

    /// The next element; nil at the end and for what is not DER: tags of more than one octet,
    /// indefinite or needlessly long lengths, and contents that end too early.
    mutating func next() -> Element? {
        guard let tag = rest.first, tag & 0x1F != 0x1F, rest.count >= 2 else { return nil }
        var start = rest.startIndex + 2
        var length = Int(rest[rest.startIndex + 1])
        if length >= 0x80 {
            let octets = length & 0x7F
            guard (1...4).contains(octets), rest.endIndex - start >= octets else { return nil }
            length = rest[start..<start + octets].reduce(0) { $0 << 8 | Int($1) }
            guard rest[start] != 0, length >= 0x80 else { return nil }
            start += octets
        }
        guard rest.endIndex - start >= length else { return nil }
        let end = start + length
        let element = Element(
            tag: tag, contents: rest[start..<end], whole: rest[rest.startIndex..<end])
        rest = rest[end...]
        return element
    }

    /// The next element when it has this tag; otherwise nil, and nothing is read.
    mutating func next(_ tag: UInt8) -> Element? {
        guard rest.first == tag else { return nil }
        return next()
    }

    /// The only element of the bytes when it has this tag; nil when more follows.
    static func only(_ tag: UInt8, in bytes: ArraySlice<UInt8>) -> Element? {
        var reader = DERReader(bytes)
        guard let element = reader.next(tag), reader.isAtEnd else { return nil }
        return element
    }
}

/// The contents of simple types.
extension DERReader.Element {
    /// An object identifier in dotted form (X.690 §8.19); nil when it is not one.
    var objectIdentifier: String? {
        // 64 octets hold every identifier in use; the bound keeps the text short.
        guard tag == DERReader.Tag.objectIdentifier, (1...64).contains(contents.count) else {
            return nil
        }
        var arcs: [UInt64] = []
        var value: UInt64 = 0
        var isInside = false
        for octet in contents {
            guard value < 1 << 56, isInside || octet != 0x80 else { return nil }
            value = value << 7 | UInt64(octet & 0x7F)
            isInside = octet & 0x80 != 0
            if isInside { continue }
            if arcs.isEmpty {
                let first = min(value / 40, 2)
                arcs = [first, value - 40 * first]
            } else {
                arcs.append(value)
            }
            value = 0
        }
        return isInside ? nil : arcs.map { String($0) }.joined(separator: ".")
    }

    /// A truth value (X.690 §8.2); nil when it is not one.
    var boolean: Bool? {
        guard tag == DERReader.Tag.boolean, contents.count == 1 else { return nil }
        return contents.first != 0
    }

    /// A whole number that is not negative and small; nil otherwise.
    var smallInteger: Int? {
        guard tag == DERReader.Tag.integer, (1...4).contains(contents.count),
            contents[contents.startIndex] < 0x80
        else { return nil }
        return contents.reduce(0) { $0 << 8 | Int($1) }
    }

    /// Bits of a positive whole number without its leading zeros; 0 for what is none.
    var integerBits: Int {
        guard tag == DERReader.Tag.integer else { return 0 }
        let digits = contents.drop { $0 == 0 }
        guard let first = digits.first else { return 0 }
        return digits.count * 8 - first.leadingZeroBitCount
    }

    /// The octets of a bit string and how many bits of the last are unused; nil when it is not one.
    var bitString: (octets: ArraySlice<UInt8>, unusedBits: Int)? {
        guard tag == DERReader.Tag.bitString, let unused = contents.first, unused < 8 else {
            return nil
        }
        let octets = contents.dropFirst()
        return octets.isEmpty && unused != 0 ? nil : (octets, Int(unused))
    }

    /// The text of a string of any kind used in names (RFC 5280 §4.1.2.4), cut at
    /// `byteLimit`; control characters are shown in hexadecimal and never reach a terminal.
    func text(byteLimit: Int) -> String {
        let bytes = contents.prefix(byteLimit)
        var text = ""
        switch tag {
        case 0x1E:
            // BMPString: two octets each.
            var units: [UInt16] = []
            var index = bytes.startIndex
            while index + 1 < bytes.endIndex {
                units.append(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
                index += 2
            }
            text = String(decoding: units, as: UTF16.self)
        case 0x14:
            // TeletexString: in practice Latin-1.
            for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        default: text = String(decoding: bytes, as: UTF8.self)
        }
        return CertificateText.withoutControls(text)
    }
}
