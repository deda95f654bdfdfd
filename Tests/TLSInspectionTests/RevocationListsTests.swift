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

    @Test func identityAndBoundaries() throws {
        let issuer = try Entity("Middle")
        let one = try PathFixtures.list(by: issuer, revoking: [1])
        let two = try PathFixtures.list(by: issuer, revoking: [2])
        let lists = try RevocationLists(pem: Array(one.utf8))
        #expect(lists.identity.count == 64)
        #expect(try RevocationLists(pem: Array(two.utf8)).identity != lists.identity)
        #expect(
            lists.boundaries == [
                Timestamp(seconds: PathFixtures.now.seconds - 3600),
                Timestamp(seconds: PathFixtures.now.seconds + 3600),
            ])
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

    @Test func derForm() throws {
        let pem = try PathFixtures.list(by: Entity("Middle"), revoking: [1])
        let der = try Self.der(pem)
        let identity = try RevocationLists(pem: Array(pem.utf8)).identity
        #expect(try RevocationLists(der: [der]).identity == identity)
        #expect(try RevocationLists(der: [der, der]).identity != identity)
        for broken in [[], der + [0], Array(der.dropLast()), Array(pem.utf8)] {
            let error = #expect(throws: RevocationLists.ReadError.self) {
                try RevocationLists(der: [der, broken])
            }
            #expect(error?.problem == "revocation list 2 cannot be read")
        }
    }

    @Test(arguments: [(RevocationLists.listsMax, true), (RevocationLists.listsMax + 1, false)])
    func countLimit(count: Int, isRead: Bool) throws {
        let der = try Self.der(PathFixtures.list(by: Entity("Middle"), revoking: []))
        let all = Array(repeating: der, count: count)
        if isRead {
            _ = try RevocationLists(der: all)
        } else {
            #expect(throws: RevocationLists.ReadError.self) { try RevocationLists(der: all) }
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
