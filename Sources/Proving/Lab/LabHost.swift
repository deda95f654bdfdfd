public import HealthModel

/// One host name that the lab plays.
public struct LabHost: Sendable, Hashable {
    /// The host name in lower case, without a final dot.
    public var name: String
    /// The title of its pages, by default the name of its service.
    public var title: LocalizedText
    /// The services whose endpoints live here, so that a scenario can name a service.
    public var services: [ServiceID]
    /// Whether the plain HTTP port answers with the page instead of a redirect to HTTPS.
    public var isPlainHTTP: Bool

    /// Makes a host.
    public init(
        name: String, title: LocalizedText, services: [ServiceID] = [], isPlainHTTP: Bool = false
    ) {
        self.name = name.lowercased()
        self.title = title
        self.services = services
        self.isPlainHTTP = isPlainHTTP
    }

    /// The hosts of all enabled endpoints, each once, in the order of the catalogue.
    ///
    /// Endpoints at a bare address or at a port other than 80 and 443 are left out: the lab
    /// stands behind its own name server and maps those two ports only. Of `tls` endpoints any
    /// port is played: whoever probes sends it to `Lab.tlsPort`. Those that begin in plain text
    /// are not played.
    public static func hosts(of catalogue: ServiceCatalogue) -> [LabHost] {
        var hosts: [LabHost] = []
        var indexByName: [String: Int] = [:]
        for endpoint in catalogue.probedEndpoints {
            let url = endpoint.url
            let isPlayed =
                url.scheme == .tls || (url.scheme.isHTTP && url.port == url.scheme.defaultPort)
            guard isPlayed, !isAddress(url.host) else { continue }
            let name = url.host.hasSuffix(".") ? String(url.host.dropLast()) : url.host
            let index: Int
            if let known = indexByName[name] {
                index = known
            } else {
                let title =
                    catalogue.service(endpoint.service)?.name
                    ?? LocalizedText(dutch: name, english: name)
                index = hosts.count
                indexByName[name] = index
                hosts.append(LabHost(name: name, title: title))
            }
            if !hosts[index].services.contains(endpoint.service) {
                hosts[index].services.append(endpoint.service)
            }
            if url.scheme == .http { hosts[index].isPlainHTTP = true }
        }
        return hosts
    }

    /// An IPv6 address holds a colon; the last label of a host name is never all digits
    /// (RFC 3696 §2).
    private static func isAddress(_ host: String) -> Bool {
        if host.contains(":") { return true }
        guard let last = host.split(separator: ".").last else { return true }
        return last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
