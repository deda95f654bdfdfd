import COpenSSL
import HealthModel
import LabTLS

extension CertificateWish {
    /// Valid from an hour ago for `hours`.
    init(names: String? = "DNS:localhost.test", hours: Int64 = 720) {
        // Certificates count whole seconds.
        let now = MachineClock().now().seconds
        self.init(
            names: names, notBefore: Timestamp(seconds: now - 3600),
            notAfter: Timestamp(seconds: now + hours * 3600))
    }

    /// Makes the certificate large with a comment of this many bytes.
    mutating func addComment(bytes: Int) {
        extra.append((NID_netscape_comment, String(repeating: "x", count: bytes)))
    }
}

extension TLSServerContext {
    /// Speaks `version` only, such as TLS1_2_VERSION; nil means any.
    convenience init(
        identity: MintedIdentity, chain: [MintedIdentity] = [], version: CInt?,
        demandsClientCertificate: Bool = false
    ) throws {
        try self.init(identity: identity, chain: chain)
        if let version { limit(to: version...version) }
        if demandsClientCertificate { askForClientCertificate(isDemanded: true) }
    }
}

extension StapleWish {
    /// The response of the present about `leaf`, signed by `signer`.
    func encoded(
        on leaf: MintedIdentity, issuer: MintedIdentity, signer: MintedIdentity
    ) throws -> [UInt8] {
        try encoded(on: leaf, issuer: issuer, signer: signer, now: MachineClock().now())
    }
}

extension MintedIdentity {
    /// The key in PEM form with a password, in the form of PKCS #8 or in OpenSSL's older one.
    func encryptedKeyPEM(isTraditional: Bool) -> String {
        let password = Array("secret".utf8CString)
        return Self.text { memory in
            isTraditional
                ? PEM_write_bio_PrivateKey_traditional(
                    memory, key, EVP_aes_128_cbc(), nil, 0,
                    { buffer, _, _, _ in
                        buffer?.pointee = 0x78
                        return 1
                    }, nil)
                : PEM_write_bio_PKCS8PrivateKey(
                    memory, key, EVP_aes_128_cbc(), password, 6, nil, nil)
        }
    }
}

/// A root, an intermediate and a trust store file for them, made once for the whole test run.
struct TestAuthority: Sendable {
    let root: MintedIdentity
    let intermediate: MintedIdentity
    let trustFile: TemporaryFile

    static let shared: Result<TestAuthority, any Error> = Result {
        try TestAuthority(name: "Test")
    }

    init(name: String) throws {
        var wish = CertificateWish(names: nil, hours: 10_000)
        wish.isAuthority = true
        wish.commonName = "\(name) Root"
        root = try Minting.mint(wish)
        wish.commonName = "\(name) Intermediate"
        intermediate = try Minting.mint(wish, issuer: root)
        trustFile = try TemporaryFile(root.pem)
    }

    /// A leaf as wished, under the intermediate.
    func leaf(_ wish: CertificateWish = CertificateWish()) throws -> MintedIdentity {
        try Minting.mint(wish, issuer: intermediate)
    }

    /// A good server for `localhost.test` and the loopback addresses.
    func server(
        _ wish: CertificateWish = CertificateWish(
            names: "DNS:localhost.test,IP:127.0.0.1,IP:::1"),
        version: CInt? = nil, demandsClientCertificate: Bool = false
    ) throws -> TLSServerContext {
        try TLSServerContext(
            identity: leaf(wish), chain: [intermediate], version: version,
            demandsClientCertificate: demandsClientCertificate)
    }
}
