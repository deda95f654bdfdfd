public import HealthModel

/// The life of one alert, with the semantics of Prometheus' alerting rules.
///
/// A condition that begins to hold makes the alert pending, and firing once it has held for the
/// hold time (at the first evaluation when that is zero). When the condition stops, a pending
/// alert ends without a word; a firing one goes on for the keep-firing time, counted from the
/// first evaluation at which it did not hold, and is then resolved.
///
/// One thing Prometheus does not have: while the subject is not measured an alert neither starts,
/// nor fires, nor resolves, because the monitor is blind. A firing alert stays so for as long as
/// the blindness lasts: silence must never look like recovery. A pending one ends after
/// `blindPendingMax`, so that old news does not fire when sight returns.
public struct AlertMachine: Sendable, Hashable {
    /// How long a pending alert survives while its subject is not measured.
    public static let blindPendingMax: Duration = .seconds(600)

    /// What an evaluation found.
    public enum Finding: Sendable, Hashable {
        /// The condition holds.
        case holds
        /// The condition does not hold.
        case fails
        /// The subject is not measured.
        case unknown
    }

    /// What an evaluation changed.
    public enum Change: Sendable, Hashable {
        /// The condition began to hold.
        case pending
        /// The condition has held for long enough.
        case firing
        /// A firing alert ended.
        case resolved
        /// A pending alert ended without having fired.
        case ended
    }

    /// Since when the condition holds; nil when the alert is inactive.
    public private(set) var activeSince: Timestamp?
    /// Since when it fires; nil when it does not.
    public private(set) var firingSince: Timestamp?
    /// Since when a firing alert outlives its condition; nil when the condition holds.
    public private(set) var keepFiringSince: Timestamp?
    private var blindSince: Timestamp?

    /// Makes an inactive machine.
    public init() {}

    /// Makes a machine as it was left by an earlier run.
    ///
    /// - Parameters:
    ///   - activeSince: Since when the condition held.
    ///   - firingSince: Since when it fired; nil when it was pending.
    ///   - keepFiringSince: Since when it outlived its condition; nil when the condition held.
    public init(activeSince: Timestamp, firingSince: Timestamp?, keepFiringSince: Timestamp?) {
        self.activeSince = activeSince
        self.firingSince = firingSince
        self.keepFiringSince = keepFiringSince
    }

    /// Whether it is pending or firing.
    public var isActive: Bool { activeSince != nil }

    /// Takes what one evaluation found.
    ///
    /// - Parameters:
    ///   - finding: What was found.
    ///   - now: When. A clock that was set back restarts the times that lie in the future.
    ///   - holdTime: How long the condition must hold.
    ///   - keepFiringTime: How long a firing alert outlives its condition.
    /// - Returns: What changed; nil when nothing did.
    public mutating func take(
        _ finding: Finding, at now: Timestamp, holdTime: Duration, keepFiringTime: Duration
    ) -> Change? {
        guard let since = activeSince else {
            guard finding == .holds else { return nil }
            activeSince = now
            guard holdTime <= .zero else { return .pending }
            firingSince = now
            return .firing
        }
        if since > now { activeSince = now }
        switch finding {
        case .holds: return hold(at: now, holdTime)
        case .fails: return stop(at: now, keepFiringTime)
        case .unknown:
            let blind = min(blindSince ?? now, now)
            blindSince = blind
            guard firingSince == nil, now - blind >= Self.blindPendingMax else { return nil }
            self = AlertMachine()
            return .ended
        }
    }

    /// Ends an alert that only outlives its condition; nil when the condition holds or nothing fires.
    package mutating func stopOutliving() -> Change? {
        guard firingSince != nil, keepFiringSince != nil else { return nil }
        self = AlertMachine()
        return .resolved
    }

    /// Follows a clock that was set, so that what is being waited for takes as long as it did.
    ///
    /// When it began to fire stays: the name of the episode, which people were told, has it.
    package mutating func shift(by jump: Duration) {
        keepFiringSince = keepFiringSince.map { $0 + jump }
        blindSince = blindSince.map { $0 + jump }
        if firingSince == nil { activeSince = activeSince.map { $0 + jump } }
    }

    private mutating func hold(at now: Timestamp, _ holdTime: Duration) -> Change? {
        blindSince = nil
        keepFiringSince = nil
        guard firingSince == nil, let activeSince, now - activeSince >= holdTime else { return nil }
        firingSince = now
        return .firing
    }

    private mutating func stop(at now: Timestamp, _ keepFiringTime: Duration) -> Change? {
        blindSince = nil
        guard firingSince != nil else {
            self = AlertMachine()
            return .ended
        }
        let keep = min(keepFiringSince ?? now, now)
        keepFiringSince = keep
        guard now - keep >= keepFiringTime else { return nil }
        self = AlertMachine()
        return .resolved
    }
}
