import COpenSSL
public import HealthModel

/// What a stapled OCSP response is to say.
public struct StapleWish: Sendable {
    /// What is said of the certificate (RFC 6960 §2.2).
    public enum Status: Sendable {
        /// It is not revoked.
        case good
        /// It is revoked.
        case revoked
        /// The responder does not know it.
        case unknown

        fileprivate var number: CInt {
            switch self {
            case .good: V_OCSP_CERTSTATUS_GOOD
            case .revoked: V_OCSP_CERTSTATUS_REVOKED
            case .unknown: V_OCSP_CERTSTATUS_UNKNOWN
            }
        }
    }

    /// What is said of the certificate.
    public var status: Status
    /// The instant of the statement, in seconds from now.
    public var start: Int64
    /// The next update, in seconds from now; nil leaves it out.
    public var end: Int64?
    /// Whether certificates are named by SHA-256 instead of SHA-1.
    public var isSHA256: Bool

    /// A good response of an hour ago, for another hour, unless told otherwise.
    public init(
        status: Status = .good, start: Int64 = -3600, end: Int64? = 3600,
        isSHA256: Bool = false
    ) {
        self.status = status
        self.start = start
        self.end = end
        self.isSHA256 = isSHA256
    }

    /// Makes the response (RFC 6960 §4.2.1).
    ///
    /// - Parameters:
    ///   - leaf: Whom it is about.
    ///   - issuer: Who signed the leaf.
    ///   - signer: Who signs the response.
    ///   - now: The present.
    /// - Returns: The response in DER.
    /// - Throws: `LabTLSError` when OpenSSL cannot make or sign it.
    public func encoded(
        on leaf: MintedIdentity, issuer: MintedIdentity, signer: MintedIdentity, now: Timestamp
    ) throws -> [UInt8] {
        guard let basic = OCSP_BASICRESP_new() else { throw LabTLSError() }
        defer { OCSP_BASICRESP_free(basic) }
        let identifier = OCSP_cert_to_id(
            isSHA256 ? EVP_sha256() : EVP_sha1(), leaf.certificate, issuer.certificate)
        defer { OCSP_CERTID_free(identifier) }
        let from = ASN1_GENERALIZEDTIME_set(nil, time_t(now.seconds + start))
        defer { ASN1_GENERALIZEDTIME_free(from) }
        let until = end.map { ASN1_GENERALIZEDTIME_set(nil, time_t(now.seconds + $0)) } ?? nil
        defer { ASN1_GENERALIZEDTIME_free(until) }
        let revoked = status == .revoked ? from : nil
        guard
            OCSP_basic_add1_status(
                basic, identifier, status.number, OCSP_REVOKED_STATUS_NOSTATUS, revoked, from, until
            )
                != nil,
            OCSP_basic_sign(basic, signer.certificate, signer.key, EVP_sha256(), nil, 0) == 1,
            let response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
        else { throw LabTLSError() }
        defer { OCSP_RESPONSE_free(response) }
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_OCSP_RESPONSE(response, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            _ = i2d_OCSP_RESPONSE(response, &position)
        }
        return bytes
    }

    /// A response that only says that there is none for now (RFC 6960 §2.3).
    public static func tryLater() -> [UInt8] {
        [0x30, 0x03, 0x0A, 0x01, UInt8(OCSP_RESPONSE_STATUS_TRYLATER)]
    }
}
