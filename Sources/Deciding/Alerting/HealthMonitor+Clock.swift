public import HealthModel
import Observing
import Routing
import Rules

extension HealthMonitor {
    /// What the kernel said last of the clock; nil before it was asked.
    public var clockDiscipline: ClockDiscipline? { doubtState.clock.discipline }

    /// Takes the clocks of now, before anything else is judged by them.
    ///
    /// When the wall clock was set or the machine slept, all that is being waited for is moved with
    /// it: nothing becomes stale, fires or is forgotten because of it.
    public mutating func note(_ sample: ClockSample) {
        guard let jump = doubtState.clock.take(sample) else { return }
        if jump.step != .zero {
            doubtState.add(
                EvidenceRecord(
                    at: sample.wall, action: .clockStepped,
                    result: "the clock was set by \(jump.step.signedText)"))
        }
        if jump.sleep != .zero {
            doubtState.add(
                EvidenceRecord(
                    at: sample.wall, action: .monitorSuspended,
                    result: "the machine slept for \((jump.sleep + .milliseconds(5)).shortText)"))
        }
        follow(jump.total, to: sample.wall)
    }

    /// Takes what the kernel says of the clock; call it before `evaluate`.
    public mutating func note(_ discipline: ClockDiscipline, at now: Timestamp) {
        doubtState.clock.take(discipline, at: now)
    }

    /// Moves what is being waited for with a clock that jumped.
    private mutating func follow(_ jump: Duration, to now: Timestamp) {
        doubtState.doubt.shift(by: jump)
        doubtState.recorded = doubtState.recorded.map { $0 + jump }
        doubtState.load.jump(to: now, by: jump)
        doubtState.receivers.shift(by: jump)
        doubtState.measuring.shift(by: jump)
        doubtState.ipv6LostSince = doubtState.ipv6LostSince.map { $0 + jump }
        doubtState.ipv6SeenAt = doubtState.ipv6SeenAt.map { $0 + jump }
        for index in trackers.indices { trackers[index].shift(by: jump) }
        for index in services.indices {
            services[index].ownSince = services[index].ownSince.map { $0 + jump }
            services[index].since = services[index].since.map { $0 + jump }
        }
        for index in machines.indices where machines[index].isActive {
            machines[index].shift(by: jump)
            changedAlerts.insert(index)
            guard alerts[index]?.state == .pending, let since = machines[index].activeSince
            else { continue }
            alerts[index]?.activeSince = since
        }
        for receiver in telling.books.keys { telling.books[receiver]?.shift(by: jump) }
        telling.isDue = true
        for index in slowValues.indices { slowValues[index] = nil }
        for index in trackers.indices { outdate(index) }
        for index in services.indices where catalogue.services[index].kind == .probed {
            objectives.jump(index, to: now)
        }
    }
}
