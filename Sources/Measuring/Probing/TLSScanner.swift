public import HealthModel
import PollLoop
import Synchronization

// Safety: `sessions` and `lastKey` are touched on the loop's thread only, and by `stop` after
// that thread has ended.
/// Asks servers what they accept, on a thread and on connections of its own.
///
/// Only for servers whose owner wants it: one scan makes up to `TLSScanPlan.connectionLimit`
/// connections, one after the other. All functions may be called from any thread.
public final class TLSScanner: @unchecked Sendable {
    /// How long the reply to one question may take.
    public static let replyTimeout = Duration.seconds(5)
    /// How long one scan may take.
    public static let timeLimit = Duration.seconds(60)

    /// Which server is asked.
    public struct Target: Sendable, Hashable {
        /// Where it is.
        public var address: NetworkAddress
        /// Its port, where TLS comes first.
        public var port: UInt16
        /// The name asked for (RFC 6066 §3); nil for a bare address.
        public var serverName: String?

        /// Makes a target.
        public init(address: NetworkAddress, port: UInt16, serverName: String?) {
            self.address = address
            self.port = port
            self.serverName = serverName
        }

        /// Where an endpoint was found by a probe; nil when it was not reached, or when TLS does
        /// not come first there.
        ///
        /// - Parameters:
        ///   - url: the endpoint's own, not what it redirects to.
        ///   - result: of a probe of it.
        ///   - overrides: those of the probe.
        public init?(
            _ url: ProbeURL, reachedBy result: ProbeResult, overrides: [ConnectOverride] = []
        ) {
            guard url.scheme == .https || url.scheme == .tls,
                let address = result.hops.first?.address ?? result.address
            else { return nil }
            self.address = address
            let override = overrides.first { $0.applies(to: url.host, port: url.port) }
            port = override?.connectPort ?? url.port
            let name = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
            serverName = AddressText.isAddress(name) ? nil : name
        }
    }

    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let isStopped = Atomic<Bool>(false)
    private var sessions: [Int: TLSScanSession] = [:]
    private var lastKey = 0

    /// Starts the thread; `nil` when descriptors are short.
    public init?(timekeeper: any Timekeeper) {
        guard let loop = try? PollLoop(name: "scan", timekeeper: timekeeper) else { return nil }
        self.loop = loop
        self.timekeeper = timekeeper
        loop.start()
    }

    deinit { stop() }

    /// Scans one server; `completion` is called once on the scanner's thread, or never when the
    /// scanner is stopped before.
    ///
    /// - Parameters:
    ///   - target: which server.
    ///   - seed: of the random values in the messages; they protect nothing.
    ///   - completion: takes what was found.
    public func scan(
        _ target: Target, seed: UInt64, completion: @escaping @Sendable (TLSScan) -> Void
    ) {
        loop.post { [unowned self] in
            // After `stop` has dropped what ran nobody would close what begins now.
            guard !isStopped.load(ordering: .acquiring) else { return }
            lastKey += 1
            let key = lastKey
            let session = TLSScanSession(
                loop: loop, timekeeper: timekeeper, target: target, seed: seed
            ) { [unowned self] scan in
                sessions[key] = nil
                completion(scan)
            }
            sessions[key] = session
            session.start()
        }
    }

    /// Drops what runs and waits for the thread; idempotent.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        loop.post { [unowned self] in
            for session in sessions.values { session.cancel() }
            sessions = [:]
        }
        loop.stop()
        loop.join()
    }
}
