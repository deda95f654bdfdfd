import CLinux
import Glibc
public import HealthModel
import Synchronization

/// What a file descriptor is ready for, or wanted for.
public struct PollEvents: OptionSet, Sendable, Hashable {
    /// The epoll bits.
    public let rawValue: UInt32
    /// Makes a set from epoll bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Bytes can be read, or the peer closed.
    public static let readable = PollEvents(rawValue: EPOLLIN.rawValue)
    /// Bytes can be written.
    public static let writable = PollEvents(rawValue: EPOLLOUT.rawValue)
    /// An error or hang-up is waiting; always reported, never asked for.
    public static let failed = PollEvents(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// The loop could not be made or could not watch a descriptor.
public struct PollLoopError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The system call that failed.
    public let call: String
    /// Its errno.
    public let number: CInt
    /// The call and the system's words for the number.
    public var description: String { "\(call): \(String(cString: strerror(number)))" }
}

// Safety: all mutable state but the mailbox is touched only on the loop's thread, which
// `preconditionOnLoop` checks; the mailbox is a Mutex; descriptors are immutable after init.
/// One thread, one epoll: descriptors, timers and a mailbox.
///
/// It knows nothing of HTTP.
///
/// `post`, `start`, `stop` and `join` may be called from any thread. Everything else belongs to
/// the loop's own thread and traps elsewhere.
public final class PollLoop: @unchecked Sendable {
    /// Names one watched descriptor; stale ones are harmless.
    public struct Registration: Sendable, Hashable {
        fileprivate let index: UInt32
        fileprivate let generation: UInt32
    }

    /// Names one timer; stale ones are harmless.
    public struct TimerID: Sendable, Hashable {
        fileprivate let number: UInt64
    }

    private struct Watched {
        var generation: UInt32 = 0
        var descriptor: CInt = -1
        var handler: ((PollEvents) -> Void)?
    }

    /// Events taken from the kernel at once: enough to keep the system call off the profile.
    private static let eventsPerTurn = 256

    private let timekeeper: any Timekeeper
    private let name: String
    private let epollDescriptor: CInt
    private let wakeDescriptor: CInt
    private let mailbox = Mutex<[@Sendable () -> Void]>([])
    private let isStopping = Atomic<Bool>(false)
    private let thread = Mutex<pthread_t?>(nil)

    /// Atomic, since the wrong thread that `preconditionOnLoop` catches reads it too; 0 before
    /// the loop runs.
    private let loopThread = Atomic<pthread_t>(0)
    private var watched: [Watched] = []
    private var freeIndices: [UInt32] = []
    private var timers = TimerHeap()
    private var endOfTurn: (() -> Void)?
    /// The clock when the timers were last looked at.
    private var turnNanoseconds = Int64.min

    /// Makes a loop that does nothing until `start`.
    ///
    /// - Parameters:
    ///   - name: the name of the thread, cut at the 15 bytes that Linux keeps.
    ///   - timekeeper: the clock of the timers.
    /// - Throws: `PollLoopError` when the process has no descriptor left.
    public init(name: String, timekeeper: any Timekeeper) throws(PollLoopError) {
        self.name = name
        self.timekeeper = timekeeper
        let epoll = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw PollLoopError(call: "epoll_create1", number: linux_errno()) }
        let wake = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wake >= 0 else {
            let number = linux_errno()
            close(epoll)
            throw PollLoopError(call: "eventfd", number: number)
        }
        epollDescriptor = epoll
        wakeDescriptor = wake
        let number = linux_epoll_control(epoll, EPOLL_CTL_ADD, wake, EPOLLIN.rawValue, .max)
        precondition(number == 0, "a new epoll accepts a new eventfd")
    }

    deinit {
        close(wakeDescriptor)
        close(epollDescriptor)
    }

    /// Starts the loop's thread.
    ///
    /// - Precondition: it has not been started before.
    public func start() {
        let raw = Unmanaged.passRetained(self).toOpaque()
        var identifier = pthread_t()
        let number = pthread_create(
            &identifier, nil,
            { raw in
                guard let raw = raw else { return nil }
                Unmanaged<PollLoop>.fromOpaque(raw).takeRetainedValue().run()
                return nil
            }, raw)
        precondition(number == 0, "pthread_create: \(number)")
        thread.withLock { stored in
            precondition(stored == nil, "a loop starts once")
            stored = identifier
        }
    }

    /// Asks the loop to end after its current turn; may be called more than once.
    public func stop() {
        isStopping.store(true, ordering: .releasing)
        wake()
    }

    /// Waits for the loop's thread to end.
    ///
    /// Not callable on the loop's own thread.
    public func join() {
        guard let identifier = thread.withLock({ $0.take() }) else { return }
        precondition(pthread_equal(identifier, pthread_self()) == 0, "a loop cannot join itself")
        pthread_join(identifier, nil)
    }

    /// Runs `job` on the loop's thread, after the jobs posted before it.
    public func post(_ job: @escaping @Sendable () -> Void) {
        let wasEmpty = mailbox.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        // One wake-up serves all the jobs that gather before the loop gets to them.
        if wasEmpty { wake() }
    }

    /// Traps unless called on the loop's thread.
    public func preconditionOnLoop() {
        precondition(
            pthread_equal(loopThread.load(ordering: .relaxed), pthread_self()) != 0,
            "not on the loop's thread")
    }

    /// Watches `descriptor` and calls `handler` on the loop's thread whenever it is ready.
    ///
    /// The loop does not own the descriptor. `unwatch` must come before it is closed.
    public func watch(
        _ descriptor: CInt, for events: PollEvents, handler: @escaping (PollEvents) -> Void
    ) throws(PollLoopError) -> Registration {
        preconditionOnLoop()
        let index = freeIndices.popLast() ?? UInt32(watched.count)
        if Int(index) == watched.count { watched.append(Watched()) }
        let generation = watched[Int(index)].generation
        let number = linux_epoll_control(
            epollDescriptor, EPOLL_CTL_ADD, descriptor, events.rawValue,
            UInt64(generation) << 32 | UInt64(index))
        guard number == 0 else {
            freeIndices.append(index)
            throw PollLoopError(call: "epoll_ctl", number: number)
        }
        watched[Int(index)].descriptor = descriptor
        watched[Int(index)].handler = handler
        return Registration(index: index, generation: generation)
    }

    /// Changes what a watched descriptor is wanted for.
    public func update(_ registration: Registration, for events: PollEvents) {
        preconditionOnLoop()
        let entry = watched[Int(registration.index)]
        guard entry.generation == registration.generation, entry.handler != nil else { return }
        let number = linux_epoll_control(
            epollDescriptor, EPOLL_CTL_MOD, entry.descriptor, events.rawValue,
            UInt64(registration.generation) << 32 | UInt64(registration.index))
        precondition(number == 0, "epoll_ctl on a watched descriptor: \(number)")
    }

    /// Stops watching; an event already taken from the kernel for it is dropped.
    public func unwatch(_ registration: Registration) {
        preconditionOnLoop()
        let index = Int(registration.index)
        guard watched[index].generation == registration.generation, watched[index].handler != nil
        else { return }
        // The number may have been reused by now (the owner closed it early): then the kernel
        // has already forgotten the old one, and ENOENT or EBADF is what it says.
        _ = linux_epoll_control(
            epollDescriptor, EPOLL_CTL_DEL, watched[index].descriptor, 0, 0)
        watched[index].handler = nil
        watched[index].descriptor = -1
        watched[index].generation &+= 1
        freeIndices.append(registration.index)
    }

    /// Calls `handler` once on the loop's thread when the monotonic clock has reached
    /// `nanoseconds`; at the next turn when that has passed.
    @discardableResult
    public func schedule(
        atMonotonicNanoseconds nanoseconds: Int64, handler: @escaping () -> Void
    ) -> TimerID {
        preconditionOnLoop()
        // Past deadlines count as this turn's: a handler that sets a timer for now is not called
        // again in the same turn, or it could starve the descriptors and the mailbox.
        let deadline = max(nanoseconds, turnNanoseconds + 1)
        return TimerID(number: timers.insert(deadline: deadline, handler: handler))
    }

    /// Cancels a timer that has not fired; does nothing for one that has.
    public func cancel(_ timer: TimerID) {
        preconditionOnLoop()
        timers.cancel(timer.number)
    }

    /// Sets what runs at the end of each turn, once, after all events, timers and jobs.
    public func atEndOfTurn(_ action: (() -> Void)?) {
        preconditionOnLoop()
        endOfTurn = action
    }

    private func wake() {
        // EAGAIN means that the counter is full, so a wake-up is already waiting.
        _ = eventfd_write(wakeDescriptor, 1)
    }

    private func run() {
        loopThread.store(pthread_self(), ordering: .relaxed)
        // OpenSSL writes with write(2): a peer that is gone must not end the process.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        if let shortName = String(name.utf8.prefix(15)) { linux_name_thread(shortName) }
        let events = UnsafeMutablePointer<epoll_event>.allocate(
            capacity: Self.eventsPerTurn)
        defer { events.deallocate() }
        while !isStopping.load(ordering: .acquiring) {
            let count = linux_epoll_wait(
                epollDescriptor, events, CInt(Self.eventsPerTurn), waitMilliseconds())
            precondition(count >= 0 || count == -EINTR, "epoll_wait: \(-count)")
            for index in 0..<max(0, Int(count)) {
                dispatch(
                    data: linux_event_data(events + index),
                    mask: linux_event_mask(events + index))
            }
            let now = timekeeper.monotonicNanoseconds()
            turnNanoseconds = now
            while let handler = timers.popDue(at: now) { handler() }
            runMailbox()
            endOfTurn?()
        }
        runMailbox()
        // Handlers may hold what holds the loop: break the circle.
        watched.removeAll()
        timers = TimerHeap()
        endOfTurn = nil
    }

    private func dispatch(data: UInt64, mask: UInt32) {
        if data == .max {
            var value: eventfd_t = 0
            _ = eventfd_read(wakeDescriptor, &value)
            return
        }
        let index = Int(data & 0xFFFF_FFFF)
        let generation = UInt32(data >> 32)
        guard watched[index].generation == generation, let handler = watched[index].handler else {
            return
        }
        handler(PollEvents(rawValue: mask))
    }

    private func runMailbox() {
        let jobs = mailbox.withLock { stored in
            var taken: [@Sendable () -> Void] = []
            swap(&stored, &taken)
            return taken
        }
        for job in jobs { job() }
    }

    /// -1 waits for ever; otherwise rounded up, so that a timer never fires early and the loop
    /// never spins on the last fraction of a millisecond.
    private func waitMilliseconds() -> CInt {
        guard let deadline = timers.nextDeadline else { return -1 }
        let wait = deadline - timekeeper.monotonicNanoseconds()
        if wait <= 0 { return 0 }
        return CInt(min((wait + 999_999) / 1_000_000, 60_000))
    }
}
