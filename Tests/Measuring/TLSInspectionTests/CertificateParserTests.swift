import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

/// Certificates that no decent authority makes.
@Suite struct CertificateParserTests {
    /// Contents that are not what the extension is to hold.
    @Test(
        arguments: [
            ExtensionIdentifier.subjectKeyIdentifier, ExtensionIdentifier.keyUsage,
            ExtensionIdentifier.subjectAlternativeName, ExtensionIdentifier.basicConstraints,
            ExtensionIdentifier.nameConstraints, ExtensionIdentifier.revocationListPoints,
            ExtensionIdentifier.certificatePolicies, ExtensionIdentifier.authorityKeyIdentifier,
            ExtensionIdentifier.extendedKeyUsage, ExtensionIdentifier.authorityInformationAccess,
            ExtensionIdentifier.tlsFeature, ExtensionIdentifier.timestampList,
        ],
        [[], [0xFF], [0x05, 0x00], [0x30, 0x80], [0x30, 0x02, 0x05], [0x30, 0x01, 0x00]]
            as [[UInt8]])
    func malformed(identifier: String, contents: [UInt8]) throws {
        var wish = ProfileWish()
        wish.rawExtensions = [(identifier, true, contents)]
        let profile = try wish.profile()
        #expect(profile.malformedExtensions == [identifier])
        #expect(profile.isCritical(identifier))
    }

    @Test func emptyListsWhereOneIsNeeded() throws {
        var wish = ProfileWish()
        wish.rawExtensions = [
            ExtensionIdentifier.certificatePolicies, ExtensionIdentifier.extendedKeyUsage,
            ExtensionIdentifier.authorityInformationAccess,
        ].map { ($0, false, [0x30, 0x00]) }
        #expect(try wish.profile().malformedExtensions.count == 3)
    }

    @Test func unknownExtensionsAreLeftAlone() throws {
        var wish = ProfileWish()
        wish.rawExtensions = [("1.2.3.4", true, [0xFF]), ("1.2.3.4", false, [])]
        let profile = try wish.profile()
        #expect(profile.malformedExtensions == [])
        #expect(
            profile.extensions == [
                CertificateExtension(identifier: "1.2.3.4", isCritical: true),
                CertificateExtension(identifier: "1.2.3.4"),
            ])
    }

    @Test func hostileTextIsShownSafely() throws {
        var wish = ProfileWish()
        wish.subject = [("CN", "a\u{1B}[2J.test")]
        wish.rawExtensions = [
            (
                ExtensionIdentifier.subjectAlternativeName, false,
                [0x30, 0x05, 0x82, 0x03, 0x61, 0x00, 0x1B]
            )
        ]
        let profile = try wish.profile()
        #expect(profile.commonNames == ["a\\1b[2J.test"])
        #expect(profile.alternativeNames?.malformed == ["a\\00\\1b"])
    }

    private static func rich() throws -> [UInt8] {
        var wish = ProfileWish()
        wish.extensions = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_subject_alt_name, "DNS:a.test,IP:10.0.0.1"),
            (NID_ext_key_usage, "serverAuth"), (NID_certificate_policies, "2.23.140.1.2.1"),
            (NID_info_access, "OCSP;URI:http://ocsp.test/"),
            (NID_crl_distribution_points, "URI:http://crl.test/1"),
            (NID_name_constraints, "permitted;IP:10.0.0.0/255.0.0.0"),
            (NID_tlsfeature, "status_request"), (NID_subject_key_identifier, "hash"),
        ]
        return try wish.encoded()
    }

    /// No proper beginning of a certificate is one.
    @Test func truncations() throws {
        let bytes = try Self.rich()
        #expect(CertificateParser(bytes[...]) != nil)
        for count in 0..<bytes.count { #expect(CertificateParser(bytes.prefix(count)) == nil) }
        #expect(CertificateParser((bytes + [0])[...]) == nil)
    }

    /// Changed bytes never crash it, and no limit gives way.
    @Test func mutations() throws {
        let sound = try Self.rich()
        var random = SplitMix64(seed: 17)
        var readable = 0
        for _ in 0..<20_000 {
            var bytes = sound
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            guard let profile = CertificateParser(bytes[...])?.profile else { continue }
            readable += 1
            let isBounded =
                profile.extensions.count <= Limits.certificateExtensions
                && profile.malformedExtensions.count <= profile.extensions.count
                && profile.issuerURLs.count <= Limits.certificateAddresses
                && profile.commonNames.count <= Limits.certificateSubjectParts
            #expect(isBounded)
        }
        // Most changes hit contents, so that the reading of extensions is what is tried.
        #expect(readable > 5000)
    }

    @Test(arguments: [
        ("a.test", true), ("a-b.test", true), ("A.TEST", true), ("*.a.test", true),
        ("a_b.test", true), ("xn--nxasmq6b.test", true), ("localhost", true), ("1.test", true),
        ("", false), (".", false), ("a.", false), (".a", false), ("a..b", false), ("*", false),
        ("a.*.b", false), ("a*.b", false), ("*a.b", false), ("-a.test", false), ("a-.test", false),
        ("a b.test", false), ("é.test", false), ("a.test\0", false),
        ("127.0.0.1", false), ("1", false), ("a.0", false), ("a.0x1", true),
        (String(repeating: "a", count: 63) + ".test", true),
        (String(repeating: "a", count: 64) + ".test", false),
        (String(repeating: "a.", count: 126) + "a", true),
        (String(repeating: "a.", count: 126) + "aa", false),
    ])
    func hostNameForms(name: String, isValid: Bool) {
        #expect(HostNameForm.isValid(Array(name.utf8)[...]) == isValid)
    }

    /// Whoever reads a certificate twice gets the same facts, once computed.
    @Test func profilesAreShared() throws {
        let certificate = try ProfileWish().mint()
        defer { X509_free(certificate) }
        let reader = CertificateReader()
        let first = reader.read(certificate)
        #expect(first?.profile != nil)
        #expect(reader.read(certificate) == first)
        #expect(CertificateReader().read(certificate) == first)
        var other = first
        other?.profile?.version = 1
        #expect(other != first)
        other?.profile = nil
        #expect(other != first && other?.profile == nil)
    }

    /// A server that shows ever other certificates with much in them is bounded by what they cost.
    @Test func profilesCountInTheCache() throws {
        func bytes(_ wish: ProfileWish) throws -> Int {
            let certificate = try wish.mint()
            defer { X509_free(certificate) }
            let reader = CertificateReader()
            _ = reader.read(certificate)
            let once = reader.cacheBytes
            _ = reader.read(certificate)
            #expect(reader.cacheBytes == once)
            return once
        }
        let plain = try bytes(ProfileWish())
        #expect(plain >= MemoryLayout<CertificateProfile>.size + MemoryLayout<Certificate>.size)
        var wish = ProfileWish()
        let address = "http://crl.test/" + String(repeating: "x", count: 500)
        wish.extensions = [(NID_crl_distribution_points, "URI:\(address)1,URI:\(address)2")]
        #expect(try bytes(wish) >= plain + 2 * address.utf8.count)
    }
}
