/// A program that is told of alerts.
public struct ReceiverCommand: Sendable, Hashable {
    /// Words in one command, the program among them.
    public static let argumentsMax = 64
    /// How long it may run unless that is written.
    public static let usualTimeLimit: Duration = .seconds(10)
    /// How long it may be allowed to run.
    public static let timeLimits: ClosedRange<Duration> = .seconds(1) ... .seconds(60)

    /// The absolute path of the program.
    public var program: String
    /// The words after it, which no shell looks at.
    public var arguments: [String]
    /// How long it may run before it is killed.
    public var timeLimit: Duration

    /// Makes a command.
    public init(
        program: String, arguments: [String] = [],
        timeLimit: Duration = ReceiverCommand.usualTimeLimit
    ) {
        self.program = program
        self.arguments = arguments
        self.timeLimit = timeLimit
    }
}
