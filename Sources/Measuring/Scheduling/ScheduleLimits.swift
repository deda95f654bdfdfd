public import HealthModel

/// The caps and times a schedule keeps to.
public struct ScheduleLimits: Sendable, Hashable {
    /// An endpoint down for longer than this is probed less often (domain rule: no retry storms).
    public static let backOffAfter: Duration = .seconds(600)
    /// The longest interval that back-off of a failing endpoint reaches, unless its own is longer.
    public static let failureIntervalMax: Duration = .seconds(300)
    /// The longest a server that blocks us, or sends Retry-After, is left alone.
    public static let leaveAloneMax: Duration = .seconds(3600)
    /// A clock that goes back by more than this was set; below it is ordinary slewing.
    public static let clockStepBackMin: Duration = .seconds(1)
    /// A deadline passed by more than this means a clock set forward or a process that slept.
    ///
    /// The slots in between are skipped, so that at most this much time's worth of slots can
    /// start at once after a pause.
    public static let clockStepForwardMin: Duration = .seconds(10)
    /// What a confirmation leaves between its time limit and the end of the next slot.
    public static let confirmationMargin: Duration = .milliseconds(250)
    /// Reports of missed slots that wait to be taken; the oldest are dropped, but counted.
    public static let missedReports = 1000

    /// Probes in flight at once; at least 1.
    public var inFlight: Int
    /// Probe starts per second over the long run, with bursts of at most one second's worth;
    /// nil means no cap.
    public var startsPerSecond: Double?
    /// The least time between two starts on one host.
    public var hostSpacing: Duration
    /// By how much the times of back-off are divided: 1 in production, more in the lab.
    public var acceleration: Double

    /// Makes limits.
    ///
    /// - Precondition: `inFlight` is at least 1, `startsPerSecond` is positive, `hostSpacing`
    ///   not negative and `acceleration` at least 1.
    public init(
        inFlight: Int = Limits.probesInFlight, startsPerSecond: Double? = nil,
        hostSpacing: Duration = .zero, acceleration: Double = 1
    ) {
        precondition(inFlight >= 1, "a schedule that may start nothing")
        precondition((startsPerSecond ?? 1) > 0, "a schedule that may start nothing")
        precondition(hostSpacing >= .zero, "negative spacing")
        precondition(acceleration >= 1, "acceleration below 1")
        self.inFlight = inFlight
        self.startsPerSecond = startsPerSecond
        self.hostSpacing = hostSpacing
        self.acceleration = acceleration
    }

    /// `duration` as it counts here.
    func accelerated(_ duration: Duration) -> Duration { duration / acceleration }
}

/// What a schedule has counted since it was made.
public struct ScheduleCounters: Sendable, Hashable {
    /// Attempts started, confirmations included.
    public var starts = 0
    /// Slots whose probe could not start before the endpoint's next slot was due.
    public var missedSlots = 0
    /// Slots left out on purpose because the endpoint is down, blocks us or asked for rest.
    public var backedOffSlots = 0
    /// Second attempts started.
    public var confirmations = 0
    /// Attempts in flight now.
    public var inFlight = 0
    /// Endpoints due now that wait for their host or for a cap.
    public var waiting = 0
    /// Times the clock was found to have been set.
    public var clockSteps = 0
    /// Results of endpoints that a reload had removed while the probe was in flight.
    public var discarded = 0

    /// Makes counters that start at zero.
    public init() {}
}

/// A run of missed slots of one endpoint.
public struct MissedSlots: Sendable, Hashable {
    /// The endpoint.
    public var endpoint: EndpointID
    /// The first slot missed.
    public var first: Slot
    /// How many slots in a row were missed; at least 1.
    public var count: Int

    /// Makes a run.
    public init(endpoint: EndpointID, first: Slot, count: Int) {
        self.endpoint = endpoint
        self.first = first
        self.count = count
    }
}
