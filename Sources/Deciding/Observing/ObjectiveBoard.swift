package import HealthModel

/// How every service does against its objective, by its place in the catalogue.
///
/// A value without a clock.
package struct ObjectiveBoard: Sendable {
    private var clocks: [ObjectiveClock] = []
    /// What citizens have had of each service since the last look.
    private var times: [ServiceTime] = []

    /// Makes a board of services of which nothing is known.
    package init(services: Int = 0) {
        clocks = Array(repeating: ObjectiveClock(), count: services)
        times = Array(repeating: .unknown, count: services)
    }

    /// How a service does.
    package subscript(_ service: Int) -> ObjectiveClock { clocks[service] }

    /// What citizens have had of a service since the last look.
    package func time(of service: Int) -> ServiceTime { times[service] }

    /// Counts the time up to `now` as it has been, and takes what citizens have from now on.
    package mutating func count(_ time: ServiceTime, of service: Int, until now: Timestamp) {
        // The clock was set back while the monitor was away.
        if let seen = clocks[service].seenUntil, seen - now > ClockDoubt.jumpMin {
            clocks[service].jump(to: now)
        }
        clocks[service].advance(to: now, as: times[service])
        times[service] = time
    }

    /// Follows a clock that was set.
    package mutating func jump(_ service: Int, to now: Timestamp) { clocks[service].jump(to: now) }

    /// Takes back how a service did; the time since then is unknown.
    package mutating func restore(_ clock: ObjectiveClock, of service: Int) {
        clocks[service] = clock
    }

    /// Whether a service lost anything of its own in a window; quick to see.
    package func hasLostOwn(_ service: Int, over window: Duration) -> Bool {
        clocks[service].hasLostOwn(over: window)
    }
}
