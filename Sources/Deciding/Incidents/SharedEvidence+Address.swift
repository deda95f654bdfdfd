package import HealthModel

extension SharedEvidence {
    /// The network that an address is in, as far as neighbours are concerned: /24 of IPv4, /48 of
    /// IPv6; nil for the loopback, whose addresses have nothing but the machine in common.
    package static func addressBlock(of address: NetworkAddress) -> String? {
        if address.isIPv6 {
            guard address.text != "::1" else { return nil }
            let head = address.text.split(separator: ":", omittingEmptySubsequences: false)
            // "::" within the first three groups stands for zeros.
            var groups: [Substring] = []
            for part in head.prefix(3) {
                guard !part.isEmpty else { break }
                groups.append(part)
            }
            while groups.count < 3 { groups.append("0") }
            return groups.joined(separator: ":") + "::/48"
        }
        let parts = address.text.split(separator: ".")
        guard parts.count == 4, parts[0] != "127" else { return nil }
        return parts.prefix(3).joined(separator: ".") + ".0/24"
    }
}
