import ArgumentParser
import Daemon
import HealthModel
import Routing
import TLSInspection

/// `vitaal receiver`: who is told of alerts.
struct ReceiverCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receiver", abstract: "Receivers: who is told of alerts.",
        subcommands: [ReceiverTestCommand.self])
}

/// `vitaal receiver test`.
struct ReceiverTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Tell one receiver that this is a test, and say what came of it.",
        discussion: """
            Reads the configuration, asks no running monitor, and sends one notification that is \
            marked as a test, without its end. Exit code 0 when the receiver took it, 2 when it did \
            not.
            """)

    @Argument(help: "The id of the receiver.")
    var id: String
    @OptionGroup var configuration: ConfigurationOptions
    @Option(help: ArgumentHelp("PEM file of trusted roots.", valueName: "file"))
    var caFile: String = TrustStore.systemPath

    func run() throws {
        let read = try loadOrComplain(configuration)
        let receivers: [Receiver]
        do {
            receivers = try ReceiverTest.receivers(of: read)
        } catch {
            StandardError.complain("the configuration has mistakes\n\(error)")
            throw PluginExit.critical
        }
        guard let receiver = receivers.first(where: { $0.id.text == id }) else {
            let known = receivers.map(\.id.text).joined(separator: ", ")
            StandardError.complain(
                "there is no receiver '\(id)'" + (known.isEmpty ? "" : "; there are: \(known)"))
            throw PluginExit.critical
        }
        let (failure, time) = ReceiverTest.run(receiver, trustStorePath: caFile)
        let end = "\(Self.way(of: receiver)), after \(time.shortText)"
        guard let failure else {
            Console.say("✔ \(id) took it (\(end))")
            throw PluginExit.ok
        }
        Console.say("✖ \(id) did not take it (\(end)): \(failure)")
        throw PluginExit.critical
    }

    /// How it is told, without what identifies a session.
    private static func way(of receiver: Receiver) -> String {
        switch receiver.kind {
        case .webhook(let url): "webhook \(url.withoutQuery)"
        case .alertmanager(let url): "alertmanager \(url.withoutQuery)"
        // The path of such a webhook is its secret.
        case .chat(let url): "chat \(url.host)"
        case .command(let command): "command \(command.program)"
        case .email(let email):
            "mail to \(email.to.map(\.description).joined(separator: ", ")) by \(email.server)"
        }
    }
}
