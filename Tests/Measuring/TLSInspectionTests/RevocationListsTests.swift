import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

@Suite struct RevocationListsTests {
    private static let url = "http://ca.test/1.crl"

    private struct Chain {
        let root: Entity
        let middle: Entity
        let pem: [String]
        let rootPEM: String

        init(
            urls: String? = nil, authority: [(CInt, String)] = PathFixtures.authority
        ) throws {
            root = try Entity("Root")
            middle = try Entity("Middle")
            let points = urls.map { [(NID_crl_distribution_points, $0)] } ?? []
            pem = [
                try PathFixtures.certificate(
                    of: Entity("leaf"), by: middle, PathFixtures.names("DNS:a.test") + points,
                    serial: 42),
                try PathFixtures.certificate(of: middle, by: root, authority, serial: 7),
            ]
            rootPEM = try PathFixtures.certificate(of: root, by: root)
        }

        func judge(_ lists: [String]) throws -> PathVerdict {
            try PathFixtures.judge(pem, roots: [rootPEM], lists: lists)
        }
    }

    /// What a list of the leaf's issuer says of the leaf, by its times.
    @Test(
        arguments: [
            ([1], -3600, 3600, false, RevocationStatus.good),
            ([42], -3600, 3600, false, .revoked), ([42], -3600, 3600, true, .revoked),
            // Both ends count.
            ([1], 0, 3600, false, .good), ([1], -3600, 0, false, .good),
            ([1], -3600, -1, false, .stale),
            // Revoked is for ever, on hold is not.
            ([42], -3600, -1, false, .revoked), ([42], -3600, -1, true, .stale),
            // From the future.
            ([42], 1, 3600, false, .none), ([42], -3600, nil, false, .revoked),
            ([1], -3600, nil, false, .stale),
        ] as [([Int], Int64, Int64?, Bool, RevocationStatus)])
    func times(
        serials: [Int], start: Int64, end: Int64?, isHold: Bool, wanted: RevocationStatus
    ) throws {
        let chain = try Chain()
        let found = try chain.judge([
            PathFixtures.list(
                by: chain.middle, revoking: serials, from: start, to: end, isHold: isHold)
        ])
        #expect(found.revocation == [wanted, .none])
        // Only revoked changes the verdict.
        #expect(found.verdict == (wanted == .revoked ? .tlsRevoked : nil))
        #expect(found.errors.map(\.code) == (wanted == .revoked ? ["cert_revoked"] : []))
    }

    @Test func revokedIntermediate() throws {
        let chain = try Chain()
        let found = try chain.judge([PathFixtures.list(by: chain.root, revoking: [7])])
        #expect(found.verdict == .tlsRevoked)
        #expect(found.errors.map(\.depth) == [1])
        #expect(found.revocation == [.none, .revoked])
    }

    /// An intermediate that was revoked does not matter when another path goes around it.
    @Test func pathAroundRevokedIntermediate() throws {
        let chain = try Chain()
        let again = try PathFixtures.certificate(of: chain.middle, by: chain.root, serial: 8)
        let found = try PathFixtures.judge(
            chain.pem + [again], roots: [chain.rootPEM],
            lists: [PathFixtures.list(by: chain.root, revoking: [7])])
        #expect(found.verdict == nil)
        #expect(found.revocation == [.none, .good])
    }

    /// The same name is not the same issuer: the signature decides.
    @Test func listOfAnotherKey() throws {
        let chain = try Chain(urls: "URI:\(Self.url)")
        let found = try chain.judge([
            PathFixtures.list(by: Entity("Middle"), revoking: [42])
        ])
        #expect(found.verdict == nil)
        #expect(found.revocation == [.unavailable, .none])
    }

    @Test(
        arguments: [
            // A shard counts for the certificates that name it.
            ("fullname:URI:http://ca.test/1.crl", RevocationStatus.revoked),
            ("fullname:URI:http://ca.test/2.crl", .unavailable),
            ("onlyuser:TRUE", .revoked), ("onlyCA:TRUE", .unavailable),
            ("onlyAA:TRUE", .unavailable), ("indirectCRL:TRUE", .unavailable),
            ("onlysomereasons:keyCompromise", .revoked),
        ])
    func scope(point: String, wanted: RevocationStatus) throws {
        let chain = try Chain(urls: "URI:\(Self.url)")
        let list = try PathFixtures.list(
            by: chain.middle, revoking: [42],
            [(NID_issuing_distribution_point, "critical,\(point)")])
        let found = try chain.judge([list])
        #expect(found.revocation == [wanted, .none])
        #expect(found.verdict == (wanted == .revoked ? .tlsRevoked : nil))
    }

    /// A list of some reasons that does not name a certificate does not clear it.
    @Test func someReasonsClearNobody() throws {
        let chain = try Chain()
        let list = try PathFixtures.list(
            by: chain.middle, revoking: [],
            [(NID_issuing_distribution_point, "critical,onlysomereasons:keyCompromise")])
        #expect(try chain.judge([list]).revocation == [.none, .none])
    }

    /// A list that its issuer made wrongly: an error for who asked for it, no help on a live
    /// connection.
    @Test(arguments: ["number", "delta", "usage"]) func refused(kind: String) throws {
        let chain = try Chain(
            authority: kind == "usage"
                ? [
                    (NID_basic_constraints, "critical,CA:TRUE"),
                    (NID_key_usage, "critical,keyCertSign"),
                ] : PathFixtures.authority)
        let extensions: [String: [(CInt, String)]] = [
            "number": [(NID_crl_number, "critical,DER:020101")],
            "delta": [(NID_delta_crl, "critical,DER:020101")],
        ]
        let list = try PathFixtures.list(
            by: chain.middle, revoking: [42], extensions[kind] ?? [])
        let strict = try chain.judge([list])
        #expect(strict.verdict == .tlsInvalid)
        #expect(strict.errors.map(\.code) == ["unable_to_get_crl"])
        let verifier = PathVerifier(
            trustStore: try TrustStore(pem: Array(chain.rootPEM.utf8), name: "roots"),
            name: .dns("a.test"), instant: PathFixtures.now,
            revocationLists: try RevocationLists(pem: Array(list.utf8)))
        let live = verifier.verify(
            chain: try CertificateList(pem: Array(chain.pem.joined().utf8)),
            certificates: CertificateReader())
        #expect(live?.verdict == nil)
        #expect(live?.revocation == [.unavailable, .none])
    }

    /// Only lists of the chain's own issuers count, so that others leave a known verdict alone.
    @Test func identityAndBoundariesAreThoseOfAChain() throws {
        let middle = try Entity("Middle")
        let chain = [try Self.facts(issuer: middle)]
        func lists(_ pem: String...) throws -> RevocationLists {
            try RevocationLists(pem: Array(pem.joined().utf8))
        }
        let one = try PathFixtures.list(by: middle, revoking: [1])
        let two = try PathFixtures.list(by: middle, revoking: [2])
        let other = try PathFixtures.list(by: Entity("Other"), revoking: [1], from: -60)
        let identity = try lists(one).identity(for: chain)
        #expect(identity.count == 64)
        #expect(try lists(two).identity(for: chain) != identity)
        #expect(try lists(one, two).identity(for: chain) != identity)
        #expect(try lists(one, other).identity(for: chain) == identity)
        #expect(try lists(other).identity(for: chain) == "")
        #expect(RevocationLists([]).identity(for: chain) == "")
        #expect(
            try lists(one, other).boundaries(for: chain) == [
                Timestamp(seconds: PathFixtures.now.seconds - 3600),
                Timestamp(seconds: PathFixtures.now.seconds + 3600),
            ])
    }

    private static func facts(issuer: Entity) throws -> Certificate {
        let pem = try PathFixtures.certificate(of: Entity("leaf"), by: issuer)
        let list = try CertificateList(pem: Array(pem.utf8))
        return try #require(list.facts(by: CertificateReader()).first)
    }

    private static func der(_ pem: String) throws -> [UInt8] {
        guard let memory = BIO_new(BIO_s_mem()) else { throw FixtureError() }
        defer { BIO_free(memory) }
        let text = Array(pem.utf8)
        BIO_write(memory, text, CInt(text.count))
        guard let list = PEM_read_bio_X509_CRL(memory, nil, nil, nil) else { throw FixtureError() }
        defer { X509_CRL_free(list) }
        var bytes = [UInt8](repeating: 0, count: Int(i2d_X509_CRL(list, nil)))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var position = buffer.baseAddress
            i2d_X509_CRL(list, &position)
        }
        return bytes
    }

    /// Lists are fetched in DER form; some servers give PEM.
    @Test func forms() throws {
        let pem = try PathFixtures.list(by: Entity("Middle"), revoking: [1])
        let der = try Self.der(pem)
        let list = try RevocationList(der)
        #expect(try RevocationList(Array(pem.utf8)).digest == list.digest)
        #expect(list.issuer == "CN=Middle")
        #expect(list.thisUpdate == Timestamp(seconds: PathFixtures.now.seconds - 3600))
        #expect(list.nextUpdate == Timestamp(seconds: PathFixtures.now.seconds + 3600))
        let endless = try PathFixtures.list(by: Entity("Middle"), revoking: [], to: nil)
        #expect(try RevocationList(Self.der(endless)).nextUpdate == nil)
        for broken in [[], der + [0], Array(der.dropLast()), Array((pem + pem).utf8)] {
            #expect(throws: RevocationList.ReadError.self) { try RevocationList(broken) }
        }
    }

    @Test(arguments: [(RevocationLists.listsMax, true), (RevocationLists.listsMax + 1, false)])
    func countLimit(count: Int, isRead: Bool) throws {
        let pem = try PathFixtures.list(by: Entity("Middle"), revoking: [])
        let all = Array(String(repeating: pem, count: count).utf8)
        if isRead {
            _ = try RevocationLists(pem: all)
        } else {
            #expect(throws: RevocationLists.ReadError.self) { try RevocationLists(pem: all) }
        }
    }

    /// What is remembered of a signature counts for that list and that issuer only.
    @Test func signaturesAreToldApart() throws {
        let chain = try Chain()
        let stranger = try Entity("Middle")
        let lists = try RevocationLists(
            pem: Array(
                (PathFixtures.list(by: stranger, revoking: [42])
                    + PathFixtures.list(by: chain.middle, revoking: [43])).utf8))
        let store = try TrustStore(pem: Array(chain.rootPEM.utf8), name: "roots")
        let verifier = PathVerifier(
            trustStore: store, name: nil, instant: PathFixtures.now, revocationLists: lists)
        let list = try CertificateList(pem: Array(chain.pem.joined().utf8))
        for _ in 0..<2 {
            let found = verifier.verify(chain: list, certificates: CertificateReader())
            #expect(found?.revocation == [.good, .none])
        }
    }
}
