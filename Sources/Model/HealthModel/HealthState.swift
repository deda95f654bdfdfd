/// The state of an endpoint or service.
///
/// *Own state* is measured; *effective state* includes what the service depends on.
public enum HealthState: String, Sendable, Hashable, CaseIterable {
    /// Answers as it should.
    case up
    /// Answers, but slowly or only in part.
    case degraded
    /// Answers, but people cannot log in.
    case impaired
    /// Answers with a page that says it is too busy.
    case busy
    /// Refuses the probe; whether citizens are served is not known.
    case blocked
    /// Does not answer as it should.
    case down
    /// Changes too often to say.
    case flapping
    /// Under announced maintenance.
    case maintenance
    /// Not measured. Never shown as up.
    case unknown

    /// How bad the state is for a citizen, 0 is best; used to pick the worst of several.
    public var severity: Int {
        switch self {
        case .up: 0
        case .maintenance: 1
        case .unknown: 2
        case .blocked: 3
        case .busy: 4
        case .degraded: 5
        case .flapping: 6
        case .impaired: 7
        case .down: 8
        }
    }
}

/// How soon a person must know.
public enum Level: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Collected for the daily overview; nobody is disturbed.
    case digest
    /// An early sign.
    case warning
    /// Soon, in working hours.
    case critical
    /// Now, also at night.
    case page

    /// 0 for digest to 3 for page.
    public var rank: Int {
        switch self {
        case .digest: 0
        case .warning: 1
        case .critical: 2
        case .page: 3
        }
    }

    /// Orders levels, the least urgent first.
    public static func < (left: Level, right: Level) -> Bool { left.rank < right.rank }
}
