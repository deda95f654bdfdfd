import Alerting
import CCurl
import Foundation
import Glibc
import HealthModel
import Routing
import Synchronization
import TestSupport
import Testing

@testable import Notifying

/// Receivers as bad as they come, over real sockets.
@Suite struct DispatcherTests {
    /// A clock that can be put forward.
    private final class HandClock: Timekeeper {
        private let ahead = Atomic<Int64>(0)
        private let clock = SteadyClock()
        /// How often it was looked at.
        let looks = Atomic<Int>(0)
        func now() -> Timestamp { clock.now() }
        func monotonicNanoseconds() -> Int64 {
            looks.add(1, ordering: .relaxed)
            return clock.monotonicNanoseconds() + ahead.load(ordering: .relaxed)
        }
        func forward(_ time: Duration) { ahead.add(time.nanoseconds, ordering: .relaxed) }
    }

    /// Keeps what happened.
    private final class Events: Sendable {
        private let all = Mutex<[Dispatcher.Event]>([])
        func add(_ event: Dispatcher.Event) { all.withLock { $0.append(event) } }
        var ended: [Delivery] {
            all.withLock { $0 }.compactMap { event in
                if case .ended(let delivery) = event { delivery } else { nil }
            }
        }
        var recovered: Int {
            all.withLock { $0 }.count { if case .recovered = $0 { true } else { false } }
        }
        var failing: [String] {
            all.withLock { $0 }.compactMap { event in
                if case .failing(_, let words) = event { words } else { nil }
            }
        }
    }

    private func dispatcher(_ events: Events) -> Dispatcher {
        Dispatcher(
            trustStorePath: "/etc/ssl/certs/ca-certificates.crt", userAgent: "test", seed: 1,
            timekeeper: SteadyClock()
        ) { events.add($0) }
    }

    /// A receiver that has nothing to take is looked at after five minutes, without a request.
    @Test func aDeadWayIsFoundBeforeItIsNeeded() async throws {
        let (gone, there) = (
            try AnsweringServer { _ in nil }, try AnsweringServer { _ in Self.ok }
        )
        gone.close()
        let (events, clock) = (Events(), HandClock())
        let dispatcher = Dispatcher(
            trustStorePath: "/etc/ssl/certs/ca-certificates.crt", userAgent: "test", seed: 1,
            timekeeper: clock
        ) { events.add($0) }
        defer { dispatcher.stop() }
        var receiver = try receiver("r", gone)
        try dispatcher.use([receiver])
        #expect(dispatcher.counters[ReceiverID("r")]?.isTried == false)
        clock.forward(.seconds(301))
        // Another configuration makes the courier look at its clock now.
        receiver.level = .page
        try dispatcher.use([receiver])
        try await wait("that it fails") { events.failing.count == 1 }
        #expect(dispatcher.counters[ReceiverID("r")]?.failure != nil)
        clock.forward(.seconds(61))
        receiver.kind = try self.receiver("r", there).kind
        try dispatcher.use([receiver])
        try await wait("that it works") { events.recovered == 1 }
        #expect(dispatcher.counters[ReceiverID("r")]?.failure == nil)
        #expect(there.requests == 0)
        #expect(events.failing.count == 1)
    }

    /// An Alertmanager that does not take the reminder of an alert is left alone: while it rests that
    /// costs no turn of the loop, and when it is back it hears at once, not a minute later.
    @Test(arguments: [("Retry-After: 3600\r\n", true), ("", false)])
    func aReminderThatIsNotTakenWaitsForTheRest(header: String, isLong: Bool) async throws {
        let isBroken = Atomic<Bool>(false)
        let server = try AnsweringServer { _ in
            isBroken.load(ordering: .relaxed)
                ? "HTTP/1.1 503 No\r\n\(header)Content-Length: 0\r\n\r\n" : Self.ok
        }
        let (events, clock) = (Events(), HandClock())
        let dispatcher = Dispatcher(
            trustStorePath: "/etc/ssl/certs/ca-certificates.crt", userAgent: "test", seed: 1,
            timekeeper: clock
        ) { events.add($0) }
        defer { dispatcher.stop() }
        var receiver = Receiver(
            id: ReceiverID("r"),
            kind: .alertmanager(try #require(ProbeURL("http://127.0.0.1:\(server.port)/"))))
        try dispatcher.use([receiver])
        dispatcher.deliver([recent("a", "r")])
        try await wait("that it is told") { events.ended.count == 1 }
        isBroken.store(true, ordering: .relaxed)
        clock.forward(.seconds(61))
        receiver.level = .page
        try dispatcher.use([receiver])
        try await wait("that it fails") { events.failing.count == 1 }
        isBroken.store(false, ordering: .relaxed)
        guard isLong else {
            // The rest is a second or two.
            return try await wait("that it is told again") { events.recovered == 1 }
        }
        clock.forward(.seconds(61))
        receiver.level = .critical
        try dispatcher.use([receiver])
        try await Task.sleep(for: .milliseconds(300))
        let before = clock.looks.load(ordering: .relaxed)
        try await Task.sleep(for: .milliseconds(300))
        #expect(clock.looks.load(ordering: .relaxed) - before < 10)
        #expect(server.requests == 2)
    }

    private func receiver(_ name: String, _ server: AnsweringServer) throws -> Receiver {
        Receiver(
            id: ReceiverID(name),
            kind: .webhook(try #require(ProbeURL("http://127.0.0.1:\(server.port)/"))))
    }

    private func wait(_ what: String, _ isDone: () -> Bool) async throws {
        for _ in 0..<1000 {
            if isDone() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("not within 20 seconds: \(what)")
    }

    /// A notification of now.
    private func recent(
        _ service: String, isOver: Bool = false, _ receiver: String
    ) -> Routing.Notification {
        notification(
            service, isOver: isOver, receiver: receiver,
            at: Int64(Date().timeIntervalSince1970))
    }

    private static let ok = "HTTP/1.1 204 No Content\r\n\r\n"

    /// One hangs, one fails, one answers without end, one sends elsewhere: the good one is told at
    /// once, and the end comes at once too.
    @Test func nobodyDelaysTheOthers() async throws {
        let good = try AnsweringServer { _ in Self.ok }
        let hanging = try AnsweringServer { _ in nil }
        let failing = try AnsweringServer { _ in "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" }
        let moved = try AnsweringServer { _ in
            "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:\(good.port)/\r\n"
                + "Content-Length: 0\r\n\r\n"
        }
        let events = Events()
        let dispatcher = dispatcher(events)
        let bad = ["hanging": hanging, "failing": failing, "moved": moved]
        try dispatcher.use(
            try bad.map { try receiver($0.key, $0.value) } + [try receiver("good", good)])
        let start = ContinuousClock.now
        for name in bad.keys.sorted() + ["good"] {
            dispatcher.deliver([recent("a", name)])
        }
        try await wait("the good one") { !events.ended.isEmpty }
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(events.ended.map(\.notification.receiver.text) == ["good"])
        try await wait("two failures") { events.failing.count == 2 }
        #expect(events.failing.sorted() == ["HTTP 301", "HTTP 500"])
        let stop = ContinuousClock.now
        dispatcher.stop()
        #expect(ContinuousClock.now - stop < .seconds(5))
        #expect(good.requests == 1)
    }

    /// Ten gigabytes are promised after a good status; 64 KiB of them are read.
    @Test func anAnswerWithoutEndIsCut() async throws {
        let server = try AnsweringServer { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n"
                + String(repeating: "x", count: 8 * 1024 * 1024)
        }
        let events = Events()
        let dispatcher = dispatcher(events)
        try dispatcher.use([try receiver("r", server)])
        dispatcher.deliver([recent("a", "r")])
        try await wait("a delivery") { !events.ended.isEmpty }
        #expect(events.ended.map(\.failure) == [nil])
        dispatcher.stop()
    }

    @Test func aReceiverThatComesBackGetsEverythingInOrder() async throws {
        let server = try AnsweringServer { number in
            number <= 2 ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : Self.ok
        }
        let events = Events()
        let dispatcher = dispatcher(events)
        try dispatcher.use([try receiver("r", server)])
        let all = [
            recent("a", "r"), recent("b", "r"),
            recent("a", isOver: true, "r"),
        ]
        dispatcher.deliver(all)
        try await wait("three deliveries") { events.ended.count == 3 }
        #expect(events.ended.map(\.notification) == all)
        let counters = try #require(dispatcher.counters[ReceiverID("r")])
        #expect(counters.delivered == 3 && counters.failures == 2 && counters.waiting == 0)
        #expect(counters.failure == nil)
        dispatcher.stop()
    }

    @Test func whatWaitsForAReceiverThatIsGoneIsGivenUp() async throws {
        let server = try AnsweringServer { _ in nil }
        let events = Events()
        let dispatcher = dispatcher(events)
        try dispatcher.use([try receiver("r", server)])
        dispatcher.deliver([recent("a", "r")])
        // It may still take its last words; the next configuration gives them up.
        try dispatcher.use([])
        #expect(events.ended.isEmpty && dispatcher.counters.isEmpty)
        try dispatcher.use([])
        try await wait("an end") { !events.ended.isEmpty }
        dispatcher.deliver([recent("b", "r")])
        #expect(events.ended.map { $0.failure != nil } == [true, true])
        #expect(dispatcher.counters.isEmpty)
    }

    @Test func aWebhookIsSignedWhenThereIsASecret() async throws {
        let server = try AnsweringServer { _ in Self.ok }
        let events = Events()
        let dispatcher = dispatcher(events)
        var receiver = try receiver("r", server)
        receiver.secret = Secret(Array("secret".utf8))
        try dispatcher.use([receiver])
        dispatcher.deliver([recent("a", "r")])
        try await wait("a delivery") { !events.ended.isEmpty }
        let request = server.lastRequest
        let id = try #require(events.ended.first).notification.id
        #expect(request.contains("\r\nIdempotency-Key: \"\(id)\"\r\n"))
        #expect(request.contains("\r\nwebhook-id: \(id)\r\nwebhook-timestamp: "))
        #expect(request.contains("\r\nwebhook-signature: v1,"))
        #expect(!id.contains("."))
        // Taken away again: no signature.
        receiver.secret = nil
        try dispatcher.use([receiver])
        dispatcher.deliver([recent("b", "r")])
        try await wait("another") { events.ended.count == 2 }
        #expect(!server.lastRequest.contains("webhook-signature"))
        dispatcher.stop()
    }

    @Test func anotherAddressGetsWhatWaits() async throws {
        let (old, new) = (try AnsweringServer { _ in nil }, try AnsweringServer { _ in Self.ok })
        old.close()
        let events = Events()
        let dispatcher = dispatcher(events)
        try dispatcher.use([try receiver("r", old)])
        dispatcher.deliver([recent("a", "r")])
        try await wait("a failure") { !events.failing.isEmpty }
        try dispatcher.use([try receiver("r", new)])
        try await wait("a delivery") { !events.ended.isEmpty }
        #expect(new.requests == 1)
        dispatcher.stop()
    }

    @Test(arguments: [
        (200, DeliveryQueue.Outcome.delivered), (299, .delivered),
        (301, .failed("HTTP 301", retryAfter: .seconds(7))), (400, .refused("HTTP 400")),
        (401, .failed("HTTP 401", retryAfter: .seconds(7))),
        (403, .failed("HTTP 403", retryAfter: .seconds(7))),
        (404, .failed("HTTP 404", retryAfter: .seconds(7))),
        (408, .failed("HTTP 408", retryAfter: .seconds(7))), (413, .refused("HTTP 413")),
        (422, .refused("HTTP 422")), (429, .failed("HTTP 429", retryAfter: .seconds(7))),
        (500, .failed("HTTP 500", retryAfter: .seconds(7))),
        (0, .failed("Couldn't connect to server", retryAfter: nil)),
    ])
    func everyStatusMeansSomething(status: Int, expected: DeliveryQueue.Outcome) {
        #expect(
            HTTPSender.outcome(CURLE_COULDNT_CONNECT, status: status, retryAfterSeconds: 7)
                == expected)
    }
}

/// A server on loopback that answers each request with a text; nil answers nothing and keeps the
/// connection.
final class AnsweringServer: Sendable {
    let port: UInt16
    private let descriptor: Int32
    private let count = Atomic<Int>(0)
    private let last = Mutex("")

    /// The last request, as far as it came at once.
    var lastRequest: String { last.withLock { $0 } }

    /// How many requests have come.
    var requests: Int { count.load(ordering: .relaxed) }

    init(_ answer: @escaping @Sendable (Int) -> String?) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0
                    ? getsockname(descriptor, address, &length) : -1
            }
        }
        try #require(result == 0)
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else {
                    // Here, so that nobody else's listener has its number while this one looks.
                    Glibc.close(descriptor)
                    return
                }
                var buffer = [UInt8](repeating: 0, count: 65_536)
                let length = recv(client, &buffer, buffer.count, 0)
                guard length > 0 else {
                    Glibc.close(client)
                    continue
                }
                last.withLock { $0 = String(decoding: buffer[..<length], as: UTF8.self) }
                let number = count.add(1, ordering: .relaxed).newValue
                guard let text = answer(number) else { continue }
                let bytes = Array(text.utf8)
                _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                Glibc.close(client)
            }
        }
    }

    func close() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
