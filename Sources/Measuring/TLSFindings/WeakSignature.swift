import HealthModel

/// Signatures over SHA-1 and older digests.
///
/// CA/Browser Forum BR 2.2.6 §7.1.3.2. The signature of a root on itself protects nothing
/// (RFC 5280 §6.1) and is not judged.
enum WeakSignature {
    static let weak: Set<SignatureDigest> = [.md2, .md5, .sha1]

    static func judge(_ chain: JudgedChain) -> [Finding] {
        chain.members.compactMap { member in
            guard member.role != .root, let digest = member.profile.signature.digest,
                weak.contains(digest)
            else { return nil }
            return Finding(.signatureWeak, at: member.place, detail: digest.rawValue)
        }
    }
}
