public import HealthModel

/// Reads the profile of a certificate from its DER bytes.
///
/// Pure: no OpenSSL, no recursion, time in proportion to the bytes, and no byte sequence makes it
/// fail otherwise than by nil or by `CertificateProfile.malformedExtensions`.
public struct CertificateParser {
    /// What was read.
    public internal(set) var profile = CertificateProfile()
    /// The SubjectPublicKeyInfo as encoded, for its digest.
    public private(set) var publicKeyInfo: ArraySlice<UInt8> = []

    /// The alternative names that a common name may repeat, as text; for the parser's own use.
    var commonNamesMissing: Set<String> = []

    /// Reads a certificate (RFC 5280 §4.1); nil when the frame around the extensions is not DER.
    public init?(_ bytes: ArraySlice<UInt8>) {
        guard var outer = DERReader.only(DERReader.Tag.sequence, in: bytes)?.reader,
            var body = outer.next(DERReader.Tag.sequence)?.reader,
            let signature = outer.next(DERReader.Tag.sequence)
        else { return nil }
        readVersion(&body)
        guard readSerialNumber(&body),
            body.next(DERReader.Tag.sequence) != nil,
            let issuer = body.next(DERReader.Tag.sequence),
            body.next(DERReader.Tag.sequence) != nil,
            let subject = body.next(DERReader.Tag.sequence),
            let key = body.next(DERReader.Tag.sequence)
        else { return nil }
        profile.isSelfIssued = issuer.contents == subject.contents
        profile.isSubjectEmpty = subject.contents.isEmpty
        profile.commonNames = Self.attributes("2.5.4.3", of: subject)
        profile.organisations = Self.attributes("2.5.4.10", of: subject)
        profile.issuerOrganisation = Self.attributes("2.5.4.10", of: issuer).first
        profile.key = Self.key(key)
        publicKeyInfo = key.whole
        profile.signature = Self.signature(signature)
        // The unique identifiers of version 2 come before the extensions.
        _ = body.next(DERReader.Tag.context(1))
        _ = body.next(DERReader.Tag.context(2))
        commonNamesMissing = Set(profile.commonNames)
        if let extensions = body.next(DERReader.Tag.constructed(3)),
            let list = DERReader.only(DERReader.Tag.sequence, in: extensions.contents)
        {
            readExtensions(list.reader)
        }
        profile.commonNamesWithoutAlternative = profile.commonNames.filter(
            commonNamesMissing.contains)
    }

    private mutating func readVersion(_ body: inout DERReader) {
        profile.version = 1
        guard let wrapper = body.next(DERReader.Tag.constructed(0)) else { return }
        let number = DERReader.only(DERReader.Tag.integer, in: wrapper.contents)?.smallInteger
        profile.version = (number ?? -1) + 1
    }

    private mutating func readSerialNumber(_ body: inout DERReader) -> Bool {
        guard let serial = body.next(DERReader.Tag.integer), let first = serial.contents.first
        else { return false }
        profile.serialOctets = serial.contents.count
        profile.isSerialPositive = first < 0x80 && serial.contents.contains { $0 != 0 }
        return true
    }

    /// The values of one kind of attribute in a name (RFC 5280 §4.1.2.4).
    private static func attributes(
        _ identifier: String, of name: DERReader.Element
    ) -> [String] {
        var values: [String] = []
        var sets = name.reader
        while let set = sets.next(DERReader.Tag.set) {
            var attributes = set.reader
            while var attribute = attributes.next(DERReader.Tag.sequence)?.reader {
                guard attribute.next()?.objectIdentifier == identifier,
                    let value = attribute.next(), values.count < Limits.certificateSubjectParts
                else { continue }
                values.append(value.text(byteLimit: Limits.certificateNameBytes))
            }
        }
        return values
    }

    private static func key(_ info: DERReader.Element) -> CertificateKey {
        var parts = info.reader
        guard var algorithm = parts.next(DERReader.Tag.sequence)?.reader,
            let identifier = algorithm.next()?.objectIdentifier
        else { return CertificateKey() }
        let parameters = algorithm.next()
        switch identifier {
        case "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10":
            let isPlain = identifier == "1.2.840.113549.1.1.1"
            let octets = parts.next()?.bitString?.octets ?? []
            var numbers = DERReader.only(DERReader.Tag.sequence, in: octets)?.reader
            let modulus = numbers?.next(DERReader.Tag.integer)
            return CertificateKey(isPlain ? .rsa : .rsaPSS, bits: modulus?.integerBits)
        case "1.2.840.10040.4.1":
            var numbers = parameters?.reader
            return CertificateKey(.dsa, bits: numbers?.next(DERReader.Tag.integer)?.integerBits)
        case "1.2.840.10045.2.1":
            var key = CertificateKey(.ellipticCurve)
            if let curve = parameters?.objectIdentifier {
                key.curve = ObjectIdentifiers.curves[curve]?.name ?? curve
                key.bits = ObjectIdentifiers.curves[curve]?.bits
            } else {
                key.isCurveExplicit = parameters?.tag == DERReader.Tag.sequence
            }
            return key
        case "1.3.101.112": return CertificateKey(.ed25519, bits: 256)
        case "1.3.101.113": return CertificateKey(.ed448, bits: 456)
        default: return CertificateKey()
        }
    }

    private static func signature(_ algorithm: DERReader.Element) -> CertificateSignature {
        var parts = algorithm.reader
        guard let identifier = parts.next()?.objectIdentifier else { return CertificateSignature() }
        if let known = ObjectIdentifiers.signatures[identifier] { return known }
        guard identifier == "1.2.840.113549.1.1.10" else { return CertificateSignature() }
        // RSASSA-PSS: the digest is a parameter, and SHA-1 when it is left out (RFC 4055 §3.1).
        var parameters = parts.next(DERReader.Tag.sequence)?.reader
        guard let digest = parameters?.next(DERReader.Tag.constructed(0)) else {
            return CertificateSignature(.rsaPSS, .sha1)
        }
        var digestParts = DERReader.only(DERReader.Tag.sequence, in: digest.contents)?.reader
        let name = digestParts?.next()?.objectIdentifier
        return CertificateSignature(.rsaPSS, name.flatMap { ObjectIdentifiers.digests[$0] })
    }
}

/// Object identifiers with a meaning here.
enum ObjectIdentifiers {
    /// Named curves (RFC 5480 §2.1.1.1, RFC 5639 §4.1) by their names in the TLS registry.
    static let curves: [String: (name: String, bits: Int)] = [
        "1.2.840.10045.3.1.1": ("secp192r1", 192),
        "1.2.840.10045.3.1.7": ("secp256r1", 256),
        "1.3.132.0.33": ("secp224r1", 224),
        "1.3.132.0.34": ("secp384r1", 384),
        "1.3.132.0.35": ("secp521r1", 521),
        "1.3.132.0.10": ("secp256k1", 256),
        "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
        "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
        "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
    ]

    /// Signature algorithms (RFC 3279 §2.2, RFC 4055 §5, RFC 5758 §3, RFC 8410 §3).
    static let signatures: [String: CertificateSignature] = [
        "1.2.840.113549.1.1.2": CertificateSignature(.rsa, .md2),
        "1.2.840.113549.1.1.4": CertificateSignature(.rsa, .md5),
        "1.2.840.113549.1.1.5": CertificateSignature(.rsa, .sha1),
        "1.2.840.113549.1.1.14": CertificateSignature(.rsa, .sha224),
        "1.2.840.113549.1.1.11": CertificateSignature(.rsa, .sha256),
        "1.2.840.113549.1.1.12": CertificateSignature(.rsa, .sha384),
        "1.2.840.113549.1.1.13": CertificateSignature(.rsa, .sha512),
        "1.2.840.10045.4.1": CertificateSignature(.ellipticCurve, .sha1),
        "1.2.840.10045.4.3.1": CertificateSignature(.ellipticCurve, .sha224),
        "1.2.840.10045.4.3.2": CertificateSignature(.ellipticCurve, .sha256),
        "1.2.840.10045.4.3.3": CertificateSignature(.ellipticCurve, .sha384),
        "1.2.840.10045.4.3.4": CertificateSignature(.ellipticCurve, .sha512),
        "1.2.840.10040.4.3": CertificateSignature(.dsa, .sha1),
        "2.16.840.1.101.3.4.3.1": CertificateSignature(.dsa, .sha224),
        "2.16.840.1.101.3.4.3.2": CertificateSignature(.dsa, .sha256),
        "1.3.101.112": CertificateSignature(.ed25519),
        "1.3.101.113": CertificateSignature(.ed448),
    ]

    /// Digests (RFC 4055 §2.1).
    static let digests: [String: SignatureDigest] = [
        "1.2.840.113549.2.5": .md5,
        "1.3.14.3.2.26": .sha1,
        "2.16.840.1.101.3.4.2.4": .sha224,
        "2.16.840.1.101.3.4.2.1": .sha256,
        "2.16.840.1.101.3.4.2.2": .sha384,
        "2.16.840.1.101.3.4.2.3": .sha512,
    ]
}
