import ArgumentParser
import Daemon

/// The command line.
@main
struct Vitaal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vitaal",
        abstract: "Watches vital digital services: availability, TLS validity, alerts.",
        discussion: """
            Exit codes of check and status: 0 all is well, 1 warning, 2 critical, 3 not known.
            """,
        version: VitaalVersion.text,
        subcommands: [
            Run.self, Check.self, Status.self, Why.self, IncidentCommands.self,
            AcknowledgeCommands.self, SilenceCommands.self, MaintenanceCommands.self,
            DarkCommands.self, LogCommands.self, Objectives.self,
            Validate.self, TestRules.self, ReplayRules.self, ReceiverCommands.self, PlayLab.self,
            TLSCommands.self, Certs.self, Store.self,
        ])
}

/// The exit codes of the monitoring plugins, which every monitoring system understands.
enum PluginExit {
    static let ok = ExitCode(0)
    static let warning = ExitCode(1)
    static let critical = ExitCode(2)
    static let unknown = ExitCode(3)
}
