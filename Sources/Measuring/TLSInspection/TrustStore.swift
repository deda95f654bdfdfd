import COpenSSL
import CProbeShims
import Glibc
public import HealthModel
import Synchronization

// Safety: the X509_STORE is never changed after init; OpenSSL locks its look-ups itself
// (X509_STORE_get0_objects(3)) and counts references atomically.
/// The trusted roots, parsed once and shared by every connection of the process.
///
/// Parsing Debian's bundle costs about 20 ms, a handshake 0.8 ms: a store per connection is what
/// makes monitors slow.
public final class TrustStore: @unchecked Sendable {
    /// The store could not be read.
    public struct LoadError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The file that was asked for.
        public let path: String
        /// What is wrong with it.
        public let problem: String
        /// File and problem.
        public var description: String { "\(path): \(problem)" }
    }

    /// Where Debian's ca-certificates keeps the roots.
    public static let systemPath = "/etc/ssl/certs/ca-certificates.crt"

    /// The file that was read.
    public let path: String
    /// How many certificates it held.
    public let certificateCount: Int
    /// Roots that count for older certificates only: SHA-256 over the DER in lower-case
    /// hexadecimal, and the last instant of issue that is still trusted.
    ///
    /// Mozilla's "server distrust after": a leaf whose notBefore is later is not trusted by way of
    /// that root, however it is signed. Empty for none.
    public let distrustAfter: [String: Timestamp]

    /// Tells this store from every other of the process.
    let identity = TrustStore.nextIdentity.add(1, ordering: .relaxed).newValue
    let store: OpaquePointer

    private static let nextIdentity = Atomic<UInt64>(0)

    /// Reads every certificate of a PEM file as a trust anchor.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - distrustAfter: as the property of that name.
    /// - Throws: `LoadError` when the file is missing, is not PEM, or holds no certificate.
    public init(path: String, distrustAfter: [String: Timestamp] = [:]) throws(LoadError) {
        OpenSSLProcess.prepare()
        guard access(path, R_OK) == 0 else {
            throw LoadError(path: path, problem: String(cString: strerror(errno)))
        }
        guard let store = X509_STORE_new() else {
            throw LoadError(path: path, problem: "out of memory")
        }
        ERR_clear_error()
        guard X509_STORE_load_file(store, path) == 1 else {
            X509_STORE_free(store)
            let code = ERR_peek_error()
            let words = ERR_reason_error_string(code).map { String(cString: $0) }
            ERR_clear_error()
            throw LoadError(
                path: path, problem: words ?? "no certificate in PEM form could be read")
        }
        self.path = path
        self.distrustAfter = distrustAfter
        self.store = store
        certificateCount = Int(shim_store_count(store))
    }

    /// Takes every certificate of PEM text as a trust anchor.
    ///
    /// - Parameters:
    ///   - pem: the bytes of the text, at most `CertificateList.pemBytesMax`.
    ///   - name: where the text comes from, for messages and `path`.
    ///   - distrustAfter: as the property of that name.
    /// - Throws: `LoadError` when a certificate cannot be read, or there is none.
    public convenience init(
        pem: [UInt8], name: String, distrustAfter: [String: Timestamp] = [:]
    ) throws(LoadError) {
        let list: CertificateList
        do {
            list = try CertificateList(pem: pem, limit: CertificateList.anchorsMax)
        } catch {
            throw LoadError(path: name, problem: error.problem)
        }
        try self.init(anchors: list, name: name, distrustAfter: distrustAfter)
    }

    /// Takes every certificate of a list as a trust anchor.
    ///
    /// - Throws: `LoadError` when the list is empty and must not be, or memory is short.
    init(
        anchors: CertificateList, name: String, distrustAfter: [String: Timestamp] = [:],
        mayBeEmpty: Bool = false
    ) throws(LoadError) {
        OpenSSLProcess.prepare()
        guard mayBeEmpty || anchors.count > 0 else {
            throw LoadError(path: name, problem: "no certificate")
        }
        guard let store = X509_STORE_new() else {
            throw LoadError(path: name, problem: "out of memory")
        }
        for index in 0..<anchors.count {
            guard X509_STORE_add_cert(store, anchors[index]) == 1 else {
                X509_STORE_free(store)
                throw LoadError(path: name, problem: "out of memory")
            }
        }
        path = name
        self.distrustAfter = distrustAfter
        self.store = store
        certificateCount = Int(shim_store_count(store))
    }

    deinit { X509_STORE_free(store) }
}

/// The one-time preparation of OpenSSL in this process.
public enum OpenSSLProcess {
    private static let prepared: Bool = {
        // OpenSSL's own exit handler frees what other threads may still use: leave it out.
        OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
    }()

    /// Prepares OpenSSL; must come before the first use of libcurl.
    ///
    /// Idempotent and thread-safe.
    public static func prepare() {
        precondition(prepared, "OpenSSL cannot be initialised")
    }
}
