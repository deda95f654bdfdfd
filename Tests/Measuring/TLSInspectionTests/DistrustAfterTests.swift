import HealthModel
import Testing

@testable import TLSInspection

private typealias Fixtures = PathFixtures

/// Roots that are trusted for older certificates only.
@Suite struct DistrustAfterTests {
    /// A leaf issued an hour before `now`, an intermediate that two roots signed, and those.
    private struct Chain {
        let sent: [String]
        let crossed: String
        let roots: [String]
        let fingerprints: [String]

        init() throws {
            let first = try Entity("First")
            let second = try Entity("Second")
            let intermediate = try Entity("Intermediate")
            let leaf = try Entity("leaf")
            roots = [
                try Fixtures.certificate(of: first, by: first),
                try Fixtures.certificate(of: second, by: second),
            ]
            sent = [
                try Fixtures.certificate(
                    of: leaf, by: intermediate, Fixtures.names("DNS:a.test"), from: -3_600),
                try Fixtures.certificate(of: intermediate, by: first),
            ]
            crossed = try Fixtures.certificate(of: intermediate, by: second, serial: 2)
            fingerprints = try roots.map { root in
                let store = try TrustStore(pem: Array(root.utf8), name: "root")
                let anchors = try store.anchors(by: CertificateReader())
                return try #require(anchors.first).fingerprintSHA256
            }
        }

        func judge(
            of chain: [String]? = nil, name: String = "a.test", _ dates: [String: Timestamp]
        ) throws -> PathVerdict {
            let verification = try OfflineVerification(
                chain: Array((chain ?? sent).joined().utf8), roots: Array(roots.joined().utf8),
                distrustAfter: dates)
            return try #require(verification.run(name: name, at: Fixtures.now)).path
        }
    }

    private static let issued = Fixtures.now - .seconds(3_600)

    /// The very second of issue is trusted; a second less is not.
    ///
    /// Only whole seconds count.
    @Test(
        arguments: [
            (Duration.zero, true), (.milliseconds(999), true), (.seconds(1), true),
            (.milliseconds(-1), false), (.seconds(-1), false), (.seconds(-86_400), false),
        ])
    func theDateOfIssueDecides(offset: Duration, isTrusted: Bool) throws {
        let chain = try Chain()
        let date = Self.issued + offset
        let found = try chain.judge([chain.fingerprints[0]: date])
        #expect(found.verdict == (isTrusted ? nil : .tlsUntrusted))
        #expect(found.errors.map(\.code) == (isTrusted ? [] : ["cert_rejected"]))
        #expect(found.errors.map(\.depth) == (isTrusted ? [] : [2]))
        guard !isTrusted else {
            #expect(found.warnings.isEmpty)
            return
        }
        guard case .distrustedAfter(let root, let told)? = found.warnings.first else {
            Issue.record("\(found.warnings)")
            return
        }
        #expect(root.fingerprintSHA256 == chain.fingerprints[0] && told == date)
        #expect(found.warnings.count == 1)
    }

    /// Another root may still vouch, whichever comes first; without one nobody does.
    @Test func otherPathsAreTried() throws {
        let chain = try Chain()
        let early = Self.issued - .seconds(60)
        for chainSent in [
            chain.sent + [chain.crossed], [chain.sent[0], chain.crossed, chain.sent[1]],
        ] {
            for index in [0, 1] {
                let found = try chain.judge(of: chainSent, [chain.fingerprints[index]: early])
                #expect(found.verdict == nil, "\(found.errors)")
                #expect(found.path.last?.fingerprintSHA256 == chain.fingerprints[1 - index])
                // Clients that distrust nobody go astray nowhere.
                #expect(found.warnings.isEmpty)
            }
            let both = Dictionary(uniqueKeysWithValues: chain.fingerprints.map { ($0, early) })
            let found = try chain.judge(of: chainSent, both)
            #expect(found.verdict == .tlsUntrusted)
            #expect(found.warnings.contains { $0.code == "distrusted_after" })
        }
        // A root that is on no path changes nothing.
        #expect(try chain.judge([chain.fingerprints[1]: early]).verdict == nil)
    }

    /// Who is not trusted has no name that means anything.
    @Test func distrustOutweighsTheName() throws {
        let chain = try Chain()
        let found = try chain.judge(
            name: "b.test", [chain.fingerprints[0]: Self.issued - .seconds(1)])
        #expect(found.verdict == .tlsUntrusted)
        #expect(Set(found.errors.map(\.code)) == ["cert_rejected", "hostname_mismatch"])
    }

    /// A slip of the pen is told, and leaving roots out keeps the dates of the others.
    @Test func datesBelongToRootsThatAreThere() throws {
        let chain = try Chain()
        let other = String(repeating: "ab", count: 32)
        let error = #expect(throws: OfflineVerification.InputError.self) {
            try chain.judge([other: Self.issued])
        }
        #expect(error?.problem == "no root has the fingerprint \(other) that is distrusted")
        let store = try TrustStore(
            pem: Array(chain.roots.joined().utf8), name: "r.pem",
            distrustAfter: [chain.fingerprints[0]: Self.issued, other: Self.issued])
        #expect(try store.unknownDistrusts() == [other])
        #expect(try store.distrustWarnings().first?.hasPrefix("r.pem: no root has") == true)
        let fewer = try store.without([chain.fingerprints[1]])
        #expect(fewer.distrustAfter == store.distrustAfter)
        #expect(try TrustStore(pem: Array(chain.roots[0].utf8), name: "r").unknownDistrusts() == [])
    }
}
