import ArgumentParser
import Daemon
import Glibc
import HealthModel
import Lab

/// `vitaal lab`: the lab alone.
struct PlayLab: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Play the catalogue on loopback for other programs.",
        discussion: "Prints how to get there, then what it does, until SIGTERM or SIGINT.")

    @OptionGroup var configuration: ConfigurationOptions

    @Option(
        help: ArgumentHelp(
            "What goes wrong: a built-in name or a YAML file.", valueName: "scenario"))
    var scenario: String = "calm"

    @Flag(help: "List the built-in scenarios and end.")
    var list = false

    func validate() throws { _ = try ScenarioSource(scenario) }

    func run() async throws {
        if list {
            for scenario in Scenario.builtIn {
                let name = scenario.name.padding(to: 15)
                Console.say("\(name)  \(scenario.summary.english)")
            }
            return
        }
        let session = try await LabSession.start(
            scenario: ScenarioSource(scenario), from: configuration)
        let lab = session.lab
        Console.say(
            """
            vitaal \(VitaalVersion.text) lab: \(lab.hosts.count) hosts, scenario \(lab.scenario.name)
              name server  127.0.0.1@\(lab.dnsPort)
              CA file      \(lab.caFilePath)
              probe one    vitaal check https://\(lab.hosts.first?.name ?? "host")/ --resolver 127.0.0.1@\(lab.dnsPort) \
            --connect-to :443::\(lab.tlsPort) --connect-to :80::\(lab.httpPort) --ca-file \(lab.caFilePath)
            """)
        let narrator = Task {
            for await event in lab.events {
                Console.say("\(SystemTimekeeper().now().dateAndTime)  \(event)")
            }
        }
        await VitaalDaemon.waitForTermination()
        narrator.cancel()
        await session.stop()
    }
}

extension String {
    /// The text with spaces at the end up to `width` characters.
    func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
