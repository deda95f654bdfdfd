import COpenSSL
import CProbeShims
import HealthModel

extension PathVerifier {
    /// Holds the date of issue of the leaf against the day from which its root is distrusted.
    ///
    /// The root of a path is what its last certificate is, found in the store; one that was only
    /// sent has no say, and its absence is an error already.
    func checkDistrust(of attempt: VerificationAttempt) {
        guard !trustStore.distrustAfter.isEmpty, let leaf = attempt.certificate(at: 0),
            let root = attempt.certificate(at: attempt.count - 1),
            let fingerprint = Self.fingerprint(of: root),
            let date = trustStore.distrustAfter[fingerprint],
            let start = X509_get0_notBefore(leaf)
        else { return }
        // 1 says later; -2, that the date cannot be read, which is no proof of an early issue.
        guard [1, -2].contains(ASN1_TIME_cmp_time_t(start, time_t(date.seconds))) else { return }
        attempt.distrustedAfter = date
        attempt.add(X509_V_ERR_CERT_REJECTED, depth: attempt.count - 1)
    }

    private static func fingerprint(of certificate: OpaquePointer) -> String? {
        var length: UInt32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            let isDone = X509_digest(certificate, EVP_sha256(), buffer.baseAddress, &length) == 1
            count = isDone ? Int(length) : 0
        }
        guard bytes.count == 32 else { return nil }
        return bytes.withUnsafeBytes { CertificateText.hexadecimal($0) }
    }
}
