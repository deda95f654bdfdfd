import COpenSSL
import HealthModel

/// Makes certificates in memory.
public enum Minting {
    /// A certificate as wished.
    ///
    /// - Parameters:
    ///   - wish: What it says.
    ///   - issuer: Who signs it; nil for itself.
    /// - Returns: The certificate with its key.
    /// - Throws: `LabTLSError` when OpenSSL cannot make a key, an extension or the signature.
    public static func mint(
        _ wish: CertificateWish, issuer: MintedIdentity? = nil
    ) throws -> MintedIdentity {
        let key = try wish.pair.map(shared) ?? makeKey(wish.key)
        guard let certificate = X509_new() else {
            EVP_PKEY_free(key)
            throw LabTLSError()
        }
        let identity = MintedIdentity(certificate: certificate, key: key)
        // 2 means version 3 (RFC 5280 §4.1.2.1).
        X509_set_version(certificate, 2)
        try number(certificate, wish.serial)
        ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(wish.notBefore.seconds))
        ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(wish.notAfter.seconds))
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        if let organisation = wish.organisation { try add("O", organisation, to: subject) }
        try add("CN", wish.commonName, to: subject)
        X509_set_issuer_name(
            certificate, issuer.map { X509_get_subject_name($0.certificate) } ?? subject)
        try extend(certificate, as: wish, issuer: issuer?.certificate ?? certificate)
        let signer = issuer?.key ?? key
        // Edwards curves bring their own digest (EVP_PKEY-ED25519(7)).
        let digest = EVP_PKEY_get_id(signer) == EVP_PKEY_ED25519 ? nil : wish.digest
        guard X509_sign(certificate, signer, digest.flatMap { EVP_get_digestbyname($0) }) > 0
        else { throw LabTLSError() }
        return identity
    }

    private static func extend(
        _ certificate: OpaquePointer, as wish: CertificateWish, issuer: OpaquePointer
    ) throws {
        // Key identifiers are made from the certificates that stand here.
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
        func add(_ number: CInt, _ value: String) throws {
            guard let addition = X509V3_EXT_conf_nid(nil, &context, number, value) else {
                throw LabTLSError("extension \(value)")
            }
            defer { X509_EXTENSION_free(addition) }
            X509_add_ext(certificate, addition, -1)
        }
        try add(NID_basic_constraints, wish.isAuthority ? wish.authority : "CA:FALSE")
        if wish.isAuthority, let usage = wish.authorityKeyUsage { try add(NID_key_usage, usage) }
        if let names = wish.names { try add(NID_subject_alt_name, names) }
        for one in wish.extra { try add(one.number, one.value) }
    }

    /// Sets the serial number, a random one when it is nil.
    private static func number(_ certificate: OpaquePointer, _ serial: Int?) throws {
        let field = X509_get_serialNumber(certificate)
        if let serial {
            ASN1_INTEGER_set(field, serial)
            return
        }
        guard let random = BN_new() else { throw LabTLSError() }
        defer { BN_free(random) }
        // At most 20 bytes with a sign bit of zero (RFC 5280 §4.1.2.2).
        guard BN_rand(random, 159, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1,
            BN_to_ASN1_INTEGER(random, field) != nil
        else { throw LabTLSError() }
    }

    private static func add(_ field: String, _ text: String, to name: OpaquePointer?) throws {
        guard X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, text, -1, -1, 0) == 1 else {
            throw LabTLSError("name \(text)")
        }
    }

    private static func shared(_ identity: MintedIdentity) -> OpaquePointer {
        EVP_PKEY_up_ref(identity.key)
        return identity.key
    }

    private static func makeKey(_ kind: CertificateWish.Key) throws -> OpaquePointer {
        let name =
            switch kind {
            case .p256, .p384: "EC"
            case .ed25519: "ED25519"
            case .rsa: "RSA"
            }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else {
            throw LabTLSError()
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
        guard let key else { throw LabTLSError() }
        return key
    }
}
