import COpenSSL
import Glibc
import HealthModel

/// OpenSSL would not do what a test asked.
struct MintingError: Error {}

/// A certificate with its key.
// Safety: neither is changed after minting, and OpenSSL counts references atomically.
final class MintedIdentity: @unchecked Sendable {
    let certificate: OpaquePointer
    let key: OpaquePointer

    init(certificate: OpaquePointer, key: OpaquePointer) {
        self.certificate = certificate
        self.key = key
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// The certificate in PEM form.
    var pem: String { Self.text { PEM_write_bio_X509($0, certificate) } }

    /// The key in PEM form.
    var keyPEM: String {
        Self.text { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

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

    private static func text(_ write: (OpaquePointer) -> CInt) -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        guard write(memory) == 1 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 16 * 1024)
        let count = BIO_read(memory, &bytes, CInt(bytes.count))
        return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
    }
}

/// What a certificate is to say.
struct CertificateWish {
    enum Key {
        case p256
        case p384
        case ed25519
        case rsa(bits: CInt)
    }

    var commonName = "localhost.test"
    /// In the form of openssl's configuration, such as `DNS:a.test,IP:127.0.0.1`; nil leaves the
    /// extension out.
    var names: String? = "DNS:localhost.test"
    var isAuthority = false
    var notBefore: Timestamp
    var notAfter: Timestamp
    var key = Key.p256
    /// Bytes of a comment, to make a certificate large.
    var commentBytes = 0
    /// Further extensions: number and value in the form of openssl's configuration.
    var extra: [(number: CInt, value: String)] = []
    /// The serial number; nil for a random one.
    var serial: Int?
    /// The digest that the issuer signs with.
    var digest = "SHA256"
    /// The key; nil makes one.
    var pair: MintedIdentity?
    /// Of the constraints of an authority, such as `critical,CA:TRUE,pathlen:0`.
    var authority = "critical,CA:TRUE"

    /// Valid from an hour ago for `hours`.
    init(names: String? = "DNS:localhost.test", hours: Int64 = 720) {
        let now = MachineClock().now()
        self.names = names
        notBefore = Timestamp(seconds: now.seconds - 3600)
        notAfter = Timestamp(seconds: now.seconds + hours * 3600)
    }
}

/// Makes certificates in memory.
enum Minting {
    /// A certificate as wished, signed by `issuer`, or by itself when that is nil.
    static func mint(
        _ wish: CertificateWish, issuer: MintedIdentity? = nil
    ) throws
        -> MintedIdentity
    {
        let key = try wish.pair.map(shared) ?? makeKey(wish.key)
        guard let certificate = X509_new() else { throw MintingError() }
        let identity = MintedIdentity(certificate: certificate, key: key)
        // 2 means version 3 (RFC 5280 §4.1.2.1).
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(
            X509_get_serialNumber(certificate),
            wish.serial ?? Int.random(in: 1...Int(Int32.max)))
        ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(wish.notBefore.seconds))
        ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(wish.notAfter.seconds))
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, wish.commonName, -1, -1, 0)
        X509_set_issuer_name(
            certificate, issuer.map { X509_get_subject_name($0.certificate) } ?? subject)
        let constraints = wish.isAuthority ? wish.authority : "CA:FALSE"
        try add(NID_basic_constraints, constraints, to: certificate)
        if wish.isAuthority {
            try add(NID_key_usage, "critical,keyCertSign,cRLSign", to: certificate)
        }
        if let names = wish.names { try add(NID_subject_alt_name, names, to: certificate) }
        if wish.commentBytes > 0 {
            try add(
                NID_netscape_comment, String(repeating: "x", count: wish.commentBytes),
                to: certificate)
        }
        for one in wish.extra { try add(one.number, one.value, to: certificate) }
        let signer = issuer?.key ?? key
        // Edwards curves bring their own digest (EVP_PKEY-ED25519(7)).
        let digest = EVP_PKEY_get_id(signer) == EVP_PKEY_ED25519 ? nil : wish.digest
        guard X509_sign(certificate, signer, digest.flatMap { EVP_get_digestbyname($0) }) > 0
        else { throw MintingError() }
        return identity
    }

    private static func shared(_ identity: MintedIdentity) -> OpaquePointer {
        EVP_PKEY_up_ref(identity.key)
        return identity.key
    }

    private static func add(_ number: CInt, _ value: String, to certificate: OpaquePointer) throws {
        guard let addition = X509V3_EXT_conf_nid(nil, nil, number, value) else {
            throw MintingError()
        }
        defer { X509_EXTENSION_free(addition) }
        X509_add_ext(certificate, addition, -1)
    }

    private static func makeKey(_ kind: CertificateWish.Key) throws -> OpaquePointer {
        let name: String
        switch kind {
        case .p256, .p384: name = "EC"
        case .ed25519: name = "ED25519"
        case .rsa: name = "RSA"
        }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw MintingError()
        }
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        switch kind {
        case .p256: EVP_PKEY_CTX_set_group_name(context, "prime256v1")
        case .p384: EVP_PKEY_CTX_set_group_name(context, "secp384r1")
        case .ed25519: break
        case .rsa(let bits): EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits)
        }
        var key: OpaquePointer?
        EVP_PKEY_generate(context, &key)
        guard let key else { throw MintingError() }
        return key
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
