import COpenSSL
public import HealthModel
import Synchronization

// Safety: the list is never changed after init; OpenSSL sorts its entries under a lock and counts
// references atomically. What is known of its signature stands behind a mutex.
/// One certificate revocation list (RFC 5280 §5), parsed once.
public final class RevocationList: @unchecked Sendable {
    /// The bytes could not be read.
    public struct ReadError: Error, Sendable, Hashable {
        /// What is wrong.
        public let problem: String
    }

    /// Issuers whose signature is remembered; a list is signed by one, a liar may try many.
    static let knownSignersMax = 64

    let list: OpaquePointer
    /// SHA-256 over the list.
    let digest: [UInt8]
    /// The issuer's name, as `Certificate.issuer` has it.
    let issuer: String
    /// When it was made; nil when that cannot be read.
    public let thisUpdate: Timestamp?
    /// Until when it holds (RFC 5280 §5.1.2.5); nil when it does not say, against the standard.
    public let nextUpdate: Timestamp?

    /// Whether an issuer signed it; a long list costs milliseconds to check.
    private let signers = Mutex<[[UInt8]: Bool]>([:])

    /// Reads one list in DER form, as they are fetched (RFC 5280 §4.2.1.13), or in PEM form, as
    /// some serve it.
    ///
    /// - Throws: `ReadError` when it cannot be read, or anything follows it.
    public convenience init(_ bytes: [UInt8]) throws(ReadError) {
        OpenSSLProcess.prepare()
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        if bytes.starts(with: Array("-----BEGIN".utf8)) {
            var lists: [OpaquePointer] = []
            do {
                try PEMText.read(bytes, kind: "revocation list", limit: 1) { memory in
                    guard let one = PEM_read_bio_X509_CRL(memory, nil, nil, nil) else {
                        return false
                    }
                    lists.append(one)
                    return true
                }
            } catch {
                for one in lists { X509_CRL_free(one) }
                throw ReadError(problem: error.problem)
            }
            self.init(taking: lists[0])
            return
        }
        let list = bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let list = d2i_X509_CRL(nil, &position, buffer.count)
            // What follows the list is not part of it, and so not signed.
            guard position != buffer.baseAddress.map({ $0 + buffer.count }) else { return list }
            X509_CRL_free(list)
            return nil
        }
        guard let list else { throw ReadError(problem: "it cannot be read") }
        self.init(taking: list)
    }

    /// Takes over a parsed list.
    init(taking list: OpaquePointer) {
        self.list = list
        digest = SHA256Digest.make { X509_CRL_digest(list, EVP_sha256(), $0, $1) }
        issuer = CertificateReader.text(of: X509_CRL_get_issuer(list))
        thisUpdate = X509_CRL_get0_lastUpdate(list).flatMap(Self.instant)
        nextUpdate = X509_CRL_get0_nextUpdate(list).flatMap(Self.instant)
    }

    deinit { X509_CRL_free(list) }

    /// Whether an issuer signed the list.
    func isSigned(by issuer: OpaquePointer) -> Bool {
        let key = SHA256Digest.make { X509_digest(issuer, EVP_sha256(), $0, $1) }
        if let known = signers.withLock({ $0[key] }) { return known }
        let isSigned = X509_CRL_verify(list, X509_get0_pubkey(issuer)) == 1
        signers.withLock { known in
            if known.count >= Self.knownSignersMax { known.removeAll() }
            known[key] = isSigned
        }
        return isSigned
    }

    private static func instant(of time: UnsafePointer<ASN1_TIME>) -> Timestamp? {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: CInt = 0
        var seconds: CInt = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        // A timestamp ends in 2262 (106,751 days after the epoch).
        return days < 106_000
            ? Timestamp(seconds: Int64(days) * 86_400 + Int64(seconds))
            : Timestamp(nanoseconds: .max)
    }
}

/// SHA-256 as OpenSSL writes it.
enum SHA256Digest {
    /// What `write` writes; zeros when memory is short.
    static func make(
        _ write: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<CUnsignedInt>?) -> CInt
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length: CUnsignedInt = 0
        _ = bytes.withUnsafeMutableBufferPointer { write($0.baseAddress, &length) }
        return bytes
    }

    static func of(_ bytes: [UInt8]) -> [UInt8] {
        make { EVP_Digest(bytes, bytes.count, $0, $1, EVP_sha256(), nil) }
    }
}
