import Foundation

/// A catalogue of services with one endpoint each, each on a host name of its own.
struct GeneratedCatalogue {
    /// `http` or `https`.
    var scheme: String
    /// How many endpoints.
    var endpoints: Int
    /// Seconds between two probes of an endpoint.
    var intervalSeconds: Int
    /// The time limit of a probe, as the catalogue writes it.
    var timeout: String
    /// The range of the confirmation, as the catalogue writes it, or `false`.
    var confirm: String

    /// The port on which each host name is a loopback address of its own; nil means names that
    /// only `--connect-to` or the lab can reach.
    var loopbackPort: Int?

    /// Endpoints in one file: far below the limits of one YAML file.
    private static let endpointsPerFile = 1000

    /// Writes the catalogue into a new directory and gives its path.
    ///
    /// The markers that ship with the project are part of it: looking for them is part of the
    /// work.
    func write(to name: String, in workspace: Workspace) throws -> String {
        let directory = try workspace.makeDirectory(name)
        let defaults = "probes/defaults.yml"
        if FileManager.default.fileExists(atPath: defaults) {
            try FileManager.default.copyItem(
                atPath: defaults, toPath: directory + "/defaults.yml")
        }
        for start in stride(from: 0, to: endpoints, by: Self.endpointsPerFile) {
            let numbers = start..<min(endpoints, start + Self.endpointsPerFile)
            let text = "sector: bench\nservices:\n" + numbers.map(service).joined()
            try workspace.write(text, to: "\(name)/services-\(start).yml")
        }
        return directory
    }

    private func host(_ number: Int) -> String {
        guard let loopbackPort else { return "h\(number).bench.example" }
        return "127.1.\(number / 250).\(number % 250 + 1):\(loopbackPort)"
    }

    private func service(_ number: Int) -> String {
        """
          - id: s\(number)
            name: {nl: Dienst \(number), en: Service \(number)}
            owner: Bench
            tier: \(number % 4)
            endpoints:
              - id: e\(number)
                url: \(scheme)://\(host(number))/
                interval: \(intervalSeconds)s
                timeout: \(timeout)
                confirm: \(confirm)

        """
    }
}
