import COpenSSL
import CProbeShims
public import HealthModel

extension TrustStore {
    /// The facts of every trusted root, by the reader of the calling thread.
    ///
    /// - Throws: `LoadError` when memory is short.
    public func anchors(by certificates: CertificateReader) throws(LoadError) -> [Certificate] {
        try anchorList().facts(by: certificates)
    }

    /// The same roots without some; the result may trust nobody.
    ///
    /// - Parameter fingerprints: SHA-256 over the DER of the roots to leave out, in lower-case
    ///   hexadecimal.
    /// - Returns: Roots of their own; these stay as they are.
    /// - Throws: `LoadError` when memory is short.
    public func without(_ fingerprints: Set<String>) throws(LoadError) -> TrustStore {
        let all = try anchorList()
        let reader = CertificateReader()
        guard let kept = shim_certificates_new() else {
            throw LoadError(path: path, problem: "out of memory")
        }
        let list = CertificateList(owning: kept)
        for index in 0..<all.count {
            if let facts = reader.read(all[index]), fingerprints.contains(facts.fingerprintSHA256) {
                continue
            }
            guard X509_up_ref(all[index]) == 1 else { continue }
            if shim_certificates_push(kept, all[index]) == 0 { X509_free(all[index]) }
        }
        return try TrustStore(
            anchors: list, name: path, distrustAfter: distrustAfter, mayBeEmpty: true)
    }

    /// The fingerprints of `distrustAfter` that no root here has, sorted; a slip of the pen would
    /// else distrust nobody without a word.
    ///
    /// - Throws: `LoadError` when memory is short.
    public func unknownDistrusts() throws(LoadError) -> [String] {
        guard !distrustAfter.isEmpty else { return [] }
        let known = Set(try anchors(by: CertificateReader()).map(\.fingerprintSHA256))
        return distrustAfter.keys.filter { !known.contains($0) }.sorted()
    }

    /// A line for a person about each of `unknownDistrusts`.
    ///
    /// No error: a newer bundle may have dropped the root altogether.
    ///
    /// - Throws: `LoadError` when memory is short.
    public func distrustWarnings() throws(LoadError) -> [String] {
        try unknownDistrusts().map {
            "\(path): no root has the fingerprint \($0) of --distrust-after; nothing is distrusted "
                + "by it"
        }
    }

    private func anchorList() throws(LoadError) -> CertificateList {
        guard let stack = X509_STORE_get1_all_certs(store) else {
            throw LoadError(path: path, problem: "out of memory")
        }
        return CertificateList(owning: stack)
    }
}
