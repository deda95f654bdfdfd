/// The clock seam: the daemon passes the machine's clocks, tests pass one that they move.
public protocol Timekeeper: Sendable {
    /// The wall clock in UTC. It may step, so it stamps and never measures.
    func now() -> Timestamp
    /// The monotonic clock in nanoseconds since an arbitrary start; it never steps back.
    func monotonicNanoseconds() -> Int64
    /// The same, but it goes on while the machine sleeps.
    func bootNanoseconds() -> Int64
    /// What the kernel says of its wall clock.
    func clockDiscipline() -> ClockDiscipline
}

extension Timekeeper {
    /// A machine that never sleeps.
    public func bootNanoseconds() -> Int64 { monotonicNanoseconds() }
    /// A kernel that says nothing.
    public func clockDiscipline() -> ClockDiscipline { .unknown("it was not asked") }

    /// All clocks at one instant; nil when the thread was held up between them.
    public func clockSample() -> ClockSample? {
        let before = bootNanoseconds()
        let sample = ClockSample(
            wall: now(), bootNanoseconds: before, monotonicNanoseconds: monotonicNanoseconds())
        let time = Duration.nanoseconds(bootNanoseconds() - before)
        return time <= ClockSample.readingTimeMax ? sample : nil
    }
}

/// The clocks of a machine at one instant.
public struct ClockSample: Sendable, Hashable {
    /// How long it may take to read them all: longer, and they do not belong together.
    public static let readingTimeMax: Duration = .milliseconds(100)

    /// The wall clock.
    public var wall: Timestamp
    /// The clock that goes on while the machine sleeps.
    public var bootNanoseconds: Int64
    /// The clock that stands still meanwhile.
    public var monotonicNanoseconds: Int64

    /// Makes a sample.
    public init(wall: Timestamp, bootNanoseconds: Int64, monotonicNanoseconds: Int64) {
        self.wall = wall
        self.bootNanoseconds = bootNanoseconds
        self.monotonicNanoseconds = monotonicNanoseconds
    }
}

/// What the kernel says of its wall clock (adjtimex(2)).
public enum ClockDiscipline: Sendable, Hashable {
    /// A time service steers it, or does not.
    case known(Reading)
    /// Nothing can be said, for this reason.
    case unknown(String)

    /// What adjtimex(2) returns.
    public struct Reading: Sendable, Hashable {
        /// Whether a time service keeps it right.
        public var isSynchronised: Bool
        /// What is still to be corrected.
        public var offset: Duration
        /// The most that it is wrong by; grows by half a millisecond a second without a word of
        /// the time service.
        public var errorMax: Duration
        /// What it is probably wrong by.
        public var errorEstimate: Duration

        /// Makes a reading.
        public init(
            isSynchronised: Bool, offset: Duration, errorMax: Duration, errorEstimate: Duration
        ) {
            self.isSynchronised = isSynchronised
            self.offset = offset
            self.errorMax = errorMax
            self.errorEstimate = errorEstimate
        }
    }
}
