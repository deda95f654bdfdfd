/// What a server accepts on connections of its own, made to ask and not to use it.
///
/// One ordinary connection shows only what both sides like best; a server that still speaks
/// TLS 1.0 hides it from every client of today.
public struct TLSScan: Sendable, Hashable {
    /// What a server says to one question.
    public enum Answer: String, Sendable, Hashable, CaseIterable {
        /// It agreed.
        case yes
        /// It refused in TLS.
        case no
        /// It said nothing that counts: closed, silent, or another alert.
        case unknown
    }

    /// A version, and what was chosen with it.
    public struct Version: Sendable, Hashable {
        /// As OpenSSL names it, such as `TLSv1.2`.
        public var name: String
        /// Whether it is accepted.
        public var answer: Answer
        /// The suites accepted by their IANA names, as the server chose them one after the other;
        /// before TLS 1.2 the first one only.
        public var suites: [String] = []
        /// Whether there may be more suites than these.
        public var isCut = false

        /// Makes the answer on one version.
        public init(name: String, answer: Answer) {
            self.name = name
            self.answer = answer
        }
    }

    /// A key exchange group of TLS 1.3.
    public struct Group: Sendable, Hashable {
        /// Its name in the TLS registry, such as `X25519MLKEM768`.
        public var name: String
        /// Whether it is accepted.
        public var answer: Answer

        /// Makes the answer on one group.
        public init(name: String, answer: Answer) {
            self.name = name
            self.answer = answer
        }
    }

    /// TLS 1.3 first; a version that was not asked about is absent.
    public var versions: [Version] = []
    /// Post-quantum first; empty when TLS 1.3 is not accepted.
    public var groups: [Group] = []
    /// How many connections it took.
    public var connections = 0
    /// Whether it ended early because the server had stopped answering.
    public var isGivenUp = false

    /// Makes a scan that has asked nothing.
    public init() {}

    /// Whether a group that withstands quantum computers is accepted; `no` for a server without
    /// TLS 1.3, which alone has them.
    public var postQuantum: Answer {
        switch versions.first(where: { $0.name == "TLSv1.3" })?.answer {
        case .no: return .no
        case .unknown, nil: return .unknown
        case .yes: break
        }
        let answers = groups.filter { $0.name.contains("MLKEM") }.map(\.answer)
        if answers.contains(.yes) { return .yes }
        return answers.isEmpty || answers.contains(.unknown) ? .unknown : .no
    }
}

/// A scan and when it ended.
public struct TLSScanRecord: Sendable, Hashable {
    /// What was found.
    public var scan: TLSScan
    /// When the last question was answered.
    public var finishedAt: Timestamp

    /// Makes a record.
    public init(scan: TLSScan, finishedAt: Timestamp) {
        self.scan = scan
        self.finishedAt = finishedAt
    }
}
