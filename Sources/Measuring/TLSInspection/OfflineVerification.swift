public import HealthModel

/// The same verdict as on a live connection, for certificates from files.
public struct OfflineVerification: Sendable {
    /// Names one of the inputs.
    public enum Input: String, Sendable, Hashable {
        /// The chain as a server would send it.
        case chain
        /// The trusted roots.
        case roots
        /// Further certificates that may help to reach a root.
        case intermediates
        /// The revocation lists.
        case revocationLists = "crl"
    }

    /// An input could not be read.
    public struct InputError: Error, Sendable, Hashable, CustomStringConvertible {
        /// Which input.
        public let input: Input
        /// What is wrong with it.
        public let problem: String
        /// Input and problem.
        public var description: String { "\(input.rawValue): \(problem)" }
    }

    /// What was found.
    public struct Result: Sendable, Hashable {
        /// What the verification found.
        public var path: PathVerdict
        /// The certificates as sent, leaf first, `intermediates` left out.
        public var chainSent: [Certificate]

        /// `trusted`, or the raw value of the reason why not.
        public var verdict: String { path.verdict?.rawValue ?? "trusted" }
    }

    private let trustStore: TrustStore
    private let chain: CertificateList
    private let others: CertificateList?
    private let revocationLists: RevocationLists?

    /// Reads the inputs.
    ///
    /// - Parameters:
    ///   - chain: PEM text, leaf first, at most `CertificateList.certificatesMax` certificates.
    ///   - roots: PEM text, at most `CertificateList.anchorsMax` certificates.
    ///   - intermediates: PEM text of certificates that the server did not send; nil for none.
    ///   - revocationLists: PEM text; nil looks for no revocation.
    ///   - distrustAfter: as `TrustStore.distrustAfter`; each must be one of the roots.
    /// - Throws: `InputError` when one of them cannot be read or holds nothing.
    public init(
        chain: [UInt8], roots: [UInt8], intermediates: [UInt8]? = nil,
        revocationLists: [UInt8]? = nil, distrustAfter: [String: Timestamp] = [:]
    ) throws(InputError) {
        let trustStore: TrustStore
        do throws(TrustStore.LoadError) {
            trustStore = try TrustStore(
                pem: roots, name: Input.roots.rawValue, distrustAfter: distrustAfter)
            if let unknown = try trustStore.unknownDistrusts().first {
                throw TrustStore.LoadError(
                    path: Input.roots.rawValue,
                    problem: "no root has the fingerprint \(unknown) that is distrusted")
            }
        } catch {
            throw InputError(input: .roots, problem: error.problem)
        }
        try self.init(
            chain: chain, trustStore: trustStore, intermediates: intermediates,
            revocationLists: revocationLists)
    }

    /// Reads the inputs, with roots that were read before.
    ///
    /// - Throws: `InputError` when one of them cannot be read or holds nothing.
    public init(
        chain: [UInt8], trustStore: TrustStore, intermediates: [UInt8]? = nil,
        revocationLists: [UInt8]? = nil
    ) throws(InputError) {
        self.trustStore = trustStore
        self.chain = try Self.certificates(chain, input: .chain)
        others = try intermediates.map { bytes throws(InputError) in
            try Self.certificates(bytes, input: .intermediates)
        }
        do {
            self.revocationLists = try revocationLists.map {
                bytes throws(RevocationLists.ReadError) in
                try RevocationLists(pem: bytes)
            }
        } catch {
            throw InputError(input: .revocationLists, problem: error.problem)
        }
    }

    /// Judges the chain.
    ///
    /// A list that was handed in, and that the issuer signed but may not have made so, is an
    /// error here: who asks for revocation gets an answer or learns why not. On a live connection
    /// it only is no help.
    ///
    /// - Parameters:
    ///   - name: the DNS name or address that the leaf must be valid for; nil asks for none.
    ///   - instant: when validity is judged.
    ///   - intermediatesMax: the most intermediates on a path, self-issued ones not counted.
    ///   - certificates: the reader of the calling thread.
    /// - Returns: nil when memory is short.
    public func run(
        name: String?, at instant: Timestamp, intermediatesMax: Int? = nil,
        certificates: CertificateReader = CertificateReader()
    ) -> Result? {
        var verifier = PathVerifier(
            trustStore: trustStore, name: name.map(ServerName.init), instant: instant,
            revocationLists: revocationLists)
        verifier.refusesUnusableLists = true
        verifier.wantsStrictErrors = true
        verifier.intermediatesMax = intermediatesMax
        guard
            let path = verifier.verify(
                chain: chain, others: others, certificates: certificates)
        else { return nil }
        return Result(path: path, chainSent: chain.facts(by: certificates))
    }

    private static func certificates(
        _ bytes: [UInt8], input: Input
    ) throws(InputError) -> CertificateList {
        do {
            return try CertificateList(pem: bytes)
        } catch {
            throw InputError(input: input, problem: error.problem)
        }
    }
}
