import COpenSSL
import CProbeShims
public import HealthModel

// Safety: the certificates are never changed after init, and OpenSSL counts references
// atomically and locks what it computes late.
/// Certificates read from DER, each once, from which chains are put together.
///
/// Thousands of chains share a few intermediates: decoded once, their keys are decoded once too.
public final class CertificatePool: @unchecked Sendable {
    private let certificates: [OpaquePointer?]

    /// Reads certificates; one that OpenSSL cannot read is known to be missing.
    public init(der encodings: [[UInt8]]) {
        OpenSSLProcess.prepare()
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        certificates = encodings.map { bytes in
            bytes.withUnsafeBufferPointer { buffer in
                var position = buffer.baseAddress
                return d2i_X509(nil, &position, buffer.count)
            }
        }
    }

    deinit { for case let one? in certificates { X509_free(one) } }

    /// How many there are, those that cannot be read among them.
    public var count: Int { certificates.count }

    /// The facts of one certificate; nil when it cannot be read.
    public func facts(_ index: Int, by reader: CertificateReader) -> Certificate? {
        certificates[index].flatMap(reader.read)
    }

    /// A chain of these certificates, leaf first; nil when one cannot be read.
    ///
    /// - Precondition: every index is below `count`, and there is at least one.
    public func chain(_ indices: [Int]) -> CertificateList? {
        precondition(!indices.isEmpty, "a chain has a leaf")
        guard let stack = shim_certificates_new() else { return nil }
        let list = CertificateList(owning: stack)
        for index in indices {
            guard let one = certificates[index], X509_up_ref(one) == 1 else { return nil }
            if shim_certificates_push(stack, one) == 0 {
                X509_free(one)
                return nil
            }
        }
        return list
    }
}
