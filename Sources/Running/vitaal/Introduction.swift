import Daemon
import HealthModel
import Lab
import StatusServer

/// The first lines of a run: what is watched, and where everything is.
struct Introduction: Sendable {
    let configuration: DaemonConfiguration
    let session: LabSession?
    /// What was typed to start this program, such as `vitaal` or `.build/debug/vitaal`.
    let command: String

    /// The lines to say once the server listens.
    func lines(address: ListeningAddress) -> [String] {
        var lines = ["vitaal \(VitaalVersion.text)"]
        if let session {
            let scenario = session.lab.scenario
            let hosts = session.lab.hosts.count
            lines += [
                "  lab       \(hosts) hosts of the catalogue on loopback, nothing leaves this machine",
                "  scenario  \(scenario.name): \(scenario.summary.english)",
                "            times are divided by \(shown(scenario.speed)): what takes a minute here takes \(shown(60 / scenario.speed)) s",
            ]
        } else if configuration.isPolite {
            lines.append("  live      real hosts, politely; as \(configuration.userAgent)")
        }
        let listen = address == .standard ? "" : " --listen \(address)"
        lines += [
            "  metrics   http://\(address)/metrics",
            "  status    http://\(address)/   or   \(command) status\(listen)",
            "  evidence  \(configuration.evidencePath)",
            "",
        ]
        return lines
    }

    /// One line for something that the lab did.
    func line(for event: LabEvent) -> String {
        "\(SystemTimekeeper().now().dateAndTime)  LAB       \(event)"
    }

    private func shown(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String((number * 10).rounded() / 10)
    }
}
