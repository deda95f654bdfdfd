import ArgumentParser

/// `vitaal tls`: certificates apart from probes.
struct TLSCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tls", abstract: "Judge certificates from files.",
        subcommands: [TLSVerify.self])
}
