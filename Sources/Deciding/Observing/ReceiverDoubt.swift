package import HealthModel

/// Which receivers have taken nothing for so long that the others are told: pure.
package struct ReceiverDoubt: Sendable {
    /// How long a receiver fails before the others are told: a restart of it is no news.
    static let holdTime: Duration = .seconds(300)

    private struct Trouble: Sendable, Hashable {
        var since: Timestamp
        var words: String
        /// Whether an earlier run told people.
        var isTold: Bool
    }

    private var failing: [ReceiverID: Trouble] = [:]
    /// By how much the clocks of receivers are ahead of ours, where that is too much.
    private var offsets: [ReceiverID: (offset: Duration, since: Timestamp)] = [:]

    package init() {}

    /// Takes how each receiver does; those that are not named are gone.
    package mutating func take(_ receivers: [ReceiverID: ReceiverCounters], at now: Timestamp) {
        failing = failing.filter { receivers[$0.key] != nil }
        offsets = offsets.filter { receivers[$0.key] != nil }
        for (id, one) in receivers {
            if let offset = one.clockOffset {
                let size = offset < .zero ? .zero - offset : offset
                offsets[id] =
                    size > ReceiverCounters.clockOffsetMax
                    ? (offset, offsets[id]?.since ?? now) : nil
            }
            guard let words = one.failure else {
                // One that was not spoken to since the start may fail as it did before.
                if one.isTried { failing[id] = nil }
                continue
            }
            var trouble = failing[id] ?? Trouble(since: now, words: words, isTold: false)
            trouble.since = min(trouble.since, now)
            trouble.words = words
            failing[id] = trouble
        }
    }

    /// Follows a clock that was set.
    package mutating func shift(by jump: Duration) {
        failing = failing.mapValues { trouble in
            Trouble(since: trouble.since + jump, words: trouble.words, isTold: trouble.isTold)
        }
    }

    /// Goes on where an earlier run left off, until the receiver is spoken to.
    package mutating func resume(_ id: ReceiverID, since: Timestamp) {
        failing[id] = Trouble(since: since, words: "", isTold: true)
    }

    /// Since when each receiver that fails does.
    package var failingSince: [ReceiverID: Timestamp] { failing.mapValues(\.since) }

    /// What people have to know, by the receiver that fails.
    package func findings(at now: Timestamp) -> [ReceiverID: DoubtFinding] {
        failing.filter { $0.value.isTold || now - $0.value.since >= Self.holdTime }
            .mapValues { trouble in
                DoubtFinding(
                    level: .critical, since: trouble.since, summary: Self.text(trouble.words))
            }
    }

    /// What people have to know of clocks that differ from ours, by the receiver.
    package func clockFindings() -> [ReceiverID: DoubtFinding] {
        offsets.mapValues { offset, since in
            let (size, isAhead) = (offset < .zero ? .zero - offset : offset, offset > .zero)
            return DoubtFinding(
                level: .critical, since: since,
                summary: LocalizedText(
                    dutch: "de klok van deze ontvanger loopt \(size.shortText) "
                        + "\(isAhead ? "voor" : "achter") op de onze: een van beide is fout",
                    english: "the clock of this receiver is \(size.shortText) "
                        + "\(isAhead ? "ahead of" : "behind") ours: one of them is wrong"))
        }
    }

    private static func text(_ words: String) -> LocalizedText {
        LocalizedText(
            dutch: "deze ontvanger neemt geen meldingen aan (\(words)): wie alleen daar kijkt "
                + "hoort niets; herstel hem of licht mensen langs een andere weg in",
            english: "this receiver takes no notifications (\(words)): whoever looks only there "
                + "hears nothing; mend it or tell people another way")
    }
}
