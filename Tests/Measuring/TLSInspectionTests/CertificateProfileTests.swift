import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

/// Facts of real certificates, made by OpenSSL and read by us.
@Suite struct CertificateProfileTests {
    private static func extended(
        _ number: CInt, _ value: String
    ) throws -> CertificateProfile {
        var wish = ProfileWish()
        wish.extensions = [(number, value)]
        let profile = try wish.profile()
        #expect(profile.malformedExtensions == [])
        #expect(profile.extensions.count == 1)
        return profile
    }

    @Test func plainCertificate() throws {
        let facts = try ProfileWish().read()
        let profile = try #require(facts.profile)
        #expect(profile.version == 3)
        #expect(profile.serialOctets == 1 && profile.isSerialPositive)
        #expect(!profile.isSelfIssued && !profile.isSubjectEmpty)
        #expect(profile.commonNames == ["a.test"])
        #expect(profile.organisations == ["Waterschap Noord"])
        #expect(profile.issuerOrganisation == "Authority BV")
        #expect(profile.extensions == [] && profile.malformedExtensions == [])
        #expect(profile.basicConstraints == nil && !profile.isAuthority)
        #expect(profile.keyUsage == nil && profile.extendedKeyUsages == nil)
        #expect(profile.alternativeNames == nil && profile.nameConstraints == nil)
        #expect(profile.timestamps == nil && profile.authorityKey == nil)
        #expect(!profile.isStapleRequired)
        #expect(profile.commonNamesWithoutAlternative == ["a.test"])
        #expect(facts.key == "EC prime256v1")
        #expect(facts.signatureAlgorithm == "ecdsa-with-SHA256")
    }

    @Test func selfIssuedWithoutSubject() throws {
        var wish = ProfileWish()
        wish.issuer = nil
        #expect(try wish.profile().isSelfIssued)
        wish.subject = []
        let profile = try wish.profile()
        #expect(profile.isSubjectEmpty && profile.commonNames.isEmpty)
        #expect(profile.issuerOrganisation == nil)
    }

    @Test func subjectPartsAreBounded() throws {
        var wish = ProfileWish()
        wish.subject = (0..<Limits.certificateSubjectParts).map { ("CN", "n\($0).test") }
        #expect(try wish.profile().commonNames.count == Limits.certificateSubjectParts)
        wish.subject.append(("CN", "more.test"))
        let names = try wish.profile().commonNames
        #expect(names.count == Limits.certificateSubjectParts && !names.contains("more.test"))
    }

    @Test(
        arguments: [
            ([0], false, 1, false), ([5], true, 1, false), ([0x7F], false, 1, true),
            // A leading zero keeps it positive, and counts.
            ([0x80], false, 2, true),
            ([UInt8](repeating: 0x11, count: 20), false, 20, true),
            ([UInt8](repeating: 0x91, count: 20), false, 21, true),
        ] as [([UInt8], Bool, Int, Bool)])
    func serial(bytes: [UInt8], isNegative: Bool, octets: Int, isPositive: Bool) throws {
        var wish = ProfileWish()
        wish.serial = bytes
        wish.isSerialNegative = isNegative
        let profile = try wish.profile()
        #expect(profile.serialOctets == octets)
        #expect(profile.isSerialPositive == isPositive)
    }

    @Test(arguments: [1, 2, 3]) func version(number: Int) throws {
        var wish = ProfileWish()
        wish.version = number
        #expect(try wish.profile().version == number)
    }

    static let keys: [(ProfileWish.Key, CertificateKey, String?)] = [
        (.rsa(bits: 2048), CertificateKey(.rsa, bits: 2048), "SHA256"),
        (.rsa(bits: 1028), CertificateKey(.rsa, bits: 1028), "SHA256"),
        (
            .ec(curve: "prime256v1"),
            CertificateKey(.ellipticCurve, bits: 256, curve: "secp256r1"), "SHA256"
        ),
        (
            .ec(curve: "secp384r1"), CertificateKey(.ellipticCurve, bits: 384, curve: "secp384r1"),
            "SHA256"
        ),
        (
            .ec(curve: "secp521r1"), CertificateKey(.ellipticCurve, bits: 521, curve: "secp521r1"),
            "SHA256"
        ),
        (
            .ec(curve: "secp224r1"), CertificateKey(.ellipticCurve, bits: 224, curve: "secp224r1"),
            "SHA256"
        ),
        (
            .ec(curve: "prime192v1"), CertificateKey(.ellipticCurve, bits: 192, curve: "secp192r1"),
            "SHA256"
        ),
        (
            .ec(curve: "brainpoolP384r1"),
            CertificateKey(.ellipticCurve, bits: 384, curve: "brainpoolP384r1"), "SHA256"
        ),
        (
            .ec(curve: "secp160r1"), CertificateKey(.ellipticCurve, curve: "1.3.132.0.8"), "SHA256"
        ),
        (.plain("ED25519"), CertificateKey(.ed25519, bits: 256), nil),
        (.plain("ED448"), CertificateKey(.ed448, bits: 456), nil),
    ]

    @Test(arguments: keys.indices) func key(index: Int) throws {
        let (wanted, expected, digest) = Self.keys[index]
        var wish = ProfileWish()
        wish.key = wanted
        wish.digest = digest
        let profile = try wish.profile()
        #expect(profile.key == expected)
        #expect(profile.publicKeySHA256.utf8.count == 64)
        #expect(profile.signature.digest == (digest == nil ? nil : .sha256))
        #expect(profile.signature.algorithm == expected.algorithm)
    }

    @Test func explicitCurve() throws {
        var wish = ProfileWish()
        wish.key = .ec(curve: "prime256v1", isExplicit: true)
        let key = try wish.profile().key
        #expect(key.algorithm == .ellipticCurve && key.isCurveExplicit && key.curve == nil)
    }

    @Test(arguments: [
        ("SHA1", SignatureDigest.sha1), ("SHA224", .sha224), ("SHA256", .sha256),
        ("SHA384", .sha384), ("SHA512", .sha512), ("MD5", .md5),
    ])
    func digests(name: String, digest: SignatureDigest) throws {
        var wish = ProfileWish()
        wish.key = .rsa(bits: 2048)
        wish.digest = name
        #expect(try wish.profile().signature == CertificateSignature(.rsa, digest))
        guard digest != .md5 else { return }
        wish.isPSS = true
        #expect(try wish.profile().signature == CertificateSignature(.rsaPSS, digest))
        wish.isPSS = false
        wish.key = .ec(curve: "prime256v1")
        #expect(try wish.profile().signature == CertificateSignature(.ellipticCurve, digest))
    }

    /// The digest of the key is the one that OpenSSL makes of the same structure.
    @Test func publicKeyDigest() throws {
        let certificate = try ProfileWish().mint()
        defer { X509_free(certificate) }
        let facts = CertificateReader().read(certificate)
        let info = X509_get_X509_PUBKEY(certificate)
        var bytes = [UInt8](repeating: 0, count: Int(max(0, i2d_X509_PUBKEY(info, nil))))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var end = buffer.baseAddress
            _ = i2d_X509_PUBKEY(info, &end)
        }
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        #expect(facts?.profile?.publicKeySHA256 == CertificateText.hexadecimal(digest))
    }

    @Test(
        arguments: [
            ("CA:FALSE", false, nil), ("CA:TRUE", true, nil), ("CA:TRUE,pathlen:0", true, 0),
            ("critical,CA:TRUE,pathlen:3", true, 3),
        ] as [(String, Bool, Int?)])
    func basicConstraints(value: String, isAuthority: Bool, pathLength: Int?) throws {
        let profile = try Self.extended(NID_basic_constraints, value)
        #expect(
            profile.basicConstraints
                == BasicConstraints(isAuthority: isAuthority, pathLength: pathLength))
        #expect(
            profile.isCritical(ExtensionIdentifier.basicConstraints)
                == value.hasPrefix("critical"))
        #expect(profile.isAuthority == isAuthority)
    }

    @Test func keyUsage() throws {
        let one = try Self.extended(NID_key_usage, "digitalSignature,keyEncipherment")
        #expect(one.keyUsage == [.digitalSignature, .keyEncipherment])
        let two = try Self.extended(NID_key_usage, "keyCertSign,cRLSign")
        #expect(two.keyUsage == [.certificateSigning, .revocationListSigning])
        // The ninth bit is in the second octet.
        let nine = try Self.extended(NID_key_usage, "decipherOnly")
        #expect(nine.keyUsage?.rawValue == 1 << 8)
    }

    @Test func extendedKeyUsage() throws {
        let profile = try Self.extended(
            NID_ext_key_usage, "serverAuth,clientAuth,anyExtendedKeyUsage,1.2.3.4")
        #expect(
            profile.extendedKeyUsages == [
                "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "2.5.29.37.0", "1.2.3.4",
            ])
    }

    @Test func policies() throws {
        let profile = try Self.extended(NID_certificate_policies, "2.23.140.1.2.2,1.2.3.4")
        #expect(profile.policies == ["2.23.140.1.2.2", "1.2.3.4"])
    }

    @Test(arguments: [0, 1]) func listsAreBounded(past: Int) throws {
        let count = Limits.certificateIdentifiers + past
        let list = (0..<count).map { "1.2.3.\($0)" }.joined(separator: ",")
        let policies = try Self.extended(NID_certificate_policies, list).policies
        #expect(policies.count == Limits.certificateIdentifiers)
        let usages = try Self.extended(NID_ext_key_usage, list).extendedKeyUsages
        #expect(usages?.count == Limits.certificateIdentifiers)
        var wish = ProfileWish()
        wish.rawExtensions = (0..<Limits.certificateExtensions + past).map {
            ("1.2.3.\($0)", false, [5, 0])
        }
        #expect(try wish.profile().extensions.count == Limits.certificateExtensions)
    }

    @Test func alternativeNames() throws {
        let value =
            "DNS:a.test,DNS:*.b.test,DNS:c_d.test,DNS:e*.f.test,DNS:*,IP:10.0.0.1,"
            + "IP:2001:db8::1,email:x@a.test"
        let profile = try Self.extended(NID_subject_alt_name, value)
        let names = try #require(profile.alternativeNames)
        #expect(names.dnsCount == 5)
        #expect(names.addressCount == 2)
        #expect(names.otherCount == 1)
        #expect(names.wildcards == ["*.b.test", "e*.f.test", "*"])
        #expect(names.underscores == ["c_d.test"])
        #expect(names.malformed == ["e*.f.test", "*"])
        #expect(profile.commonNamesWithoutAlternative == [])
    }

    @Test(arguments: [
        ("10.0.0.1", "IP:10.0.0.1", true), ("010.0.0.1", "IP:10.0.0.1", false),
        ("2001:db8::1", "IP:2001:db8::1", true), ("2001:DB8::1", "IP:2001:db8::1", false),
        ("A.test", "DNS:a.test", false), ("a.test", "DNS:b.test,DNS:a.test", true),
        ("a.test", "DNS:*.test", false),
    ])
    func commonNameAmongTheNames(name: String, names: String, isThere: Bool) throws {
        var wish = ProfileWish()
        wish.subject = [("CN", name)]
        wish.extensions = [(NID_subject_alt_name, names)]
        #expect(try wish.profile().commonNamesWithoutAlternative == (isThere ? [] : [name]))
    }

    /// What stands after the names that are kept counts too.
    @Test func manyNames() throws {
        let many = (0..<10_000).map { "DNS:host\($0).test" }.joined(separator: ",")
        var wish = ProfileWish()
        wish.extensions = [(NID_subject_alt_name, many + ",DNS:a.test,DNS:x_y.test")]
        let facts = try wish.read()
        #expect(facts.names.count == Limits.certificateNames && facts.nameCount == 10_002)
        let profile = try #require(facts.profile)
        #expect(profile.alternativeNames?.dnsCount == 10_002)
        #expect(profile.alternativeNames?.underscores == ["x_y.test"])
        #expect(profile.commonNamesWithoutAlternative == [])
    }

    @Test(arguments: [0, 1]) func oddNamesAreBounded(past: Int) throws {
        let odd = (0..<Limits.certificateOddNames + past).map { "DNS:a_\($0)*.test" }
        let wild = (0..<Limits.certificateNames + past).map { "DNS:*.w\($0).test" }
        let names = try #require(
            try Self.extended(NID_subject_alt_name, (wild + odd).joined(separator: ","))
                .alternativeNames)
        #expect(names.underscores.count == Limits.certificateOddNames)
        #expect(names.malformed.count == Limits.certificateOddNames)
        #expect(names.wildcards.count == Limits.certificateNames)
    }

    @Test func keyIdentifiers() throws {
        var wish = ProfileWish()
        wish.extensions = [(NID_subject_key_identifier, "hash")]
        let own = try #require(try wish.profile().subjectKeyIdentifier)
        #expect(own.utf8.count == 40)
        wish.issuer = nil
        wish.extensions.append((NID_authority_key_identifier, "keyid:always"))
        let profile = try wish.profile()
        #expect(profile.authorityKey?.keyIdentifier == profile.subjectKeyIdentifier)
        #expect(profile.authorityKey?.hasIssuer == false)
        wish.extensions[1] = (NID_authority_key_identifier, "keyid:always,issuer:always")
        let full = try #require(try wish.profile().authorityKey)
        #expect(full.hasIssuer && full.hasSerialNumber)
    }

    @Test func addresses() throws {
        var wish = ProfileWish()
        wish.extensions = [
            (
                NID_info_access,
                "OCSP;URI:http://ocsp.test/,caIssuers;URI:http://ca.test/i.cer,OCSP;email:a@b.test"
            ),
            (
                NID_crl_distribution_points,
                "URI:http://crl.test/1,URI:ldap://ldap.test/x,URI:HTTPS://crl.test/2"
            ),
        ]
        let profile = try wish.profile()
        #expect(profile.ocspURLs == ["http://ocsp.test/"])
        #expect(profile.issuerURLs == ["http://ca.test/i.cer"])
        #expect(profile.revocationListURLs == ["http://crl.test/1", "HTTPS://crl.test/2"])
        #expect(profile.malformedExtensions == [])
    }

    @Test(arguments: [0, 1]) func addressesAreBounded(past: Int) throws {
        let many = (0..<Limits.certificateAddresses + past).map { "URI:http://c.test/\($0)" }
        let some = try Self.extended(
            NID_crl_distribution_points, many.joined(separator: ","))
        #expect(some.revocationListURLs.count == Limits.certificateAddresses)
        let start = "http://c.test/"
        let long =
            start
            + String(
                repeating: "x", count: Limits.certificateAddressBytes - start.utf8.count + past)
        let one = try Self.extended(NID_crl_distribution_points, "URI:" + long)
        #expect(one.revocationListURLs == (past == 0 ? [long] : []))
    }

    @Test func mustStaple() throws {
        #expect(try Self.extended(NID_tlsfeature, "status_request").isStapleRequired)
        #expect(try Self.extended(NID_tlsfeature, "status_request_v2").isStapleRequired == false)
    }

    @Test func nameConstraints() throws {
        let profile = try Self.extended(
            NID_name_constraints,
            "critical,permitted;DNS:a.test,permitted;IP:10.0.0.0/255.0.0.0,excluded;DNS:.b.test")
        let facts = try #require(profile.nameConstraints)
        #expect(facts.permittedCount == 2 && facts.excludedCount == 1)
        #expect(facts.dnsSubtrees == ["a.test", ".b.test"])
        #expect(!facts.isAddressMaskInvalid)
        #expect(profile.isCritical(ExtensionIdentifier.nameConstraints))
        let gap = try Self.extended(
            NID_name_constraints, "permitted;IP:10.0.0.0/255.0.255.0")
        #expect(gap.nameConstraints?.isAddressMaskInvalid == true)
    }

    @Test func timestamps() throws {
        var wish = ProfileWish()
        let list = SCTListTests.list([SCTListTests.entry(), SCTListTests.entry(log: 9)])
        wish.rawExtensions = [
            (ExtensionIdentifier.timestampList, false, [4, UInt8(list.count)] + list)
        ]
        #expect(list.count < 128)
        let profile = try wish.profile()
        #expect(profile.timestamps?.map(\.log.utf8.count) == [64, 64])
        wish.rawExtensions[0].2.removeLast()
        let broken = try wish.profile()
        #expect(broken.timestamps == nil)
        #expect(broken.malformedExtensions == [ExtensionIdentifier.timestampList])
    }
}
