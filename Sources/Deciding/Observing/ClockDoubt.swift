public import HealthModel

/// Something about the monitor itself that people should know.
package struct DoubtFinding: Sendable, Hashable {
    package var level: Level
    package var since: Timestamp
    package var summary: LocalizedText

    package init(level: Level, since: Timestamp, summary: LocalizedText) {
        self.level = level
        self.since = since
        self.summary = summary
    }
}

/// Whether the machine's clock is right: pure.
///
/// Certificate dates, slots and every instant that people read come from it. Time is an argument;
/// give the value one owner.
public struct ClockDoubt: Sendable, Hashable {
    /// A clock that moves by more than this against the steady ones was set, or the machine slept;
    /// a time service that steers moves it by a tenth of the time that passes at most.
    public static let jumpMin: Duration = .seconds(2)
    /// How long the clock may be in doubt before people are told: a time service that starts needs
    /// some minutes, and one that asks every 34 minutes reaches `errorMax` shortly before.
    public static let holdTime: Duration = .seconds(600)
    /// The most that a synchronised clock may be wrong by.
    public static let errorMax: Duration = .seconds(1)
    /// A clock set by more than this that is not synchronised is critical: dates of certificates,
    /// hours of service and the order of events are wrong by minutes.
    public static let criticalStep: Duration = .seconds(60)
    /// How long that lasts before people are told: a time service that sets the clock says within
    /// seconds that it is right now.
    public static let criticalHoldTime: Duration = .seconds(30)

    /// How the wall clock moved against the steady clocks.
    public struct Jump: Sendable, Hashable {
        /// What it was set by; zero when it was not.
        public var step: Duration
        /// How long the machine slept; zero when it did not.
        public var sleep: Duration

        /// By how much the wall clock went further than the time in which things were done.
        public var total: Duration { step + sleep }
    }

    /// What the kernel said last; nil before it was asked.
    public private(set) var discipline: ClockDiscipline?

    private var last: ClockSample?
    /// Since when the clock is not synchronised; nil while it is, or nobody knows.
    private var unsynchronisedSince: Timestamp?
    /// Since when it is synchronised, and may be wrong by more than `errorMax`.
    private var inexactSince: Timestamp?
    /// What it was set by since it was last known to be right.
    private var stepped: Duration = .zero
    /// What people were told of the doubt by an earlier run; nil when nothing.
    private var toldLevel: Level?

    /// Makes a doubt of a clock that was never looked at.
    public init() {}

    /// Takes the clocks of now; nil when they went on together.
    package mutating func take(_ sample: ClockSample) -> Jump? {
        defer { last = sample }
        guard let last else { return nil }
        let boot = Duration.nanoseconds(sample.bootNanoseconds - last.bootNanoseconds)
        let awake = Duration.nanoseconds(
            sample.monotonicNanoseconds - last.monotonicNanoseconds)
        var jump = Jump(step: sample.wall - last.wall - boot, sleep: boot - awake)
        if jump.step.magnitude <= Self.jumpMin { jump.step = .zero }
        if jump.sleep <= Self.jumpMin { jump.sleep = .zero }
        guard jump != Jump(step: .zero, sleep: .zero) else { return nil }
        noteStep(jump.step)
        unsynchronisedSince = unsynchronisedSince.map { $0 + jump.total }
        inexactSince = inexactSince.map { $0 + jump.total }
        return jump
    }

    /// Notes that the clock was set.
    package mutating func noteStep(_ step: Duration) { stepped += step }

    /// Takes what the kernel says of the clock.
    package mutating func take(_ discipline: ClockDiscipline, at now: Timestamp) {
        self.discipline = discipline
        guard case .known(let reading) = discipline else {
            // Nobody knows, so nobody is told.
            (unsynchronisedSince, inexactSince, toldLevel) = (nil, nil, nil)
            return
        }
        guard reading.isSynchronised else {
            unsynchronisedSince = min(unsynchronisedSince ?? now, now)
            inexactSince = nil
            return
        }
        unsynchronisedSince = nil
        stepped = .zero
        let isInexact = max(reading.errorMax, reading.offset.magnitude) > Self.errorMax
        inexactSince = isInexact ? min(inexactSince ?? now, now) : nil
        if !isInexact { toldLevel = nil }
    }

    /// What people have to know; nil when nothing.
    package func finding(at now: Timestamp) -> DoubtFinding? {
        if let since = unsynchronisedSince {
            let isCritical = stepped.magnitude > Self.criticalStep
            let hold = isCritical ? Self.criticalHoldTime : Self.holdTime
            guard toldLevel != nil || now - since >= hold else { return nil }
            let level: Level = isCritical ? .critical : .warning
            return DoubtFinding(
                level: max(level, toldLevel ?? level), since: since,
                summary: isCritical ? Self.steppedText(stepped) : Self.unsynchronisedText)
        }
        guard let since = inexactSince, toldLevel != nil || now - since >= Self.holdTime,
            case .known(let reading) = discipline
        else { return nil }
        return DoubtFinding(
            level: max(.warning, toldLevel ?? .warning), since: since,
            summary: Self.inexactText(max(reading.errorMax, reading.offset.magnitude)))
    }

    /// Goes on where an earlier run left off, with people told, until the kernel says otherwise.
    package mutating func resume(level: Level, since: Timestamp) {
        (unsynchronisedSince, inexactSince, toldLevel) = (since, since, level)
    }

    // MARK: Words

    private static let advice = LocalizedText(
        dutch: "tijden en geldigheid van certificaten zijn onzeker; kijk naar de tijddienst "
            + "(timedatectl, chronyc tracking)",
        english: "times and dates of certificates are uncertain; look at the time service "
            + "(timedatectl, chronyc tracking)")

    private static let unsynchronisedText = LocalizedText(
        dutch: "de klok van de monitor is niet gesynchroniseerd: \(advice.dutch)",
        english: "the clock of the monitor is not synchronised: \(advice.english)")

    private static func steppedText(_ step: Duration) -> LocalizedText {
        LocalizedText(
            dutch: "de klok van de monitor is \(step.signedText) verzet en niet gesynchroniseerd: "
                + advice.dutch,
            english: "the clock of the monitor was set by \(step.signedText) and is not "
                + "synchronised: \(advice.english)")
    }

    private static func inexactText(_ error: Duration) -> LocalizedText {
        LocalizedText(
            dutch: "de klok van de monitor kan \(error.shortText) afwijken: \(advice.dutch)",
            english: "the clock of the monitor may be wrong by \(error.shortText): "
                + advice.english)
    }
}

extension Duration {
    /// Its size.
    var magnitude: Duration { self < .zero ? .zero - self : self }

    /// Short text for people with its sign, to the nearest hundredth of a second: clocks are read
    /// one after the other.
    package var signedText: String {
        (self < .zero ? "-" : "+") + (magnitude + .milliseconds(5)).shortText
    }
}
