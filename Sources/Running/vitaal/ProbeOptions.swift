import ArgumentParser
import Daemon
import Glibc
import HealthModel
import Probing
import TLSInspection

/// Where the configuration is.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Directory of services and endpoints. Default: probes, else /etc/vitaal/probes.",
            valueName: "dir"))
    var probes: String?

    @Option(
        help: ArgumentHelp(
            "Directory of alert rules. Default: alerts, else /etc/vitaal/alerts.",
            valueName: "dir"))
    var alerts: String?

    var probesDirectory: String { probes ?? Paths.configurationDirectory("probes") }
    var alertsDirectory: String { alerts ?? Paths.configurationDirectory("alerts") }

    /// Whether there is a catalogue at all.
    var isThere: Bool { Paths.isDirectory(probesDirectory) }
}

/// How connections are made.
struct ConnectionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("PEM file of trusted roots.", valueName: "file"))
    var caFile: String = TrustStore.systemPath

    @Option(
        help: ArgumentHelp(
            "Connect elsewhere: HOST:PORT:CONNECT-HOST:CONNECT-PORT as curl does; empty parts match or keep anything. Repeatable.",
            valueName: "rule"),
        transform: { text in
            guard let rule = ConnectOverride(text) else {
                throw ValidationError(
                    "'\(text)' is not HOST:PORT:CONNECT-HOST:CONNECT-PORT, for example www.digid.nl:443:127.0.0.1:8443"
                )
            }
            return rule
        })
    var connectTo: [ConnectOverride] = []

    @Option(
        help: ArgumentHelp(
            "Name server to ask instead of the system's: ADDRESS or ADDRESS@PORT. Repeatable.",
            valueName: "server"))
    var resolver: [String] = []

    @Option(
        help: ArgumentHelp(
            "File with the DNSSEC root key, for example /usr/share/dns/root.key; switches validation on.",
            valueName: "file"))
    var dnssecAnchor: String?

    @Flag(help: "Probe real hosts on the internet, politely. Needs --contact.")
    var live = false

    @Option(
        help: ArgumentHelp(
            "Mail address or https URL sent in the User-Agent, so that owners can reach you.",
            valueName: "address"))
    var contact: String?

    func validate() throws {
        if let server = resolver.first(where: { !Self.isNameServer($0) }) {
            throw ValidationError(
                "--resolver '\(server)' is neither ADDRESS nor ADDRESS@PORT, for example 127.0.0.1@5353"
            )
        }
        if live && contact == nil {
            throw ValidationError(
                "--live needs --contact ADDRESS: whoever is probed must be able to reach you")
        }
        if let contact, !LivePolicy.isContact(contact) {
            throw ValidationError(
                "--contact '\(contact)' is neither a mail address nor an https URL")
        }
    }

    var resolverConfiguration: ResolverConfiguration {
        ResolverConfiguration(forwarders: resolver, trustAnchorFile: dnssecAnchor)
    }

    /// Whether connections go where the system sends them.
    var isStandard: Bool {
        caFile == TrustStore.systemPath && connectTo.isEmpty && resolver.isEmpty
            && dnssecAnchor == nil
    }

    var userAgent: String {
        "vitaal/\(VitaalVersion.text)" + (contact.map { " (\($0))" } ?? "")
    }

    /// Whether a probe of `url` stays on this machine, as far as can be seen without asking DNS.
    ///
    /// A name counts when only a name server of `vitaal lab` is asked: one on loopback at a port
    /// of its own. One at port 53 may well know the whole internet.
    func staysHere(_ url: ProbeURL) -> Bool {
        let override = connectTo.first { $0.applies(to: url.host, port: url.port) }
        let host = override?.connectHost ?? url.host
        if host == "localhost" || host == "::1" || Self.isLoopbackIPv4(host) { return true }
        return !resolver.isEmpty
            && resolver.allSatisfy { server in
                let parts = server.split(separator: "@")
                return parts.count == 2 && parts[1] != "53" && Self.isLoopbackIPv4(parts[0])
            }
    }

    private static func isNameServer(_ text: String) -> Bool {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        var buffer = in6_addr()
        let isAddress = [AF_INET, AF_INET6].contains {
            inet_pton($0, String(parts[0]), &buffer) == 1
        }
        return isAddress && (parts.count == 1 || (UInt16(parts[1]) ?? 0) > 0)
    }

    private static func isLoopbackIPv4(_ text: some StringProtocol) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
