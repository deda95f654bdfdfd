import HealthModel

/// Which of the lab's three authorities vouch for a host: the same ones in every run.
///
/// A hash of the host name decides, so that each authority has about a third of the hosts. About
/// a quarter of the hosts sends a cross-signed root as well: a second path that ends at another
/// root.
public struct LabAuthority: Sendable, Hashable {
    /// The organisations; the root of each is called `NAME root`.
    public static let names = ["Lab CA Noord", "Lab CA Oost", "Lab CA West"]

    /// The authority that issued the host's certificate, as an index into `names`.
    public let issuer: Int
    /// Whether the host sends the issuer's root as another authority vouches for it.
    public let isCrossSigned: Bool

    /// Looks up the authority of a host; the case of the name does not matter.
    public init(host: String) {
        let hash = Self.hash(host.lowercased())
        let count = UInt64(Self.names.count)
        issuer = Int(hash % count)
        isCrossSigned = (hash / count).isMultiple(of: 4)
    }

    /// The common names of the roots at which a path from the host's certificate ends.
    public var rootNames: [String] {
        ([issuer] + (isCrossSigned ? [Self.crossSigner(of: issuer)] : [])).map {
            Self.names[$0] + " root"
        }
    }

    /// The authority that vouches for the root of another: the next one in a circle.
    static func crossSigner(of issuer: Int) -> Int { (issuer + 1) % names.count }

    /// The same in every process; the finalizer makes the hashes of similar names differ in all bits.
    private static func hash(_ text: String) -> UInt64 { SplitMix64.mixed(FNV1a(text).value) }
}
