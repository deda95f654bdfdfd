public import HealthModel

/// The grades of one connection by one edition of the guideline.
///
/// Judges what one ordinary connection shows. What a server would also accept takes connections
/// of its own, and is not in here.
public struct NCSCReport: Sendable, Hashable {
    /// By which edition.
    public var edition: NCSCGrade.Edition
    /// Of the protocol version; nil when unknown.
    public var version: NCSCGrade?
    /// Of the cipher suite; nil when unknown.
    public var suite: NCSCGrade?
    /// Of the key exchange group; nil when unknown.
    public var group: NCSCGrade?
    /// The worst of the signatures on the certificates, the root exempt; nil when none is known.
    public var signature: NCSCGrade?
    /// The worst of the keys of the certificates, the root exempt; nil when none is known.
    public var key: NCSCGrade?

    /// The worst of the grades that are known; nil when none is.
    public var overall: NCSCGrade? {
        [version, suite, group, signature, key].compactMap(\.self).min()
    }

    /// Grades a record.
    ///
    /// The certificates are those of the verified path without its root; without such a path,
    /// those sent that are not self-issued, and the leaf in any case.
    public init(_ record: TLSRecord, edition: NCSCGrade.Edition) {
        self.edition = edition
        version = record.version.flatMap { NCSCTables.version($0, edition) }
        suite = record.cipherSuite.flatMap { NCSCTables.suite($0, edition) }
        group = record.group.flatMap { NCSCTables.group($0, edition) }
        let isVerified = record.verdict == nil && record.chainBuilt.count > 1
        let certificates = isVerified ? record.chainBuilt.dropLast() : record.chainSent[...]
        let profiles = certificates.enumerated().compactMap { depth, certificate in
            certificate.profile.flatMap { depth == 0 || !$0.isSelfIssued ? $0 : nil }
        }
        signature = profiles.compactMap { NCSCTables.signature($0.signature, edition) }.min()
        key = profiles.compactMap { NCSCTables.key($0.key, edition) }.min()
    }
}
