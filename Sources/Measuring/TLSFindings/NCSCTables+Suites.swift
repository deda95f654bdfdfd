extension NCSCTables {
    /// Of a cipher suite by its IANA name (2025-05 appendix B, 2.1.1 appendix C).
    ///
    /// Both editions call every suite that they do not name insufficient; nil is for what is no
    /// name of a suite, and for CCM in 2.1.1, on which the sources differ.
    public static func suite(_ name: String, _ edition: NCSCGrade.Edition) -> NCSCGrade? {
        guard name.hasPrefix("TLS_") || name.hasPrefix("SSL_") else { return nil }
        switch edition {
        case .version2025_05: return suites2025[name] ?? .insufficient
        case .version2_1_1: return suite2021(name)
        }
    }

    private static let suites2025: [String: NCSCGrade] = {
        var table: [String: NCSCGrade] = [
            "TLS_AES_256_GCM_SHA384": .good,
            "TLS_CHACHA20_POLY1305_SHA256": .good,
            "TLS_AES_128_GCM_SHA256": .sufficient,
            "TLS_AES_128_CCM_SHA256": .sufficient,
            "TLS_ECDHE_ECDSA_WITH_AES_256_CCM": .sufficient,
            "TLS_ECDHE_ECDSA_WITH_AES_128_CCM": .sufficient,
        ]
        for key in ["TLS_ECDHE_ECDSA_WITH_", "TLS_ECDHE_RSA_WITH_"] {
            for cipher in authenticatedCiphers { table[key + cipher] = .sufficient }
            for cipher in phaseOutWithECDHE { table[key + cipher] = .phaseOut }
        }
        for cipher in phaseOutWithDHE { table["TLS_DHE_RSA_WITH_" + cipher] = .phaseOut }
        return table
    }()

    private static let authenticatedCiphers = [
        "AES_256_GCM_SHA384", "AES_128_GCM_SHA256", "CHACHA20_POLY1305_SHA256",
    ]

    private static let phaseOutWithECDHE = [
        "CAMELLIA_256_GCM_SHA384", "CAMELLIA_256_CBC_SHA384", "CAMELLIA_128_GCM_SHA256",
        "CAMELLIA_128_CBC_SHA256", "ARIA_256_GCM_SHA384", "ARIA_256_CBC_SHA384",
        "ARIA_128_GCM_SHA256", "ARIA_128_CBC_SHA256", "AES_256_CBC_SHA384", "AES_128_CBC_SHA256",
    ]

    private static let phaseOutWithDHE = [
        "CHACHA20_POLY1305_SHA256", "CAMELLIA_256_GCM_SHA384", "CAMELLIA_256_CBC_SHA256",
        "CAMELLIA_128_GCM_SHA256", "CAMELLIA_128_CBC_SHA256", "ARIA_256_GCM_SHA384",
        "ARIA_256_CBC_SHA384", "ARIA_128_GCM_SHA256", "ARIA_128_CBC_SHA256", "AES_256_GCM_SHA384",
        "AES_256_CCM", "AES_256_CBC_SHA256", "AES_128_GCM_SHA256", "AES_128_CCM",
        "AES_128_CBC_SHA256",
    ]

    /// Version 2.1.1 is regular enough to be graded by the parts of a name.
    private static func suite2021(_ name: String) -> NCSCGrade? {
        let tls13 = ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"]
        if tls13.contains(name) || name == "TLS_AES_128_GCM_SHA256" { return .good }
        if name == "TLS_AES_128_CCM_SHA256" { return nil }
        func cipher(after prefixes: [String]) -> Substring? {
            prefixes.first { name.hasPrefix($0) }.map { name.dropFirst($0.utf8.count) }
        }
        let ecdhe = cipher(after: ["TLS_ECDHE_ECDSA_WITH_", "TLS_ECDHE_RSA_WITH_"])
        let dhe = cipher(after: ["TLS_DHE_RSA_WITH_", "TLS_DHE_DSS_WITH_"])
        let rsa = cipher(after: ["TLS_RSA_WITH_"])
        guard let cipher = ecdhe ?? dhe ?? rsa else { return .insufficient }
        if cipher == "3DES_EDE_CBC_SHA" { return .phaseOut }
        let isAES = cipher.hasPrefix("AES_256_") || cipher.hasPrefix("AES_128_")
        let isCamellia = cipher.hasPrefix("CAMELLIA_")
        let isChaCha = cipher == "CHACHA20_POLY1305_SHA256"
        guard isAES || isCamellia || isChaCha, !cipher.hasSuffix("CCM_8") else {
            return .insufficient
        }
        if rsa != nil { return .phaseOut }
        if cipher.hasSuffix("_CCM") { return nil }
        let isAuthenticated = isChaCha || (isAES && cipher.contains("_GCM_"))
        return ecdhe != nil && isAuthenticated ? .good : .sufficient
    }
}
