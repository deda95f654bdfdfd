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

    /// FNV-1a, then the finalizer of SplitMix64: the same in every process, unlike `Hasher`.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return hash ^ (hash >> 31)
    }
}
