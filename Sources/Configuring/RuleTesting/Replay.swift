public import HealthModel
public import Observing
public import Routing
import Rules

/// Plays stored results to proposed rules, part by part, and keeps what would have fired.
public struct Replay: Sendable {
    /// A result as it was kept, a sixth of the size of the result as it was measured.
    public struct Kept: Sendable {
        /// The place of its endpoint in the catalogue.
        var endpoint: Int
        /// What was kept of it.
        var stored: StoredResult
        /// Which address answered; nil when none did.
        var address: NetworkAddress?

        /// Makes a kept result of the endpoint at a place in the catalogue.
        public init(endpoint: Int, stored: StoredResult, address: String? = nil) {
            self.endpoint = endpoint
            self.stored = stored
            self.address = address.map { NetworkAddress($0) }
        }

        /// When the probe ended: after its lateness and its length; for how long a first failure
        /// waited for its confirmation is not kept.
        var finishedAt: Timestamp {
            let length =
                stored.record.latenessMicroseconds
                + stored.record.phases.totalMicroseconds
            return stored.slot.instant + .microseconds(max(0, length))
        }
    }

    private var player: RulePlayer
    private var now: Timestamp
    /// What would have fired, from the start of the playing on.
    public private(set) var fired = FiredAlerts()
    /// How often each receiver would have been told since `countFrom`.
    public private(set) var told: [ReceiverID: Int] = [:]
    private let countFrom: Timestamp
    /// Results of probes that ended after what was played so far.
    private var waiting: [Kept] = []
    private let endpoints: [Endpoint]

    /// Makes a replay.
    ///
    /// - Parameters:
    ///   - catalogue: What is watched.
    ///   - rules: The proposed rules; those that `looksBeyondResults` names never hold.
    ///   - start: When the playing begins, before `countFrom` by what the rules look back on.
    ///   - countFrom: From when on notifications count.
    public init(
        catalogue: ServiceCatalogue, rules: RuleSet, start: Timestamp, countFrom: Timestamp
    ) {
        player = RulePlayer(catalogue: catalogue, rules: rules)
        endpoints = catalogue.endpoints
        now = start
        self.countFrom = countFrom
    }

    /// Plays results, second by second.
    ///
    /// - Parameters:
    ///   - results: Those whose slots lie before `end` and were not played yet, in any order; what
    ///     ended later is played with the next part.
    ///   - end: Until when; this second is not played yet.
    public mutating func play(_ results: [Kept], until end: Timestamp) {
        waiting += results
        waiting.sort { left, right in
            left.finishedAt == right.finishedAt
                ? left.endpoint < right.endpoint : left.finishedAt < right.finishedAt
        }
        var next = waiting.startIndex
        while now < end {
            let first = next
            while next < waiting.endIndex, waiting[next].finishedAt <= now { next += 1 }
            let step = player.step(at: now, waiting[first..<next].map(measured))
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
    public static func looksBeyondResults(_ rules: RuleSet) -> [RuleID] {
        rules.rules.filter(\.condition.looksBeyondResults).map(\.id)
    }

    /// A result as it was measured, as far as it was kept; of the certificate only the verdict is.
    private func measured(_ kept: Kept) -> ProbeResult {
        let (endpoint, record) = (endpoints[kept.endpoint], kept.stored.record)
        var tls: TLSRecord?
        if endpoint.url.scheme != .http, record.phases.tlsMicroseconds > 0 || record.isAnswered {
            var seen = TLSRecord()
            seen.isHandshakeComplete = true
            seen.verdict = record.reason.flatMap { $0.isCertificateVerdict ? $0 : nil }
            tls = seen
        }
        return ProbeResult(
            endpoint: endpoint.id, slot: record.slot,
            latenessMicroseconds: record.latenessMicroseconds, finishedAt: kept.finishedAt,
            reason: record.reason, attempts: record.attempts, phases: record.phases,
            http: record.status.map { HTTPAnswer(status: $0, version: "") },
            address: kept.address, tls: tls)
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

    /// Whether it looks at what is not kept of results.
    fileprivate var looksBeyondResults: Bool {
        switch self {
        case .certificateRunningOut, .sentCertificateRunningOut, .certificateRenewalOverdue: true
        case .expression(let expression): expression.looksBeyondResults
        case .state, .slow, .certificateInvalid, .burnRate: false
        }
    }
}
