import COpenSSL

// Safety: neither is changed after minting, and OpenSSL counts references atomically.
/// A certificate with its key.
public final class MintedIdentity: @unchecked Sendable {
    /// The certificate, an `X509` that lives as long as this.
    public let certificate: OpaquePointer
    /// The key, an `EVP_PKEY` that lives as long as this.
    public let key: OpaquePointer

    /// Takes over the references that the caller has on both.
    init(certificate: OpaquePointer, key: OpaquePointer) {
        self.certificate = certificate
        self.key = key
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    /// The certificate in DER.
    public var der: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_X509(certificate, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            _ = i2d_X509(certificate, &position)
        }
        return bytes
    }

    /// The certificate in PEM.
    public var pem: String { Self.text { PEM_write_bio_X509($0, certificate) } }

    /// The key in PEM (PKCS #8), not encrypted.
    public var keyPEM: String {
        Self.text { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// What `write` writes into a memory BIO; empty when it does not return 1.
    public static func text(_ write: (OpaquePointer) -> CInt) -> String {
        guard let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        guard write(memory) == 1 else { return "" }
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(memory))
        let count = BIO_read(memory, &bytes, CInt(bytes.count))
        return String(decoding: bytes.prefix(max(0, Int(count))), as: UTF8.self)
    }
}
