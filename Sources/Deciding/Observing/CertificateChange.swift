public import HealthModel

/// A change of an endpoint's certificate that somebody may want to know of, though nothing is
/// broken: what an attacker or a mistake looks like before it hurts.
public struct CertificateChange: Sendable, Hashable {
    /// What changed.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Another organisation issued the certificate.
        case authority
        /// The key is new although more than half of the old certificate's lifetime was left.
        case key
        /// The certificate no longer covers a name that it covered.
        case nameLost = "name_lost"
        /// Several addresses of one host show different certificates, and go on doing so.
        case addressesDiffer = "addresses_differ"
    }

    /// When it was seen.
    public var at: Timestamp
    /// What changed.
    public var kind: Kind
    /// The endpoint.
    public var endpoint: EndpointID
    /// The host whose certificate it is.
    public var host: String
    /// The address that shows the new certificate.
    public var address: String
    /// The certificate before; for `addressesDiffer` that of the other address.
    public var before: Certificate
    /// The certificate now.
    public var after: Certificate
    /// More about it: the names lost, at most `CertificateWatch.namesToldMax`, or for
    /// `addressesDiffer` the other address; empty for the other kinds.
    public var details: [String]

    /// What happened, for a person.
    public var summary: LocalizedText {
        let (old, new) = (before.authorityName, after.authorityName)
        let list = details.joined(separator: ", ")
        return switch kind {
        case .authority:
            LocalizedText(
                dutch: "het certificaat van \(host) komt nu van \(new), eerst van \(old)",
                english: "the certificate of \(host) now comes from \(new), before from \(old)")
        case .key:
            LocalizedText(
                dutch: "\(host) heeft een nieuwe sleutel, \(percentLeft) % van de "
                    + "geldigheid van het oude certificaat was nog over",
                english: "\(host) has a new key with \(percentLeft) % of the old "
                    + "certificate's lifetime left")
        case .nameLost:
            LocalizedText(
                dutch: "het certificaat van \(host) geldt niet meer voor \(list)",
                english: "the certificate of \(host) no longer covers \(list)")
        case .addressesDiffer:
            LocalizedText(
                dutch: "\(host) toont op \(address) een ander certificaat dan op \(list)",
                english: "\(host) shows another certificate at \(address) than at \(list)")
        }
    }

    private var percentLeft: Int {
        Int((min(1, max(0, before.lifetimeLeft(at: at))) * 100).rounded())
    }
}

extension Certificate {
    /// The organisation that issued the certificate; its whole name when it names none.
    package var authorityName: String { profile?.issuerOrganisation ?? issuer }

    /// Whether the certificate holds for a DNS name: word for word, or by a wildcard for the
    /// leftmost label (RFC 9525 §6.3).
    func covers(_ name: String) -> Bool {
        let wanted = name.lowercased()
        let parent = wanted.firstIndex(of: ".").map { "*" + wanted[$0...] }
        return names.contains { own in
            let own = own.lowercased()
            return own == wanted || own == parent
        }
    }
}
