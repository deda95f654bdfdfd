import ArgumentParser
import Catalogue
import Daemon
import HealthModel
import Routing
import YAMLReading

/// `vitaal validate`: every mistake in every file at once.
struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the catalogue and the rules; exit 2 with every mistake.")

    @OptionGroup var configuration: ConfigurationOptions

    func run() throws {
        do {
            let read = try ConfigurationLoader.load(
                probesDirectory: configuration.probesDirectory,
                alertsDirectory: configuration.alertsDirectory)
            _ = try ClientIdentityLoader.load(read.clientCertificates)
            _ = try TrustStoreLoader.load(read.trustFiles)
            _ = try SecretLoader.load(read.secretFiles)
            try ProgramChecker.check(read.programs)
            let tests = try RuleTestLoader.check(
                in: configuration.alertsDirectory,
                probesDirectory: configuration.probesDirectory)
            let receivers = read.rules.receivers.count
            let parts = [
                (read.sourceFiles.count, "file"), (read.catalogue.services.count, "service"),
                (read.catalogue.endpoints.count, "enabled endpoint"),
                (read.rules.rules.count, "rule"), (receivers, "receiver"),
            ].map { count, noun in "\(count) \(noun)\(count == 1 ? "" : "s")" }
            Console.say(parts.joined(separator: ", ") + ": no mistakes")
            if tests > 0 {
                Console.say(
                    "\(tests) test\(tests == 1 ? "" : "s") of the rules: vitaal test plays them")
            }
            if read.catalogue.controls.count < 2 {
                Console.say(
                    "fewer than two control targets: the monitor takes long to see that it is "
                        + "blind (`controls` in defaults.yml)")
            }
            if receivers == 0 {
                Console.say("nobody is told of alerts: see receivers.yml in alerts/")
            }
        } catch {
            Console.say(error.description)
            Console.say("\(error.count) mistake\(error.count == 1 ? "" : "s")")
            throw PluginExit.critical
        }
    }
}
