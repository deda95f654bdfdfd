/// Cipher suites by number, with the names of the IANA registry "TLS Cipher Suites".
///
/// Those that servers are met with, sound and unsound; without keys agreed beforehand (PSK, SRP),
/// Kerberos and GOST, which no public service can offer.
enum TLSSuiteTable {
    /// Of TLS 1.3 (RFC 8446 appendix B.4).
    static let tls1_3: [(number: UInt16, name: String)] = [
        (0x1301, "TLS_AES_128_GCM_SHA256"), (0x1302, "TLS_AES_256_GCM_SHA384"),
        (0x1303, "TLS_CHACHA20_POLY1305_SHA256"), (0x1304, "TLS_AES_128_CCM_SHA256"),
        (0x1305, "TLS_AES_128_CCM_8_SHA256"),
    ]

    /// Of the versions before, roughly from sound to unsound.
    static let older: [(number: UInt16, name: String)] =
        part("TLS_ECDHE_ECDSA_WITH_", ellipticCurveECDSA)
        + part("TLS_ECDHE_RSA_WITH_", ellipticCurveRSA)
        + part("TLS_DHE_RSA_WITH_", finiteFieldRSA) + part("TLS_DHE_DSS_WITH_", finiteFieldDSS)
        + part("TLS_RSA_WITH_", staticRSA) + part("TLS_ECDH_anon_WITH_", ellipticCurveAnonymous)
        + part("TLS_DH_anon_WITH_", finiteFieldAnonymous) + part("TLS_", export)

    /// The name of a suite; nil for one that is not in the tables.
    static func name(of number: UInt16) -> String? { names[number] }

    private static let names = Dictionary(
        uniqueKeysWithValues: (tls1_3 + older).map { ($0.number, $0.name) })

    private static func part(
        _ prefix: String, _ suites: KeyValuePairs<UInt16, String>
    ) -> [(number: UInt16, name: String)] {
        suites.map { ($0.key, prefix + $0.value) }
    }

    private static let ellipticCurveECDSA: KeyValuePairs<UInt16, String> = [
        0xC02B: "AES_128_GCM_SHA256", 0xC02C: "AES_256_GCM_SHA384",
        0xCCA9: "CHACHA20_POLY1305_SHA256", 0xC0AC: "AES_128_CCM", 0xC0AD: "AES_256_CCM",
        0xC0AE: "AES_128_CCM_8", 0xC0AF: "AES_256_CCM_8", 0xC023: "AES_128_CBC_SHA256",
        0xC024: "AES_256_CBC_SHA384", 0xC009: "AES_128_CBC_SHA", 0xC00A: "AES_256_CBC_SHA",
        0xC05C: "ARIA_128_GCM_SHA256", 0xC05D: "ARIA_256_GCM_SHA384",
        0xC072: "CAMELLIA_128_CBC_SHA256", 0xC073: "CAMELLIA_256_CBC_SHA384",
        0xC008: "3DES_EDE_CBC_SHA", 0xC007: "RC4_128_SHA", 0xC006: "NULL_SHA",
    ]

    private static let ellipticCurveRSA: KeyValuePairs<UInt16, String> = [
        0xC02F: "AES_128_GCM_SHA256", 0xC030: "AES_256_GCM_SHA384",
        0xCCA8: "CHACHA20_POLY1305_SHA256", 0xC027: "AES_128_CBC_SHA256",
        0xC028: "AES_256_CBC_SHA384", 0xC013: "AES_128_CBC_SHA", 0xC014: "AES_256_CBC_SHA",
        0xC060: "ARIA_128_GCM_SHA256", 0xC061: "ARIA_256_GCM_SHA384",
        0xC076: "CAMELLIA_128_CBC_SHA256", 0xC077: "CAMELLIA_256_CBC_SHA384",
        0xC012: "3DES_EDE_CBC_SHA", 0xC011: "RC4_128_SHA", 0xC010: "NULL_SHA",
    ]

    private static let finiteFieldRSA: KeyValuePairs<UInt16, String> = [
        0x009E: "AES_128_GCM_SHA256", 0x009F: "AES_256_GCM_SHA384",
        0xCCAA: "CHACHA20_POLY1305_SHA256", 0xC09E: "AES_128_CCM", 0xC09F: "AES_256_CCM",
        0xC0A2: "AES_128_CCM_8", 0xC0A3: "AES_256_CCM_8", 0x0067: "AES_128_CBC_SHA256",
        0x006B: "AES_256_CBC_SHA256", 0x0033: "AES_128_CBC_SHA", 0x0039: "AES_256_CBC_SHA",
        0xC052: "ARIA_128_GCM_SHA256", 0xC053: "ARIA_256_GCM_SHA384",
        0x00BE: "CAMELLIA_128_CBC_SHA256", 0x00C4: "CAMELLIA_256_CBC_SHA256",
        0x0045: "CAMELLIA_128_CBC_SHA", 0x0088: "CAMELLIA_256_CBC_SHA", 0x009A: "SEED_CBC_SHA",
        0x0016: "3DES_EDE_CBC_SHA", 0x0015: "DES_CBC_SHA",
    ]

    private static let finiteFieldDSS: KeyValuePairs<UInt16, String> = [
        0x00A2: "AES_128_GCM_SHA256", 0x00A3: "AES_256_GCM_SHA384",
        0x0040: "AES_128_CBC_SHA256", 0x006A: "AES_256_CBC_SHA256", 0x0032: "AES_128_CBC_SHA",
        0x0038: "AES_256_CBC_SHA", 0x0013: "3DES_EDE_CBC_SHA", 0x0012: "DES_CBC_SHA",
    ]

    private static let staticRSA: KeyValuePairs<UInt16, String> = [
        0x009C: "AES_128_GCM_SHA256", 0x009D: "AES_256_GCM_SHA384", 0xC09C: "AES_128_CCM",
        0xC09D: "AES_256_CCM", 0xC0A0: "AES_128_CCM_8", 0xC0A1: "AES_256_CCM_8",
        0x003C: "AES_128_CBC_SHA256", 0x003D: "AES_256_CBC_SHA256", 0x002F: "AES_128_CBC_SHA",
        0x0035: "AES_256_CBC_SHA", 0xC050: "ARIA_128_GCM_SHA256", 0xC051: "ARIA_256_GCM_SHA384",
        0x00BA: "CAMELLIA_128_CBC_SHA256", 0x00C0: "CAMELLIA_256_CBC_SHA256",
        0x0041: "CAMELLIA_128_CBC_SHA", 0x0084: "CAMELLIA_256_CBC_SHA", 0x0096: "SEED_CBC_SHA",
        0x0007: "IDEA_CBC_SHA", 0x000A: "3DES_EDE_CBC_SHA", 0x0009: "DES_CBC_SHA",
        0x0005: "RC4_128_SHA", 0x0004: "RC4_128_MD5", 0x003B: "NULL_SHA256", 0x0002: "NULL_SHA",
        0x0001: "NULL_MD5",
    ]

    private static let ellipticCurveAnonymous: KeyValuePairs<UInt16, String> = [
        0xC018: "AES_128_CBC_SHA", 0xC019: "AES_256_CBC_SHA", 0xC017: "3DES_EDE_CBC_SHA",
        0xC016: "RC4_128_SHA", 0xC015: "NULL_SHA",
    ]

    private static let finiteFieldAnonymous: KeyValuePairs<UInt16, String> = [
        0x00A6: "AES_128_GCM_SHA256", 0x00A7: "AES_256_GCM_SHA384",
        0x006C: "AES_128_CBC_SHA256", 0x006D: "AES_256_CBC_SHA256", 0x0034: "AES_128_CBC_SHA",
        0x003A: "AES_256_CBC_SHA", 0x0046: "CAMELLIA_128_CBC_SHA",
        0x0089: "CAMELLIA_256_CBC_SHA", 0x001B: "3DES_EDE_CBC_SHA", 0x001A: "DES_CBC_SHA",
        0x0018: "RC4_128_MD5",
    ]

    private static let export: KeyValuePairs<UInt16, String> = [
        0x0003: "RSA_EXPORT_WITH_RC4_40_MD5", 0x0006: "RSA_EXPORT_WITH_RC2_CBC_40_MD5",
        0x0008: "RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0011: "DHE_DSS_EXPORT_WITH_DES40_CBC_SHA",
        0x0014: "DHE_RSA_EXPORT_WITH_DES40_CBC_SHA", 0x0017: "DH_anon_EXPORT_WITH_RC4_40_MD5",
        0x0019: "DH_anon_EXPORT_WITH_DES40_CBC_SHA",
    ]
}
