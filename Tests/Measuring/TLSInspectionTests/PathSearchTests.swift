import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

@Suite struct PathSearchTests {
    /// Runs a search and counts the paths that it hands over.
    private static func pathCount(
        leaf: String, sent: [String], roots: [String], budget: PathSearch.Budget = .init()
    ) throws -> (paths: [Int], isCutShort: Bool) {
        let chain = try CertificateList(pem: Array(([leaf] + sent).joined().utf8))
        let store = try TrustStore(pem: Array(roots.joined().utf8), name: "roots")
        let search = PathSearch(
            leaf: chain[0], sent: chain.stack, trustStore: store, instant: PathFixtures.now,
            budget: budget)
        var lengths: [Int] = []
        search.run { path in
            lengths.append(path.count)
            return false
        }
        #expect(search.verificationCount == lengths.count)
        return (lengths, search.isCutShort)
    }

    /// A line of `count` intermediates under a root, and a leaf.
    private static func line(_ count: Int) throws -> (leaf: String, sent: [String], root: String) {
        let root = try Entity("Root")
        var issuer = root
        var sent: [String] = []
        for index in 0..<count {
            let next = try Entity("Intermediate \(index)")
            sent.append(try PathFixtures.certificate(of: next, by: issuer))
            issuer = next
        }
        let leaf = try PathFixtures.certificate(
            of: Entity("leaf"), by: issuer, PathFixtures.names("DNS:a.test"))
        return (leaf, sent, try PathFixtures.certificate(of: root, by: root))
    }

    /// Nine intermediates and the root are ten issuers; one more is beyond the limit.
    @Test(arguments: [(0, true), (9, true), (10, false)])
    func depth(intermediates: Int, isFound: Bool) throws {
        let line = try Self.line(intermediates)
        let found = try Self.pathCount(leaf: line.leaf, sent: line.sent, roots: [line.root])
        #expect(found.paths == (isFound ? [intermediates + 2] : []))
        #expect(found.isCutShort == !isFound)
    }

    @Test(arguments: [(3, false), (2, true)]) func nodes(limit: Int, isCutShort: Bool) throws {
        let line = try Self.line(2)
        let found = try Self.pathCount(
            leaf: line.leaf, sent: line.sent, roots: [line.root],
            budget: PathSearch.Budget(nodesMax: limit))
        #expect(found.paths.isEmpty == isCutShort)
        #expect(found.isCutShort == isCutShort)
    }

    /// Leaf by A1 or A2 (same name and key) by the root: two paths, so two verifications.
    @Test(arguments: [(2, 2, false), (1, 1, true)])
    func verifications(limit: Int, count: Int, isCutShort: Bool) throws {
        let root = try Entity("Root")
        let middle = try Entity("Middle")
        let found = try Self.pathCount(
            leaf: PathFixtures.certificate(of: Entity("leaf"), by: middle, []),
            sent: [
                PathFixtures.certificate(of: middle, by: root, serial: 1),
                PathFixtures.certificate(of: middle, by: root, serial: 2),
            ], roots: [PathFixtures.certificate(of: root, by: root)],
            budget: PathSearch.Budget(verificationsMax: limit))
        #expect(found.paths.count == count)
        #expect(found.isCutShort == isCutShort)
    }

    /// Leaf by A by the root: two signatures are worth a check.
    @Test(arguments: [(2, 1, false), (1, 0, true)])
    func signatures(limit: Int, count: Int, isCutShort: Bool) throws {
        let line = try Self.line(1)
        let found = try Self.pathCount(
            leaf: line.leaf, sent: line.sent, roots: [line.root],
            budget: PathSearch.Budget(signaturesMax: limit))
        #expect(found.paths.count == count)
        #expect(found.isCutShort == isCutShort)
    }

    /// Against plain enumeration: authorities that signed one another at random, some of them
    /// signed by the root.
    @Test(arguments: UInt64(1)...24) func pathsAgainstOracle(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let root = try Entity("Root")
        let entities = try ["A", "B", "C", "D"].map(Entity.init)
        // Index 4 stands for the root. At most eight certificates, so no path is too long.
        var edges: [(subject: Int, issuer: Int)] = []
        for _ in 0..<8 {
            let edge = (
                Int.random(in: 0..<4, using: &generator), Int.random(in: 0..<5, using: &generator)
            )
            if edge.0 != edge.1, !edges.contains(where: { $0 == edge }) { edges.append(edge) }
        }
        let sent = try edges.map { edge in
            try PathFixtures.certificate(
                of: entities[edge.subject], by: edge.issuer == 4 ? root : entities[edge.issuer])
        }
        func lengths(from issuer: Int, used: Set<Int>) -> [Int] {
            edges.indices.filter { edges[$0].subject == issuer && !used.contains($0) }
                .flatMap { index in
                    edges[index].issuer == 4
                        ? [used.count + 3]
                        : lengths(from: edges[index].issuer, used: used.union([index]))
                }
        }
        let found = try Self.pathCount(
            leaf: PathFixtures.certificate(of: Entity("leaf"), by: entities[0], []), sent: sent,
            roots: [PathFixtures.certificate(of: root, by: root)])
        #expect(found.paths.sorted() == lengths(from: 0, used: []).sorted())
        #expect(!found.isCutShort)
    }

    /// A key that did not sign is not followed, though its name fits.
    @Test func wrongKey() throws {
        let root = try Entity("Root")
        let impostor = try Entity("Middle")
        let middle = try Entity("Middle")
        let found = try Self.pathCount(
            leaf: PathFixtures.certificate(of: Entity("leaf"), by: middle, []),
            sent: [PathFixtures.certificate(of: impostor, by: root)],
            roots: [PathFixtures.certificate(of: root, by: root)])
        #expect(found.paths.isEmpty && !found.isCutShort)
    }

    /// Forty authorities of one name and key that signed one another, none of them trusted: the
    /// budgets end it, and the verdict says so.
    @Test func hostileChain() throws {
        let one = try Entity("Same")
        let sent = try (0..<40).map {
            try PathFixtures.certificate(of: one, by: one, serial: 100 + $0)
        }
        let leaf = try PathFixtures.certificate(
            of: Entity("leaf"), by: one, PathFixtures.names("DNS:a.test"))
        let root = try Entity("Root")
        let found = try PathFixtures.judge(
            [leaf] + sent, roots: [PathFixtures.certificate(of: root, by: root)])
        #expect(found.verdict == .tlsUntrusted)
        #expect(found.warnings.contains(.searchCutShort))
    }
}
