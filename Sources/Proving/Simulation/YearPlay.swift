import Alerting
public import HealthModel
public import Incidents
public import Routing

/// Plays a year to the monitor that the program has, and notes what it says.
///
/// The rules are looked at every 30 s, which divides every hold time. Quiet stretches may be skipped:
/// while every endpoint is up, nothing is pending or firing, and the last 20 results of each endpoint
/// were the same, another result changes nothing but how long the service has been well, which the
/// monitor counts when it is next looked at. Endpoints of services with which all is well are probed
/// every other minute while another one has trouble, so that they stay known, and the rules are not looked
/// at while results are like those before them and no alert waits for its time. That playing every slot says the same is tested.
public struct YearPlay: Sendable {
    /// What somebody is told.
    public struct Told: Sendable, Hashable {
        /// When.
        public var at: Timestamp
        /// Who.
        public var receiver: ReceiverID
        /// The alert as it was told; resolved at the end.
        public var alert: Alert
        /// What is said of it.
        public var part: Notification.Item.Part
    }

    /// Seconds between two looks at the rules.
    public static let tick: Int64 = 30
    /// Played before an episode: every window of a rule on durations, and two results more.
    static let leadIn: Int64 = 12 * 60
    /// Played after one: the results that flapping looks at, and two more.
    static let settleTime: Int64 = 22 * 60

    /// Until half of the longest window of a burn rate is known, it may begin to hold by that alone.
    static let knownAfter: Int64 = 37 * 3600
    /// The same after time in which nothing was measured, of the windows that it can empty by half.
    static let unknownTime: Int64 = 40 * 60

    /// Every change of every alert.
    public private(set) var transitions: [AlertTransition] = []
    /// What people and machines were told, in order.
    public private(set) var told: [Told] = []
    /// Every incident as it last was.
    public private(set) var incidents: [IncidentID: Incident] = [:]
    /// Results that were played.
    public private(set) var results = 0

    /// What a result comes to, apart from small differences in time.
    private struct Finding: Sendable, Hashable {
        var reason: Reason?
        var isSlow: Bool
    }

    private var findings: [EndpointID: Finding] = [:]
    /// When the monitor could not measure last.
    private var unknownAt: Int64 = -Self.unknownTime
    private let year: OutageYear
    private let skipsQuiet: Bool
    private var monitor: HealthMonitor
    /// Checks what is told against what fires, at every look.
    public private(set) var contract: TellingContract
    private var active: Set<AlertKey> = []
    private var cursors: [Int]
    private var nextSlots: [Int64]
    private var waiting: [ProbeResult?]
    private let serviceOfEndpoint: [Int]

    /// Plays a whole year.
    ///
    /// - Parameters:
    ///   - year: What happens.
    ///   - rules: What is worth telling, and whom.
    ///   - skipsQuiet: Whether quiet stretches are skipped.
    public init(_ year: OutageYear, rules: RuleSet, skipsQuiet: Bool = true) {
        self.year = year
        self.skipsQuiet = skipsQuiet
        monitor = HealthMonitor(catalogue: year.catalogue, rules: rules)
        contract = TellingContract(catalogue: year.catalogue, rules: rules)
        let count = year.catalogue.endpoints.count
        cursors = Array(repeating: 0, count: count)
        waiting = Array(repeating: nil, count: count)
        nextSlots = (0..<count).map { year.slot(of: $0, atOrBefore: OutageYear.interval) }
        let services = year.catalogue.services.map(\.id)
        serviceOfEndpoint = year.catalogue.endpoints.map {
            services.firstIndex(of: $0.service) ?? 0
        }
        var positions = Array(repeating: 0, count: services.count)
        var second = Self.tick
        while second < year.length {
            step(at: second)
            guard skipsQuiet, active.isEmpty, isKnown(at: second),
                let next = quietEnd(at: second, &positions), next > second + Self.tick
            else {
                second += Self.tick
                continue
            }
            second = next
            for endpoint in nextSlots.indices {
                waiting[endpoint] = nil
                nextSlots[endpoint] = year.slot(of: endpoint, atOrBefore: second - 2)
            }
        }
    }

    /// The tick until which nothing happens; nil when something does.
    private func quietEnd(at second: Int64, _ positions: inout [Int]) -> Int64? {
        var end = year.length
        for service in positions.indices {
            let all = year.episodes[service]
            while positions[service] < all.count,
                all[positions[service]].end + Self.settleTime < second
            {
                positions[service] += 1
            }
            guard positions[service] < all.count else { continue }
            end = min(end, all[positions[service]].begin - Self.leadIn)
        }
        guard end > second else { return nil }
        return end.flooredQuotient(by: Self.tick) * Self.tick
    }

    private mutating func step(at second: Int64) {
        let now = OutageYear.start + .seconds(second)
        var ready: [ProbeResult] = []
        for endpoint in nextSlots.indices {
            while true {
                if waiting[endpoint] == nil, nextSlots[endpoint] <= second {
                    waiting[endpoint] = year.result(
                        of: endpoint, serviceOfEndpoint[endpoint], slot: nextSlots[endpoint],
                        &cursors[endpoint])
                    nextSlots[endpoint] += OutageYear.interval * stride(of: endpoint)
                }
                guard let result = waiting[endpoint], result.finishedAt <= now else { break }
                ready.append(result)
                waiting[endpoint] = nil
            }
        }
        ready.sort { $0.finishedAt < $1.finishedAt }
        results += ready.count
        monitor.apply(ready)
        let isNew = ready.map { note($0, at: second) }.contains(true)
        // Nothing is new, and nothing waits for its time.
        if skipsQuiet, !isNew, isKnown(at: second), active.isEmpty { return }
        let news = monitor.evaluate(at: now)
        transitions += news
        for one in news {
            if one.alert.state == .resolved {
                active.remove(one.alert.key)
            } else {
                active.insert(one.alert.key)
            }
        }
        guard !news.isEmpty || !active.isEmpty || !contract.isAtEase else { return }
        let changes = monitor.takeAlertChanges()
        incidents.merge(changes.incidents) { $1 }
        monitor.note(changes.notifications.map { Delivery(notification: $0, at: now) })
        contract.look(at: now, monitor, told: changes.notifications)
        for message in changes.notifications {
            for item in message.news {
                told.append(
                    Told(at: now, receiver: message.receiver, alert: item.alert, part: item.part))
            }
        }
    }

    /// Every how many slots an endpoint is probed: every other one keeps it from being unknown while
    /// all is well with its own service.
    private func stride(of endpoint: Int) -> Int64 {
        guard skipsQuiet else { return 1 }
        let all = year.episodes[serviceOfEndpoint[endpoint]]
        let (cursor, slot) = (cursors[endpoint], nextSlots[endpoint])
        let isSettled = cursor == 0 || all[cursor - 1].end + Self.settleTime < slot
        let isFar = cursor == all.count || all[cursor].begin - Self.leadIn > slot
        return isSettled && isFar && slot > Self.knownAfter ? 2 : 1
    }

    /// Whether burn rates cannot begin to hold because more of a window is known.
    private func isKnown(at second: Int64) -> Bool {
        second > Self.knownAfter && second > unknownAt + Self.unknownTime
    }

    /// Notes a result; whether it differs from the one before.
    private mutating func note(_ result: ProbeResult, at second: Int64) -> Bool {
        if result.reason?.meaning == .monitor { unknownAt = second }
        let finding = Finding(
            reason: result.reason, isSlow: result.phases.totalMicroseconds > 1_000_000)
        return findings.updateValue(finding, forKey: result.endpoint) != finding
    }

    /// Ends that are still owed.
    public var owedEnds: Int { monitor.books.values.reduce(0) { $0 + $1.entries.count } }

    /// A number that differs when anything that was said differs: FNV-1a of all of it, in order.
    public var checksum: UInt64 {
        var sum = FNV1a()
        for one in transitions {
            sum.add("\(one.at.nanoseconds) \(one.alert.episode) \(one.alert.state)")
            sum.add(one.alert.summary.english)
        }
        for one in told {
            sum.add("\(one.receiver) \(one.part) \(one.alert.episode) \(one.alert.level)")
        }
        return sum.value
    }
}
