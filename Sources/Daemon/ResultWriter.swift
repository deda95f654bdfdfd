import Alerting
import DurableStore
import HealthModel
import PollLoop
import ResultStore
import Synchronization

/// Keeps every result on disk, on a thread of its own, and looks up how endpoints have done.
///
/// The monitor hands results over and never waits; when the disk hangs the oldest results are
/// dropped and counted.
final class ResultWriter: Sendable {
    /// How long results may gather before they are made durable: an fsync each would cost more than
    /// the work.
    static let gatheringTime: Duration = .milliseconds(100)
    /// How often hours that have ended are looked for.
    static let maintenanceInterval: Duration = .seconds(60)
    /// How far back results are recalled at the start: further than any rule looks.
    static let recallTime: Duration = .seconds(3600)
    /// How long it takes until every history has been looked up anew; the first time it goes as
    /// fast as `historySlice` allows.
    static let historyPeriod: Duration = .seconds(600)
    /// How long histories may be looked up in one go, so that results need not wait.
    static let historySlice: Duration = .milliseconds(50)
    /// Time between two goes.
    static let historyInterval: Duration = .milliseconds(500)

    /// What has been done so far.
    struct Counters: Sendable {
        var store = DurableStore.Counters()
        var dropped = 0
        var bytes = 0
    }

    private struct Inbox {
        var results: [ProbeResult] = []
        var dropped = 0
        var catalogue: ServiceCatalogue?
    }

    private struct Work {
        var store: DurableStore
        var coverages: [EndpointID: Coverage] = [:]
        /// The endpoints, and the next whose history is looked up.
        var endpoints: [EndpointID] = []
        var nextHistory = 0
        var isFirstRound = true
    }

    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let acceleration: Double
    private let inbox = Mutex(Inbox())
    /// Touched by the writer's thread only, but for the end.
    private let work: Mutex<Work>
    private let published = Mutex<(counters: Counters, histories: [EndpointID: EndpointHistory])>(
        (Counters(), [:]))
    private let onNotice: @Sendable (DurableStore.Notice) -> Void

    /// Makes a writer that is not running yet.
    ///
    /// - Parameters:
    ///   - store: the store, whose lock is held.
    ///   - acceleration: by how much the times of back-off are divided.
    ///   - timekeeper: the clocks.
    ///   - onNotice: called on the writer's thread with what an operator should know.
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        store: DurableStore, acceleration: Double, timekeeper: any Timekeeper,
        onNotice: @escaping @Sendable (DurableStore.Notice) -> Void
    ) throws(PollLoopError) {
        loop = try PollLoop(name: "results", timekeeper: timekeeper)
        self.acceleration = acceleration
        self.timekeeper = timekeeper
        self.onNotice = onNotice
        work = Mutex(Work(store: store))
    }

    /// Starts the thread, which first recalls the last hour of every endpoint.
    ///
    /// - Parameters:
    ///   - catalogue: what is watched.
    ///   - onRecall: called on the thread with the records of one series, the earliest first.
    func start(
        _ catalogue: ServiceCatalogue,
        onRecall: @escaping @Sendable ([ResultRecord], SeriesKey) -> Void
    ) {
        use(catalogue)
        loop.start()
        loop.post { [self] in
            adopt()
            recall(onRecall)
            maintain(at: timekeeper.monotonicNanoseconds())
            lookUp(at: timekeeper.monotonicNanoseconds())
        }
    }

    /// Makes durable what was handed over, then ends the thread.
    func finish() {
        loop.stop()
        loop.join()
        take()
    }

    /// From now on the endpoints are these.
    func use(_ catalogue: ServiceCatalogue) { inbox.withLock { $0.catalogue = catalogue } }

    /// Takes results that have just come.
    func deliver(_ results: [ProbeResult]) {
        let isFirst = inbox.withLock { inbox in
            let wasEmpty = inbox.results.isEmpty
            inbox.results += results
            let excess = inbox.results.count - Limits.resultQueue
            if excess > 0 {
                inbox.results.removeFirst(excess)
                inbox.dropped += excess
            }
            return wasEmpty && !inbox.results.isEmpty
        }
        guard isFirst else { return }
        loop.post { [self] in
            let due = timekeeper.monotonicNanoseconds() + Self.gatheringTime.nanoseconds
            loop.schedule(atMonotonicNanoseconds: due) { [self] in take() }
        }
    }

    /// What has been kept and lost so far; never waits for the disk.
    var counters: Counters {
        var counters = published.withLock { $0.counters }
        counters.dropped = inbox.withLock { $0.dropped }
        return counters
    }

    /// How endpoints have done, as far as looked up; never waits for the disk.
    var histories: [EndpointID: EndpointHistory] { published.withLock { $0.histories } }

    private func take() {
        adopt()
        let results = inbox.withLock { inbox in
            var taken: [ProbeResult] = []
            swap(&taken, &inbox.results)
            return taken
        }
        let now = timekeeper.now()
        let notices = work.withLock { work in
            let submissions = results.map { result in
                let coverage =
                    work.coverages[result.endpoint] ?? Coverage(interval: .seconds(60))
                let isAnswered = result.isSuccess || result.reason?.meaning == .slow
                return DurableStore.Submission(
                    result, coverage: coverage.duration(isAnswered: isAnswered))
            }
            work.store.append(submissions, at: now)
            return work.store.commit()
        }
        publish()
        notices.forEach(onNotice)
    }

    private func maintain(at due: Int64) {
        let now = timekeeper.now()
        let notices = work.withLock { work in
            // What could not be made durable before is tried again.
            work.store.commit() + work.store.maintain(at: now)
        }
        publish()
        notices.forEach(onNotice)
        let next = due + Self.maintenanceInterval.nanoseconds
        loop.schedule(atMonotonicNanoseconds: next) { [self] in maintain(at: next) }
    }

    private func publish() {
        let (counters, bytes) = work.withLock { ($0.store.counters, $0.store.diskBytes) }
        published.withLock { published in
            published.counters.store = counters
            published.counters.bytes = bytes
        }
    }

    private func adopt() {
        guard let catalogue = inbox.withLock({ $0.catalogue.take() }) else { return }
        let ids = catalogue.endpoints.map(\.id)
        work.withLock { work in
            work.endpoints = ids
            work.nextHistory = 0
            work.isFirstRound = true
            work.coverages = Dictionary(
                uniqueKeysWithValues: catalogue.endpoints.map { endpoint in
                    let failing = EndpointTracker.failureIntervalMax / acceleration
                    return (
                        endpoint.id,
                        Coverage(interval: endpoint.probe.interval, failureInterval: failing)
                    )
                })
        }
        let known = Set(ids)
        published.withLock { published in
            published.histories = published.histories.filter { known.contains($0.key) }
        }
    }

    private func recall(_ onRecall: ([ResultRecord], SeriesKey) -> Void) {
        let now = timekeeper.now()
        let (view, endpoints, problems) = work.withLock { work in
            (work.store.view, work.endpoints, work.store.problems)
        }
        for problem in problems { onNotice(.damaged(problem)) }
        for endpoint in endpoints {
            let key = SeriesKey(endpoint: endpoint)
            guard let chunk = try? view.results(of: key, from: now - Self.recallTime, to: now),
                !chunk.results.isEmpty
            else { continue }
            onRecall(chunk.results.map(\.record), key)
        }
    }

    /// Looks up the histories of some endpoints and plans the next go.
    private func lookUp(at due: Int64) {
        adopt()
        let now = timekeeper.now()
        let end = timekeeper.monotonicNanoseconds() + Self.historySlice.nanoseconds
        let (view, endpoints, first, isFirstRound) = work.withLock { work in
            (work.store.view, work.endpoints, work.nextHistory, work.isFirstRound)
        }
        let goes = Int(Self.historyPeriod / Self.historyInterval)
        let most = isFirstRound ? endpoints.count : (endpoints.count + goes - 1) / goes
        var found: [EndpointID: EndpointHistory] = [:]
        var place = first
        for _ in 0..<most {
            if place >= endpoints.count { place = 0 }
            let endpoint = endpoints[place]
            found[endpoint] = (try? view.history(of: SeriesKey(endpoint: endpoint), at: now)) ?? nil
            place += 1
            if timekeeper.monotonicNanoseconds() >= end { break }
        }
        published.withLock { $0.histories.merge(found) { $1 } }
        work.withLock { work in
            if work.endpoints.count == endpoints.count {
                work.nextHistory = place
                if place >= endpoints.count { work.isFirstRound = false }
            }
        }
        let next = max(
            due + Self.historyInterval.nanoseconds, timekeeper.monotonicNanoseconds())
        loop.schedule(atMonotonicNanoseconds: next) { [self] in lookUp(at: next) }
    }
}
