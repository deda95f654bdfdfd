import COpenSSL
import CProbeShims
import HealthModel

@testable import TLSInspection

/// OpenSSL would not do what a test asked.
struct FixtureError: Error {}

/// A name and a key; what a certificate is about or signed by.
// Safety: never changed after init, and OpenSSL counts references atomically.
final class Entity: @unchecked Sendable {
    let name: String
    let key: OpaquePointer

    init(_ name: String) throws {
        self.name = name
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
            throw FixtureError()
        }
        defer { EVP_PKEY_CTX_free(context) }
        EVP_PKEY_keygen_init(context)
        EVP_PKEY_CTX_set_group_name(context, "prime256v1")
        var key: OpaquePointer?
        EVP_PKEY_generate(context, &key)
        guard let key else { throw FixtureError() }
        self.key = key
    }

    deinit { EVP_PKEY_free(key) }
}

/// Certificates and lists for path tests, all around one instant.
enum PathFixtures {
    /// The instant at which the tests judge.
    static let now = Timestamp(seconds: 1_700_000_000)
    static let authority: [(CInt, String)] = [
        (NID_basic_constraints, "critical,CA:TRUE"),
        (NID_key_usage, "critical,keyCertSign,cRLSign"),
    ]

    static func names(_ value: String) -> [(CInt, String)] { [(NID_subject_alt_name, value)] }

    /// A certificate in PEM form, valid for a day around `now` unless told otherwise.
    static func certificate(
        of subject: Entity, by issuer: Entity, _ extensions: [(CInt, String)] = authority,
        from start: Int64 = -86_400, to end: Int64 = 86_400, serial: Int = 1
    ) throws -> String {
        guard let certificate = X509_new() else { throw FixtureError() }
        defer { X509_free(certificate) }
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial)
        ASN1_TIME_set(X509_getm_notBefore(certificate), time_t(now.seconds + start))
        ASN1_TIME_set(X509_getm_notAfter(certificate), time_t(now.seconds + end))
        X509_set_pubkey(certificate, subject.key)
        if !subject.name.isEmpty {
            X509_NAME_add_entry_by_txt(
                X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, subject.name, -1, -1, 0)
        }
        if !issuer.name.isEmpty {
            X509_NAME_add_entry_by_txt(
                X509_get_issuer_name(certificate), "CN", MBSTRING_UTF8, issuer.name, -1, -1, 0)
        }
        for (number, value) in extensions {
            guard let addition = X509V3_EXT_conf_nid(nil, nil, number, value) else {
                throw FixtureError()
            }
            defer { X509_EXTENSION_free(addition) }
            X509_add_ext(certificate, addition, -1)
        }
        guard X509_sign(certificate, issuer.key, EVP_sha256()) > 0 else { throw FixtureError() }
        return text { PEM_write_bio_X509($0, certificate) }
    }

    /// A revocation list in PEM form.
    static func list(
        by issuer: Entity, revoking serials: [Int], _ extensions: [(CInt, String)] = [],
        from start: Int64 = -3_600, to end: Int64? = 3_600, isHold: Bool = false
    ) throws -> String {
        guard let list = X509_CRL_new(), let name = X509_NAME_new(),
            let start = ASN1_TIME_set(nil, time_t(now.seconds + start))
        else { throw FixtureError() }
        defer {
            X509_CRL_free(list)
            X509_NAME_free(name)
            ASN1_TIME_free(start)
        }
        X509_CRL_set_version(list, 1)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, issuer.name, -1, -1, 0)
        X509_CRL_set_issuer_name(list, name)
        X509_CRL_set1_lastUpdate(list, start)
        if let end {
            let time = ASN1_TIME_set(nil, time_t(now.seconds + end))
            defer { ASN1_TIME_free(time) }
            X509_CRL_set1_nextUpdate(list, time)
        }
        for serial in serials {
            guard let entry = X509_REVOKED_new(), let number = ASN1_INTEGER_new() else {
                throw FixtureError()
            }
            defer { ASN1_INTEGER_free(number) }
            ASN1_INTEGER_set(number, serial)
            X509_REVOKED_set_serialNumber(entry, number)
            X509_REVOKED_set_revocationDate(entry, start)
            if isHold, let reason = ASN1_ENUMERATED_new() {
                defer { ASN1_ENUMERATED_free(reason) }
                ASN1_ENUMERATED_set(reason, Int(CRL_REASON_CERTIFICATE_HOLD))
                X509_REVOKED_add1_ext_i2d(
                    entry, NID_crl_reason, UnsafeMutableRawPointer(reason), 0, 0)
            }
            X509_CRL_add0_revoked(list, entry)
        }
        for (number, value) in extensions {
            guard let addition = X509V3_EXT_conf_nid(nil, nil, number, value) else {
                throw FixtureError()
            }
            defer { X509_EXTENSION_free(addition) }
            X509_CRL_add_ext(list, addition, -1)
        }
        X509_CRL_sort(list)
        guard X509_CRL_sign(list, issuer.key, EVP_sha256()) > 0 else { throw FixtureError() }
        return text { PEM_write_bio_X509_CRL($0, list) }
    }

    /// Judges a chain given as PEM texts, leaf first.
    static func judge(
        _ chain: [String], roots: [String], name: String? = "a.test", at instant: Timestamp = now,
        lists: [String]? = nil, intermediatesMax: Int? = nil
    ) throws -> PathVerdict {
        let verification = try OfflineVerification(
            chain: Array(chain.joined().utf8), roots: Array(roots.joined().utf8),
            revocationLists: lists.map { Array($0.joined().utf8) })
        guard
            let result = verification.run(
                name: name, at: instant, intermediatesMax: intermediatesMax)
        else { throw FixtureError() }
        return result.path
    }

    private static func text(_ write: (OpaquePointer) -> CInt) -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        guard write(memory) == 1 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = BIO_read(memory, &bytes, CInt(bytes.count))
        return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
    }
}
