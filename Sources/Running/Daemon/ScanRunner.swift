import HealthModel
import Probing
import Scheduling
import Synchronization

/// Scans the endpoints whose owner wants it, once a day, where their last probe has reached them.
///
/// All functions may be called from any thread and none waits.
final class ScanRunner: Sendable {
    /// Scans one server; the last argument takes what was found, or nil when it cannot be tried.
    typealias Scan =
        @Sendable (TLSScanner.Target, @escaping @Sendable (TLSScan?) -> Void) -> Void

    private struct State {
        var schedule = ScanSchedule()
        var urls: [EndpointID: ProbeURL] = [:]
        var targets: [EndpointID: TLSScanner.Target] = [:]
        var found: [EndpointID: TLSScanRecord] = [:]
        /// Endpoints whose last scan nobody has taken yet.
        var news: Set<EndpointID> = []
    }

    private let overrides: [ConnectOverride]
    private let timekeeper: any Timekeeper
    private let scan: Scan
    private let state = Mutex(State())

    /// Makes a runner without endpoints.
    ///
    /// - Parameters:
    ///   - overrides: where probes go instead.
    ///   - timekeeper: the clocks.
    ///   - scan: asks a server.
    init(overrides: [ConnectOverride], timekeeper: any Timekeeper, scan: @escaping Scan) {
        self.overrides = overrides
        self.timekeeper = timekeeper
        self.scan = scan
    }

    /// From now on the endpoints are these.
    func use(_ endpoints: [Endpoint]) {
        let wanted = endpoints.filter(\.probe.isScannedDaily)
        let now = timekeeper.now()
        state.withLock { state in
            let urls = Dictionary(uniqueKeysWithValues: wanted.map { ($0.id, $0.url) })
            // What was found at another URL says nothing of this one.
            let kept = state.urls.filter { urls[$0.key] == $0.value }
            state.targets = state.targets.filter { kept[$0.key] != nil }
            state.found = state.found.filter { kept[$0.key] != nil }
            state.urls = urls
            state.schedule.replace(Set(urls.keys), at: now)
        }
    }

    /// Takes results, which tell where the endpoints are.
    func note(_ results: [ProbeResult]) {
        state.withLock { state in
            guard !state.urls.isEmpty else { return }
            for result in results {
                guard let url = state.urls[result.endpoint],
                    let target = TLSScanner.Target(url, reachedBy: result, overrides: overrides)
                else { continue }
                state.targets[result.endpoint] = target
            }
        }
    }

    /// Starts the scan that is due, if any.
    func tick() {
        let now = timekeeper.now()
        let next = state.withLock { state -> (EndpointID, TLSScanner.Target)? in
            while let endpoint = state.schedule.due(at: now) {
                if let target = state.targets[endpoint] { return (endpoint, target) }
                state.schedule.putOff(at: now)
            }
            return nil
        }
        guard let (endpoint, target) = next else { return }
        scan(target) { [self] scan in
            let now = timekeeper.now()
            state.withLock { state in
                guard let scan else { return state.schedule.putOff(at: now) }
                state.schedule.finished()
                // A reload may have taken the endpoint away, or have it look elsewhere.
                guard state.targets[endpoint] != nil else { return }
                state.found[endpoint] = TLSScanRecord(scan: scan, finishedAt: now)
                state.news.insert(endpoint)
            }
        }
    }

    /// Scans that have ended since the last call.
    func takeNews() -> [EndpointID: TLSScanRecord] {
        state.withLock { state in
            guard !state.news.isEmpty else { return [:] }
            defer { state.news = [] }
            return state.found.filter { state.news.contains($0.key) }
        }
    }

    /// The last scan of each endpoint.
    var found: [EndpointID: TLSScanRecord] { state.withLock { $0.found } }
}
