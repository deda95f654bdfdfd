import CCurl
import COpenSSL
import CProbeShims
import Glibc
import HealthModel
import PollLoop
import TLSInspection

/// One TLS connection without HTTP: connect, perhaps a conversation in plain text, a full
/// handshake, and a polite goodbye.
///
/// Belongs to one loop's thread. `onFinish` is called once and never from inside `start`; after
/// `close` nothing more is called. The goodbye does not count: unless the server has asked for a
/// client certificate, `onFinish` comes before it, and the connection is to be kept until `onLeft`.
final class TLSConnection {
    /// Where it goes and what is said there.
    struct Request {
        var address: NetworkAddress
        var port: UInt16
        /// The name asked for (RFC 6066 §3); nil for a bare address.
        var serverName: String?
        /// The way to TLS; nil when TLS comes first.
        var door: StartTLSDialogue.Door?
    }

    /// Where it is.
    enum Progress {
        /// TCP stands and the conversation in plain text begins.
        case talking
        /// The handshake has finished, and the server's word on our certificate is awaited.
        case leaving
    }

    /// How it ended.
    enum Outcome {
        /// After the handshake.
        case secured
        /// The conversation led nowhere.
        case refused(Reason, detail: String)
        /// The system or TLS said no: the errno of socket(2) and of the rest; 0 when neither did.
        case failed(socketErrorNumber: CInt, systemErrorNumber: CInt)
    }

    /// How long a server may take to answer the goodbye; what a TLS 1.3 server thinks of a client
    /// certificate arrives then.
    static let farewellMilliseconds: Int64 = 500
    /// Bytes read after the goodbye; a server that goes on talking is cut off.
    static let farewellBytesMax = 16 * 1024

    private enum Stage {
        case connecting, talking, handshaking, leaving, ended
    }

    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let context: OpaquePointer
    private let request: Request
    private let capture: HandshakeCapture
    private let onProgress: (Progress) -> Void
    private let onFinish: (Outcome) -> Void

    private var descriptor: CInt = -1
    private var registration: PollLoop.Registration?
    private var timer: PollLoop.TimerID?
    private var ssl: OpaquePointer?
    private var stage = Stage.connecting
    private var unsent: [UInt8] = []
    private var farewellBytes = 0
    private var hasReported = false
    /// Called when the goodbye is over, if that comes after `onFinish`.
    var onLeft: (() -> Void)?
    /// Whether only the goodbye is left.
    var isLeaving: Bool { stage == .leaving }
    /// The conversation; nil when TLS comes first, or before TCP stands.
    private(set) var dialogue: StartTLSDialogue?

    init(
        loop: PollLoop, timekeeper: any Timekeeper, context: OpaquePointer, request: Request,
        capture: HandshakeCapture, onProgress: @escaping (Progress) -> Void,
        onFinish: @escaping (Outcome) -> Void
    ) {
        self.loop = loop
        self.timekeeper = timekeeper
        self.context = context
        self.request = request
        self.capture = capture
        self.onProgress = onProgress
        self.onFinish = onFinish
    }

    deinit { precondition(descriptor < 0, "a connection is closed before it goes") }

    /// Begins; `onFinish` comes later.
    func start() {
        descriptor = shim_stream_socket(request.address.isIPv6 ? AF_INET6 : AF_INET)
        guard descriptor >= 0 else { return finishLater(socketErrorNumber: errno) }
        var isOn: CInt = 1
        setsockopt(
            descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &isOn,
            socklen_t(MemoryLayout<CInt>.size))
        let number = SocketAddress.connect(
            descriptor, to: request.address.text, port: request.port)
        guard number == 0 || errno == EINPROGRESS else {
            return finishLater(systemErrorNumber: errno)
        }
        do throws(PollLoopError) {
            registration = try loop.watch(descriptor, for: .writable) { [unowned self] _ in
                self.act()
            }
        } catch {
            finishLater(socketErrorNumber: error.number)
        }
    }

    /// Lets go of everything; `onFinish` is not called any more.
    func close() {
        stage = .ended
        if let timer { loop.cancel(timer) }
        timer = nil
        if let ssl { SSL_free(ssl) }
        ssl = nil
        if let registration { loop.unwatch(registration) }
        registration = nil
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    private func finishLater(socketErrorNumber: CInt = 0, systemErrorNumber: CInt = 0) {
        timer = loop.schedule(atMonotonicNanoseconds: 0) { [unowned self] in
            self.timer = nil
            self.finish(
                .failed(
                    socketErrorNumber: socketErrorNumber, systemErrorNumber: systemErrorNumber))
        }
    }

    private func finish(_ outcome: Outcome) {
        guard stage != .ended else { return }
        close()
        if hasReported {
            onLeft?()
        } else {
            hasReported = true
            onFinish(outcome)
        }
    }

    private func fail(_ number: CInt) {
        finish(.failed(socketErrorNumber: 0, systemErrorNumber: number))
    }

    private func want(_ events: PollEvents) {
        if let registration { loop.update(registration, for: events) }
    }

    private func act() {
        switch stage {
        case .connecting: connected()
        case .talking: talk()
        case .handshaking: shakeHands()
        case .leaving: leave()
        case .ended: break
        }
    }

    // MARK: In plain text

    private func connected() {
        var number: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &size)
        guard number == 0 else { return fail(number) }
        guard let door = request.door else { return beginHandshake() }
        let dialogue = StartTLSDialogue(
            door: door, clientName: SocketAddress.literal(ofLocalEndOf: descriptor))
        unsent = dialogue.opening
        self.dialogue = dialogue
        stage = .talking
        onProgress(.talking)
        talk()
    }

    private func talk() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while flush() {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                unsent += dialogue?.receive(buffer[..<count]) ?? []
            } else if count == 0 {
                dialogue?.close()
            } else if errno == EINTR {
                continue
            } else if errno == EAGAIN {
                // All that has arrived was taken: words after the consent have been noticed.
                if dialogue?.state == .agreed { return beginHandshake() }
                return want(unsent.isEmpty ? .readable : [.readable, .writable])
            } else if errno == ECONNRESET {
                dialogue?.close()
            } else {
                return fail(errno)
            }
            if case .failed(let reason, let detail) = dialogue?.state {
                if reason == .startTLSRefused {
                    unsent += dialogue?.farewell ?? []
                    _ = flush()
                }
                return finish(.refused(reason, detail: detail))
            }
            // The end of the stream right after the consent.
            if count == 0 { return beginHandshake() }
        }
    }

    /// Sends what is to be sent, as far as it goes; false when the connection has ended.
    private func flush() -> Bool {
        while !unsent.isEmpty {
            let count = send(descriptor, unsent, unsent.count, CInt(MSG_NOSIGNAL))
            if count > 0 {
                unsent.removeFirst(count)
            } else if errno == EAGAIN {
                return true
            } else if errno == EPIPE || errno == ECONNRESET {
                // What the server said before it went away counts: it is still to be read.
                unsent = []
            } else if errno != EINTR {
                fail(errno)
                return false
            }
        }
        return true
    }

    // MARK: TLS

    private func beginHandshake() {
        guard let ssl = SSL_new(context), SSL_set_fd(ssl, descriptor) == 1 else {
            return fail(ENOMEM)
        }
        self.ssl = ssl
        capture.attach(to: ssl)
        if let name = request.serverName { _ = shim_set_server_name(ssl, name) }
        SSL_set_connect_state(ssl)
        stage = .handshaking
        shakeHands()
    }

    private func shakeHands() {
        guard let ssl else { return }
        ERR_clear_error()
        let number = SSL_do_handshake(ssl)
        let systemErrorNumber = errno
        if number == 1 { return secured() }
        switch SSL_get_error(ssl, number) {
        case SSL_ERROR_WANT_READ: want(.readable)
        case SSL_ERROR_WANT_WRITE: want(.writable)
        case SSL_ERROR_SYSCALL: fail(systemErrorNumber)
        default: fail(0)
        }
        ERR_clear_error()
    }

    private func secured() {
        guard let ssl else { return }
        stage = .leaving
        if capture.isClientCertificateRequested { onProgress(.leaving) }
        let now = timekeeper.monotonicNanoseconds()
        timer = loop.schedule(
            atMonotonicNanoseconds: now + Self.farewellMilliseconds * 1_000_000
        ) { [unowned self] in
            self.timer = nil
            self.finish(.secured)
        }
        ERR_clear_error()
        if let farewell = dialogue?.farewell {
            SSL_write(ssl, farewell, CInt(farewell.count))
        }
        // Sends close_notify; the server may still speak.
        SSL_shutdown(ssl)
        ERR_clear_error()
        if !capture.isClientCertificateRequested {
            hasReported = true
            onFinish(.secured)
        }
        leave()
    }

    /// Reads until the server has closed as well, or has said what it thinks of our certificate.
    private func leave() {
        guard stage == .leaving, let ssl else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        while farewellBytes < Self.farewellBytesMax {
            ERR_clear_error()
            let count = SSL_read(ssl, &buffer, CInt(buffer.count))
            if count > 0 {
                farewellBytes += Int(count)
                continue
            }
            let isWaiting = SSL_get_error(ssl, count) == SSL_ERROR_WANT_READ
            ERR_clear_error()
            if isWaiting { return want(.readable) }
            break
        }
        finish(.secured)
    }
}
