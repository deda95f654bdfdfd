import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

@Suite struct ChainVerdictTests {
    private static func errors(_ pairs: [(depth: Int, number: CInt)]) -> [VerificationError] {
        pairs.map {
            VerificationError(
                depth: $0.depth, number: Int($0.number), code: ChainVerdict.code(of: Int($0.number))
            )
        }
    }

    @Test(
        arguments: [
            ([], Reason.tlsInvalid),
            ([(0, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)], .tlsSelfSigned),
            ([(0, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)], .tlsIncompleteChain),
            ([(1, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY)], .tlsUntrusted),
            ([(1, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)], .tlsUntrusted),
            ([(1, X509_V_ERR_CERT_SIGNATURE_FAILURE)], .tlsUntrusted),
            ([(0, X509_V_ERR_CERT_HAS_EXPIRED)], .tlsExpired),
            ([(1, X509_V_ERR_CERT_HAS_EXPIRED)], .tlsExpired),
            ([(0, X509_V_ERR_CERT_NOT_YET_VALID)], .tlsNotYetValid),
            ([(0, X509_V_ERR_CERT_REVOKED)], .tlsRevoked),
            ([(1, X509_V_ERR_CERT_REVOKED), (0, X509_V_ERR_CERT_HAS_EXPIRED)], .tlsRevoked),
            (
                [(0, X509_V_ERR_CERT_REVOKED), (1, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)],
                .tlsUntrusted
            ),
            ([(0, X509_V_ERR_HOSTNAME_MISMATCH)], .tlsHostnameMismatch),
            ([(0, X509_V_ERR_IP_ADDRESS_MISMATCH)], .tlsHostnameMismatch),
            ([(0, X509_V_ERR_EE_KEY_TOO_SMALL)], .tlsWeak),
            ([(1, X509_V_ERR_CA_KEY_TOO_SMALL)], .tlsWeak),
            ([(1, X509_V_ERR_CA_MD_TOO_WEAK)], .tlsWeak),
            ([(1, X509_V_ERR_INVALID_CA)], .tlsInvalid),
            // Trust before dates before name before strength.
            (
                [(0, X509_V_ERR_CERT_HAS_EXPIRED), (0, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)],
                .tlsSelfSigned
            ),
            (
                [
                    (0, X509_V_ERR_CERT_HAS_EXPIRED),
                    (1, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY),
                ],
                .tlsUntrusted
            ),
            ([(0, X509_V_ERR_HOSTNAME_MISMATCH), (0, X509_V_ERR_CERT_HAS_EXPIRED)], .tlsExpired),
            (
                [(0, X509_V_ERR_EE_KEY_TOO_SMALL), (0, X509_V_ERR_HOSTNAME_MISMATCH)],
                .tlsHostnameMismatch
            ),
        ] as [([(Int, CInt)], Reason)])
    func reason(pairs: [(Int, CInt)], wanted: Reason) {
        #expect(ChainVerdict.reason(for: Self.errors(pairs)) == wanted)
        #expect(ChainVerdict.reason(for: Self.errors(pairs).reversed()) == wanted)
        #expect(wanted.isCertificateVerdict)
    }

    /// What is wrong with the leaf itself is wrong on every path; all else may not be.
    @Test(
        arguments: [
            (0, X509_V_ERR_HOSTNAME_MISMATCH, false), (0, X509_V_ERR_CERT_HAS_EXPIRED, false),
            (1, X509_V_ERR_CERT_HAS_EXPIRED, true), (0, X509_V_ERR_CERT_REVOKED, false),
            (1, X509_V_ERR_CERT_REVOKED, true), (0, X509_V_ERR_PERMITTED_VIOLATION, true),
            (0, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, true),
        ])
    func mayDifferOnAnotherPath(depth: Int, number: CInt, mayDiffer: Bool) {
        let error = VerificationError(depth: depth, number: Int(number), code: "")
        #expect(ChainVerdict.mayDifferOnAnotherPath(error) == mayDiffer)
    }

    @Test func codes() {
        #expect(ChainVerdict.code(of: 10) == "cert_has_expired")
        #expect(ChainVerdict.code(of: 9999) == "error_9999")
    }
}
