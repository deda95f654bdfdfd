import Foundation
import HealthModel
import Testing

@testable import Lab

@Suite struct NameServerTests {
    /// A query in wire form.
    static func query(
        _ name: String, type: UInt16 = 1, recordClass: UInt16 = 1, id: UInt16 = 0x1234,
        edns: UInt8? = nil
    ) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(id >> 8), UInt8(id & 0xFF), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        if edns != nil { bytes[11] = 1 }
        for label in name.split(separator: ".") {
            bytes.append(UInt8(label.utf8.count))
            bytes += Array(label.utf8)
        }
        bytes += [0, UInt8(type >> 8), UInt8(type & 0xFF)]
        bytes += [UInt8(recordClass >> 8), UInt8(recordClass & 0xFF)]
        if let edns { bytes += [0, 0, 41, 4, 208, 0, edns, 0, 0, 0, 0] }
        return bytes
    }

    private func read(_ bytes: [UInt8]) -> DNSQuery? {
        if case .query(let query) = DNSQuery.read(bytes) { query } else { nil }
    }

    @Test func readsAQuery() throws {
        let query = try #require(read(Self.query("wWw.DigiD.nl", type: 28, edns: 0)))
        #expect(query.id == 0x1234)
        #expect(query.name == "www.digid.nl")
        #expect(query.type == 28)
        #expect(query.recordClass == 1)
        #expect(query.isRecursionDesired)
        #expect(query.ednsVersion == 0)
        #expect(query.questionBytes == Array(Self.query("wWw.DigiD.nl", type: 28)[12...]))
        #expect(read(Self.query("a.nl"))?.ednsVersion == nil)
    }

    @Test func namesHaveALimit() {
        let label = String(repeating: "a", count: 63)
        // Three labels of 64 bytes with their length, one of 62 and the root: 255 bytes.
        let longest = [label, label, label, String(repeating: "b", count: 61)]
        #expect(read(Self.query(longest.joined(separator: "."))) != nil)
        let tooLong = [label, label, label, String(repeating: "b", count: 62)]
        #expect(read(Self.query(tooLong.joined(separator: "."))) == nil)
        #expect(read(Self.query(String(repeating: "a", count: 64))) == nil)
    }

    @Test func refusals() {
        let good = Self.query("a.nl")
        #expect(DNSQuery.read([]) == .ignored)
        #expect(DNSQuery.read(Array(good.prefix(11))) == .ignored)
        #expect(DNSQuery.read([UInt8](repeating: 0, count: 4097)) == .ignored)
        var response = good
        response[2] |= 0x80
        #expect(DNSQuery.read(response) == .ignored)
        var update = good
        update[2] = 5 << 3
        #expect(DNSQuery.read(update) == .refused(id: 0x1234, code: .notImplemented))
        var two = good
        two[5] = 2
        let formatError = DNSQuery.Reading.refused(id: 0x1234, code: .formatError)
        #expect(DNSQuery.read(two) == formatError)
        #expect(DNSQuery.read(good + [0]) == formatError)
        #expect(DNSQuery.read(good.dropLast()) == formatError)
        var pointer = good
        pointer[12] = 0xC0
        #expect(DNSQuery.read(pointer) == formatError)
        var twoOptions = Self.query("a.nl", edns: 0)
        twoOptions += twoOptions.suffix(11)
        twoOptions[11] = 2
        #expect(DNSQuery.read(twoOptions) == formatError)
    }

    @Test func anyBytesAreRead() {
        var generator = SplitMix64(seed: 5)
        var readings = 0
        let template = Self.query("mijn.digid.nl", edns: 0)
        for round in 0..<40_000 {
            var bytes = template
            if round.isMultiple(of: 2) {
                for _ in 0...Int.random(in: 0...3, using: &generator) {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    bytes[index] = .random(in: 0...255, using: &generator)
                }
                bytes = Array(bytes.prefix(.random(in: 0...bytes.count + 20, using: &generator)))
            } else {
                bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
            }
            if case .query(let query) = DNSQuery.read(bytes) {
                readings += 1
                let response = DNSResponse(
                    id: query.id, query: query, code: .success, address: [127, 64, 0, 1]
                ).bytes
                #expect(response.count <= 512)
                #expect(Array(response[0...1]) == Array(bytes[0...1]))
            }
        }
        #expect(readings > 100)
    }

    /// Sends a datagram to the name server and waits for one; nil after `milliseconds`.
    private func ask(_ lab: Lab, _ bytes: [UInt8], milliseconds: Int32 = 3000) -> [UInt8]? {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(lab.dnsPort).bigEndian)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        // Safety: the pointer is used during the call only, and the length is that of the type.
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0, send(descriptor, bytes, bytes.count, 0) == bytes.count else {
            return nil
        }
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// The response code and the counts of question, answer, authority and additional records.
    private func summary(_ message: [UInt8]?) -> [Int]? {
        guard let message, message.count >= 12 else { return nil }
        return [Int(message[3] & 0xF)]
            + [4, 6, 8, 10].map { Int(message[$0]) << 8 | Int(message[$0 + 1]) }
    }

    @Test func answersOverUDP() async throws {
        try await withLab { (lab: Lab) async throws in
            let answer = try #require(ask(lab, Self.query("WWW.digid.nl", edns: 0)))
            #expect(summary(answer) == [0, 1, 1, 0, 1])
            #expect(Array(answer.prefix(4)) == [0x12, 0x34, 0x85, 0x80])
            let question = Self.query("WWW.digid.nl")[12...]
            #expect(answer[12...].starts(with: question))
            #expect(
                answer[(12 + question.count)...].starts(with: [
                    0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 64, 0, 1,
                ]))
            #expect(summary(ask(lab, Self.query("www.digid.nl", type: 28))) == [0, 1, 0, 1, 0])
            #expect(summary(ask(lab, Self.query("www.digid.nl", type: 48))) == [0, 1, 0, 1, 0])
            #expect(summary(ask(lab, Self.query("digid.nl"))) == [0, 1, 0, 1, 0])
            #expect(summary(ask(lab, Self.query("", type: 2))) == [0, 1, 0, 1, 0])
            #expect(summary(ask(lab, Self.query("other.digid.nl"))) == [3, 1, 0, 1, 0])
            #expect(summary(ask(lab, Self.query("a.nl", recordClass: 3))) == [5, 1, 0, 0, 0])
            #expect(summary(ask(lab, [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])) == [1, 0, 0, 0, 0])
            let badVersion = ask(lab, Self.query("www.digid.nl", edns: 1))
            #expect(summary(badVersion) == [0, 1, 0, 0, 1])
            #expect(badVersion?.suffix(6).first == 1)
            #expect(try await lab.counters(of: "www.digid.nl").queries == 3)
        }
    }

    @Test func delayedAnswersHaveALimit() async throws {
        try await withLab(limits: LabLimits(delayedAnswers: 0)) { (lab: Lab) async throws in
            try await lab.apply(.slowDNS(.milliseconds(1)), to: "www.digid.nl")
            #expect(ask(lab, Self.query("www.digid.nl"), milliseconds: 200) == nil)
        }
        try await withLab(limits: LabLimits(delayedAnswers: 1)) { (lab: Lab) async throws in
            try await lab.apply(.slowDNS(.milliseconds(1)), to: "www.digid.nl")
            for _ in 0..<3 {
                #expect(summary(ask(lab, Self.query("www.digid.nl"))) == [0, 1, 1, 0, 0])
            }
        }
    }

    @Test func faults() async throws {
        try await withLab { (lab: Lab) async throws in
            let query = Self.query("www.digid.nl")
            try await lab.apply(.nxdomain, to: "www.digid.nl")
            #expect(summary(ask(lab, query)) == [3, 1, 0, 1, 0])
            try await lab.apply(.servfail, to: "www.digid.nl")
            #expect(summary(ask(lab, query)) == [2, 1, 0, 0, 0])
            try await lab.apply(.silentDNS, to: "www.digid.nl")
            #expect(ask(lab, query, milliseconds: 200) == nil)
            #expect(summary(ask(lab, Self.query("mijn.digid.nl"))) == [0, 1, 1, 0, 0])
            try await lab.apply(.slowDNS(.milliseconds(300)), to: "www.digid.nl")
            let start = ContinuousClock.now
            #expect(summary(ask(lab, query)) == [0, 1, 1, 0, 0])
            #expect(ContinuousClock.now - start >= .milliseconds(290))
            try await lab.clear("www.digid.nl")
            #expect(summary(ask(lab, query)) == [0, 1, 1, 0, 0])
        }
    }
}
