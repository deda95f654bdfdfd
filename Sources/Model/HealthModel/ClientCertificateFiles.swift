/// Where a client certificate and its key are kept, both in PEM form.
///
/// Only the names of the files: what is in them never enters the model, so that it cannot be
/// logged or shown.
public struct ClientCertificateFiles: Sendable, Hashable {
    /// The file of the certificate, leaf first, then intermediates.
    public var certificatePath: String
    /// The file of the key, which only its owner may read.
    public var keyPath: String

    /// Makes a pair of paths, relative to the working directory unless they begin with `/`.
    public init(certificatePath: String, keyPath: String) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
    }
}
