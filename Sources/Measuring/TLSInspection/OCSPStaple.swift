import COpenSSL
import CProbeShims
public import HealthModel

/// The OCSP response that a server staples to its handshake (RFC 6066 §8, RFC 6960).
public enum OCSPStaple {
    /// Bytes of a response: ordinary ones have 500 to 3,000, and libssl takes 16 KiB in TLS 1.2.
    public static let bytesMax = 15 * 1024
    /// How far a responder's clock may be ahead of ours.
    public static let clockToleranceSeconds: Int64 = 300
    /// How long a response without a next update counts, from its making: the Baseline
    /// Requirements demand one (BR 2.2.6 §4.9.10), so that this is for private authorities.
    public static let openEndedSeconds: Int64 = 86_400

    /// What a response says about the first certificate of a list, which the second one issued.
    ///
    /// - Returns: never `none`; `invalid` also when the list has fewer than two certificates.
    public static func status(
        of response: [UInt8], on chain: CertificateList, at instant: Timestamp
    ) -> StapleStatus {
        guard chain.count > 1 else { return .invalid }
        return response.withUnsafeBufferPointer {
            status(of: $0, leaf: chain[0], issuer: chain[1], at: instant)
        }
    }

    /// What a response says about `leaf`.
    static func status(
        of response: UnsafeBufferPointer<UInt8>, leaf: OpaquePointer, issuer: OpaquePointer,
        at instant: Timestamp
    ) -> StapleStatus {
        // What OpenSSL complains of while reading is no one else's concern.
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        guard let basic = basicResponse(in: response) else { return .invalid }
        defer { OCSP_BASICRESP_free(basic) }
        guard isSigned(basic, by: issuer, at: instant) else { return .invalid }
        // Responders name the certificate by hashes of its issuer, of either kind.
        for digest in [EVP_sha1(), EVP_sha256()] {
            guard let identifier = OCSP_cert_to_id(digest, leaf, issuer) else { return .invalid }
            defer { OCSP_CERTID_free(identifier) }
            var status: CInt = 0
            var start: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
            var end: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
            if OCSP_resp_find_status(basic, identifier, &status, nil, nil, &start, &end) == 1 {
                return verdict(status, start: start, end: end, at: instant)
            }
        }
        return .invalid
    }

    private static func basicResponse(
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> OpaquePointer? {
        guard bytes.count <= bytesMax, let base = bytes.baseAddress else { return nil }
        var position: UnsafePointer<UInt8>? = base
        guard let response = d2i_OCSP_RESPONSE(nil, &position, bytes.count) else { return nil }
        defer { OCSP_RESPONSE_free(response) }
        guard position == base + bytes.count,
            OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL
        else { return nil }
        return OCSP_response_get1_basic(response)
    }

    /// Whether the issuer signed, or a delegate that it certified for this (RFC 6960 §4.2.2.2).
    private static func isSigned(
        _ basic: OpaquePointer, by issuer: OpaquePointer, at instant: Timestamp
    ) -> Bool {
        guard let store = X509_STORE_new(), let issuers = shim_certificates_new() else {
            return false
        }
        let known = CertificateList(owning: issuers)
        defer { X509_STORE_free(store) }
        guard X509_up_ref(issuer) == 1 else { return false }
        if shim_certificates_push(issuers, issuer) == 0 { X509_free(issuer) }
        // The issuer is the anchor here: whether it is trusted was judged with the chain.
        guard X509_STORE_add_cert(store, issuer) == 1 else { return false }
        let parameters = X509_STORE_get0_param(store)
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        X509_VERIFY_PARAM_set_time(parameters, time_t(instant.seconds))
        return withExtendedLifetime(known) {
            OCSP_basic_verify(basic, issuers, store, 0) == 1
        }
    }

    private static func verdict(
        _ status: CInt, start: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?,
        end: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?, at instant: Timestamp
    ) -> StapleStatus {
        let now = instant.seconds
        guard let start,
            [0, -1].contains(ASN1_TIME_cmp_time_t(start, time_t(now + clockToleranceSeconds)))
        else { return .stale }
        let isOver =
            end.map { ASN1_TIME_cmp_time_t($0, time_t(now)) == -1 }
            ?? (ASN1_TIME_cmp_time_t(start, time_t(now - openEndedSeconds)) == -1)
        switch status {
        // Revoked stays revoked, but for a hold, which is not told apart: old news counts for
        // nothing either way.
        case _ where isOver: return .stale
        case V_OCSP_CERTSTATUS_GOOD: return .good
        case V_OCSP_CERTSTATUS_REVOKED: return .revoked
        default: return .unknown
        }
    }
}
