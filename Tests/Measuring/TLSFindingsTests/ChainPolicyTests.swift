import HealthModel
import Testing

@testable import TLSFindings

@Suite struct ChainPolicyTests {
    private static let leaf = certificate()
    private static let old = authority("old", key: "ee", issuerKey: "ff")
    private static let expired: Certificate = {
        var certificate = old
        certificate.notAfter = today - .seconds(1)
        return certificate
    }()

    private static func found(
        _ sent: [Certificate], trusted: Bool = true
    ) -> [String] {
        TLSFindings.judge(
            chainSent: sent, path: trusted ? [leaf, intermediate, root] : [],
            connection: ConnectionFacts(rules: .publicWeb, isTrusted: trusted), at: today
        ).map { "\($0.id.rawValue)@\($0.place?.depth ?? -1)" }
    }

    @Test func order() {
        #expect(Self.found([Self.leaf, intermediate]) == [])
        #expect(Self.found([Self.leaf, intermediate, root]) == ["chain_root_sent@2"])
        #expect(Self.found([Self.leaf, intermediate, intermediate]) == ["chain_duplicate@2"])
        #expect(Self.found([Self.leaf, intermediate, Self.old]) == ["chain_unneeded@2"])
        #expect(Self.found([Self.leaf, intermediate, Self.expired]) == ["chain_expired_sent@2"])
        #expect(
            Self.found([Self.leaf, root, intermediate]) == [
                "chain_misordered@-1", "chain_root_sent@1",
            ])
        #expect(Self.found([]) == [])
    }

    /// Without a verified path nobody can tell what is needed.
    @Test func nothingIsCalledUnneededWithoutAPath() {
        #expect(Self.found([Self.leaf, intermediate, Self.expired], trusted: false) == [])
        #expect(
            Self.found([Self.leaf, intermediate, root, root], trusted: false) == [
                "chain_root_sent@2", "chain_duplicate@3",
            ])
    }

    /// A self-signed leaf is no root that was sent along.
    @Test func selfSignedLeaf() {
        var leaf = Self.leaf
        leaf.profile?.isSelfIssued = true
        leaf.profile?.authorityKey = nil
        #expect(Self.found([leaf], trusted: false) == [])
        // Where nothing was read, the names tell.
        leaf = certificate("a", issuer: "b", profile: nil)
        let unread = certificate("c", issuer: "c", profile: nil)
        #expect(Self.found([leaf, unread], trusted: false) == ["chain_root_sent@1"])
    }

    /// The last instant of validity is still valid.
    @Test func expiryIsInclusive() {
        var certificate = Self.old
        certificate.notAfter = today
        #expect(Self.found([Self.leaf, intermediate, certificate]) == ["chain_unneeded@2"])
        certificate.notAfter = Timestamp(nanoseconds: today.nanoseconds - 1)
        #expect(Self.found([Self.leaf, intermediate, certificate]) == ["chain_expired_sent@2"])
    }

    private static func withRoot(
        _ change: (inout CertificateProfile) -> Void
    ) -> [FindingID] {
        judge(
            leaf,
            [
                intermediate,
                authority("root", key: "cc", issuerKey: nil, isRoot: true, change: change),
            ]
        ).map(\.id)
    }

    private static func withIntermediate(
        _ change: (inout CertificateProfile) -> Void
    ) -> [FindingID] {
        judge(leaf, [authority("i", key: "bb", issuerKey: "cc", change: change), root]).map(\.id)
    }

    @Test func roots() {
        #expect(Self.withRoot { _ in } == [])
        #expect(Self.withRoot { $0.extendedKeyUsages = ["2.5.29.37.0"] } == [.rootExtendedKeyUsage])
        #expect(Self.withRoot { $0.authorityKey = AuthorityKeyFacts(keyIdentifier: "cc") } == [])
        #expect(
            Self.withRoot { $0.authorityKey = AuthorityKeyFacts(keyIdentifier: "dd") } == [
                .authorityKeyMismatch
            ])
        #expect(Self.withRoot { $0.authorityKey = AuthorityKeyFacts() } == [.authorityKeyForm])
        // What a root signs itself with protects nothing, and its number is nobody's business.
        #expect(Self.withRoot { $0.signature.digest = .sha1 } == [])
        #expect(Self.withRoot { $0.isSerialPositive = false } == [])
        #expect(Self.withRoot { $0.key = CertificateKey(.rsa, bits: 1024) } == [.keyTooSmall])
    }

    @Test func intermediates() {
        #expect(Self.withIntermediate { _ in } == [])
        #expect(Self.withIntermediate { $0.signature.digest = .sha1 } == [.signatureWeak])
        #expect(Self.withIntermediate { $0.isSerialPositive = false } == [.serialNotPositive])
        #expect(Self.withIntermediate { $0.subjectKeyIdentifier = nil } == [.subjectKeyMissing])
        #expect(Self.withIntermediate { $0.extendedKeyUsages = ["1.3.6.1.5.5.7.3.1"] } == [])
    }

    private static func constraints(
        isCritical: Bool = true, _ change: (inout NameConstraintFacts) -> Void
    ) -> [FindingID] {
        withIntermediate {
            var facts = NameConstraintFacts()
            change(&facts)
            $0.nameConstraints = facts
            $0.extensions.append(
                CertificateExtension(
                    identifier: ExtensionIdentifier.nameConstraints, isCritical: isCritical))
        }
    }

    @Test func nameConstraints() {
        #expect(Self.constraints { $0.permittedCount = 1 } == [])
        #expect(Self.constraints { $0.excludedCount = 1 } == [])
        #expect(Self.constraints { _ in } == [.nameConstraintsForm])
        #expect(
            Self.constraints(isCritical: false) { $0.permittedCount = 1 } == [
                .nameConstraintsNotCritical
            ])
        for (subtree, isOdd) in [("a.test", false), (".a.test", true), ("*.a.test", true)] {
            let found = Self.constraints {
                $0.permittedCount = 1
                $0.dnsSubtrees = [subtree]
            }
            #expect(found == (isOdd ? [.nameConstraintsForm] : []), "\(subtree)")
        }
        let masked = Self.constraints {
            $0.excludedCount = 1
            $0.isAddressMaskInvalid = true
        }
        #expect(masked == [.nameConstraintsForm])
    }

    @Test func certificatesThatWereNotReadAreNotJudged() {
        #expect(judge(certificate(profile: nil), [intermediate, root]).isEmpty)
        #expect(judge(Self.leaf, [certificate("x", profile: nil), root]).isEmpty)
    }

    @Test func findingsAreSortedAndBounded() {
        var profile = soundProfile()
        profile.version = 1
        profile.issuerURLs = []
        profile.alternativeNames = nil
        let some = judge(certificate(profile: profile), [intermediate, root])
        #expect(some.map(\.id) == [.sanMissing, .versionOld, .issuerAddressMissing])
        #expect(some.map(\.severity) == [.critical, .warning, .info])
        profile.malformedExtensions = (0..<TLSFindings.limit + 5).map { "1.2.\($0)" }
        let many = judge(certificate(profile: profile))
        #expect(many.count == TLSFindings.limit)
        #expect(many.first?.id == .sanMissing)
        #expect(!many.contains { $0.id == .issuerAddressMissing })
        #expect(judge(certificate(profile: profile)) == many)
    }

    @Test func detailIsBounded() {
        let long = String(repeating: "é", count: Finding.detailCharacters + 1)
        #expect(Finding(.sanMissing, detail: long).detail.count == Finding.detailCharacters)
        #expect(Finding(.sanMissing, detail: "x").detail == "x")
    }

    @Test(arguments: FindingID.allCases)
    func everyFindingIsExplained(_ id: FindingID) {
        let finding = Finding(id)
        #expect(id.rawValue.allSatisfy { ("a"..."z").contains($0) || $0 == "_" })
        #expect(["§", "Policy", "appendix"].contains { finding.source.contains($0) })
        let texts = [
            finding.text.dutch, finding.text.english, finding.remedy.dutch, finding.remedy.english,
        ]
        for text in texts {
            #expect(text.count > 10)
            #expect(!text.hasSuffix("."))
            #expect(!text.contains("  "))
        }
        #expect(finding.text.dutch != finding.text.english)
        #expect(finding.remedy.dutch != finding.remedy.english)
    }

    @Test func connectionFactsOfARecord() {
        var record = TLSRecord()
        #expect(!ConnectionFacts(record, rules: .publicWeb).isTrusted)
        record.chainBuilt = [Self.leaf]
        record.isHandshakeComplete = true
        record.staple = .good
        let facts = ConnectionFacts(record, rules: .publicWeb)
        #expect(facts.isTrusted && facts.isHandshakeComplete && facts.staple == .good)
        record.verdict = .tlsExpired
        #expect(!ConnectionFacts(record, rules: .publicWeb).isTrusted)
    }
}
