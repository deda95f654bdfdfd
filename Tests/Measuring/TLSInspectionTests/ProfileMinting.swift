import COpenSSL
import HealthModel

@testable import TLSInspection

/// OpenSSL would not do what a test asked.
struct ProfileMintingError: Error {}

/// A certificate as wished, made by OpenSSL and signed by its own key.
struct ProfileWish {
    enum Key {
        case ec(curve: String, isExplicit: Bool = false)
        case rsa(bits: CInt)
        case plain(String)
    }

    var key = Key.ec(curve: "prime256v1")
    var version = 3
    /// Big-endian octets of the serial number.
    var serial: [UInt8] = [1]
    var isSerialNegative = false
    /// Short name of the attribute and its value.
    var subject = [("CN", "a.test"), ("O", "Waterschap Noord")]
    /// nil makes it self-issued.
    var issuer: [(String, String)]? = [("CN", "an authority"), ("O", "Authority BV")]
    /// Number of the extension and value, in the form of openssl's configuration.
    var extensions: [(CInt, String)] = []
    /// Extensions byte by byte: object identifier, whether it is critical, contents.
    var rawExtensions: [(String, Bool, [UInt8])] = []
    /// nil for the algorithms that bring their own.
    var digest: String? = "SHA256"
    var isPSS = false

    /// The facts as the reader gives them.
    func read() throws -> Certificate {
        let certificate = try mint()
        defer { X509_free(certificate) }
        guard let facts = CertificateReader().read(certificate) else { throw ProfileMintingError() }
        return facts
    }

    /// The profile as the reader gives it.
    func profile() throws -> CertificateProfile {
        guard let profile = try read().profile else { throw ProfileMintingError() }
        return profile
    }

    /// The encoded certificate.
    func encoded() throws -> [UInt8] {
        let certificate = try mint()
        defer { X509_free(certificate) }
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_X509(certificate, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            _ = i2d_X509(certificate, &end)
        }
        return bytes
    }

    func mint() throws -> OpaquePointer {
        guard let certificate = X509_new() else { throw ProfileMintingError() }
        do {
            try fill(certificate)
        } catch {
            X509_free(certificate)
            throw error
        }
        return certificate
    }

    private func fill(_ certificate: OpaquePointer) throws {
        let pair = try makeKey()
        defer { EVP_PKEY_free(pair) }
        X509_set_version(certificate, version - 1)
        let number = BN_bin2bn(serial, CInt(serial.count), nil)
        defer { BN_free(number) }
        BN_set_negative(number, isSerialNegative ? 1 : 0)
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))
        ASN1_TIME_set(X509_getm_notBefore(certificate), 1_780_272_000)
        ASN1_TIME_set(X509_getm_notAfter(certificate), 1_788_048_000)
        X509_set_pubkey(certificate, pair)
        let name = X509_get_subject_name(certificate)
        try Self.add(subject, to: name)
        if let issuer {
            try Self.add(issuer, to: X509_get_issuer_name(certificate))
        } else {
            X509_set_issuer_name(certificate, name)
        }
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, certificate, certificate, nil, nil, 0)
        // Policies are refused without a configuration, though an empty one will do.
        let configuration = NCONF_new(nil)
        defer { NCONF_free(configuration) }
        X509V3_set_nconf(&context, configuration)
        for (number, value) in extensions {
            guard let addition = X509V3_EXT_conf_nid(nil, &context, number, value) else {
                throw ProfileMintingError()
            }
            X509_add_ext(certificate, addition, -1)
            X509_EXTENSION_free(addition)
        }
        for (identifier, isCritical, contents) in rawExtensions {
            try Self.add(identifier, isCritical, contents, to: certificate)
        }
        try sign(certificate, pair)
    }

    private func sign(_ certificate: OpaquePointer, _ pair: OpaquePointer) throws {
        guard let context = EVP_MD_CTX_new() else { throw ProfileMintingError() }
        defer { EVP_MD_CTX_free(context) }
        let digest = digest.map { EVP_get_digestbyname($0) } ?? nil
        var keyContext: OpaquePointer?
        guard EVP_DigestSignInit(context, &keyContext, digest, nil, pair) == 1 else {
            throw ProfileMintingError()
        }
        if isPSS { EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) }
        guard X509_sign_ctx(certificate, context) > 0 else { throw ProfileMintingError() }
    }

    private static func add(_ parts: [(String, String)], to name: OpaquePointer?) throws {
        for (attribute, value) in parts {
            guard
                X509_NAME_add_entry_by_txt(name, attribute, MBSTRING_UTF8, value, -1, -1, 0) == 1
            else { throw ProfileMintingError() }
        }
    }

    private static func add(
        _ identifier: String, _ isCritical: Bool, _ contents: [UInt8],
        to certificate: OpaquePointer
    ) throws {
        let octets = ASN1_OCTET_STRING_new()
        defer { ASN1_OCTET_STRING_free(octets) }
        ASN1_OCTET_STRING_set(octets, contents, CInt(contents.count))
        let object = OBJ_txt2obj(identifier, 1)
        defer { ASN1_OBJECT_free(object) }
        guard
            let addition = X509_EXTENSION_create_by_OBJ(nil, object, isCritical ? 1 : 0, octets)
        else { throw ProfileMintingError() }
        X509_add_ext(certificate, addition, -1)
        X509_EXTENSION_free(addition)
    }

    private func makeKey() throws -> OpaquePointer {
        let name: String
        switch key {
        case .ec: name = "EC"
        case .rsa: name = "RSA"
        case .plain(let algorithm): name = algorithm
        }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw ProfileMintingError()
        }
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        switch key {
        case .ec(let curve, let isExplicit):
            EVP_PKEY_CTX_set_group_name(context, curve)
            if isExplicit { EVP_PKEY_CTX_set_ec_param_enc(context, OPENSSL_EC_EXPLICIT_CURVE) }
        case .rsa(let bits): EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits)
        case .plain: break
        }
        var pair: OpaquePointer?
        EVP_PKEY_generate(context, &pair)
        guard let pair else { throw ProfileMintingError() }
        return pair
    }
}
