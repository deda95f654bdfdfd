import HealthModel
import PollLoop
import Synchronization
import TLSInspection

/// What fetching revocation lists has come to, since the start.
public struct RevocationCounters: Sendable, Hashable {
    /// Lists fetched and read.
    public var fetches = 0
    /// Fetches that brought no list: unreachable, too large, unreadable.
    public var failures = 0
    /// Lists at hand now.
    public var lists = 0
    /// Bytes of these as they were fetched.
    public var bytes = 0

    /// Makes counters at zero.
    public init() {}
}

// Safety: everything mutable but what stands in a Mutex is touched only on the loop's thread.
/// Fetches the revocation lists that certificates name, on a thread of its own, and keeps them.
///
/// Probes never wait for it: they take the set at hand. Only plain http is used (RFC 5280
/// §4.2.1.13): lists are signed, and fetching them over TLS would need lists itself.
final class RevocationCollector: @unchecked Sendable {
    /// Bytes of one list; those of public authorities are sharded and far smaller.
    static let listBytesMax = 8 * 1024 * 1024
    /// Bytes of all lists together; when they are reached, further lists are left out.
    static let totalBytesMax = 64 * 1024 * 1024
    /// How long one fetch may take.
    static let timeout = Duration.seconds(30)

    private struct Kept {
        var list: RevocationList
        var bytes: Int
    }

    /// Somebody who waits until lists have been asked for.
    private final class Waiter {
        var addresses: Set<String>
        let completion: @Sendable () -> Void
        var timer: PollLoop.TimerID?

        init(addresses: Set<String>, completion: @escaping @Sendable () -> Void) {
            self.addresses = addresses
            self.completion = completion
        }
    }

    private struct Shelf {
        var lists = RevocationLists([])
        var counters = RevocationCounters()
    }

    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let configuration: ProbeEngine.Configuration
    private let shelf = Mutex(Shelf())

    private var context: ProbeContext?
    private var schedule = RevocationSchedule()
    private var kept: [String: Kept] = [:]
    private var fetches: [String: RevocationFetch] = [:]
    private var waiting: [Waiter] = []
    private var timer: PollLoop.TimerID?
    private var isClosed = false

    init(
        configuration: ProbeEngine.Configuration, timekeeper: any Timekeeper
    ) throws(PollLoopError) {
        loop = try PollLoop(name: "revocation", timekeeper: timekeeper)
        self.timekeeper = timekeeper
        self.configuration = configuration
        loop.start()
    }

    /// The lists at hand; from any thread.
    var lists: RevocationLists { shelf.withLock { $0.lists } }
    /// What has been counted; from any thread.
    var counters: RevocationCounters { shelf.withLock { $0.counters } }

    /// Notes lists that certificates name; from any thread.
    func want(_ addresses: Set<String>) {
        loop.post { [self] in note(addresses) }
    }

    /// Notes lists and calls back on the loop's thread when each has been asked for once at
    /// least, or the time is over; from any thread.
    func want(
        _ addresses: Set<String>, within limit: Duration,
        completion: @escaping @Sendable () -> Void
    ) {
        loop.post { [self] in
            guard !isClosed else { return completion() }
            let open = addresses.filter { kept[$0] == nil }
            guard !open.isEmpty else { return completion() }
            let waiter = Waiter(addresses: open, completion: completion)
            waiter.timer = loop.schedule(
                atMonotonicNanoseconds: timekeeper.monotonicNanoseconds() + limit.nanoseconds
            ) { [unowned self, unowned waiter] in
                waiter.timer = nil
                self.finish(waiter)
            }
            waiting.append(waiter)
            note(addresses)
        }
    }

    private func note(_ addresses: Set<String>) {
        guard !isClosed else { return }
        let now = timekeeper.now()
        for address in addresses.sorted() { schedule.want(address, at: now) }
        pump()
    }

    private func finish(_ waiter: Waiter) {
        waiting.removeAll { $0 === waiter }
        if let timer = waiter.timer { loop.cancel(timer) }
        waiter.completion()
    }

    /// Ends what is in flight and waits for the thread; idempotent.
    func stop() {
        loop.post { [self] in
            isClosed = true
            for waiter in waiting { finish(waiter) }
            for fetch in fetches.values { fetch.cancel() }
            fetches.removeAll()
            if let timer { loop.cancel(timer) }
            timer = nil
            context?.close()
            context = nil
        }
        loop.stop()
        loop.join()
    }

    private func pump() {
        guard !isClosed else { return }
        let now = timekeeper.now()
        let unwanted = schedule.forget(at: now)
        if !unwanted.isEmpty {
            for address in unwanted { kept[address] = nil }
            publish()
        }
        for address in schedule.due(at: now) { start(address) }
        if let timer { loop.cancel(timer) }
        timer = nil
        guard let next = schedule.nextInstant else { return }
        let wait = min(max(.zero, next - timekeeper.now()), .seconds(3600))
        timer = loop.schedule(
            atMonotonicNanoseconds: timekeeper.monotonicNanoseconds() + wait.nanoseconds
        ) { [unowned self] in
            self.timer = nil
            self.pump()
        }
    }

    private func start(_ address: String) {
        do throws(ResolverError) {
            let context = try existingOrNewContext()
            let fetch = RevocationFetch(address, context: context) { [unowned self] body in
                self.ended(address, body)
            }
            fetches[address] = fetch
            fetch.start()
        } catch {
            ended(address, nil)
        }
    }

    private func existingOrNewContext() throws(ResolverError) -> ProbeContext {
        if let context { return context }
        let context = try ProbeContext(
            loop: loop, timekeeper: timekeeper, configuration: configuration)
        self.context = context
        return context
    }

    private func ended(_ address: String, _ body: [UInt8]?) {
        fetches[address] = nil
        let now = timekeeper.now()
        let others = kept.reduce(0) { $0 + ($1.key == address ? 0 : $1.value.bytes) }
        if let body, others + body.count <= Self.totalBytesMax,
            kept[address] != nil || kept.count < RevocationLists.listsMax,
            let list = try? RevocationList(body)
        {
            kept[address] = Kept(list: list, bytes: body.count)
            schedule.fetched(address, nextUpdate: list.nextUpdate, at: now)
            shelf.withLock { $0.counters.fetches += 1 }
            publish()
        } else {
            // The list from before stays until it has run out.
            schedule.failed(address, at: now)
            shelf.withLock { $0.counters.failures += 1 }
        }
        settle(address)
        pump()
    }

    private func settle(_ address: String) {
        for waiter in waiting { waiter.addresses.remove(address) }
        for waiter in waiting.filter(\.addresses.isEmpty) { finish(waiter) }
    }

    private func publish() {
        let lists = RevocationLists(kept.sorted { $0.key < $1.key }.map(\.value.list))
        let bytes = kept.values.reduce(0) { $0 + $1.bytes }
        shelf.withLock { shelf in
            shelf.lists = lists
            shelf.counters.lists = kept.count
            shelf.counters.bytes = bytes
        }
    }
}
