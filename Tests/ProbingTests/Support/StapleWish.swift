import COpenSSL
import CProbeShims
import HealthModel

/// What a stapled OCSP response is to say.
struct StapleWish: Sendable {
    var status = V_OCSP_CERTSTATUS_GOOD
    /// Seconds from now.
    var start: Int64 = -3600
    /// Seconds from now; nil leaves the next update out.
    var end: Int64? = 3600
    /// Whether certificates are named by SHA-256 instead of SHA-1.
    var isSHA256 = false

    /// The response about `leaf`, signed by `signer`.
    func encoded(
        on leaf: MintedIdentity, issuer: MintedIdentity, signer: MintedIdentity
    ) throws -> [UInt8] {
        guard let basic = OCSP_BASICRESP_new() else { throw MintingError() }
        defer { OCSP_BASICRESP_free(basic) }
        let identifier = OCSP_cert_to_id(
            isSHA256 ? EVP_sha256() : EVP_sha1(), leaf.certificate, issuer.certificate)
        defer { OCSP_CERTID_free(identifier) }
        let now = MachineClock().now().seconds
        let from = ASN1_GENERALIZEDTIME_set(nil, time_t(now + start))
        defer { ASN1_GENERALIZEDTIME_free(from) }
        let until = end.map { ASN1_GENERALIZEDTIME_set(nil, time_t(now + $0)) } ?? nil
        defer { ASN1_GENERALIZEDTIME_free(until) }
        let revoked = status == V_OCSP_CERTSTATUS_REVOKED ? from : nil
        guard
            OCSP_basic_add1_status(
                basic, identifier, status, OCSP_REVOKED_STATUS_NOSTATUS, revoked, from, until)
                != nil,
            OCSP_basic_sign(basic, signer.certificate, signer.key, EVP_sha256(), nil, 0) == 1,
            let response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
        else { throw MintingError() }
        defer { OCSP_RESPONSE_free(response) }
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_OCSP_RESPONSE(response, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            _ = i2d_OCSP_RESPONSE(response, &position)
        }
        return bytes
    }

    /// A response that only says that there is none for now (RFC 6960 §2.3).
    static func tryLater() -> [UInt8] {
        [0x30, 0x03, 0x0A, 0x01, UInt8(OCSP_RESPONSE_STATUS_TRYLATER)]
    }
}
