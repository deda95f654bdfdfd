import DurableStore
import HealthModel
import Observing
import PollLoop
import ResultFormat
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
    /// How long it takes until every history has been looked up anew; the first time they are
    /// looked up one go after the other.
    static let historyPeriod: Duration = .seconds(600)
    /// Endpoints whose histories are looked up in one go: 45 ms over 30 days.
    static let historyShare = 250

    /// Endpoints whose hours are recalled in one go, so that results wait a moment only.
    static let hoursShare = 25

    /// Problems remembered as told.
    private static let toldProblemsLimit = 1000

    /// What has been done so far.
    struct Counters: Sendable {
        var store = DurableStore.Counters()
        var dropped = 0
        var bytes = 0
    }

    private struct Work {
        var store: DurableStore
        var coverages: [EndpointID: Coverage] = [:]
        var endpoints: [EndpointID] = []
        /// The share of the endpoints whose histories are looked up next.
        var nextShare = 0
        var isFirstRound = true
        /// The maintenance that was announced, as far as it could be read.
        var announced: MaintenanceTimes = [:]
        /// Damage that has been told.
        var toldProblems: Set<String> = []
    }

    private let loop: PollLoop
    private let timekeeper: any Timekeeper
    private let acceleration: Double
    private let inbox = ResultInbox(limit: Limits.resultQueue)
    private let newCatalogue = Mutex<ServiceCatalogue?>(nil)
    /// Touched by the writer's thread only, but for the end.
    private let work: Mutex<Work>
    private let published = Mutex<(counters: Counters, histories: [EndpointID: EndpointHistory])>(
        (Counters(), [:]))
    private let onNotice: @Sendable (DurableStore.Notice) -> Void
    private let announced: @Sendable (Range<Timestamp>) -> MaintenanceTimes?

    /// Makes a writer that is not running yet.
    ///
    /// - Parameters:
    ///   - store: the store, whose lock is held.
    ///   - acceleration: by how much the times of back-off are divided.
    ///   - timekeeper: the clocks.
    ///   - announced: called on the writer's thread for the maintenance within a time; nil when it
    ///     cannot be read now.
    ///   - onNotice: called on the writer's thread with what an operator should know.
    /// - Throws: `PollLoopError` when descriptors are short.
    init(
        store: DurableStore, acceleration: Double, timekeeper: any Timekeeper,
        announced: @escaping @Sendable (Range<Timestamp>) -> MaintenanceTimes?,
        onNotice: @escaping @Sendable (DurableStore.Notice) -> Void
    ) throws(PollLoopError) {
        loop = try PollLoop(name: "results", timekeeper: timekeeper)
        self.acceleration = acceleration
        self.timekeeper = timekeeper
        self.announced = announced
        self.onNotice = onNotice
        work = Mutex(Work(store: store))
    }

    /// Starts the thread, which first recalls the last hour of every endpoint.
    ///
    /// - Parameters:
    ///   - catalogue: what is watched.
    ///   - usual: the quantiles whose usual values rules ask for.
    ///   - onHours: called on the thread with the hours of the last week of one endpoint.
    ///   - onRecall: called on the thread with the records of one series, the earliest first.
    func start(
        _ catalogue: ServiceCatalogue, usual: [UsualTimes.Kind] = [],
        onHours: @escaping OnHours = { _, _, _ in },
        onRecall: @escaping @Sendable ([ResultRecord], SeriesKey) -> Void
    ) {
        use(catalogue)
        loop.start()
        loop.post { [self] in
            adopt()
            recall(onRecall)
            maintain(at: timekeeper.monotonicNanoseconds())
            lookUp(at: timekeeper.monotonicNanoseconds())
            if !usual.isEmpty { recallHours(usual, from: 0, onHours) }
        }
    }

    /// Takes the hours of one endpoint: `UsualTimes.recall`.
    typealias OnHours = @Sendable ([UsualTimes.Hour], UsualTimes.Kind, EndpointID) -> Void

    /// Makes durable what was handed over, then ends the thread.
    func finish() {
        loop.stop()
        loop.join()
        take()
    }

    /// From now on the endpoints are these.
    func use(_ catalogue: ServiceCatalogue) { newCatalogue.withLock { $0 = catalogue } }

    /// Takes results that have just come.
    func deliver(_ results: [ProbeResult]) {
        guard inbox.add(results) else { return }
        loop.post { [self] in
            let due = timekeeper.monotonicNanoseconds() + Self.gatheringTime.nanoseconds
            loop.schedule(atMonotonicNanoseconds: due) { [self] in take() }
        }
    }

    /// What has been kept and lost so far; never waits for the disk.
    var counters: Counters {
        var counters = published.withLock { $0.counters }
        counters.dropped = inbox.dropped
        return counters
    }

    /// How endpoints have done, as far as looked up; never waits for the disk.
    var histories: [EndpointID: EndpointHistory] { published.withLock { $0.histories } }

    private func take() {
        adopt()
        let results = inbox.take()
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
        guard let catalogue = newCatalogue.withLock({ $0.take() }) else { return }
        let ids = catalogue.endpoints.map(\.id)
        work.withLock { work in
            work.endpoints = ids
            work.nextShare = 0
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

    /// Recalls how long probes took in each whole hour of the last week, some endpoints at a time.
    private func recallHours(
        _ kinds: [UsualTimes.Kind], from place: Int, _ onHours: @escaping OnHours
    ) {
        let now = timekeeper.now()
        let thisHour = Timestamp(seconds: now.seconds - now.seconds % 3600)
        let start = thisHour - .seconds(UsualTimes.days * 86_400)
        let (view, endpoints) = work.withLock { ($0.store.view, $0.endpoints) }
        for endpoint in endpoints.dropFirst(place).prefix(Self.hoursShare) {
            for kind in kinds {
                // What cannot be read is learned anew.
                let hours = try? view.hourlyQuantiles(
                    Double(kind.percent) / 100, of: kind.phase, key: SeriesKey(endpoint: endpoint),
                    from: start, to: thisHour)
                guard let hours, !hours.isEmpty else { continue }
                onHours(
                    hours.map {
                        UsualTimes.Hour(start: $0.start, microseconds: $0.quantile.microseconds)
                    }, kind, endpoint)
            }
        }
        let next = place + Self.hoursShare
        guard next < endpoints.count else { return }
        loop.post { [self] in recallHours(kinds, from: next, onHours) }
    }

    /// Looks up the histories of one share of the endpoints and plans the next.
    private func lookUp(at due: Int64) {
        adopt()
        let now = timekeeper.now()
        let longest = Duration.seconds((EndpointHistory.windowDays.max() ?? 0) * 86_400)
        let known = announced(now - longest..<now)
        let (view, endpoints, place, isFirstRound, announced) = work.withLock { work in
            if let known { work.announced = known }
            return (
                work.store.view, work.endpoints, work.nextShare, work.isFirstRound, work.announced
            )
        }
        let shares = max(1, (endpoints.count + Self.historyShare - 1) / Self.historyShare)
        let share = SeriesShare(min(place, shares - 1), of: shares)
        // A file that is gone since the view was taken is met again at the next look.
        if let found = try? view.histories(of: share, at: now, announced: announced) {
            publish(
                found.histories, of: endpoints.filter { share.contains(SeriesKey(endpoint: $0)) })
            tell(found.problems)
        }
        let isLast = share.place == shares - 1
        work.withLock { work in
            work.nextShare = isLast ? 0 : share.place + 1
            if isLast { work.isFirstRound = false }
        }
        let pause = isFirstRound && !isLast ? 0 : Self.historyPeriod.nanoseconds / Int64(shares)
        let next = max(due + pause, timekeeper.monotonicNanoseconds())
        loop.schedule(atMonotonicNanoseconds: next) { [self] in lookUp(at: next) }
    }

    private func publish(_ found: [SeriesKey: EndpointHistory], of endpoints: [EndpointID]) {
        published.withLock { published in
            for endpoint in endpoints {
                published.histories[endpoint] = found[SeriesKey(endpoint: endpoint)]
            }
        }
    }

    private func tell(_ problems: Set<String>) {
        let new = work.withLock { work in
            let new = problems.subtracting(work.toldProblems)
            work.toldProblems = problems.union(work.toldProblems.prefix(Self.toldProblemsLimit))
            return new
        }
        for problem in new.sorted() { onNotice(.damaged(problem)) }
    }
}
