/// The Strict-Transport-Security header, by which a server tells browsers never to come without TLS
/// (RFC 6797).
enum StrictTransportSecurity {
    /// The largest time that is told apart from longer ones: a hundred years.
    static let secondsMax: Int64 = 100 * 365 * 86_400

    /// For how many seconds browsers must remember, at most `secondsMax`; 0 tells them to forget.
    ///
    /// - Parameter value: Of the first such header, which alone counts (§8.1).
    /// - Returns: nil when `max-age` is missing or anything breaks the grammar of §6.1, so that
    ///   browsers take no notice of it.
    static func maxAgeSeconds(_ value: String) -> Int64? {
        var seen: Set<String> = []
        var maxAge: Int64?
        guard let directives = directives(of: Array(value.utf8)) else { return nil }
        for (name, value) in directives {
            // "All directives MUST appear only once."
            guard seen.insert(name).inserted else { return nil }
            switch name {
            case "max-age":
                guard let value, let seconds = number(value) else { return nil }
                maxAge = seconds
            case "includesubdomains":
                guard value == nil else { return nil }
            default: continue
            }
        }
        return maxAge
    }

    private static func number(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return text.utf8.reduce(0) { min(secondsMax, $0 * 10 + Int64($1 - 0x30)) }
    }

    /// The names in lower case and their values, quotes taken off; nil when it is none of that.
    private static func directives(of bytes: [UInt8]) -> [(name: String, value: String?)]? {
        var found: [(String, String?)] = []
        var place = 0
        func skipBlanks() {
            while place < bytes.count, bytes[place] == 0x20 || bytes[place] == 0x09 { place += 1 }
        }
        func token() -> String? {
            let start = place
            while place < bytes.count, isTokenByte(bytes[place]) { place += 1 }
            return place > start ? String(decoding: bytes[start..<place], as: UTF8.self) : nil
        }
        func quoted() -> String? {
            var text: [UInt8] = []
            place += 1
            while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
                if bytes[place] == UInt8(ascii: "\\") { place += 1 }
                guard place < bytes.count else { return nil }
                text.append(bytes[place])
                place += 1
            }
            guard place < bytes.count else { return nil }
            place += 1
            return String(decoding: text, as: UTF8.self)
        }
        while true {
            skipBlanks()
            if let name = token() {
                var value: String?
                skipBlanks()
                if place < bytes.count, bytes[place] == UInt8(ascii: "=") {
                    place += 1
                    skipBlanks()
                    let isQuoted = place < bytes.count && bytes[place] == UInt8(ascii: "\"")
                    guard let text = isQuoted ? quoted() : token() else { return nil }
                    value = text
                    skipBlanks()
                }
                found.append((name.lowercased(), value))
            }
            guard place < bytes.count else { return found }
            // A directive may be empty.
            guard bytes[place] == UInt8(ascii: ";") else { return nil }
            place += 1
        }
    }

    /// tchar of RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
