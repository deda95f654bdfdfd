import Alerting
import ArgumentParser
import Catalogue
import Daemon
import HealthModel

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
            Console.say(
                "\(read.sourceFiles.count) files, \(read.catalogue.services.count) services, "
                    + "\(read.catalogue.endpoints.count) endpoints enabled, "
                    + "\(read.rules.rules.count) rules: no mistakes")
        } catch {
            Console.say(error.description)
            Console.say("\(error.count) mistake\(error.count == 1 ? "" : "s")")
            throw PluginExit.critical
        }
    }
}
