package import HealthModel

/// Which endpoints look at one URL over IPv6 and over IPv4.
package struct AddressFamilyPairs: Sendable {
    /// Of each endpoint of IPv6 the one that is reached over IPv4, by positions in the catalogue.
    package private(set) var ipv4: [Int: Int] = [:]
    /// The same the other way round.
    package private(set) var ipv6: [Int: [Int]] = [:]
    /// Those of IPv6 that do not say how their service does, since only they fail; see
    /// `countedTrackers`.
    package var excused: Set<Int> = []

    /// There are none.
    package init() {}

    /// Finds the pairs: one service, one URL, and only one of the two asks for IPv6.
    package init(_ endpoints: [Endpoint]) {
        struct Place: Hashable {
            var service: ServiceID
            var url: ProbeURL
        }
        var others: [Place: Int] = [:]
        for (index, endpoint) in endpoints.enumerated()
        where endpoint.probe.addressFamily != .ipv6 {
            let place = Place(service: endpoint.service, url: endpoint.url)
            others[place] = others[place] ?? index
        }
        for (index, endpoint) in endpoints.enumerated()
        where endpoint.probe.addressFamily == .ipv6 {
            guard let other = others[Place(service: endpoint.service, url: endpoint.url)] else {
                continue
            }
            ipv4[index] = other
            ipv6[other, default: []].append(index)
        }
    }
}

extension Reason {
    /// Whether the probe ended before a connection stood, so that a client may try another address.
    package var isBeforeConnection: Bool {
        switch self {
        case .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsBogus, .timeoutDNS, .connectRefused,
            .connectReset, .connectUnreachable, .connectFailed, .timeoutConnect:
            true
        default: false
        }
    }
}
