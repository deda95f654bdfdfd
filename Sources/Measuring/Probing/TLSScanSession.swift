import CCurl
import CProbeShims
import Glibc
import HealthModel
import PollLoop
import Scheduling
import TLSInspection

/// One scan of one server: a question, its reply, the next question.
///
/// Belongs to the loop's thread. `onEnd` is called once, never from inside `start`, unless it is
/// cancelled. There is at most one connection at a time.
final class TLSScanSession {
    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let target: TLSScanner.Target
    private let onEnd: (TLSScan) -> Void
    private var plan: TLSScanPlan
    private var deadline: Int64 = 0
    private var random: SplitMix64

    private var descriptor: CInt = -1
    private var registration: PollLoop.Registration?
    private var timer: PollLoop.TimerID?
    private var unsent: [UInt8] = []
    private var received: [UInt8] = []

    init(
        loop: PollLoop, timekeeper: any Timekeeper, target: TLSScanner.Target, seed: UInt64,
        onEnd: @escaping (TLSScan) -> Void
    ) {
        self.loop = loop
        self.timekeeper = timekeeper
        self.target = target
        self.onEnd = onEnd
        plan = TLSScanPlan(serverName: target.serverName)
        random = SplitMix64(seed: seed)
    }

    deinit { precondition(descriptor < 0, "a scan is cancelled before it goes") }

    /// Begins; the end comes later.
    func start() {
        deadline = timekeeper.monotonicNanoseconds() + TLSScanner.timeLimit.nanoseconds
        askSoon()
    }

    /// Stops without a word.
    func cancel() {
        if let timer { loop.cancel(timer) }
        timer = nil
        if let registration { loop.unwatch(registration) }
        registration = nil
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// From a turn of its own, so that no answer calls the next question from inside itself.
    private func askSoon() {
        timer = loop.schedule(atMonotonicNanoseconds: 0) { [unowned self] in
            self.timer = nil
            self.ask()
        }
    }

    private func ask() {
        let now = timekeeper.monotonicNanoseconds()
        if now >= deadline { plan.giveUp() }
        guard let hello = plan.next(random: randomBytes()) else { return onEnd(plan.scan) }
        unsent = hello.record()
        received = []
        descriptor = shim_stream_socket(target.address.isIPv6 ? AF_INET6 : AF_INET)
        timer = loop.schedule(
            atMonotonicNanoseconds: min(deadline, now + TLSScanner.replyTimeout.nanoseconds)
        ) { [unowned self] in
            self.timer = nil
            self.finish(nil)
        }
        guard descriptor >= 0 else { return }
        let number = SocketAddress.connect(
            descriptor, to: target.address.text, port: target.port)
        guard number == 0 || errno == EINPROGRESS else { return finish(nil) }
        // Without a watch the timer ends it: short of descriptors is no answer of the server's.
        registration = try? loop.watch(descriptor, for: .writable) { [unowned self] _ in
            self.act()
        }
    }

    private func act() {
        while !unsent.isEmpty {
            let count = send(descriptor, unsent, unsent.count, CInt(MSG_NOSIGNAL))
            if count > 0 {
                unsent.removeFirst(count)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                return finish(nil)
            }
        }
        if let registration { loop.update(registration, for: .readable) }
        read()
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let room = min(buffer.count, ServerReply.byteLimit - received.count)
            let count = recv(descriptor, &buffer, room, 0)
            if count < 0 && errno == EINTR { continue }
            if count < 0 && errno == EAGAIN { return }
            if count > 0 { received += buffer[..<count] }
            if let reply = ServerReply.read(received, isClosed: count <= 0) {
                return finish(reply)
            }
        }
    }

    private func finish(_ reply: ServerReply?) {
        cancel()
        plan.take(reply)
        askSoon()
    }

    private func randomBytes() -> [UInt8] {
        (0..<ClientHello.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }
}
