import COpenSSL
import CProbeShims
public import HealthModel

// Safety: the certificates are never changed after init, and OpenSSL counts references
// atomically and locks what it computes late.
/// Certificates read from PEM text, in its order.
public final class CertificateList: @unchecked Sendable {
    /// The text could not be read.
    public struct ReadError: Error, Sendable, Hashable {
        /// What is wrong, and with which certificate.
        public let problem: String
    }

    /// Bytes of PEM text in one input; the bundle of a browser has 0.25 MB.
    public static let pemBytesMax = 16 * 1024 * 1024
    /// Certificates in one chain or list of intermediates.
    public static let certificatesMax = 1_000
    /// Certificates in one set of roots.
    public static let anchorsMax = 10_000

    /// The certificates as a stack, which the list owns.
    let stack: OpaquePointer

    /// How many there are.
    public var count: Int { Int(shim_certificate_count(stack)) }

    /// Reads every certificate of PEM text; other things in it, such as keys, are passed over.
    ///
    /// - Throws: `ReadError` when one cannot be read, there is none, or there are more than
    ///   `limit`.
    public init(pem: [UInt8], limit: Int = CertificateList.certificatesMax) throws(ReadError) {
        OpenSSLProcess.prepare()
        guard let stack = shim_certificates_new() else {
            throw ReadError(problem: "out of memory")
        }
        do {
            try PEMText.read(pem, kind: "certificate", limit: limit) { memory in
                guard let one = PEM_read_bio_X509(memory, nil, nil, nil) else { return false }
                if shim_certificates_push(stack, one) == 0 { X509_free(one) }
                return true
            }
        } catch {
            shim_certificates_release(stack)
            throw ReadError(problem: error.problem)
        }
        self.stack = stack
    }

    /// Takes over a stack and what is in it.
    init(owning stack: OpaquePointer) { self.stack = stack }

    deinit { shim_certificates_release(stack) }

    /// One certificate; it lives as long as the list.
    subscript(index: Int) -> OpaquePointer {
        guard let one = shim_certificate(stack, CInt(index)) else {
            preconditionFailure("index \(index) is not below \(count)")
        }
        return one
    }

    /// The facts of every certificate.
    public func facts(by certificates: CertificateReader) -> [Certificate] {
        certificates.read(stack, limit: count)
    }
}

/// The reading of PEM text, whatever stands in it.
enum PEMText {
    struct ReadError: Error {
        var problem: String
    }

    /// Reads until the text ends; `next` returns false when it could read no more.
    ///
    /// - Throws: when there is too much, one cannot be read, or there is none.
    static func read(
        _ text: [UInt8], kind: String, limit: Int, next: (OpaquePointer) -> Bool
    ) throws(ReadError) {
        guard text.count <= CertificateList.pemBytesMax else {
            throw ReadError(problem: "more than \(CertificateList.pemBytesMax) bytes")
        }
        guard let memory = BIO_new(BIO_s_mem()) else { throw ReadError(problem: "out of memory") }
        defer { BIO_free(memory) }
        guard text.isEmpty || BIO_write(memory, text, CInt(text.count)) == CInt(text.count) else {
            throw ReadError(problem: "out of memory")
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        var count = 0
        while next(memory) {
            count += 1
            guard count <= limit else {
                throw ReadError(problem: "more than \(limit) of kind \(kind)")
            }
        }
        let code = ERR_peek_last_error()
        let isEnd =
            shim_error_library(code) == CInt(ERR_LIB_PEM)
            && shim_error_reason(code) == PEM_R_NO_START_LINE
        guard isEnd else {
            let words = ERR_reason_error_string(code).map { String(cString: $0) } ?? "malformed"
            throw ReadError(problem: "\(kind) \(count + 1) cannot be read: \(words)")
        }
        guard count > 0 else { throw ReadError(problem: "no \(kind) in PEM form") }
    }
}
