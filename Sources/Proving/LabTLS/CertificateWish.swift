public import HealthModel

/// What a certificate is to say.
public struct CertificateWish {
    /// The kind of a key.
    public enum Key: Sendable {
        /// ECDSA on P-256.
        case p256
        /// ECDSA on P-384.
        case p384
        /// EdDSA on Curve25519.
        case ed25519
        /// RSA with a modulus of this many bits.
        case rsa(bits: CInt)
    }

    /// The common name of the subject, at most 64 characters (RFC 5280 appendix A.1).
    public var commonName = "localhost.test"
    /// The organisation of the subject; nil leaves it out.
    public var organisation: String?
    /// The subject alternative names in the form of openssl's configuration, such as
    /// `DNS:a.test,IP:127.0.0.1`; nil leaves the extension out.
    public var names: String?
    /// Whether it may sign certificates and lists.
    public var isAuthority = false
    /// The constraints of an authority, such as `critical,CA:TRUE,pathlen:0`.
    public var authority = "critical,CA:TRUE"
    /// What the key of an authority is for; nil leaves it open.
    public var authorityKeyUsage: String? = "critical,keyCertSign,cRLSign"
    /// The first instant of its validity, in whole seconds.
    public var notBefore: Timestamp
    /// The last instant of its validity, in whole seconds.
    public var notAfter: Timestamp
    /// The key to make, when `pair` is nil.
    public var key = Key.p256
    /// Whose key it has; nil makes one.
    public var pair: MintedIdentity?
    /// Further extensions: number (NID) and value in the form of openssl's configuration, in
    /// the order in which they are added.
    public var extra: [(number: CInt, value: String)] = []
    /// The serial number; nil for a random one of 159 bits.
    public var serial: Int?
    /// The digest that the issuer signs with, by OpenSSL's name.
    public var digest = "SHA256"

    /// A wish for a leaf with these names; everything else is set afterwards.
    public init(names: String?, notBefore: Timestamp, notAfter: Timestamp) {
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}
