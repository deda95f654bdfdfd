public import HealthModel

/// A timeline of faults that the lab plays.
public struct Scenario: Sendable, Hashable {
    /// Steps in one scenario.
    public static let stepsLimit = 256
    /// Host names and services in one step.
    public static let targetsLimit = 256
    /// The highest acceleration: a minute becomes 60 ms, faster than a handshake can follow.
    public static let speedLimit = 1000.0

    /// The name on the command line: the same alphabet as the ids.
    public var name: String
    /// One line for people.
    public var summary: LocalizedText
    /// By what the intervals and hold times of the catalogue are divided; at least 1.
    public var speed: Double
    /// What happens, in the order of the file.
    public var steps: [Step]
    /// The timeline starts anew after this time; nil plays it once.
    public var repeatTime: Duration?

    /// Makes a scenario.
    public init(
        name: String, summary: LocalizedText, speed: Double = 1, steps: [Step] = [],
        repeatTime: Duration? = nil
    ) {
        self.name = name
        self.summary = summary
        self.speed = speed
        self.steps = steps
        self.repeatTime = repeatTime
    }

    /// One fault on some hosts for some time.
    public struct Step: Sendable, Hashable {
        /// When it starts, in lab time since the start, which is never accelerated.
        public var start: Duration
        /// Host names; `*` stands for every host.
        public var hosts: [String]
        /// Services: all their hosts.
        public var services: [ServiceID]
        /// What goes wrong.
        public var fault: Fault
        /// How long it lasts; nil means until the end.
        public var length: Duration?

        /// Makes a step.
        public init(
            start: Duration, hosts: [String] = [], services: [ServiceID] = [], fault: Fault,
            length: Duration? = nil
        ) {
            self.start = start
            self.hosts = hosts
            self.services = services
            self.fault = fault
            self.length = length
        }

        /// Whether this step concerns `host`.
        public func concerns(_ host: LabHost) -> Bool {
            hosts.contains("*") || hosts.contains(host.name)
                || services.contains { host.services.contains($0) }
        }
    }
}
