/// An answer of the lab's name server.
struct DNSResponse: Sendable, Hashable {
    /// Seconds that an answer may be kept, good or bad: a fault shows within a second.
    static let timeToLiveSeconds: UInt32 = 1
    /// The UDP size that the server offers (the size agreed on the DNS flag day of 2020).
    static let udpBytes: UInt16 = 1232

    /// The response codes used (RFC 1035 §4.1.1, RFC 6891 §9).
    enum Code: UInt16, Sendable, Hashable, CaseIterable {
        case success = 0
        case formatError = 1
        case serverFailure = 2
        case nameError = 3
        case notImplemented = 4
        case refused = 5
        case badVersion = 16
    }

    /// The number of the query.
    var id: UInt16
    /// The query that is answered; nil when it could not be read.
    var query: DNSQuery?
    /// The result.
    var code: Code
    /// The IPv4 address in the answer; without one a good or missing name comes with an SOA
    /// record, so that the client may keep the denial (RFC 2308).
    var address: [UInt8]?

    /// The message in wire form.
    var bytes: [UInt8] {
        var message: [UInt8] = []
        let isDenial = address == nil && (code == .success || code == .nameError)
        let hasAuthority = query != nil && isDenial
        let hasOptions = query?.ednsVersion != nil
        message.append(id)
        // QR and AA are set, RA too, since the lab stands in for a recursive server.
        message.append(
            0x8480 | (query?.isRecursionDesired == true ? 0x0100 : 0) | (code.rawValue & 0xF))
        message.append(query == nil ? 0 : 1 as UInt16)
        message.append(address == nil ? 0 : 1 as UInt16)
        message.append(hasAuthority ? 1 : 0 as UInt16)
        message.append(hasOptions ? 1 : 0 as UInt16)
        if let query { message += query.questionBytes }
        if let address {
            // The name is a pointer to the question, which starts right after the header.
            message.append(0xC00C as UInt16)
            message.append(DNSRecordType.a)
            message.append(1 as UInt16)
            message.append(Self.timeToLiveSeconds)
            message.append(UInt16(address.count))
            message += address
        }
        if hasAuthority { message += Self.authority }
        if hasOptions {
            message.append(0 as UInt8)
            message.append(DNSRecordType.opt)
            message.append(Self.udpBytes)
            // The upper bits of the code, then version 0 and no flags.
            message.append(UInt32(code.rawValue >> 4) << 24)
            message.append(0 as UInt16)
        }
        return message
    }

    /// The SOA record of the root: the lab plays the whole name space.
    private static let authority: [UInt8] = {
        let primary: [UInt8] = [3] + Array("lab".utf8) + [7] + Array("invalid".utf8) + [0]
        var data = primary + primary
        // Serial, refresh, retry, expire; the last number limits how long a denial is kept.
        for number: UInt32 in [1, 3600, 600, 86_400, timeToLiveSeconds] { data.append(number) }
        var record: [UInt8] = [0]
        record.append(DNSRecordType.soa)
        record.append(1 as UInt16)
        record.append(timeToLiveSeconds)
        record.append(UInt16(data.count))
        return record + data
    }()
}

extension [UInt8] {
    /// Appends a number in network byte order.
    fileprivate mutating func append(_ number: UInt16) {
        self += [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    /// Appends a number in network byte order.
    fileprivate mutating func append(_ number: UInt32) {
        append(UInt16(number >> 16))
        append(UInt16(truncatingIfNeeded: number))
    }
}
