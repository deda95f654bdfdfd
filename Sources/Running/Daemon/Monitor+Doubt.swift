import Alerting
import HealthModel
import Notifying
import Scheduling
import Synchronization

/// What the monitor sees of itself, for the brain to judge.
extension Monitor {
    /// Takes slots that a probe loop could not keep.
    func deliver(missed slots: [MissedSlots]) {
        missed.withLock { missed in
            for run in slots { missed[run.endpoint, default: 0] += run.count }
        }
    }

    /// Looks at the clocks; comes before whatever is judged by them.
    func noticeClock(_ brain: inout HealthMonitor) {
        if let sample = timekeeper.clockSample() { brain.note(sample) }
    }

    /// Tells the brain how the monitor itself does.
    func noteSelf(_ brain: inout HealthMonitor, at now: Timestamp) {
        brain.note(timekeeper.clockDiscipline(), at: now)
        brain.noteReceivers(dispatcher.counters, at: now)
        let slots = missed.withLock { missed in
            defer { missed = [:] }
            return missed
        }
        brain.noteMissed(slots, at: now)
    }
}
