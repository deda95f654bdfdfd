public import HealthModel

/// Tells what changes in the certificates of endpoints, by comparing what comes by.
///
/// Pure: the caller says what was seen and when. Rotation among the intermediates of one
/// organisation is no change, nor is a renewal that keeps authority, names and, until half of the
/// lifetime is over, the key. A leaf that the host has shown lately is never told again, so that
/// servers that take turns behind one address are quiet.
public struct CertificateWatch: Sendable {
    /// A leaf that an address of a host showed.
    public struct Sight: Sendable {
        /// The endpoint.
        public var endpoint: EndpointID
        /// The host asked.
        public var host: String
        /// The address that answered.
        public var address: String
        /// The certificate.
        public var leaf: Certificate
        /// When.
        public var at: Timestamp

        /// Makes a sight.
        public init(
            endpoint: EndpointID, host: String, address: String, leaf: Certificate, at: Timestamp
        ) {
            self.endpoint = endpoint
            self.host = host
            self.address = address
            self.leaf = leaf
            self.at = at
        }
    }

    /// Hosts remembered of one endpoint, those of its redirects among them.
    public static let hostsPerEndpoint = 8
    /// Leaves of a host that are no news.
    public static let recentLeaves = 8
    /// Names told of one change.
    public static let namesToldMax = 8
    /// How often two addresses must have shown different certificates, without a change between,
    /// before it counts: a roll-out takes a while.
    public static let sightsOfDifference = 3
    /// The share of the old lifetime above which a new key is news.
    public static let lifetimeLeftForKey = 0.5
    /// How long an address counts that is seen no more.
    public static let addressAge: Duration = .seconds(86_400)

    private struct Place {
        var leaf: Certificate
        var seenAt: Timestamp
        /// Sights since the last change at any address of the host.
        var sights = 0
    }

    private struct Host {
        var places: [String: Place] = [:]
        var recent: [String] = []
        var isDifferenceTold = false
        var seenAt: Timestamp
    }

    private var endpoints: [EndpointID: [String: Host]] = [:]

    /// Makes a watch that has seen nothing.
    public init() {}

    /// Takes what an earlier run has seen, the oldest first; tells nothing.
    public mutating func remember(_ sights: [Sight]) {
        for sight in sights { _ = note(sight) { _ in false } }
        for endpoint in endpoints.keys {
            for host in endpoints[endpoint]?.keys.map(\.self) ?? [] {
                // A difference that stood before the restart has been told.
                let leaves = Set(
                    endpoints[endpoint]?[host]?.places.values.map(\.leaf.fingerprintSHA256) ?? [])
                endpoints[endpoint]?[host]?.isDifferenceTold = leaves.count > 1
            }
        }
    }

    /// Takes what was seen and tells what changed.
    ///
    /// - Parameters:
    ///   - sight: what was seen; of one endpoint and host in the order of time.
    ///   - isOurs: whether the loss of a name concerns whoever watches this endpoint, unlike that
    ///     of a stranger who shares the certificate.
    /// - Returns: What is worth telling; empty nearly always.
    public mutating func note(
        _ sight: Sight, isOurs: (String) -> Bool
    ) -> [CertificateChange] {
        guard var host = endpoints[sight.endpoint]?[sight.host] else {
            var host = Host(seenAt: sight.at)
            host.recent = [sight.leaf.fingerprintSHA256]
            host.places[sight.address] = Place(leaf: sight.leaf, seenAt: sight.at, sights: 1)
            add(host, for: sight)
            return []
        }
        var changes: [CertificateChange] = []
        let fingerprint = sight.leaf.fingerprintSHA256
        if !host.recent.contains(fingerprint) {
            let newest = host.places.values.max { $0.seenAt < $1.seenAt }
            if let before = (host.places[sight.address] ?? newest)?.leaf {
                changes = Self.changes(from: before, on: sight, isOurs: isOurs)
            }
            host.recent = host.recent.suffix(Self.recentLeaves - 1) + [fingerprint]
        }
        Self.place(sight, in: &host)
        if let difference = Self.difference(on: sight, in: &host) { changes.append(difference) }
        host.seenAt = sight.at
        endpoints[sight.endpoint]?[sight.host] = host
        return changes
    }

    /// Forgets endpoints that are watched no more.
    public mutating func keep(only endpoints: Set<EndpointID>) {
        self.endpoints = self.endpoints.filter { endpoints.contains($0.key) }
    }

    private mutating func add(_ host: Host, for sight: Sight) {
        var hosts = endpoints[sight.endpoint] ?? [:]
        if hosts.count >= Self.hostsPerEndpoint,
            let oldest = hosts.min(by: { $0.value.seenAt < $1.value.seenAt })
        {
            hosts[oldest.key] = nil
        }
        hosts[sight.host] = host
        endpoints[sight.endpoint] = hosts
    }

    // MARK: One leaf and the next

    private static func changes(
        from before: Certificate, on sight: Sight, isOurs: (String) -> Bool
    ) -> [CertificateChange] {
        func change(_ kind: CertificateChange.Kind, _ details: [String] = []) -> CertificateChange {
            CertificateChange(
                at: sight.at, kind: kind, endpoint: sight.endpoint, host: sight.host,
                address: sight.address, before: before, after: sight.leaf, details: details)
        }
        var found: [CertificateChange] = []
        if before.authorityName != sight.leaf.authorityName { found.append(change(.authority)) }
        if let old = before.profile?.publicKeySHA256, let new = sight.leaf.profile?.publicKeySHA256,
            !old.isEmpty, !new.isEmpty, old != new,
            before.lifetimeLeft(at: sight.at) > lifetimeLeftForKey
        {
            found.append(change(.key))
        }
        // Of more names than are kept nobody can say which are gone.
        if sight.leaf.nameCount == sight.leaf.names.count {
            let lost = before.names.filter { !sight.leaf.covers($0) && isOurs($0) }
            if !lost.isEmpty { found.append(change(.nameLost, Array(lost.prefix(namesToldMax)))) }
        }
        return found
    }

    // MARK: One address and the other

    private static func place(_ sight: Sight, in host: inout Host) {
        let known = host.places[sight.address]
        if known?.leaf.fingerprintSHA256 != sight.leaf.fingerprintSHA256 {
            for address in host.places.keys { host.places[address]?.sights = 0 }
        }
        if known == nil, host.places.count >= Limits.addressesPerName,
            let oldest = host.places.min(by: { $0.value.seenAt < $1.value.seenAt })
        {
            host.places[oldest.key] = nil
        }
        let isSame = known?.leaf.fingerprintSHA256 == sight.leaf.fingerprintSHA256
        host.places[sight.address] = Place(
            leaf: sight.leaf, seenAt: sight.at, sights: isSame ? (known?.sights ?? 0) + 1 : 1)
    }

    private static func difference(on sight: Sight, in host: inout Host) -> CertificateChange? {
        host.places = host.places.filter { sight.at - $0.value.seenAt <= addressAge }
        let leaf = sight.leaf.fingerprintSHA256
        let others = host.places.filter { $0.value.leaf.fingerprintSHA256 != leaf }
        if others.isEmpty {
            host.isDifferenceTold = false
            return nil
        }
        guard !host.isDifferenceTold,
            host.places[sight.address]?.sights ?? 0 >= sightsOfDifference,
            let other = others.filter({ $0.value.sights >= sightsOfDifference })
                .min(by: { $0.key < $1.key })
        else { return nil }
        host.isDifferenceTold = true
        return CertificateChange(
            at: sight.at, kind: .addressesDiffer, endpoint: sight.endpoint, host: sight.host,
            address: sight.address, before: other.value.leaf, after: sight.leaf,
            details: [other.key])
    }
}
