/// Where the trust verdict differs from what x509-limbo expects, and why.
///
/// The suite mixes three questions: may a client trust this chain, does it keep to RFC 5280 in
/// every letter, and may a public authority issue it. The verdict answers the first only; the
/// others are findings. An entry names one case, or all that begin so when it ends in `::` or `-`.
enum LimboExceptions {
    private static let accepted: [(id: String, reason: String)] = [
        // Rules for who issues (Baseline Requirements): browsers do not look.
        ("webpki::cn::", "the common name is ignored, so it cannot differ from the names"),
        ("webpki::aki::", "the form of a root's own key identifier: BR lint"),
        ("webpki::eku::", "extended key usage none, any, critical or in a root: BR lint"),
        ("webpki::san::public-suffix-", "wildcards over a public suffix: BR lint"),
        ("webpki::san::san-critical-with-nonempty-subject", "criticality: BR lint"),
        ("webpki::malformed-aia", "the place to fetch the issuer is not used: BR lint"),
        ("webpki::forbidden-dsa-", "DSA of 112 bits: BR lint; no TLS 1.3 client speaks it"),
        ("webpki::forbidden-rsa-", "RSA size not divisible by 8: BR lint"),
        ("webpki::ee-basicconstraints-ca", "an authority as server: BR lint"),
        // Form of numbers and names: RFC 5280 binds the issuer, and the issuer only.
        ("rfc5280::serial::", "serial zero, negative or over 20 octets: lint"),
        ("rfc5280::san::underscore-dns", "an underscore in a DNS name: lint"),
        ("rfc5280::nc::not-allowed-in-ee-", "constraints in a leaf constrain nobody: lint"),
        ("rfc5280::nc::permitted-dns-match-noncritical", "webpki::nc:: wants it accepted"),
        ("rfc5280::nc::invalid-dnsname-leading-period", "browsers take it for `names below`"),
        ("crl::crlnumber-missing", "the number orders lists; one list needs no order: lint"),
        // What OpenSSL calls strict. Browsers accept all of it, real chains need it
        // (openssl#26237), and it is reported as `strictErrors`.
        ("rfc5280::aki::leaf-missing-aki", "strict profile"),
        ("rfc5280::aki::intermediate-missing-aki", "strict profile"),
        ("rfc5280::aki::cross-signed-root-missing-aki", "strict profile"),
        ("rfc5280::ski::root-missing-ski", "strict profile"),
        ("rfc5280::ski::intermediate-missing-ski", "strict profile"),
        ("rfc5280::san::noncritical-with-empty-subject", "strict profile"),
        ("rfc5280::root-missing-basic-constraints", "strict profile; the root is trusted as is"),
        ("rfc5280::root-non-critical-basic-constraints", "strict profile"),
        ("rfc5280::leaf-ku-keycertsign", "strict profile; it still can sign nothing"),
        ("rfc5280::pc::ica-noncritical-pc", "policies play no part in server trust: lint"),
    ]

    private static let rejected = [
        "rfc5280::ca-as-leaf":
            "its key usage allows no TLS (RFC 5280 §4.2.1.12); webpki::ca-as-leaf wants rejection",
        "pathlen::validation-ignores-pathlen-in-leaf":
            "the leaf is an authority whose key usage allows no TLS (RFC 5280 §4.2.1.12)",
    ]

    /// Why a chain that should fail is trusted; nil when there is no reason.
    static func reasonForAccepting(_ id: String) -> String? {
        accepted.first { covers($0.id, id) }?.reason
    }

    /// Why a chain that should be trusted is not; nil when there is no reason.
    static func reasonForRejecting(_ id: String) -> String? { rejected[id] }

    /// The entries that none of the wrong answers needs, so that the table cannot grow stale.
    static func unused(accepts: [String], rejects: [String]) -> [String] {
        accepted.map(\.id).filter { entry in !accepts.contains { covers(entry, $0) } }
            + rejected.keys.filter { !rejects.contains($0) }
    }

    private static func covers(_ entry: String, _ id: String) -> Bool {
        entry == id || (entry.hasSuffix(":") || entry.hasSuffix("-")) && id.hasPrefix(entry)
    }
}
