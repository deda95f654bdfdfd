import Testing

@testable import TLSInspection

@Suite struct DERReaderTests {
    private static func contents(_ bytes: [UInt8]) -> [UInt8]? {
        var reader = DERReader(bytes[...])
        return reader.next().map { Array($0.contents) }
    }

    @Test(
        arguments: [
            ([0x04, 0x00], []), ([0x04, 0x02, 7, 8], [7, 8]), ([0x04, 0x01, 7, 8], [7]),
            // Too short, indefinite, needlessly long, and more than four octets of length.
            ([], nil), ([0x04], nil), ([0x04, 0x02, 7], nil), ([0x30, 0x80, 0, 0], nil),
            ([0x04, 0x81, 0x01, 7], nil), ([0x04, 0x82, 0x00, 0x80], nil),
            ([0x04, 0x85, 1, 0, 0, 0, 0], nil), ([0x04, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], nil),
            // A tag of several octets.
            ([0x1F, 0x81, 0x01, 0x00], nil),
        ] as [([UInt8], [UInt8]?)])
    func elements(bytes: [UInt8], wanted: [UInt8]?) {
        #expect(Self.contents(bytes) == wanted)
    }

    @Test(arguments: [127, 128, 255, 256, 70_000]) func lengths(count: Int) {
        let body = [UInt8](repeating: 1, count: count)
        let length: [UInt8] =
            switch count {
            case ..<128: [UInt8(count)]
            case ..<256: [0x81, UInt8(count)]
            case ..<65_536: [0x82, UInt8(count >> 8), UInt8(count & 255)]
            default: [0x83, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255)]
            }
        #expect(Self.contents([0x04] + length + body)?.count == count)
        #expect(Self.contents([0x04] + length + body.dropLast()) == nil)
    }

    /// 128 written in two octets where one does.
    @Test func needlesslyLongLength() {
        let body = [UInt8](repeating: 1, count: 128)
        #expect(Self.contents([0x04, 0x81, 0x80] + body) == body)
        #expect(Self.contents([0x04, 0x82, 0x00, 0x80] + body) == nil)
    }

    private static func element(_ tag: UInt8, _ contents: [UInt8]) -> DERReader.Element {
        DERReader.Element(tag: tag, contents: contents[...], whole: [])
    }

    @Test(
        arguments: [
            ([0x55, 0x1D, 0x11], "2.5.29.17"), ([0x2A, 0x86, 0x48], "1.2.840"), ([0x00], "0.0"),
            ([0x27], "0.39"), ([0x28], "1.0"), ([0x88, 0x37], "2.999"),
            (
                [0x2B, 0x06, 0x01, 0x04, 0x01, 0xD6, 0x79, 0x02, 0x04, 0x02],
                "1.3.6.1.4.1.11129.2.4.2"
            ),
            ([], nil), ([0x80, 0x01], nil), ([0x55, 0x80, 0x01], nil), ([0x55, 0x9D], nil),
            ([0x55] + [UInt8](repeating: 0xFF, count: 20) + [0x01], nil),
        ] as [([UInt8], String?)])
    func objectIdentifiers(bytes: [UInt8], wanted: String?) {
        #expect(Self.element(0x06, bytes).objectIdentifier == wanted)
    }

    @Test(arguments: [64, 65]) func objectIdentifierIsBounded(count: Int) {
        let one = Self.element(0x06, [UInt8](repeating: 1, count: count))
        #expect((one.objectIdentifier != nil) == (count == 64))
    }

    @Test func simpleTypes() {
        #expect(Self.element(0x01, [0xFF]).boolean == true)
        #expect(Self.element(0x01, [0]).boolean == false)
        #expect(Self.element(0x01, []).boolean == nil)
        #expect(Self.element(0x02, [5]).smallInteger == 5)
        #expect(Self.element(0x02, [0x7F, 0xFF, 0xFF, 0xFF]).smallInteger == 0x7FFF_FFFF)
        #expect(Self.element(0x02, [0, 0xFF, 0xFF, 0xFF, 0xFF]).smallInteger == nil)
        #expect(Self.element(0x02, [0x80]).smallInteger == nil)
        #expect(Self.element(0x02, []).smallInteger == nil)
        #expect(Self.element(0x02, [0, 0x80, 0]).integerBits == 16)
        #expect(Self.element(0x02, [0x08, 0]).integerBits == 12)
        #expect(Self.element(0x02, [0]).integerBits == 0)
        #expect(Self.element(0x03, [1, 0x80]).bitString?.unusedBits == 1)
        #expect(Self.element(0x03, [8, 0x80]).bitString == nil)
        #expect(Self.element(0x03, [1]).bitString == nil)
        #expect(Self.element(0x03, [0]).bitString?.octets.isEmpty == true)
    }

    @Test func texts() {
        #expect(Self.element(0x0C, Array("é".utf8)).text(byteLimit: 8) == "é")
        #expect(Self.element(0x13, Array("abc".utf8)).text(byteLimit: 2) == "ab")
        #expect(Self.element(0x14, [0xE9]).text(byteLimit: 8) == "é")
        #expect(Self.element(0x1E, [0, 0x61, 0x20, 0xAC]).text(byteLimit: 8) == "a€")
        #expect(
            Self.element(0x0C, [0x61, 0, 0x1B, 0xC2, 0x9B]).text(byteLimit: 8) == "a\\00\\1b\\9b")
        #expect(Self.element(0x0C, [0xFF]).text(byteLimit: 8) == "\u{FFFD}")
    }
}
