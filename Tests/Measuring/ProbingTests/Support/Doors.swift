import COpenSSL
import Glibc
import HealthModel
import LabTLS

@testable import Probing

extension Connection {
    /// One line as sent by the client, without its end; nil when it went away.
    func readLine() -> String? {
        var line: [UInt8] = []
        while true {
            guard let byte = read(upTo: 1).first else { return nil }
            if byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }

    /// Takes bytes from below TLS; false when the client went away.
    func passOver() -> Bool {
        var scrap = [UInt8](repeating: 0, count: 4096)
        return recv(descriptor, &scrap, scrap.count, 0) > 0
    }

    /// Does the handshake; false when it fails.
    func upgrade(_ context: TLSServerContext) -> Bool {
        tls = context.accept(descriptor: descriptor)
        return tls != nil
    }
}

/// A server of each protocol, up to and including the handshake.
enum DoorServer {
    /// What a server says: `|` is a line end, and an empty step only waits for a line.
    static func steps(_ door: StartTLSDialogue.Door) -> [String] {
        switch door {
        case .smtp: ["220 mx ready|", "250-mx|250 STARTTLS|", "220 go|"]
        case .imap: ["* OK hi|", "* CAPABILITY STARTTLS|v1 OK done|", "v2 OK go|"]
        case .pop3: ["+OK hi|", "+OK list|STLS|.|", "+OK go|"]
        case .ftp: ["220 hi|", "234 go|"]
        case .ldap: []
        }
    }

    /// Says the first `count` steps, each but the first after a command; false when the client
    /// went away.
    static func talk(
        _ door: StartTLSDialogue.Door, on connection: Connection, steps count: Int = .max
    ) -> Bool {
        if door == .ldap {
            guard count > 0, connection.read().elementsEqual(LDAPSpeaker.request) else {
                return false
            }
            return connection.write(LDAPSpeakerTests.response(code: 0, wide: true))
        }
        for (number, step) in steps(door).enumerated().prefix(count) {
            if number > 0, connection.readLine() == nil { return false }
            guard connection.write(step.replacing("|", with: "\r\n")) else { return false }
        }
        return true
    }

    /// The URL of a door at the test host.
    static func url(_ door: StartTLSDialogue.Door) -> String {
        "\(door.rawValue.lowercased())://localhost.test/"
    }
}
