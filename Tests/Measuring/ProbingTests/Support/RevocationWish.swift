import COpenSSL
import HealthModel
import LabTLS
import PollLoop
import TLSInspection

@testable import Probing

/// What a revocation list is to say.
struct RevocationWish {
    var revoked: [Int] = []
    /// Seconds from now until the next update.
    var end: Int64 = 3600

    /// The list, signed by `issuer`.
    func encoded(by issuer: MintedIdentity, isPEM: Bool = false) throws -> [UInt8] {
        let now = MachineClock().now().seconds
        guard let list = X509_CRL_new(), let start = ASN1_TIME_set(nil, time_t(now - 7200)),
            let next = ASN1_TIME_set(nil, time_t(now + end))
        else { throw LabTLSError() }
        defer {
            X509_CRL_free(list)
            ASN1_TIME_free(start)
            ASN1_TIME_free(next)
        }
        X509_CRL_set_version(list, 1)
        X509_CRL_set_issuer_name(list, X509_get_subject_name(issuer.certificate))
        X509_CRL_set1_lastUpdate(list, start)
        X509_CRL_set1_nextUpdate(list, next)
        for serial in revoked {
            guard let entry = X509_REVOKED_new(), let number = ASN1_INTEGER_new() else {
                throw LabTLSError()
            }
            defer { ASN1_INTEGER_free(number) }
            ASN1_INTEGER_set(number, serial)
            X509_REVOKED_set_serialNumber(entry, number)
            X509_REVOKED_set_revocationDate(entry, start)
            X509_CRL_add0_revoked(list, entry)
        }
        X509_CRL_sort(list)
        guard X509_CRL_sign(list, issuer.key, EVP_sha256()) > 0,
            let memory = BIO_new(BIO_s_mem())
        else { throw LabTLSError() }
        defer { BIO_free(memory) }
        let number = isPEM ? PEM_write_bio_X509_CRL(memory, list) : i2d_X509_CRL_bio(memory, list)
        guard number == 1 else { throw LabTLSError() }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = BIO_read(memory, &bytes, CInt(bytes.count))
        return Array(bytes.prefix(max(0, Int(count))))
    }
}

/// A loop of its own on which lists are fetched.
// Safety: the context is made and used on the loop's thread only.
final class PollLoopHolder: @unchecked Sendable {
    private let loop: PollLoop
    private let configuration: ProbeEngine.Configuration
    private var context: ProbeContext?
    private var fetch: RevocationFetch?

    init(overrides: [ConnectOverride], trustStore: TrustStore) throws {
        loop = try PollLoop(name: "test", timekeeper: MachineClock())
        configuration = ProbeEngine.Configuration(
            loops: 1, connectOverrides: overrides, trustStore: trustStore,
            userAgent: "vitaal-test/1", seed: 1)
        loop.start()
    }

    func fetch(_ address: String) async -> [UInt8]? {
        await withCheckedContinuation { continuation in
            loop.post { [self] in
                guard
                    let context = try? ProbeContext(
                        loop: loop, timekeeper: MachineClock(), configuration: configuration)
                else { return continuation.resume(returning: nil) }
                self.context = context
                let fetch = RevocationFetch(address, context: context) {
                    continuation.resume(returning: $0)
                }
                self.fetch = fetch
                fetch.start()
            }
        }
    }

    func stop() {
        loop.post { [self] in
            context?.close()
            context = nil
            fetch = nil
        }
        loop.stop()
        loop.join()
    }
}
