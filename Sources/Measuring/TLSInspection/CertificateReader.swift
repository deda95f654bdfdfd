import COpenSSL
import CProbeShims
import Glibc
public import HealthModel

/// Reads the facts of certificates, each certificate once.
///
/// The same chains come by at every probe, so the facts are kept by fingerprint. Belongs to one
/// thread.
public final class CertificateReader {
    /// Bytes kept before all is dropped: 9,000 ordinary certificates with their encoding, and a
    /// bound for a server that shows another one every time.
    static let cacheBytesMax = 32 * 1024 * 1024

    private struct Fingerprint: Hashable {
        var high: (UInt64, UInt64) = (0, 0)
        var low: (UInt64, UInt64) = (0, 0)

        static func == (left: Fingerprint, right: Fingerprint) -> Bool {
            left.high == right.high && left.low == right.low
        }
        func hash(into hasher: inout Hasher) { hasher.combine(high.0) }
    }

    private var cache: [Fingerprint: Certificate] = [:]
    /// About how many bytes the kept facts take.
    private(set) var cacheBytes = 0

    /// Makes a reader that has seen nothing.
    public init() {}

    /// The facts of the first `limit` certificates of a chain, in its order; empty for nil.
    public func read(_ chain: OpaquePointer?, limit: Int) -> [Certificate] {
        guard let chain else { return [] }
        let count = min(Int(shim_certificate_count(chain)), limit)
        return (0..<count).compactMap { index in
            shim_certificate(chain, CInt(index)).flatMap(read)
        }
    }

    /// The facts of one certificate; nil when OpenSSL cannot digest it.
    public func read(_ certificate: OpaquePointer) -> Certificate? {
        var fingerprint = Fingerprint()
        let isDigested = withUnsafeMutableBytes(of: &fingerprint) { bytes in
            X509_digest(
                certificate, EVP_sha256(), bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                nil)
        }
        guard isDigested == 1 else { return nil }
        if let known = cache[fingerprint] { return known }
        let hexadecimal = withUnsafeBytes(of: fingerprint) { CertificateText.hexadecimal($0) }
        let facts = Self.facts(of: certificate, fingerprint: hexadecimal)
        cacheBytes += Self.bytes(of: facts)
        if cacheBytes > Self.cacheBytesMax {
            cache.removeAll()
            cacheBytes = Self.bytes(of: facts)
        }
        cache[fingerprint] = facts
        return facts
    }

    /// About what a certificate costs in memory; 1024 is for what is the same in all of them.
    private static func bytes(of certificate: Certificate) -> Int {
        1024 + certificate.subject.utf8.count + certificate.issuer.utf8.count
            + bytes(of: certificate.names) + (certificate.profile.map(bytes) ?? 0)
            + (certificate.der?.count ?? 0)
    }

    private static func bytes(of profile: CertificateProfile) -> Int {
        let identifiers =
            profile.extensions.map(\.identifier) + profile.malformedExtensions + profile.policies
            + (profile.extendedKeyUsages ?? []) + (profile.timestamps ?? []).map(\.log)
        let names =
            profile.commonNames + profile.organisations + profile.commonNamesWithoutAlternative
            + (profile.alternativeNames.map { $0.wildcards + $0.underscores + $0.malformed } ?? [])
            + (profile.nameConstraints?.dnsSubtrees ?? [])
        let addresses = profile.issuerURLs + profile.ocspURLs + profile.revocationListURLs
        return bytes(of: identifiers) + bytes(of: names) + bytes(of: addresses)
    }

    private static func bytes(of texts: [String]) -> Int {
        texts.reduce(0) { $0 + $1.utf8.count + 16 }
    }

    private static func facts(of certificate: OpaquePointer, fingerprint: String) -> Certificate {
        let (names, nameCount) = alternativeNames(of: certificate)
        let encoding = encoding(of: certificate)
        return Certificate(
            fingerprintSHA256: fingerprint,
            subject: text(of: X509_get_subject_name(certificate)),
            issuer: text(of: X509_get_issuer_name(certificate)),
            serialNumber: serialNumber(of: certificate),
            names: names, nameCount: nameCount,
            notBefore: instant(of: X509_get0_notBefore(certificate)),
            notAfter: instant(of: X509_get0_notAfter(certificate)),
            key: keyText(of: certificate),
            signatureAlgorithm: OBJ_nid2ln(X509_get_signature_nid(certificate)).map {
                String(cString: $0)
            } ?? "unknown",
            profile: encoding.flatMap(profile), der: encoding)
    }

    /// The certificate in DER; nil when it cannot be had.
    private static func encoding(of certificate: OpaquePointer) -> [UInt8]? {
        let size = i2d_X509(certificate, nil)
        guard size > 0 else { return nil }
        // Safety: OpenSSL writes as many bytes as it announced, and reports them.
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            var end = buffer.baseAddress
            count = Int(max(0, i2d_X509(certificate, &end)))
        }
    }

    /// The profile; nil when the encoding cannot be read.
    private static func profile(of bytes: [UInt8]) -> CertificateProfile? {
        guard let parsed = CertificateParser(bytes[...]) else { return nil }
        var profile = parsed.profile
        profile.publicKeySHA256 = sha256(Array(parsed.publicKeyInfo))
        return profile
    }

    private static func sha256(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        let isDigested = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha256(), nil)
        return isDigested == 1 ? CertificateText.hexadecimal(digest) : ""
    }

    /// The name in RFC 2253 form, most specific part first, cut at the limit.
    static func text(of name: OpaquePointer?) -> String {
        guard let name, let memory = BIO_new(BIO_s_mem()) else { return "" }
        defer { BIO_free(memory) }
        // Without ESC_MSB, UTF-8 stays readable; control characters are still escaped.
        let flags = shim_readable_name_flags()
        guard X509_NAME_print_ex(memory, name, 0, flags) >= 0 else { return "" }
        return withUnsafeTemporaryAllocation(
            byteCount: Limits.certificateNameBytes, alignment: 1
        ) { buffer in
            let count = BIO_read(memory, buffer.baseAddress, CInt(buffer.count))
            guard count > 0 else { return "" }
            return String(
                decoding: UnsafeRawBufferPointer(buffer).prefix(Int(count)), as: UTF8.self)
        }
    }

    private static func serialNumber(of certificate: OpaquePointer) -> String {
        guard let serial = X509_get0_serialNumber(certificate) else { return "" }
        let bytes = UnsafeRawBufferPointer(
            start: ASN1_STRING_get0_data(serial), count: Int(ASN1_STRING_length(serial)))
        return CertificateText.hexadecimal(bytes.prefix(32))
    }

    private static func alternativeNames(of certificate: OpaquePointer) -> ([String], Int) {
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else {
            return ([], 0)
        }
        let all = OpaquePointer(raw)
        defer { shim_names_free(all) }
        let count = Int(shim_name_count(all))
        var names: [String] = []
        for index in 0..<min(count, Limits.certificateNames) {
            guard let name = shim_name(all, CInt(index)), let value = shim_name_value(name) else {
                continue
            }
            let bytes = UnsafeRawBufferPointer(
                start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value)))
            if shim_name_type(name) == GEN_IPADD {
                names.append(AddressText.text(Array(bytes)))
            } else {
                names.append(CertificateText.printable(bytes.prefix(Limits.certificateNameBytes)))
            }
        }
        return (names, count)
    }

    /// The instant of an ASN.1 time; the epoch for one that OpenSSL cannot read.
    private static func instant(of time: UnsafePointer<ASN1_TIME>?) -> Timestamp {
        var fields = tm()
        guard let time, ASN1_TIME_to_tm(time, &fields) == 1 else { return Timestamp(seconds: 0) }
        let year = Int64(fields.tm_year) + 1900
        // A certificate without an end (RFC 5280 §4.1.2.5: 99991231235959Z) is held as the last
        // instant that a timestamp can hold.
        if year > 2261 { return Timestamp(nanoseconds: .max) }
        return Timestamp(
            year: year, month: Int64(fields.tm_mon) + 1, day: Int64(fields.tm_mday),
            hour: Int64(fields.tm_hour), minute: Int64(fields.tm_min),
            second: Int64(min(fields.tm_sec, 59))) ?? Timestamp(seconds: 0)
    }

    private static func keyText(of certificate: OpaquePointer) -> String {
        guard let key = X509_get0_pubkey(certificate) else { return "unknown" }
        let algorithm =
            OBJ_nid2sn(EVP_PKEY_get_base_id(key)).map { String(cString: $0) } ?? "unknown"
        if EVP_PKEY_get_base_id(key) == EVP_PKEY_EC {
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
                var length = 0
                guard let base = buffer.baseAddress,
                    EVP_PKEY_get_group_name(key, base, 64, &length) == 1
                else { return "EC" }
                return "EC \(String(cString: base))"
            }
        }
        let name = algorithm == "rsaEncryption" ? "RSA" : algorithm
        return "\(name) \(EVP_PKEY_get_bits(key))"
    }
}
