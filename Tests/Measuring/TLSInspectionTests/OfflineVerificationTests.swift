import HealthModel
import Testing

@testable import TLSInspection

@Suite struct OfflineVerificationTests {
    private static func sample() throws -> String {
        let root = try Entity("Root")
        return try PathFixtures.certificate(of: root, by: root)
    }

    private static func error(
        chain: String, roots: String, intermediates: String? = nil, lists: String? = nil
    ) -> OfflineVerification.InputError? {
        #expect(throws: OfflineVerification.InputError.self) {
            try OfflineVerification(
                chain: Array(chain.utf8), roots: Array(roots.utf8),
                intermediates: intermediates.map { Array($0.utf8) },
                revocationLists: lists.map { Array($0.utf8) })
        }
    }

    @Test func errorsNameTheInput() throws {
        let good = try Self.sample()
        #expect(Self.error(chain: "", roots: good)?.input == .chain)
        #expect(Self.error(chain: good, roots: "hello")?.input == .roots)
        #expect(
            Self.error(chain: good, roots: good, intermediates: "")?.input == .intermediates)
        let lists = Self.error(chain: good, roots: good, lists: good)
        #expect(lists?.description == "crl: no revocation list in PEM form")
    }

    @Test func errorsSayWhichCertificate() throws {
        let good = try Self.sample()
        let broken = good.replacing("MII", with: "MIJ", maxReplacements: 1)
        let found = Self.error(chain: good + broken, roots: good)
        #expect(found?.problem.hasPrefix("certificate 2 cannot be read: ") == true)
        let cut = String(good.dropLast(30))
        #expect(
            Self.error(chain: good + cut, roots: good)?.problem.hasPrefix("certificate 2 ")
                == true)
    }

    @Test func otherTextIsPassedOver() throws {
        let good = try Self.sample()
        let text = "# a comment\n" + good + "\n\n# another\n" + good + "the end\n"
        #expect(try CertificateList(pem: Array(text.utf8)).count == 2)
    }

    @Test(arguments: [(3, true), (2, false)]) func countLimit(limit: Int, isRead: Bool) throws {
        let text = Array(String(repeating: try Self.sample(), count: 3).utf8)
        if isRead {
            #expect(try CertificateList(pem: text, limit: limit).count == 3)
        } else {
            #expect(throws: CertificateList.ReadError.self) {
                try CertificateList(pem: text, limit: limit)
            }
        }
    }

    @Test(arguments: [0, 1]) func byteLimit(excess: Int) throws {
        var text = Array(try Self.sample().utf8)
        let filling = CertificateList.pemBytesMax + excess - text.count
        text += [UInt8](repeating: UInt8(ascii: "\n"), count: filling)
        if excess == 0 {
            #expect(try CertificateList(pem: text).count == 1)
        } else {
            #expect(throws: CertificateList.ReadError.self) { try CertificateList(pem: text) }
        }
    }

    /// What the server did not send may come from elsewhere, and is not reported as sent.
    @Test func intermediates() throws {
        let root = try Entity("Root")
        let middle = try Entity("Middle")
        let leaf = try PathFixtures.certificate(
            of: Entity("leaf"), by: middle, PathFixtures.names("DNS:a.test"))
        let between = try PathFixtures.certificate(of: middle, by: root)
        let roots = Array(try PathFixtures.certificate(of: root, by: root).utf8)
        let without = try OfflineVerification(chain: Array(leaf.utf8), roots: roots)
        #expect(
            without.run(name: "a.test", at: PathFixtures.now)?.verdict == "tls_incomplete_chain")
        let with = try OfflineVerification(
            chain: Array(leaf.utf8), roots: roots, intermediates: Array(between.utf8))
        let found = try #require(with.run(name: "a.test", at: PathFixtures.now))
        #expect(found.verdict == "trusted")
        #expect(found.chainSent.count == 1 && found.path.path.count == 3)
    }

    @Test(
        arguments: [
            ("a.test", ServerName.dns("a.test")), ("a.test.", .dns("a.test")),
            ("127.0.0.1", .address("127.0.0.1")), ("::1", .address("::1")),
            ("[::1]", .address("::1")), ("", .impossible), (".", .impossible),
            (".a.test", .impossible), ("a b", .impossible), ("é.test", .impossible),
            (String(repeating: "a", count: 253), .dns(String(repeating: "a", count: 253))),
            (String(repeating: "a", count: 254), .impossible),
        ])
    func serverNames(host: String, wanted: ServerName) {
        #expect(ServerName(host) == wanted)
    }
}
