public import Alerting
public import HealthModel
public import ResultStore

/// Plays stored results to proposed rules, part by part, and keeps what would have fired.
public struct Replay: Sendable {
    private var player: RulePlayer
    private var now: Timestamp
    /// What would have fired, from the start of the playing on.
    public private(set) var fired = FiredAlerts()
    /// How often each receiver would have been told since `countFrom`.
    public private(set) var told: [ReceiverID: Int] = [:]
    private let countFrom: Timestamp
    /// Results of probes that ended after what was played so far.
    private var waiting: [ProbeResult] = []

    /// Makes a replay.
    ///
    /// - Parameters:
    ///   - catalogue: What is watched.
    ///   - rules: The proposed rules; those that `needsCertificates` names never hold.
    ///   - start: When the playing begins, before `countFrom` by what the rules look back on.
    ///   - countFrom: From when on notifications count.
    public init(
        catalogue: ServiceCatalogue, rules: RuleSet, start: Timestamp, countFrom: Timestamp
    ) {
        player = RulePlayer(catalogue: catalogue, rules: rules)
        now = start
        self.countFrom = countFrom
    }

    /// Plays results, second by second.
    ///
    /// - Parameters:
    ///   - results: Those whose slots lie before `end` and were not played yet, in any order; what
    ///     ended later is played with the next part.
    ///   - end: Until when; this second is not played yet.
    public mutating func play(_ results: [ProbeResult], until end: Timestamp) {
        waiting = (waiting + results).sorted { left, right in
            left.finishedAt == right.finishedAt
                ? left.endpoint < right.endpoint : left.finishedAt < right.finishedAt
        }
        var next = waiting.startIndex
        while now < end {
            let first = next
            while next < waiting.endIndex, waiting[next].finishedAt <= now { next += 1 }
            let step = player.step(at: now, Array(waiting[first..<next]))
            for transition in step.transitions { fired.note(transition) }
            for notification in step.notifications where now >= countFrom {
                told[notification.receiver, default: 0] += 1
            }
            let coming = next < waiting.endIndex ? waiting[next].finishedAt : end
            now = player.nextStep(after: now, result: min(coming, end))
        }
        waiting.removeFirst(next)
    }

    /// How far back the rules look: so long before the time that counts the playing has to begin.
    public static func leadTime(of rules: RuleSet) -> Duration {
        let times = rules.rules.flatMap { rule in
            Tier.allCases.map { tier in
                rule.condition.lookback + rule.holdTime[tier] + rule.keepFiringTime
            }
        }
        return (times.max() ?? .zero) + .seconds(3600)
    }

    /// The rules that need certificates, of which the store of results keeps the names only.
    public static func needsCertificates(_ rules: RuleSet) -> [RuleID] {
        rules.rules.filter(\.condition.needsCertificates).map(\.id)
    }

    /// A stored result as it was measured, as far as it was kept.
    ///
    /// It ended after its lateness and its length; for how long a first failure waited for its
    /// confirmation is not kept. Of the certificate only the verdict is known.
    public static func result(
        _ stored: StoredResult, of endpoint: Endpoint, address: String?
    ) -> ProbeResult {
        let record = stored.record
        let length = record.latenessMicroseconds + record.phases.totalMicroseconds
        var tls: TLSRecord?
        if endpoint.url.scheme != .http, record.phases.tlsMicroseconds > 0 || record.isAnswered {
            var seen = TLSRecord()
            seen.isHandshakeComplete = true
            seen.verdict = record.reason.flatMap { $0.isCertificateVerdict ? $0 : nil }
            tls = seen
        }
        return ProbeResult(
            endpoint: endpoint.id, slot: record.slot,
            latenessMicroseconds: record.latenessMicroseconds,
            finishedAt: record.slot.instant + .microseconds(max(0, length)), reason: record.reason,
            attempts: record.attempts, phases: record.phases,
            http: record.status.map { HTTPAnswer(status: $0, version: "") },
            address: address.map { NetworkAddress($0) }, tls: tls)
    }
}

extension Condition {
    /// The longest time that it looks back on.
    fileprivate var lookback: Duration {
        switch self {
        case .slow(_, let window, _): window
        case .burnRate(let burning): burning.long
        case .expression(let expression): expression.longestWindow ?? .zero
        case .state, .certificateInvalid, .certificateRunningOut, .sentCertificateRunningOut,
            .certificateRenewalOverdue:
            .zero
        }
    }

    /// Whether it looks at how long certificates last.
    fileprivate var needsCertificates: Bool {
        switch self {
        case .certificateRunningOut, .sentCertificateRunningOut, .certificateRenewalOverdue: true
        case .expression(let expression): expression.needsCertificates
        case .state, .slow, .certificateInvalid, .burnRate: false
        }
    }
}
