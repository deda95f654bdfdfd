import HealthModel

/// Where the revocation lists are that certificates name.
enum RevocationAddresses {
    /// The http addresses that the certificates of good or revoked paths name, anchors left out.
    ///
    /// A chain that is not trusted names whatever its maker likes: nothing of it is fetched.
    static func named(by result: ProbeResult) -> Set<String> {
        var addresses: Set<String> = []
        for hop in result.hops {
            guard let tls = hop.tls, tls.verdict == nil || tls.verdict == .tlsRevoked else {
                continue
            }
            for certificate in tls.chainBuilt.dropLast() {
                for url in certificate.profile?.revocationListURLs ?? []
                where url.hasPrefix("http://") {
                    addresses.insert(url)
                }
            }
        }
        return addresses
    }
}
