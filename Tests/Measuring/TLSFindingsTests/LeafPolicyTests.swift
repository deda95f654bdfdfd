import HealthModel
import Testing

@testable import TLSFindings

/// One change to a sound leaf, and exactly what it must be told for.
struct LeafCase: CustomTestStringConvertible, Sendable {
    var name: String
    var wanted: Set<FindingID>
    /// What is left of it by the rules for private authorities.
    var wantedPrivately: Set<FindingID>
    var change: @Sendable (inout CertificateProfile) -> Void

    init(
        _ name: String, _ wanted: Set<FindingID>, privately: Set<FindingID> = [],
        _ change: @escaping @Sendable (inout CertificateProfile) -> Void
    ) {
        self.name = name
        self.wanted = wanted
        wantedPrivately = privately
        self.change = change
    }

    var testDescription: String { name }
}

@Suite struct LeafPolicyTests {
    private static func usage(_ usages: String...) -> @Sendable (inout CertificateProfile) -> Void {
        { $0.extendedKeyUsages = usages }
    }

    private static func critical(
        _ identifier: String
    ) -> @Sendable (inout CertificateProfile) -> Void {
        { profile in
            profile.extensions.removeAll { $0.identifier == identifier }
            profile.extensions.append(
                CertificateExtension(identifier: identifier, isCritical: true))
        }
    }

    static let nameCases = [
        LeafCase("sound", []) { _ in },
        LeafCase("no alternative names", [.sanMissing], privately: [.sanMissing]) {
            $0.alternativeNames = nil
        },
        LeafCase("empty alternative names", [.sanMissing], privately: [.sanMissing]) {
            $0.alternativeNames = AlternativeNameFacts()
        },
        LeafCase(
            "broken alternative names", [.extensionMalformed], privately: [.extensionMalformed]
        ) {
            $0.alternativeNames = nil
            $0.malformedExtensions = [ExtensionIdentifier.subjectAlternativeName]
        },
        LeafCase("common name elsewhere", [.commonNameNotInSAN]) {
            $0.commonNamesWithoutAlternative = ["b.test"]
        },
        LeafCase("underscore", [.sanUnderscore]) {
            $0.alternativeNames?.underscores = ["a_b.test"]
        },
        LeafCase("malformed name", [.sanNameMalformed], privately: [.sanNameMalformed]) {
            $0.alternativeNames?.malformed = ["a*.b.test"]
        },
        LeafCase("ordinary wildcard", []) { $0.alternativeNames?.wildcards = ["*.a.test"] },
        LeafCase("wildcard over a suffix", [.sanPublicSuffixWildcard]) {
            $0.alternativeNames?.wildcards = ["*.a.test", "*.CO.test"]
        },
        LeafCase("other kind", [.sanOtherKind]) { $0.alternativeNames?.otherCount = 1 },
        LeafCase("addresses only", []) {
            $0.alternativeNames?.dnsCount = 0
            $0.alternativeNames?.addressCount = 1
        },
        LeafCase(
            "critical names beside a subject", [.sanCritical],
            critical(ExtensionIdentifier.subjectAlternativeName)),
        LeafCase("critical names without a subject", []) {
            critical(ExtensionIdentifier.subjectAlternativeName)(&$0)
            $0.isSubjectEmpty = true
        },
    ]

    static let usageCases = [
        LeafCase("no usage", [.ekuMissing]) { profile in
            profile.extendedKeyUsages = nil
            profile.extensions.removeAll { $0.identifier == ExtensionIdentifier.extendedKeyUsage }
        },
        LeafCase(
            "client only", [.ekuNoServerAuthentication, .ekuClientAuthentication],
            privately: [.ekuNoServerAuthentication], usage("1.3.6.1.5.5.7.3.2")),
        LeafCase(
            "server and client", [.ekuClientAuthentication],
            usage("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")),
        LeafCase("any", [.ekuAny], usage("2.5.29.37.0")),
        LeafCase("code", [.ekuForbidden], usage("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.3")),
        LeafCase("mail", [.ekuForbidden], usage("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.4")),
        LeafCase("time", [.ekuForbidden], usage("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.8")),
        LeafCase("OCSP", [.ekuForbidden], usage("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.9")),
        LeafCase("critical", [.ekuCritical], critical(ExtensionIdentifier.extendedKeyUsage)),
        LeafCase("no policy", [.policyMissing]) { $0.policies = ["1.2.3"] },
        LeafCase("own policy too", []) { $0.policies = ["1.2.3", "2.23.140.1.1"] },
        LeafCase("two policies", [.policyAmbiguous]) {
            $0.policies = ["2.23.140.1.2.1", "2.23.140.1.2.2"]
        },
        LeafCase("staple promised", [.stapleMissing], privately: [.stapleMissing]) {
            $0.isStapleRequired = true
        },
    ]

    static let formCases = [
        LeafCase("zero serial", [.serialNotPositive], privately: [.serialNotPositive]) {
            $0.isSerialPositive = false
        },
        LeafCase("20 octets", []) { $0.serialOctets = 20 },
        LeafCase("21 octets", [.serialTooLong], privately: [.serialTooLong]) {
            $0.serialOctets = 21
        },
        LeafCase("SHA-1", [.signatureWeak], privately: [.signatureWeak]) {
            $0.signature.digest = .sha1
        },
        LeafCase("MD5", [.signatureWeak], privately: [.signatureWeak]) {
            $0.signature.digest = .md5
        },
        LeafCase("SHA-224", []) { $0.signature.digest = .sha224 },
        LeafCase("version 1", [.versionOld], privately: [.versionOld]) { $0.version = 1 },
        LeafCase("authority", [.leafIsAuthority], privately: [.leafIsAuthority]) {
            $0.basicConstraints?.isAuthority = true
        },
        LeafCase("signs", [.leafSignsCertificates], privately: [.leafSignsCertificates]) {
            $0.keyUsage?.insert(.certificateSigning)
        },
        LeafCase("signs lists", [.leafSignsCertificates], privately: [.leafSignsCertificates]) {
            $0.keyUsage?.insert(.revocationListSigning)
        },
        LeafCase("no key usage", []) { $0.keyUsage = nil },
        LeafCase("no authority key", [.authorityKeyMissing], privately: [.authorityKeyMissing]) {
            $0.authorityKey = nil
        },
        LeafCase("no key identifier of its own", []) { $0.subjectKeyIdentifier = nil },
        LeafCase("empty authority key", [.authorityKeyForm]) {
            $0.authorityKey = AuthorityKeyFacts()
        },
        LeafCase("authority key by issuer", [.authorityKeyForm]) {
            $0.authorityKey?.hasIssuer = true
        },
        LeafCase("authority key by serial", [.authorityKeyForm]) {
            $0.authorityKey?.hasSerialNumber = true
        },
        LeafCase(
            "another authority key", [.authorityKeyMismatch], privately: [.authorityKeyMismatch]
        ) { $0.authorityKey?.keyIdentifier = "dd" },
        LeafCase("broken extension", [.extensionMalformed], privately: [.extensionMalformed]) {
            $0.malformedExtensions = [ExtensionIdentifier.authorityInformationAccess]
        },
        LeafCase("double extension", [.extensionDuplicate], privately: [.extensionDuplicate]) {
            $0.extensions.append($0.extensions[0])
        },
        LeafCase(
            "critical key identifier", [.extensionCritical], privately: [.extensionCritical],
            critical(ExtensionIdentifier.subjectKeyIdentifier)),
        LeafCase("critical key usage", [], critical(ExtensionIdentifier.keyUsage)),
        LeafCase("no issuer address", [.issuerAddressMissing]) { $0.issuerURLs = [] },
        LeafCase("no revocation", [.revocationAddressMissing]) { $0.revocationListURLs = [] },
        LeafCase("OCSP only", []) {
            $0.revocationListURLs = []
            $0.ocspURLs = ["http://a.test/ocsp"]
        },
        LeafCase(
            "constraints", [.nameConstraintsInLeaf, .nameConstraintsNotCritical],
            privately: [.nameConstraintsInLeaf, .nameConstraintsNotCritical]
        ) {
            $0.nameConstraints = NameConstraintFacts()
            $0.nameConstraints?.permittedCount = 1
            $0.extensions.append(
                CertificateExtension(identifier: ExtensionIdentifier.nameConstraints))
        },
    ]

    @Test(arguments: nameCases + usageCases + formCases)
    func leaf(_ item: LeafCase) {
        var profile = soundProfile()
        item.change(&profile)
        let leaf = certificate(profile: profile)
        let found = judge(leaf)
        #expect(Set(found.map(\.id)) == item.wanted)
        #expect(found.count == item.wanted.count)
        #expect(found.allSatisfy { $0.place?.depth == 0 && $0.place?.isOnPath == true })
        #expect(
            Set(judge(leaf, rules: .privateAuthority).map(\.id)) == item.wantedPrivately,
            "private")
    }

    private static let kinds:
        [(
            CertificateKey, FindingID?, FindingID?
        )] = [
            (CertificateKey(.rsa, bits: 2047), .keyTooSmall, .keyTooSmall),
            (CertificateKey(.rsa, bits: 2048), nil, nil),
            (CertificateKey(.rsa, bits: 2052), .keySizeUneven, nil),
            (CertificateKey(.rsa, bits: 4096), nil, nil),
            (CertificateKey(.rsaPSS, bits: 3072), .keyKindForbidden, nil),
            (CertificateKey(.dsa, bits: 3072), .keyKindForbidden, .keyKindForbidden),
            (CertificateKey(.ed25519, bits: 256), .keyKindForbidden, nil),
            (CertificateKey(.ed448, bits: 456), .keyKindForbidden, nil),
            (CertificateKey(.ellipticCurve, bits: 256, curve: "secp256r1"), nil, nil),
            (CertificateKey(.ellipticCurve, bits: 384, curve: "secp384r1"), nil, nil),
            (CertificateKey(.ellipticCurve, bits: 521, curve: "secp521r1"), nil, nil),
            (
                CertificateKey(.ellipticCurve, bits: 192, curve: "secp192r1"), .keyTooSmall,
                .keyTooSmall
            ),
            (CertificateKey(.ellipticCurve, bits: 224, curve: "secp224r1"), .keyKindForbidden, nil),
            (
                CertificateKey(.ellipticCurve, bits: 256, curve: "brainpoolP256r1"),
                .keyKindForbidden, nil
            ),
            (CertificateKey(.ellipticCurve, curve: "1.2.3"), .keyKindForbidden, nil),
            (CertificateKey(), nil, nil),
        ]

    @Test(arguments: kinds.indices)
    func keys(index: Int) {
        let (key, publicly, privately) = Self.kinds[index]
        var profile = soundProfile()
        profile.key = key
        let leaf = certificate(profile: profile)
        #expect(judge(leaf).map(\.id) == [publicly].compactMap(\.self))
        #expect(
            judge(leaf, rules: .privateAuthority).map(\.id) == [privately].compactMap(\.self))
        let strong = judge(
            certificate(), [authority("i", key: "bb", issuerKey: "cc") { $0.key = key }, root])
        #expect(strong.map(\.id) == [publicly].compactMap(\.self))
        #expect(strong.allSatisfy { $0.place?.depth == 1 })
    }

    @Test func explicitCurve() {
        var profile = soundProfile()
        profile.key = CertificateKey(.ellipticCurve)
        #expect(judge(certificate(profile: profile)).isEmpty)
        profile.key.isCurveExplicit = true
        #expect(judge(certificate(profile: profile)).map(\.id) == [.keyCurveExplicit])
    }

    @Test(arguments: [
        (["2.23.140.1.2.1"], PolicyIdentifier.Validation.domain),
        (["1.2.3", "2.23.140.1.2.2"], .organisation), (["2.23.140.1.2.3"], .individual),
        (["2.23.140.1.1"], .extended), (["2.23.140.1.1", "2.23.140.1.2.1"], nil), ([], nil),
    ])
    func validation(policies: [String], wanted: PolicyIdentifier.Validation?) {
        var profile = CertificateProfile()
        profile.policies = policies
        #expect(PolicyIdentifier.validation(of: profile) == wanted)
    }
}
