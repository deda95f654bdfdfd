import ArgumentParser
import Catalogue
import Daemon
import Foundation
import HealthModel
import Lab
import Probing

/// A lab that plays the catalogue, and how a prober gets there.
struct LabSession: Sendable {
    let lab: Lab
    /// The catalogue that is played.
    let catalogue: ServiceCatalogue

    private let directory: String

    /// Starts a lab for the catalogue in `options`.
    static func start(
        scenario source: ScenarioSource, from options: ConfigurationOptions
    ) async throws -> LabSession {
        let read = try loadOrComplain(options)
        let hosts = LabHost.hosts(of: read.catalogue)
        let directory = NSTemporaryDirectory() + "vitaal-lab-\(getpid())"
        do {
            let lab = try await Lab.start(
                hosts: hosts, scenario: source.read(hosts: hosts), directory: directory,
                now: SystemTimekeeper().now())
            return LabSession(lab: lab, catalogue: read.catalogue, directory: directory)
        } catch {
            StandardError.complain("\(error)")
            throw PluginExit.critical
        }
    }

    /// Ends the lab and takes its CA file away.
    func stop() async {
        await lab.stop()
        // What stays behind in the directory of temporary files harms nobody.
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// The lab's name server only: the machine's own is never asked.
    var resolver: ResolverConfiguration {
        ResolverConfiguration(
            forwarders: ["127.0.0.1@\(lab.dnsPort)"], resolvConf: nil, hostsFile: nil)
    }

    /// 443 and 80 are not for everyone to listen on: the lab has ports of its own.
    ///
    /// Other ports are sent there for the endpoints without HTTP only.
    var connectOverrides: [ConnectOverride] {
        let doors = catalogue.endpoints.map(\.url).filter { $0.scheme == .tls }
        return doors.map { url in
            ConnectOverride(
                host: url.host, port: url.port, connectHost: nil, connectPort: UInt16(lab.tlsPort))
        } + [
            ConnectOverride(
                host: nil, port: 443, connectHost: nil, connectPort: UInt16(lab.tlsPort)),
            ConnectOverride(
                host: nil, port: 80, connectHost: nil, connectPort: UInt16(lab.httpPort)),
        ]
    }
}

/// A built-in scenario or the text of one in a file.
enum ScenarioSource: Sendable {
    case builtIn(Scenario)
    case file(path: String, text: String)

    /// Finds the scenario `name`: a file when it looks like one, else a built-in one.
    ///
    /// - Throws: `ValidationError` when there is none.
    init(_ name: String) throws {
        if let known = Scenario.builtIn(named: name) {
            self = .builtIn(known)
            return
        }
        guard name.contains("/") || name.hasSuffix(".yml") || name.hasSuffix(".yaml") else {
            let names = Scenario.builtIn.map(\.name).joined(separator: ", ")
            throw ValidationError(
                "there is no scenario '\(name)'; built in are \(names); a file ends in .yml")
        }
        guard let file = FileHandle(forReadingAtPath: name),
            let data = try? file.read(upToCount: Limits.yamlBytes + 1)
        else { throw ValidationError("--scenario \(name): the file cannot be read") }
        self = .file(path: name, text: String(decoding: data, as: UTF8.self))
    }

    /// The scenario, checked against the hosts that the lab plays.
    ///
    /// - Throws: `ConfigurationError` with every mistake.
    func read(hosts: [LabHost]) throws -> Scenario {
        switch self {
        case .builtIn(let scenario): scenario
        case .file(let path, let text): try ScenarioReader.read(text, file: path, hosts: hosts)
        }
    }
}
