import Foundation

/// An HTTP server that lets everyone wait: it answers after a random time.
///
/// It tells at `/status` at once how many wait, and how many were answered.
struct SlowServer {
    /// The shortest and the longest wait.
    static let waitSeconds = 3.0...6.8
    /// The resolution of the waits.
    private static let tickSeconds = 0.01
    /// Enough ticks for the longest wait.
    private static let wheelSize = 1024
    private static let answer =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"
        + "Connection: close\r\n\r\nok\n"

    private let listener: Int32
    /// Connections whose request has not come yet.
    private var unread: [Int32] = []
    /// The waiting connections by the tick at which they are answered.
    private var wheel = [[Int32]](repeating: [], count: SlowServer.wheelSize)
    private var tick: Int
    private var waiting = 0
    private var answered = 0

    /// Serves until it is killed; prints its port first.
    static func runForever() {
        do {
            signal(SIGPIPE, SIG_IGN)
            raiseDescriptorLimit()
            let (listener, port) = try Loopback.listen(backlog: 4096, isWhole: true)
            print("port \(port)")
            fflush(nil)
            var server = SlowServer(listener: listener)
            while true {
                Thread.sleep(forTimeInterval: tickSeconds)
                server.turn()
            }
        } catch {
            say("\(error)")
            exit(1)
        }
    }

    private init(listener: Int32) {
        self.listener = listener
        tick = Self.currentTick
        doNotBlock(listener)
    }

    private static var currentTick: Int { Int(monotonicSeconds() / tickSeconds) }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(resource, &limit)
    }

    private func doNotBlock(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    /// Takes what has come and answers what is due.
    ///
    /// Nobody is woken for a single connection: a hundredth of a second does not matter to those
    /// who wait for seconds, and this process has to leave the machine to the one measured.
    private mutating func turn() {
        while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
            doNotBlock(descriptor)
            unread.append(descriptor)
        }
        let arrived = unread
        unread = []
        for descriptor in arrived { read(descriptor) }
        let now = Self.currentTick
        while tick < now {
            tick += 1
            let due = wheel[tick % Self.wheelSize]
            wheel[tick % Self.wheelSize] = []
            waiting -= due.count
            answered += due.count
            for descriptor in due { finish(descriptor, with: Self.answer) }
        }
    }

    /// Takes the request, which comes in one piece on loopback.
    private mutating func read(_ descriptor: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 && errno == EAGAIN {
            unread.append(descriptor)
        } else if count <= 0 {
            close(descriptor)
        } else if buffer.starts(with: "GET /status ".utf8) {
            let body = "\(waiting) \(answered)\n"
            finish(
                descriptor,
                with: "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        } else {
            let wait = Double.random(in: Self.waitSeconds)
            wheel[(tick + Int(wait / Self.tickSeconds)) % Self.wheelSize].append(descriptor)
            waiting += 1
        }
    }

    private func finish(_ descriptor: Int32, with text: String) {
        send(descriptor, text, text.utf8.count, 0)
        close(descriptor)
    }
}
