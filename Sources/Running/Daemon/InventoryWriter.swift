import HealthModel
import Inventory
import Observing
import PollLoop
import Probing
import SQLiteSupport
import Synchronization

/// Keeps the inventory of certificates on a thread of its own, and tells what changes.
///
/// The monitor hands results over and never waits; when the disk hangs the oldest results are
/// dropped and counted.
final class InventoryWriter: Sendable {
    /// How long results may gather: a transaction for each would cost more than the work.
    static let gatheringTime: Duration = .seconds(1)

    private struct Work {
        var recorder: InventoryRecorder
        var watch = CertificateWatch()
        var services: [EndpointID: ServiceID] = [:]
        var hosts: Set<String> = []
        /// The roots of the endpoints that name their own.
        var trustFiles: [EndpointID: String] = [:]
    }

    private let loop: PollLoop
    private let store: String
    private let timekeeper: any Timekeeper
    private let inbox = ResultInbox(limit: Limits.inventoryQueue)
    private let newCatalogue = Mutex<ServiceCatalogue?>(nil)
    /// Touched by the writer's thread only, but for the end.
    private let work: Mutex<Work>
    private let published = Mutex(InventoryRecorder.Counters())
    private let onChanges: @Sendable ([CertificateChange]) -> Void
    private let onNotice: @Sendable (SQLiteFile.Notice) -> Void

    /// Makes a writer that is not running yet.
    ///
    /// - Parameters:
    ///   - recorder: the inventory, whose lock is held.
    ///   - store: the file of the roots by which chains are judged.
    ///   - timekeeper: the clocks.
    ///   - onChanges: called on the writer's thread with changes worth telling.
    ///   - onNotice: called on the writer's thread when writing fails or works again.
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        recorder: InventoryRecorder, store: String, timekeeper: any Timekeeper,
        onChanges: @escaping @Sendable ([CertificateChange]) -> Void,
        onNotice: @escaping @Sendable (SQLiteFile.Notice) -> Void
    ) throws(PollLoopError) {
        loop = try PollLoop(name: "inventory", timekeeper: timekeeper)
        work = Mutex(Work(recorder: recorder))
        self.store = store
        self.timekeeper = timekeeper
        self.onChanges = onChanges
        self.onNotice = onNotice
    }

    /// Starts the thread, which first reads what an earlier run has seen.
    ///
    /// `onHistory` is called on it with the trusted leaves ever seen, the oldest first.
    func start(onHistory: @escaping @Sendable ([CertificateWatch.Sight]) -> Void = { _ in }) {
        loop.start()
        loop.post { [self] in
            work.withLock { work in
                let sights = work.recorder.remembered().map { sighting, leaf in
                    CertificateWatch.Sight(
                        endpoint: sighting.endpoint, host: sighting.host,
                        address: sighting.address, leaf: leaf, at: sighting.lastSeen)
                }
                work.watch.remember(sights)
            }
            let history = work.withLock { work in
                work.recorder.history().map { sighting, leaf in
                    CertificateWatch.Sight(
                        endpoint: sighting.endpoint, host: sighting.host,
                        address: sighting.address, leaf: leaf, at: sighting.firstSeen)
                }
            }
            onHistory(history)
        }
    }

    /// Writes what was handed over, then ends the thread.
    func finish() {
        loop.stop()
        loop.join()
        take(isLast: true)
    }

    /// From now on the endpoints are these.
    func use(_ catalogue: ServiceCatalogue) {
        newCatalogue.withLock { $0 = catalogue }
    }

    /// Takes results that have just come; those without a certificate are passed over.
    func deliver(_ results: [ProbeResult]) {
        let shown = results.filter { result in result.hops.contains { $0.tls?.leaf != nil } }
        guard inbox.add(shown) else { return }
        loop.post { [self] in
            let due = timekeeper.monotonicNanoseconds() + Self.gatheringTime.nanoseconds
            loop.schedule(atMonotonicNanoseconds: due) { [self] in take(isLast: false) }
        }
    }

    /// What has been written and lost so far; never waits for the disk.
    var counters: InventoryRecorder.Counters {
        var counters = published.withLock { $0 }
        counters.dropped += inbox.dropped
        return counters
    }

    private func take(isLast: Bool) {
        let results = inbox.take()
        let catalogue = newCatalogue.withLock { $0.take() }
        let now = timekeeper.now()
        let (changes, notices, counters) = work.withLock { work in
            if let catalogue { Self.use(catalogue, in: &work) }
            let observations = results.flatMap { result in
                CertificateObservation.all(
                    in: result, service: work.services[result.endpoint] ?? ServiceID(""),
                    store: work.trustFiles[result.endpoint] ?? store)
            }
            let changes = observations.flatMap { Self.changes(of: $0, in: &work) }
            work.recorder.note(observations)
            let notices = work.recorder.write(at: now, isLast: isLast)
            return (changes, notices, work.recorder.counters)
        }
        published.withLock { $0 = counters }
        if !changes.isEmpty { onChanges(changes) }
        notices.forEach(onNotice)
    }

    private static func use(_ catalogue: ServiceCatalogue, in work: inout Work) {
        work.services = Dictionary(
            uniqueKeysWithValues: catalogue.endpoints.map { ($0.id, $0.service) })
        work.trustFiles = Dictionary(
            uniqueKeysWithValues: catalogue.endpoints.compactMap { endpoint in
                endpoint.probe.trustFile.map { (endpoint.id, $0) }
            })
        work.hosts = Set(catalogue.endpoints.map(\.url.host))
        work.watch.keep(only: Set(work.services.keys))
    }

    private static func changes(
        of observation: CertificateObservation, in work: inout Work
    ) -> [CertificateChange] {
        let sight = CertificateWatch.Sight(
            endpoint: observation.endpoint, host: observation.host,
            address: observation.address, leaf: observation.chain[0], at: observation.at)
        let hosts = work.hosts
        return work.watch.note(sight) { name in
            let name = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            return hosts.contains(name)
                || PublicSuffix.registrableDomain(of: name)
                    == PublicSuffix.registrableDomain(of: observation.host)
        }
    }
}
