import DequeModule
public import HealthModel
public import Observing
import ResultFormat

/// Keeps every result on disk, exactly and for as long as its level says, and answers questions
/// through `view`.
///
/// A value with one owner: the thread that calls it is the one that waits for the disk. Nothing in
/// it reads a clock. `(endpoint, vantage, slot)` names a result for ever; a second one is ignored.
public struct DurableStore: Sendable {
    /// What a store is told from outside.
    public struct Options: Sendable {
        /// How late a result may come after its hour has ended; a later one is refused and counted.
        public var lateWindow: Duration = .seconds(7200)
        /// How long after its end an hour is sealed.
        public var sealDelay: Duration = .seconds(600)
        /// How long after its end a day is made of its hours.
        public var dayDelay: Duration = .seconds(10_800)
        /// How long every result is kept.
        public var rawRetention: Duration = .seconds(14 * 86_400)
        /// How long summaries of hours are kept.
        public var hourRetention: Duration = .seconds(400 * 86_400)
        /// How long summaries of days are kept.
        public var dayRetention: Duration = .seconds(5 * 366 * 86_400)
        /// How old a day is when its durations are rounded to `DurationBuckets.relativeError`, which
        /// makes it 2.5 times smaller; nil means never.
        public var roundAfter: Duration?
        /// Bytes on disk above which the oldest is dropped, raw results first; nil means none.
        public var diskLimitBytes: Int?

        /// Makes the usual options.
        public init() {}
    }

    /// A result to keep, and how long it speaks for its endpoint.
    public struct Submission: Sendable {
        /// The result.
        public var result: ProbeResult
        /// How long it counts unless another comes.
        public var coverage: Duration
        /// The SHA-256 of the certificate shown; nil when none was.
        public var certificate: String?

        /// Makes a submission; the certificate is that of the result unless given.
        public init(_ result: ProbeResult, coverage: Duration, certificate: String? = nil) {
            self.result = result
            self.coverage = coverage
            self.certificate = certificate ?? result.tls?.leaf?.fingerprintSHA256
        }
    }

    /// What a store has done.
    public struct Counters: Sendable, Hashable {
        /// Results kept since the start.
        public var appended = 0
        /// Results ignored because their slot was there already.
        public var duplicates = 0
        /// Results refused because they came too late.
        public var tooOld = 0
        /// Results refused because their hour is full.
        public var overLimit = 0
        /// Results that could not be made durable and were dropped from the queue.
        public var undurable = 0
        /// Results that wait to be made durable.
        public var waiting = 0
        /// File operations that failed.
        public var errors = 0

        /// Makes counters that start at zero.
        public init() {}
    }

    /// Something an operator should know.
    public enum Notice: Sendable, Hashable {
        /// Writing fails; says how.
        case failing(String)
        /// Writing works again.
        case recovered
        /// A file is damaged; it is left as it is, and what can be read of it counts.
        case damaged(String)
        /// The byte budget made the store drop a file before its time.
        case droppedEarly(String)
    }

    /// Results that may wait for a disk that refuses them: a quarter of an hour of 1,000 a second.
    public static let waitingLimit = 1_000_000

    /// Where the store is.
    public let directory: String
    /// What was found damaged or incomplete when it was opened.
    public internal(set) var problems: [String] = []
    /// What has been done.
    public internal(set) var counters = Counters()

    let files: any StoreFiles
    let options: Options
    /// Held while this process may write.
    let lock: StoreLock?
    var head = StoreHead()
    var segments: [Segment] = []
    var journal: JournalWriter?
    var journals: [ClosedJournal] = []
    var waiting: Deque<JournalWriter.Waiting> = []
    var nextSequence: UInt64 = 1
    /// Whether the last attempt to make results durable failed.
    var isCommitFailing = false
    /// Whether the last attempt to seal and roll failed.
    var isMaintenanceFailing = false
    /// The end of the latest hour sealed.
    var sealedUntil = Int64.min
    /// Paths of files whose bytes are wrong: nothing is made of them.
    var damaged: Set<String> = []

    /// A journal that is not written any more.
    struct ClosedJournal: Sendable {
        var name: String
        /// The hours of which it holds results.
        var hours: Set<Int64>
        var bytes: Int
    }

    /// Everything that can be read now; stays as it is while the store goes on.
    public var view: StoreView {
        StoreView(directory: directory, files: files, segments: segments, head: head)
    }

    /// Bytes on disk, without files that are damaged.
    public var diskBytes: Int {
        segments.reduce(0) { $0 + $1.size } + journals.reduce(0) { $0 + $1.bytes }
            + (journal?.bytes ?? 0)
    }

    /// Keeps results in memory; `commit` makes them durable.
    ///
    /// - Parameters:
    ///   - submissions: In any order.
    ///   - now: The present, by which a result may be too late.
    /// - Returns: What became of them.
    @discardableResult public mutating func append(
        _ submissions: [Submission], at now: Timestamp
    ) -> AppendOutcome {
        var outcome = AppendOutcome()
        let earliest = (now - options.lateWindow).milliseconds - StoreTime.hour
        for submission in submissions {
            let result = submission.result
            guard result.slot.milliseconds >= earliest else {
                outcome.tooOld += 1
                continue
            }
            let one = JournalWriter.Waiting(
                key: SeriesKey(endpoint: result.endpoint, vantage: result.vantage),
                result: StoredResult(ResultRecord(result), coverage: submission.coverage),
                address: result.address?.text ?? "",
                certificate: submission.certificate ?? "")
            switch insert(one) {
            case .kept:
                outcome.appended += 1
                waiting.append(one)
            case .duplicate: outcome.duplicates += 1
            case .overLimit: counters.overLimit += 1
            case .tooLate: outcome.tooOld += 1
            }
        }
        if waiting.count > Self.waitingLimit {
            counters.undurable += waiting.count - Self.waitingLimit
            waiting.removeFirst(waiting.count - Self.waitingLimit)
        }
        counters.appended += outcome.appended
        counters.duplicates += outcome.duplicates
        counters.tooOld += outcome.tooOld
        counters.waiting = waiting.count
        return outcome
    }

    /// Makes everything appended durable; results that cannot be wait for the next call.
    ///
    /// - Returns: What an operator should know.
    public mutating func commit() -> [Notice] {
        guard !waiting.isEmpty else { return [] }
        do throws(StoreFileError) {
            while !waiting.isEmpty {
                let batch = waiting.prefix(JournalBatch.resultsLimit)
                if let bytes = journal?.bytes, bytes >= JournalWriter.bytesLimit { rotate() }
                var writer = try writableJournal()
                // What the file holds after a failure is unknown: it is left alone, and these
                // results go into another.
                journal = writer
                try writer.write(batch, sequence: nextSequence)
                journal = writer
                nextSequence += 1
                waiting.removeFirst(batch.count)
            }
            counters.waiting = 0
            return Self.succeed(&isCommitFailing)
        } catch {
            counters.waiting = waiting.count
            counters.errors += 1
            if journal == nil {
                journals.append(
                    ClosedJournal(name: StoreNames.journal(nextSequence), hours: [], bytes: 0))
            }
            rotate()
            nextSequence += 1
            return Self.fail(error, &isCommitFailing)
        }
    }

    /// Ends the journal in use; it stays until what is in it is sealed.
    mutating func rotate() {
        guard let journal else { return }
        journals.append(
            ClosedJournal(name: journal.name, hours: journal.hours, bytes: journal.bytes))
        self.journal = nil
    }

    static func succeed(_ isFailing: inout Bool) -> [Notice] {
        guard isFailing else { return [] }
        isFailing = false
        return [.recovered]
    }

    static func fail(_ error: StoreFileError, _ isFailing: inout Bool) -> [Notice] {
        guard !isFailing else { return [] }
        isFailing = true
        return [.failing(error.description)]
    }

    /// Keeps one result in the head; an hour that is sealed is brought back first.
    mutating func insert(_ one: JournalWriter.Waiting) -> StoreHead.Insertion {
        let hour = StoreTime.start(of: one.result.slot.milliseconds, StoreTime.hour)
        if hour < sealedUntil, !head.holds(one.key, hour: hour), !restore(one.key, hour) {
            return .tooLate
        }
        return head.insert(
            one.result, of: one.key, address: one.address, certificate: one.certificate)
    }

    /// Brings a sealed hour of a series back into memory.
    ///
    /// - Returns: false when the hour had results and they cannot be read any more: sealed anew
    ///   without them, it would take the place of the whole one.
    private mutating func restore(_ key: SeriesKey, _ hour: Int64) -> Bool {
        do throws(StoreFileError) {
            let view = view
            guard let chunk = try view.rawChunk(of: key, from: hour, to: hour + StoreTime.hour)
            else { return try !view.isSummedUp(key, hour: hour) }
            head.restore(key, hour: hour, chunk)
            return true
        } catch {
            counters.errors += 1
            return false
        }
    }

    private func writableJournal() throws(StoreFileError) -> JournalWriter {
        if let journal { return journal }
        return try JournalWriter(firstSequence: nextSequence, directory: directory, files: files)
    }
}
