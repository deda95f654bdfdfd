import Glibc
import Probing

/// A DNS server on 127.0.0.1 that says what a script tells it to.
// Safety: both members never change after init; the thread ends before stop() returns.
final class ScriptedNameServer: @unchecked Sendable {
    enum Answer: Sendable {
        /// Records of four or sixteen bytes, of the type asked for.
        case addresses([[UInt8]])
        /// An answer without records and with this response code.
        case code(UInt8)
        /// Nothing at all.
        case silence
        /// Bytes that are no DNS message.
        case garbage
    }

    struct Question: Sendable {
        /// In lower case without the final dot; empty for the root.
        var name: String
        /// 1 is A, 2 NS, 28 AAAA.
        var type: UInt16
    }

    let port: UInt16
    private let descriptor: CInt
    private let thread: pthread_t

    init(script: @escaping @Sendable (Question) -> Answer) throws {
        let bound = try Sockets.bound(kind: CInt(SOCK_DGRAM.rawValue), isIPv6: false)
        descriptor = bound.descriptor
        port = bound.port
        thread = spawnThread { Self.serve(bound.descriptor, script: script) }
    }

    /// The server as a forwarder of the resolver.
    var configuration: ResolverConfiguration {
        ResolverConfiguration(
            forwarders: ["127.0.0.1@\(port)"], resolvConf: nil, hostsFile: nil)
    }

    /// Ends the server: a datagram of one byte is its sign.
    func stop() {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, "x", 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        pthread_join(thread, nil)
        close(descriptor)
    }

    private static func serve(_ descriptor: CInt, script: (Question) -> Answer) {
        var query = [UInt8](repeating: 0, count: 4096)
        while true {
            var peer = sockaddr_in()
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &query, query.count, 0, $0, &length)
                }
            }
            if count == 1 { return }
            guard let (question, end) = question(in: query.prefix(max(0, count))),
                let reply = reply(
                    to: Array(query.prefix(end)), question: question, script(question))
            else { continue }
            _ = withUnsafePointer(to: &peer) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, reply, reply.count, 0, $0, length)
                }
            }
        }
    }

    /// The question and where it ends (RFC 1035 §4.1.2).
    private static func question(in bytes: ArraySlice<UInt8>) -> (Question, end: Int)? {
        guard bytes.count > 16 else { return nil }
        var labels: [String] = []
        var index = 12
        while bytes[index] != 0 {
            let next = index + 1 + Int(bytes[index])
            guard next + 4 < bytes.count else { return nil }
            labels.append(String(decoding: bytes[index + 1..<next], as: UTF8.self).lowercased())
            index = next
        }
        let type = UInt16(bytes[index + 1]) << 8 | UInt16(bytes[index + 2])
        return (Question(name: labels.joined(separator: "."), type: type), index + 5)
    }

    private static func reply(
        to query: [UInt8], question: Question, _ answer: Answer
    ) -> [UInt8]? {
        var records: [[UInt8]] = []
        var code: UInt8 = 0
        switch answer {
        case .silence: return nil
        case .garbage: return Array(query.prefix(2)) + [UInt8](repeating: 0xFF, count: 40)
        case .code(let number): code = number
        case .addresses(let addresses): records = addresses
        }
        var reply = query
        reply[2] = 0x81
        reply[3] = 0x80 | code
        for index in 6..<12 { reply[index] = 0 }
        reply[7] = UInt8(records.count)
        if records.isEmpty && (code == 0 || code == 3) {
            // SOA, without which libunbound keeps a negative answer for 5 s (RFC 2308 §5).
            reply[9] = 1
            reply += [0xC0, 12, 0, 6, 0, 1, 0, 0, 1, 44, 0, 22]
            reply += [UInt8](repeating: 0, count: 20) + [1, 44]
        }
        for record in records {
            // A pointer to the name in the question; type, class IN, 300 seconds.
            reply += [0xC0, 12, UInt8(question.type >> 8), UInt8(question.type & 0xFF), 0, 1]
            reply += [0, 0, 1, 44, 0, UInt8(record.count)] + record
        }
        return reply
    }
}
