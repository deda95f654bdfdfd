import COpenSSL
import CProbeShims
import Glibc
public import HealthModel

/// Client certificates by the files that they were read from.
public typealias ClientIdentities = [ClientCertificateFiles: ClientIdentity]

// Safety: certificate and key are never changed after init, and OpenSSL counts references
// atomically.
/// A client certificate with its key, read once and shown to servers that ask for one.
///
/// Nothing of it can be printed: the bytes of the key are wiped once OpenSSL has parsed them, and
/// errors tell names of files and what is wrong with them, never what is in them.
public final class ClientIdentity: @unchecked Sendable {
    /// The files cannot be used.
    public struct LoadError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The file that is wrong.
        public let path: String
        /// What is wrong with it, and what to do.
        public let problem: String
        /// File and problem.
        public var description: String { "\(path): \(problem)" }
    }

    /// Bytes of either file; a key with a chain has about 10,000.
    public static let fileBytesMax = 64 * 1024
    /// Certificates of the file: the leaf and those between it and the root.
    public static let certificatesMax = 16

    private let certificates: CertificateList
    private let key: OpaquePointer
    /// The certificates after the leaf, which belong to `certificates`.
    private let chain: OpaquePointer

    /// Reads both files and checks that they belong together.
    ///
    /// Blocks while it reads.
    ///
    /// - Throws: `LoadError` when a file is missing, too large or not PEM, when others than its
    ///   owner may read the key, when the key is encrypted, is not that of the certificate, or is
    ///   too weak for security level 2.
    public init(_ files: ClientCertificateFiles) throws(LoadError) {
        OpenSSLProcess.prepare()
        let pem = try Self.bytes(of: files.certificatePath, isSecret: false)
        do {
            certificates = try CertificateList(pem: pem, limit: Self.certificatesMax)
        } catch {
            throw LoadError(path: files.certificatePath, problem: error.problem)
        }
        let key = try Self.key(in: files.keyPath)
        guard let chain = shim_certificates_new() else {
            EVP_PKEY_free(key)
            throw LoadError(path: files.keyPath, problem: "out of memory")
        }
        for index in 1..<max(1, certificates.count) {
            _ = shim_certificates_push(chain, certificates[index])
        }
        self.key = key
        self.chain = chain
        try check(files)
    }

    deinit {
        shim_certificates_free(chain)
        EVP_PKEY_free(key)
    }

    /// Makes a connection show this certificate; false when OpenSSL refuses it.
    func present(on ssl: OpaquePointer) -> Bool {
        SSL_use_cert_and_key(ssl, certificates[0], key, chain, 1) == 1
    }

    private func check(_ files: ClientCertificateFiles) throws(LoadError) {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard X509_check_private_key(certificates[0], key) == 1 else {
            throw LoadError(
                path: files.keyPath,
                problem: "is not the key of the certificate in \(files.certificatePath)")
        }
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw LoadError(path: files.keyPath, problem: "out of memory")
        }
        defer { SSL_CTX_free(context) }
        guard SSL_CTX_use_cert_and_key(context, certificates[0], key, chain, 1) == 1 else {
            let words = ERR_reason_error_string(ERR_peek_last_error()).map { String(cString: $0) }
            throw LoadError(
                path: files.certificatePath, problem: "cannot be used: \(words ?? "refused")")
        }
    }

    // MARK: Files

    private static func key(in path: String) throws(LoadError) -> OpaquePointer {
        var bytes = try bytes(of: path, isSecret: true)
        defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        let isEncrypted = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"]
            .contains { contains(bytes, Array($0.utf8)) }
        guard !isEncrypted else {
            throw LoadError(
                path: path,
                problem: "the key is encrypted, and nobody is there to type its password; "
                    + "decrypt it with: openssl pkey -in \(path) -out NEWFILE")
        }
        guard let memory = BIO_new_mem_buf(bytes, CInt(bytes.count)) else {
            throw LoadError(path: path, problem: "out of memory")
        }
        defer { BIO_free(memory) }
        defer { ERR_clear_error() }
        // Without a callback OpenSSL would ask at the terminal.
        let key = PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil)
        guard let key else {
            throw LoadError(path: path, problem: "no private key in PEM form")
        }
        return key
    }

    private static func contains(_ bytes: [UInt8], _ wanted: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: wanted) }
    }

    /// The bytes of a regular file; a secret one may be readable by its owner only.
    static func bytes(
        of path: String, isSecret: Bool
    ) throws(LoadError) -> [UInt8] {
        func failure() -> LoadError {
            LoadError(path: path, problem: "cannot be read: \(String(cString: strerror(errno)))")
        }
        // O_NONBLOCK, since opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure() }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw LoadError(path: path, problem: "is not a regular file")
        }
        // The mode of what was opened, not of what the name leads to a moment later.
        if isSecret, status.st_mode & 0o077 != 0 {
            let mode = String(status.st_mode & 0o7777, radix: 8)
            throw LoadError(
                path: path,
                problem: "others than its owner have access to it (mode 0\(mode)); "
                    + "run: chmod 600 \(path)")
        }
        guard Int(status.st_size) <= fileBytesMax else {
            throw LoadError(path: path, problem: "more than \(fileBytesMax) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: fileBytesMax + 1)
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { buffer in
                read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if more < 0 && errno == EINTR { continue }
            guard more >= 0 else { throw failure() }
            if more == 0 { break }
            count += more
        }
        defer { bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        guard count <= fileBytesMax else {
            throw LoadError(path: path, problem: "more than \(fileBytesMax) bytes")
        }
        return Array(bytes[..<count])
    }
}
