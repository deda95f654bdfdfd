public import HealthModel

/// A year of one organisation as it might have been: what its servers did, the same for the same
/// seed, and so the truth about every outage.
///
/// Four services on five endpoints, each probed once a minute: a login service of tier 0 with two
/// endpoints, and one of each tier 0, 1 and 2 that needs it. No two episodes of one service overlap.
public struct OutageYear: Sendable {
    /// Something that happened to a service.
    public struct Episode: Sendable, Hashable {
        /// What happened.
        public enum Kind: Sendable, Hashable, CaseIterable {
            /// One failed probe, perhaps not even that.
            case hiccup
            /// Away for less than any hold time.
            case brief
            /// Away for minutes to hours.
            case outage
            /// Away for longer than a calamity.
            case long
            /// One endpoint of two is away.
            case partial
            /// Every other probe fails.
            case flapping
            /// Five seconds instead of a tenth of one.
            case slow
            /// A page that says "too busy".
            case busy
            /// A page that announces maintenance.
            case maintenance
            /// The monitor cannot measure.
            case monitorFault

            /// Whether probes fail by it.
            public var isFailure: Bool {
                switch self {
                case .hiccup, .brief, .outage, .long, .partial, .flapping: true
                case .slow, .busy, .maintenance, .monitorFault: false
                }
            }

            /// How often it happens in a year, and how long it lasts in seconds.
            var habit: (perYear: Double, length: ClosedRange<Double>) {
                switch self {
                case .hiccup: (30, 5...50)
                case .brief: (12, 60...110)
                case .outage: (6, 130...14_400)
                case .long: (0.7, 14_400...43_200)
                case .partial: (3, 180...7200)
                case .flapping: (2, 1200...5400)
                case .slow: (6, 1800...10_800)
                case .busy: (4, 3600...14_400)
                case .maintenance: (4, 1800...7200)
                case .monitorFault: (4, 60...1200)
                }
            }
        }

        /// What happened.
        public var kind: Kind
        /// The first second of it, from the start of the year.
        public var begin: Int64
        /// The first second after it.
        public var end: Int64
    }

    /// How one service is made.
    struct Design {
        var name: String
        var tier: Tier
        var endpoints: Int
        var need: Dependency.Kind?
    }

    static let designs = [
        Design(name: "login", tier: .tier0, endpoints: 2, need: nil),
        Design(name: "tax", tier: .tier0, endpoints: 1, need: .login),
        Design(name: "mandates", tier: .tier1, endpoints: 1, need: .hard),
        Design(name: "permits", tier: .tier2, endpoints: 1, need: .login),
    ]

    /// Endpoints of one organisation.
    public static let endpointCount = designs.reduce(0) { $0 + $1.endpoints }
    /// Seconds between two probes of one endpoint.
    public static let interval: Int64 = 60
    /// 2026-01-01T00:00:00Z.
    public static let start = Timestamp(seconds: 1_767_225_600)
    /// Outages of the login service that take all others with them, in a year.
    static let sharedPerYear = 2.0
    /// The least time between two episodes of one service.
    static let pause: Int64 = 90
    /// How long before the end of the year the last episode is over, so that all is well then.
    static let calmEnd: Int64 = 4 * 86_400

    /// Seconds that are played.
    public let length: Int64
    /// What happened to each service, in order.
    public private(set) var episodes: [[Episode]]
    /// What is watched.
    public let catalogue: ServiceCatalogue

    private let seed: UInt64
    private let offsets: [Int64]

    /// Makes the year of one organisation; nil when the address in it is no URL, which cannot be.
    ///
    /// - Parameters:
    ///   - seed: Names the organisation.
    ///   - days: How many days are played; more than five, since the last four are calm.
    ///   - pace: How many times more happens than in a common year.
    public init?(seed: UInt64, days: Int64 = 365, pace: Double = 1) {
        precondition(days > 5, "no time for anything to happen")
        self.seed = seed
        length = days * 86_400
        var random = SplitMix64(seed: seed)
        guard let catalogue = Self.catalogue() else { return nil }
        self.catalogue = catalogue
        offsets = catalogue.endpoints.map { _ in Int64(random.unit() * Double(Self.interval)) }
        episodes = []
        let end = length - Self.calmEnd
        let shared = Self.shared(until: end, pace, &random)
        for (index, design) in Self.designs.enumerated() {
            let kinds = Episode.Kind.allCases.filter { $0 != .partial || design.endpoints > 1 }
            var own = Self.walk(kinds, until: end, pace, &random)
            // What takes everybody has precedence over what is one's own.
            own.removeAll { one in
                shared.contains {
                    one.begin < $0.end + 2 * Self.pause && $0.begin < one.end + 2 * Self.pause
                }
            }
            // Those behind the login service notice a little later.
            let taken = shared.map { one in
                Episode(kind: one.kind, begin: one.begin + Int64(index) * 20, end: one.end)
            }
            episodes.append((own + taken).sorted { $0.begin < $1.begin })
        }
    }

    private static func catalogue() -> ServiceCatalogue? {
        guard let url = ProbeURL("https://a.test/") else { return nil }
        let services = designs.map { design in
            Service(
                id: ServiceID(design.name),
                name: LocalizedText(dutch: design.name, english: design.name), owner: "owner",
                sector: design.name, tier: design.tier,
                dependencies: design.need.map {
                    [Dependency(service: ServiceID(designs[0].name), kind: $0)]
                } ?? [])
        }
        let endpoints = designs.flatMap { design in
            (0..<design.endpoints).map { number in
                Endpoint(
                    id: EndpointID("\(design.name)-\(number)"), service: ServiceID(design.name),
                    url: url, probe: Probe(interval: .seconds(interval)))
            }
        }
        return ServiceCatalogue(services: services, endpoints: endpoints)
    }

    private static func shared(
        until end: Int64, _ pace: Double, _ random: inout SplitMix64
    ) -> [Episode] {
        var found: [Episode] = []
        var second = gap(sharedPerYear * pace, &random)
        while second < end {
            let one = episode(.outage, from: second, &random)
            if one.end < end { found.append(one) }
            second = one.end + 86_400 + gap(sharedPerYear * pace, &random)
        }
        return found
    }

    private static func walk(
        _ kinds: [Episode.Kind], until end: Int64, _ pace: Double, _ random: inout SplitMix64
    ) -> [Episode] {
        let rate = kinds.reduce(0) { $0 + $1.habit.perYear }
        var found: [Episode] = []
        var second = gap(rate * pace, &random)
        while second < end {
            var choice = random.unit() * rate
            let kind = kinds.first {
                choice -= $0.habit.perYear; return choice < 0
            }
            let one = episode(kind ?? .hiccup, from: second, &random)
            if one.end < end { found.append(one) }
            second = one.end + pause + gap(rate * pace, &random)
        }
        return found
    }

    private static func gap(_ perYear: Double, _ random: inout SplitMix64) -> Int64 {
        Int64(random.exponential() * 365 * 86_400 / perYear)
    }

    /// Short ones are common, long ones rare: equally many between 1 and 10 as between 10 and 100.
    private static func episode(
        _ kind: Episode.Kind, from begin: Int64, _ random: inout SplitMix64
    ) -> Episode {
        let length = random.logUniform(kind.habit.length)
        return Episode(kind: kind, begin: begin, end: begin + Int64(length))
    }

    // MARK: What a probe finds

    /// The last slot of an endpoint that is not after this second.
    func slot(of endpoint: Int, atOrBefore second: Int64) -> Int64 {
        let steps = (second - offsets[endpoint]).flooredQuotient(by: Self.interval)
        return offsets[endpoint] + steps * Self.interval
    }

    /// What a service does in this second; `cursor` is a hint that is moved along.
    func episode(of service: Int, at second: Int64, _ cursor: inout Int) -> Episode? {
        let all = episodes[service]
        while cursor > 0, all[cursor - 1].end > second { cursor -= 1 }
        while cursor < all.count, all[cursor].end <= second { cursor += 1 }
        guard cursor < all.count, all[cursor].begin <= second else { return nil }
        return all[cursor]
    }

    /// The final result of the slot of an endpoint that begins in this second.
    ///
    /// A failure is confirmed 5 to 15 s later; the second attempt decides.
    ///
    /// - Parameters:
    ///   - endpoint: Its position in the catalogue.
    ///   - service: The position of its service.
    ///   - slot: The second of the slot.
    ///   - cursor: A hint that is moved along.
    /// - Returns: The result, which ends a second later at the earliest.
    func result(
        of endpoint: Int, _ service: Int, slot: Int64, _ cursor: inout Int
    ) -> ProbeResult {
        var random = SplitMix64(seed: seed ^ UInt64(bitPattern: slot &* 8 &+ Int64(endpoint)))
        var (reason, end) = (nil as Reason?, slot + 1)
        var micros = Int64(60_000 + random.next() % 80_000)
        switch episode(of: service, at: slot, &cursor)?.kind {
        case nil: break
        case .hiccup, .brief, .outage, .long, .partial:
            if isOut(endpoint, service, at: slot, &cursor) {
                end = slot + 5 + Int64(random.next() % 11)
                reason =
                    isOut(endpoint, service, at: end, &cursor) ? .connectRefused : nil
            }
        case .flapping:
            if slot.flooredQuotient(by: Self.interval).isMultiple(of: 2) {
                (reason, end) = (.connectRefused, slot + 10)
            }
        case .slow: (micros, end) = (5_000_000, slot + 5)
        case .busy: reason = .busy
        case .maintenance: reason = .maintenance
        case .monitorFault: reason = .monitorError
        }
        return ProbeResult(
            endpoint: catalogue.endpoints[endpoint].id,
            slot: Slot(milliseconds: (Self.start + .seconds(slot)).milliseconds),
            finishedAt: Self.start + .seconds(end), reason: reason,
            phases: PhaseDurations(totalMicroseconds: micros))
    }

    private func isOut(
        _ endpoint: Int, _ service: Int, at second: Int64, _ cursor: inout Int
    ) -> Bool {
        switch episode(of: service, at: second, &cursor)?.kind {
        case .hiccup, .brief, .outage, .long: true
        // The first endpoint of the service stays.
        case .partial: catalogue.endpoints[endpoint].id.text.utf8.last == UInt8(ascii: "1")
        default: false
        }
    }
}
