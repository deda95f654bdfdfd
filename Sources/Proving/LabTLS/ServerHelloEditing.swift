/// Changes a server's first words, to play servers that OpenSSL will not be.
public enum ServerHelloEditing {
    /// The extension `renegotiation_info` (RFC 5746 §3.2).
    private static let renegotiationInfo = 0xFF01
    private static let recordHeader = 5
    private static let handshakeHeader = 4

    /// A server's first flight without the extension of RFC 5746, as a server that has never heard
    /// of it sends.
    ///
    /// The two ends have then not heard the same words, so that a client which goes on all the
    /// same sees the certificate and fails at the end of the handshake.
    ///
    /// - Parameter flight: Records of TLS 1.2 or older that begin with a ServerHello.
    /// - Returns: The records without it; `flight` as it is when it has none or is something else.
    public static func withoutSecureRenegotiation(_ flight: [UInt8]) -> [UInt8] {
        var bytes = flight
        func number(_ place: Int) -> Int? {
            place + 2 <= flight.count ? Int(flight[place]) << 8 | Int(flight[place + 1]) : nil
        }
        func reduce(_ place: Int, by count: Int) {
            guard let value = number(place), value >= count else { return }
            bytes[place] = UInt8((value - count) >> 8)
            bytes[place + 1] = UInt8((value - count) & 0xFF)
        }
        let body = recordHeader + handshakeHeader
        // A handshake record (22) with a ServerHello (2), then version and random.
        guard flight.count > body, flight[0] == 22, flight[recordHeader] == 2 else { return flight }
        let identifier = body + 2 + 32
        guard flight.count > identifier else { return flight }
        // Its session identifier, suite and compression come before the extensions.
        let extensions = identifier + 1 + Int(flight[identifier]) + 3
        guard let length = number(extensions) else { return flight }
        var place = extensions + 2
        while place < extensions + 2 + length {
            guard let kind = number(place), let count = number(place + 2),
                place + 4 + count <= flight.count
            else { return flight }
            if kind == renegotiationInfo {
                // The lengths of record, message and list; a message's has a third byte before.
                for length in [3, recordHeader + 2, extensions] { reduce(length, by: 4 + count) }
                bytes.removeSubrange(place..<place + 4 + count)
                return bytes
            }
            place += 4 + count
        }
        return flight
    }
}
