import COpenSSL
import Foundation

/// A certificate that signed itself, and its key.
// Safety: neither is changed after init, and OpenSSL counts references atomically.
final class TestCertificate: @unchecked Sendable {
    struct MintingError: Error {}

    let certificate: OpaquePointer
    let key: OpaquePointer
    /// A file of trusted roots with this certificate alone.
    let trustFile: String

    /// Makes one for `names`, such as `IP:127.0.0.1`, that ends so many seconds from now.
    init(names: String = "IP:127.0.0.1", endsIn seconds: Int = 3600) throws {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else { throw MintingError() }
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_group_name(context, "prime256v1")
        var made: OpaquePointer?
        EVP_PKEY_generate(context, &made)
        guard let made, let certificate = X509_new() else { throw MintingError() }
        key = made
        self.certificate = certificate
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...1_000_000_000))
        let now = Int(Date().timeIntervalSince1970)
        ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(now - 7200))
        ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(now + seconds))
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, "test", -1, -1, 0)
        X509_set_issuer_name(certificate, subject)
        for (number, value) in [
            (NID_basic_constraints, "critical,CA:TRUE"), (NID_subject_alt_name, names),
        ] {
            guard let addition = X509V3_EXT_conf_nid(nil, nil, number, value) else {
                throw MintingError()
            }
            X509_add_ext(certificate, addition, -1)
            X509_EXTENSION_free(addition)
        }
        guard X509_sign(certificate, key, EVP_sha256()) > 0 else { throw MintingError() }
        trustFile = NSTemporaryDirectory() + "vitaal-trust-\(UUID().uuidString).pem"
        guard let file = BIO_new_file(trustFile, "w") else { throw MintingError() }
        defer { BIO_free(file) }
        guard PEM_write_bio_X509(file, certificate) == 1 else { throw MintingError() }
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
        unlink(trustFile)
    }
}
