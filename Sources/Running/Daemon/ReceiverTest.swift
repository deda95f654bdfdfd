public import Catalogue
import Glibc
import HealthModel
import Notifying
public import Routing
public import YAMLReading

/// Tells a receiver that this is a test, straight from the configuration, with no monitor running.
public enum ReceiverTest {
    /// The receivers with their secrets.
    ///
    /// Blocks while it reads.
    ///
    /// - Throws: every mistake.
    public static func receivers(
        of configuration: Configuration
    ) throws(ConfigurationError) -> [Receiver] {
        try ProgramChecker.check(configuration.programs)
        return configuration.rules.with(
            secrets: try SecretLoader.load(configuration.secretFiles)
        ).receivers
    }

    /// Makes one attempt; it may take as long as the receiver's way allows.
    ///
    /// - Parameters:
    ///   - receiver: Who is told, with its secret.
    ///   - trustStorePath: The file of roots that its certificate is verified by.
    /// - Returns: What kept it from taking the notification, nil when it took it; and how long that
    ///   took.
    public static func run(
        _ receiver: Receiver, trustStorePath: String
    ) -> (failure: String?, time: Duration) {
        // libssl writes to a connection that is gone.
        signal(SIGPIPE, SIG_IGN)
        let timekeeper = SystemTimekeeper()
        let start = timekeeper.monotonicNanoseconds()
        let failure = ReceiverTrial.tell(
            receiver, trustStorePath: trustStorePath,
            userAgent: "vitaal/\(VitaalVersion.text)", timekeeper: timekeeper)
        return (failure, .nanoseconds(timekeeper.monotonicNanoseconds() - start))
    }
}
