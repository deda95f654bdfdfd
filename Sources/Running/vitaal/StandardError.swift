import Catalogue
import Glibc

/// Standard error, for a person.
enum StandardError {
    /// Writes `text` and a line break to standard error.
    static func complain(_ text: String) {
        var line = "vitaal: " + text + "\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Loads the configuration or says every mistake in it and exits with 2.
func loadOrComplain(_ options: ConfigurationOptions) throws -> Configuration {
    do {
        return try ConfigurationLoader.load(
            probesDirectory: options.probesDirectory, alertsDirectory: options.alertsDirectory)
    } catch {
        StandardError.complain("the configuration has mistakes\n\(error)")
        throw PluginExit.critical
    }
}
