import HealthModel
import Testing

@testable import TLSFindings

private typealias Row = (name: String, now: NCSCGrade?, before: NCSCGrade?)

@Suite struct NCSCTests {
    private func check(_ rows: [Row], _ grade: (String, NCSCGrade.Edition) -> NCSCGrade?) {
        for row in rows {
            #expect(grade(row.name, .version2025_05) == row.now, "2025-05 \(row.name)")
            #expect(grade(row.name, .version2_1_1) == row.before, "2.1.1 \(row.name)")
        }
    }

    @Test func versions() {
        check(
            [
                ("TLSv1.3", .good, .good), ("TLSv1.2", .sufficient, .sufficient),
                ("TLSv1.1", .insufficient, .phaseOut), ("TLSv1", .insufficient, .phaseOut),
                ("SSLv3", .insufficient, .insufficient), ("SSLv2", .insufficient, .insufficient),
                ("TLSv1.4", nil, nil), ("", nil, nil),
            ], NCSCTables.version)
    }

    @Test func groups() {
        check(
            [
                ("X25519MLKEM768", .good, nil), ("SecP256r1MLKEM768", .good, nil),
                ("SecP384r1MLKEM1024", .good, nil), ("x25519", .sufficient, .good),
                ("X25519", .sufficient, .good), ("X448", .sufficient, .good),
                ("prime256v1", .sufficient, .good), ("secp256r1", .sufficient, .good),
                ("P-256", .sufficient, .good), ("secp384r1", .sufficient, .good),
                ("secp521r1", .sufficient, nil), ("brainpoolP256r1", .sufficient, nil),
                ("brainpoolP384r1", .sufficient, nil), ("brainpoolP512r1", .sufficient, nil),
                ("secp224r1", .phaseOut, .phaseOut), ("ffdhe2048", .insufficient, .phaseOut),
                ("ffdhe3072", .phaseOut, .sufficient), ("ffdhe4096", .phaseOut, .sufficient),
                ("ffdhe6144", .phaseOut, .sufficient), ("ffdhe8192", .phaseOut, .sufficient),
                ("dhKeyAgreement", .insufficient, .insufficient),
                ("secp192r1", .insufficient, .insufficient),
                ("secp256k1", .insufficient, .insufficient), ("x99999", nil, nil),
            ], NCSCTables.group)
    }

    @Test func suites() {
        let aead = ["AES_256_GCM_SHA384", "AES_128_GCM_SHA256", "CHACHA20_POLY1305_SHA256"]
        var rows: [Row] = [
            ("TLS_AES_256_GCM_SHA384", .good, .good),
            ("TLS_CHACHA20_POLY1305_SHA256", .good, .good),
            ("TLS_AES_128_GCM_SHA256", .sufficient, .good),
            ("TLS_AES_128_CCM_SHA256", .sufficient, nil),
            ("TLS_AES_128_CCM_8_SHA256", .insufficient, .insufficient),
            ("TLS_ECDHE_ECDSA_WITH_AES_256_CCM", .sufficient, nil),
            ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM", .sufficient, nil),
            ("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", .insufficient, .insufficient),
            ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", .insufficient, .sufficient),
            ("TLS_DHE_RSA_WITH_AES_256_CBC_SHA", .insufficient, .sufficient),
            ("TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", .insufficient, .phaseOut),
            ("TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", .insufficient, .phaseOut),
            ("TLS_RSA_WITH_AES_128_GCM_SHA256", .insufficient, .phaseOut),
            ("TLS_RSA_WITH_AES_256_CBC_SHA", .insufficient, .phaseOut),
            ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", .insufficient, .phaseOut),
            ("TLS_RSA_WITH_RC4_128_MD5", .insufficient, .insufficient),
            ("TLS_RSA_WITH_NULL_SHA256", .insufficient, .insufficient),
            ("TLS_RSA_WITH_DES_CBC_SHA", .insufficient, .insufficient),
            ("TLS_ECDHE_RSA_WITH_RC4_128_SHA", .insufficient, .insufficient),
            ("TLS_DH_anon_WITH_AES_256_GCM_SHA384", .insufficient, .insufficient),
            ("TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", .insufficient, .insufficient),
            ("TLS_PSK_WITH_AES_128_GCM_SHA256", .insufficient, .insufficient),
            ("ECDHE-RSA-AES128-GCM-SHA256", nil, nil), ("", nil, nil),
        ]
        for key in ["TLS_ECDHE_ECDSA_WITH_", "TLS_ECDHE_RSA_WITH_"] {
            rows += aead.map { (key + $0, .sufficient, .good) }
            for cipher in ["AES", "CAMELLIA", "ARIA"] {
                // ARIA came into the guideline with 2025-05.
                let before: NCSCGrade = cipher == "ARIA" ? .insufficient : .sufficient
                rows.append((key + cipher + "_256_CBC_SHA384", .phaseOut, before))
                rows.append((key + cipher + "_128_CBC_SHA256", .phaseOut, before))
                guard cipher != "AES" else { continue }
                rows.append((key + cipher + "_256_GCM_SHA384", .phaseOut, before))
                rows.append((key + cipher + "_128_GCM_SHA256", .phaseOut, before))
            }
        }
        let dhe = "TLS_DHE_RSA_WITH_"
        for cipher in ["AES", "CAMELLIA", "ARIA"] {
            let before: NCSCGrade = cipher == "ARIA" ? .insufficient : .sufficient
            rows.append(
                (
                    dhe + cipher + (cipher == "ARIA" ? "_256_CBC_SHA384" : "_256_CBC_SHA256"),
                    .phaseOut, before
                ))
            rows.append((dhe + cipher + "_128_CBC_SHA256", .phaseOut, before))
            rows.append((dhe + cipher + "_256_GCM_SHA384", .phaseOut, before))
            rows.append((dhe + cipher + "_128_GCM_SHA256", .phaseOut, before))
        }
        rows.append((dhe + "CHACHA20_POLY1305_SHA256", .phaseOut, .sufficient))
        rows += ["AES_256_CCM", "AES_128_CCM"].map { (dhe + $0, .phaseOut, nil) }
        check(rows, NCSCTables.suite)
    }

    @Test func signatures() {
        let rows: [(CertificateSignature, NCSCGrade?, NCSCGrade?)] = [
            (.init(.rsa, .sha256), .sufficient, .good), (.init(.rsa, .sha384), .sufficient, .good),
            (.init(.rsa, .sha512), .sufficient, .good),
            (.init(.ellipticCurve, .sha256), .sufficient, .good),
            (.init(.ellipticCurve, .sha384), .sufficient, .good),
            (.init(.ellipticCurve, .sha512), .sufficient, .good),
            (.init(.ed25519), .sufficient, nil), (.init(.ed448), .sufficient, nil),
            (.init(.rsa, .sha224), .phaseOut, .phaseOut),
            (.init(.rsa, .sha1), .insufficient, .insufficient),
            (.init(.ellipticCurve, .sha1), .insufficient, .insufficient),
            (.init(.rsa, .md5), .insufficient, .insufficient),
            (.init(.dsa, .sha256), .insufficient, .good),
            (.init(.dsa, .sha1), .insufficient, .insufficient),
            (.init(.rsaPSS, .sha256), nil, nil),
            (.init(.rsaPSS, .sha1), .insufficient, .insufficient), (.init(), nil, nil),
        ]
        for (signature, now, before) in rows {
            #expect(NCSCTables.signature(signature, .version2025_05) == now, "\(signature)")
            #expect(NCSCTables.signature(signature, .version2_1_1) == before, "\(signature)")
        }
    }

    @Test func keys() {
        func curve(_ name: String) -> CertificateKey { CertificateKey(.ellipticCurve, curve: name) }
        let rows: [(CertificateKey, NCSCGrade?, NCSCGrade?)] = [
            (.init(.rsa, bits: 2047), .insufficient, .insufficient),
            (.init(.rsa, bits: 2048), .phaseOut, .good),
            (.init(.rsa, bits: 3071), .phaseOut, .good),
            (.init(.rsa, bits: 3072), .sufficient, .good),
            (.init(.rsa), nil, nil), (.init(.dsa, bits: 2048), .insufficient, .good),
            (.init(.dsa, bits: 1024), .insufficient, .insufficient),
            (curve("secp256r1"), .sufficient, .good), (curve("secp384r1"), .sufficient, .good),
            (curve("secp521r1"), .sufficient, nil), (curve("brainpoolP256r1"), .sufficient, nil),
            (curve("brainpoolP384r1"), .sufficient, nil),
            (curve("brainpoolP512r1"), .sufficient, nil),
            (curve("secp224r1"), .phaseOut, .phaseOut), (curve("secp256k1"), .insufficient, nil),
            (.init(.ed25519), .sufficient, nil), (.init(.ed448), .sufficient, nil),
            (.init(), nil, nil), (.init(.ellipticCurve), nil, nil),
        ]
        for (key, now, before) in rows {
            #expect(NCSCTables.key(key, .version2025_05) == now, "\(key)")
            #expect(NCSCTables.key(key, .version2_1_1) == before, "\(key)")
        }
    }

    @Test(arguments: SignatureDigest.allCases)
    func keyExchangeDigests(_ digest: SignatureDigest) {
        let wanted: NCSCGrade
        switch digest {
        case .sha256, .sha384, .sha512: wanted = .good
        case .sha224: wanted = .phaseOut
        case .sha1, .md5, .md2: wanted = .insufficient
        }
        for edition in NCSCGrade.Edition.allCases {
            #expect(NCSCTables.keyExchangeDigest(digest, edition) == wanted)
        }
    }

    @Test func gradesAreOrdered() {
        #expect(NCSCGrade.allCases == NCSCGrade.allCases.sorted())
        #expect(NCSCGrade.insufficient < .phaseOut && NCSCGrade.sufficient < .good)
    }

    @Test func reportTakesTheWorst() {
        var record = TLSRecord()
        #expect(NCSCReport(record, edition: .version2025_05).overall == nil)
        record.version = "TLSv1.3"
        record.cipherSuite = "TLS_AES_256_GCM_SHA384"
        record.group = "X25519MLKEM768"
        #expect(NCSCReport(record, edition: .version2025_05).overall == .good)
        record.chainSent = [certificate(), intermediate]
        record.chainBuilt = [certificate(), intermediate, root]
        let report = NCSCReport(record, edition: .version2025_05)
        #expect(report.key == .sufficient && report.signature == .sufficient)
        #expect(report.overall == .sufficient)
        record.group = "ffdhe2048"
        #expect(NCSCReport(record, edition: .version2025_05).overall == .insufficient)
        #expect(NCSCReport(record, edition: .version2_1_1).overall == .phaseOut)
    }

    /// A root is exempt on a verified path and as sent; an intermediate is not.
    @Test func rootsAreExempt() {
        let weakRoot = authority("root", key: "cc", issuerKey: nil, isRoot: true) {
            $0.key = CertificateKey(.rsa, bits: 1024)
            $0.signature = CertificateSignature(.rsa, .sha1)
        }
        var record = TLSRecord()
        record.chainSent = [certificate(), intermediate, weakRoot]
        record.chainBuilt = record.chainSent
        #expect(NCSCReport(record, edition: .version2025_05).overall == .sufficient)
        record.verdict = .tlsExpired
        #expect(NCSCReport(record, edition: .version2025_05).overall == .sufficient)
        record.chainSent[1] = authority("i", key: "bb", issuerKey: "cc") {
            $0.key = CertificateKey(.rsa, bits: 2048)
        }
        #expect(NCSCReport(record, edition: .version2025_05).key == .phaseOut)
        // A trusted intermediate is the end of its path, and exempt like a root.
        record.verdict = nil
        record.chainBuilt = Array(record.chainSent.prefix(2))
        #expect(NCSCReport(record, edition: .version2025_05).key == .sufficient)
        // A self-signed leaf is judged all the same.
        record.verdict = .tlsSelfSigned
        record.chainSent = [weakRoot]
        #expect(NCSCReport(record, edition: .version2025_05).key == .insufficient)
    }
}
