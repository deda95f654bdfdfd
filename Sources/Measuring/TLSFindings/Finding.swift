public import HealthModel

/// One thing that is not as it should be with a certificate or a connection.
///
/// A finding never changes the verdict: a chain may be trusted and have findings, and the other
/// way round.
public struct Finding: Sendable, Hashable {
    /// How much a finding matters.
    public enum Severity: String, Sendable, Hashable, CaseIterable, Comparable {
        /// Untidy; no client minds.
        case info
        /// Against a rule, or trouble for some clients or at the next renewal.
        case warning
        /// Some browsers or clients refuse the connection because of it.
        case critical

        /// Orders severities, milder first.
        public static func < (left: Severity, right: Severity) -> Bool {
            left.order < right.order
        }

        private var order: Int {
            switch self {
            case .info: 0
            case .warning: 1
            case .critical: 2
            }
        }
    }

    /// Which certificate a finding is about.
    public struct Place: Sendable, Hashable {
        /// 0 is the leaf; counted along the path, or along the chain as sent for a certificate
        /// that is not on the path.
        public var depth: Int
        /// Whether the certificate is on the path.
        public var isOnPath: Bool
        /// SHA-256 over the certificate in lower-case hexadecimal.
        public var fingerprintSHA256: String

        /// Makes a place.
        public init(depth: Int, isOnPath: Bool, fingerprintSHA256: String) {
            self.depth = depth
            self.isOnPath = isOnPath
            self.fingerprintSHA256 = fingerprintSHA256
        }
    }

    /// Characters kept of a detail.
    static let detailCharacters = 200

    /// What was found.
    public var id: FindingID
    /// How much it matters.
    public var severity: Severity
    /// The certificate; nil for the connection as a whole.
    public var place: Place?
    /// The values that made the rule fire, such as `lifetime 399 days, limit 398`; may be empty.
    public var detail: String

    /// Makes a finding with the severity of its id and the detail cut at its limit.
    public init(_ id: FindingID, at place: Place? = nil, detail: String = "") {
        self.id = id
        severity = id.severity
        self.place = place
        self.detail = String(detail.prefix(Self.detailCharacters))
    }

    /// Where the rule is written, such as `CA/Browser Forum BR 2.2.6 §6.3.2`.
    public var source: String { id.source }
    /// What is wrong, in one sentence.
    public var text: LocalizedText { id.text }
    /// What to do about it, in one sentence.
    public var remedy: LocalizedText { id.remedy }
}
