public import HealthModel
public import Scheduling

/// The manners of probing hosts that one does not own.
///
/// A thousand installations at one probe a minute would be a load of its own, so whoever watches
/// from outside keeps to 300 s, one connection per host, and a low total rate, and says who it is.
public enum LivePolicy {
    /// The shortest interval for a host that the operator does not own.
    public static let intervalMin: Duration = .seconds(300)
    /// Probe starts per second over all hosts.
    public static let startsPerSecond = 5.0
    /// The least time between two starts on one host.
    public static let hostSpacing: Duration = .seconds(1)

    /// The catalogue with the interval of every endpoint that is not in `owned` at least
    /// `intervalMin`.
    ///
    /// Control targets are of use only when they are looked at often, so those of strangers are left
    /// out; blindness is then told by the endpoints alone.
    public static func polite(
        _ catalogue: ServiceCatalogue, owned: Set<EndpointID>
    ) -> ServiceCatalogue {
        ServiceCatalogue(
            services: catalogue.services,
            endpoints: catalogue.endpoints.map { endpoint in
                var endpoint = endpoint
                if !owned.contains(endpoint.id) {
                    endpoint.probe.interval = max(endpoint.probe.interval, intervalMin)
                }
                return endpoint
            }, controls: catalogue.controls.filter { owned.contains($0.id) })
    }

    /// The caps of live probing.
    public static var limits: ScheduleLimits {
        ScheduleLimits(startsPerSecond: startsPerSecond, hostSpacing: hostSpacing)
    }

    /// Whether `contact` is something that the owner of a host can reach someone by: a mail
    /// address or an https URL, without characters that would break a header.
    public static func isContact(_ contact: String) -> Bool {
        guard contact.utf8.count <= 200, contact.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            !contact.contains(where: { "()<>\"\\;".contains($0) })
        else { return false }
        if contact.hasPrefix("https://") { return ProbeURL(contact) != nil }
        let parts = contact.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && parts[1].contains(".")
            && !parts[1].hasPrefix(".") && !parts[1].hasSuffix(".")
    }
}
