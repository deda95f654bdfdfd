public import HealthModel

/// The authority that somebody asks to distrust: certificates found by what people know of them.
public struct DistrustTarget: Sendable, Hashable {
    /// Hexadecimal digits that a fingerprint needs, so that a word such as `DE` stays a name.
    public static let prefixDigits = 6

    /// What the certificates are left out of.
    public enum Kind: String, Sendable, Hashable {
        /// Only out of the trusted roots: what another root vouches for stays good.
        case root
        /// Out of the roots and out of what servers send.
        case issuer
    }

    /// What the certificates are left out of.
    public var kind: Kind
    /// The certificates.
    public var certificates: [Certificate]

    /// Their fingerprints.
    public var fingerprints: Set<String> { Set(certificates.map(\.fingerprintSHA256)) }

    /// Makes a target.
    public init(kind: Kind, certificates: [Certificate]) {
        self.kind = kind
        self.certificates = certificates
    }

    /// Whether these certificates are one authority: one certificate, or several with one key.
    public var isOneAuthority: Bool {
        certificates.count == 1
            || Set(certificates.map { $0.profile?.publicKeySHA256 ?? $0.fingerprintSHA256 })
                .count == 1
    }

    /// The authorities that `text` may mean, each once, in the order of the input.
    ///
    /// - Parameters:
    ///   - text: the beginning of a SHA-256 fingerprint, of that of the key, with or without
    ///     colons, or a part of the subject; case does not matter.
    ///   - authorities: those to choose from.
    /// - Returns: Those that fit; empty when none does.
    public static func find(_ text: String, among authorities: [Certificate]) -> [Certificate] {
        var seen: Set<String> = []
        let distinct = authorities.filter { seen.insert($0.fingerprintSHA256).inserted }
        if let prefix = fingerprintPrefix(text) {
            let byCertificate = distinct.filter { $0.fingerprintSHA256.hasPrefix(prefix) }
            if !byCertificate.isEmpty { return byCertificate }
            let byKey = distinct.filter {
                $0.profile?.publicKeySHA256.hasPrefix(prefix) == true
            }
            if !byKey.isEmpty { return byKey }
        }
        let wanted = text.lowercased()
        guard !wanted.isEmpty else { return [] }
        return distinct.filter { $0.subject.lowercased().contains(wanted) }
    }

    /// `text` as the beginning of a fingerprint in lower case; nil when it cannot be one.
    public static func fingerprintPrefix(_ text: String) -> String? {
        let digits = text.lowercased().filter { $0 != ":" }
        guard digits.utf8.count >= prefixDigits, digits.utf8.count <= 64,
            digits.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        return digits
    }
}
