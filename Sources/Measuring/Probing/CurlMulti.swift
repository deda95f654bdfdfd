import CCurl
import CProbeShims
import HealthModel
import PollLoop

/// One curl multi handle on one loop (libcurl-multi(3), curl_multi_socket_action(3)).
///
/// Belongs to the loop's thread. Nothing here calls libcurl from inside one of its callbacks.
final class CurlMulti {
    private let multi: UnsafeMutableRawPointer
    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private var sockets: [curl_socket_t: PollLoop.Registration] = [:]
    private var timer: PollLoop.TimerID?
    /// How many transfers are in it.
    private(set) var transferCount = 0

    /// Prepares libcurl once in the process, then makes a multi handle.
    ///
    /// Call on the loop's thread.
    init(loop: PollLoop, timekeeper: any Timekeeper) {
        CurlProcess.prepare()
        guard let multi = curl_multi_init() else {
            preconditionFailure("curl_multi_init: out of memory")
        }
        self.multi = multi
        self.loop = loop
        self.timekeeper = timekeeper
        let code = shim_multi_callbacks(
            multi,
            { _, descriptor, wanted, raw, known in
                guard let raw else { return -1 }
                Unmanaged<CurlMulti>.fromOpaque(raw).takeUnretainedValue()
                    .watch(descriptor, wanted: wanted)
                return 0
            },
            { _, milliseconds, raw in
                guard let raw else { return -1 }
                Unmanaged<CurlMulti>.fromOpaque(raw).takeUnretainedValue()
                    .setTimer(milliseconds: milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        precondition(code == CURLM_OK, "curl_multi_setopt: \(code.rawValue)")
    }

    /// Frees the handle.
    ///
    /// All transfers have been removed before.
    deinit { curl_multi_cleanup(multi) }

    /// Starts a transfer; `transfer.finished` is called when libcurl is done with it.
    func add(_ transfer: Transfer) {
        let code = curl_multi_add_handle(multi, transfer.easy)
        precondition(code == CURLM_OK, "curl_multi_add_handle: \(code.rawValue)")
        transferCount += 1
        transfer.multi = self
    }

    /// Takes a transfer out, finished or not.
    ///
    /// Not callable from a libcurl callback.
    func remove(_ transfer: Transfer) {
        let code = curl_multi_remove_handle(multi, transfer.easy)
        precondition(code == CURLM_OK, "curl_multi_remove_handle: \(code.rawValue)")
        transferCount -= 1
        transfer.multi = nil
    }

    private func watch(_ descriptor: curl_socket_t, wanted: CInt) {
        if wanted == CURL_POLL_REMOVE {
            if let registration = sockets.removeValue(forKey: descriptor) {
                loop.unwatch(registration)
            }
            return
        }
        var events: PollEvents = []
        if wanted & CURL_POLL_IN != 0 { events.insert(.readable) }
        if wanted & CURL_POLL_OUT != 0 { events.insert(.writable) }
        if let registration = sockets[descriptor] {
            loop.update(registration, for: events)
            return
        }
        let registration = try? loop.watch(descriptor, for: events) { [unowned self] events in
            var mask: CInt = 0
            if events.contains(.readable) { mask |= CURL_CSELECT_IN }
            if events.contains(.writable) { mask |= CURL_CSELECT_OUT }
            if !events.isDisjoint(with: .failed) { mask |= CURL_CSELECT_ERR }
            self.act(on: descriptor, mask: mask)
        }
        // Epoll is out of memory or watches. A refusal here would kill the whole multi handle
        // (curl_multi_socket_action(3)), so this one transfer is left to its time limit.
        if let registration { sockets[descriptor] = registration }
    }

    private func setTimer(milliseconds: Int) {
        if let timer { loop.cancel(timer) }
        timer = nil
        guard milliseconds >= 0 else { return }
        // Even 0 waits for the next turn: libcurl must not be called from its own callback.
        let deadline = timekeeper.monotonicNanoseconds() + Int64(milliseconds) * 1_000_000
        timer = loop.schedule(atMonotonicNanoseconds: deadline) { [unowned self] in
            self.timer = nil
            self.act(on: CURL_SOCKET_TIMEOUT, mask: 0)
        }
    }

    private func act(on descriptor: curl_socket_t, mask: CInt) {
        var running: CInt = 0
        curl_multi_socket_action(multi, descriptor, mask, &running)
        var easy: UnsafeMutableRawPointer?
        var code = CURLE_OK
        while shim_next_finished(multi, &easy, &code) == 1 {
            guard let handle = easy, let raw = shim_get_private(handle) else { continue }
            Unmanaged<Transfer>.fromOpaque(raw).takeUnretainedValue().finish(code: code)
        }
    }
}

/// The one-time preparation of libcurl in this process.
enum CurlProcess {
    private static let prepared: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Prepares libcurl; idempotent and thread-safe.
    static func prepare() { precondition(prepared, "libcurl cannot be initialised") }
}
