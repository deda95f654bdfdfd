import HealthModel

/// When one receiver is told again of what nobody has acknowledged, and who else is.
struct NudgePolicy: Sendable, Hashable {
    var remindEvery: Duration?
    var escalation: Receiver.Escalation?
}

/// Somebody who is to be told again, or for the first time because others are silent.
struct Nudge: Sendable, Hashable {
    var receiver: ReceiverID
    var level: Level
    var occasion: Notification.Occasion
}

extension Incident {
    /// Who has to hear of it now although nothing changed, while nobody has acknowledged it.
    ///
    /// A reminder counts from whatever was told last; an escalation from what was told first, so that
    /// reminders do not put it off.
    func nudges(_ policy: [ReceiverID: NudgePolicy], at now: Timestamp) -> [Nudge] {
        guard !policy.isEmpty, isOpen, let toldAt, let firstToldAt else { return [] }
        var nudges: [Nudge] = []
        for (receiver, level) in told where level >= Receiver.remindingLevel {
            guard let own = policy[receiver] else { continue }
            if let every = own.remindEvery, now - toldAt >= every {
                nudges.append(Nudge(receiver: receiver, level: level, occasion: .reminder))
            }
            if level == .page, let escalation = own.escalation, told[escalation.receiver] == nil,
                now - firstToldAt >= escalation.after
            {
                nudges.append(
                    Nudge(
                        receiver: escalation.receiver, level: level, occasion: .escalation))
            }
        }
        // Two receivers may name the same third one.
        var seen: Set<ReceiverID> = []
        return nudges.sorted { $0.receiver < $1.receiver }
            .filter { seen.insert($0.receiver).inserted }
    }
}
