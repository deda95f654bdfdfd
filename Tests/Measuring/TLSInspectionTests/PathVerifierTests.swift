import COpenSSL
import HealthModel
import Testing

@testable import TLSInspection

private typealias Fixtures = PathFixtures

@Suite struct PathVerifierTests {
    /// Leaf for a.test, an intermediate and a root.
    private struct Chain {
        let root: Entity
        let intermediate: Entity
        let leaf: Entity
        let rootPEM: String
        let intermediatePEM: String
        let leafPEM: String

        init(
            leafExtensions: [(CInt, String)] = Fixtures.names("DNS:a.test"),
            intermediateExtensions: [(CInt, String)] = [], leafEnd: Int64 = 86_400
        ) throws {
            root = try Entity("Root")
            intermediate = try Entity("Intermediate")
            leaf = try Entity("leaf")
            rootPEM = try Fixtures.certificate(of: root, by: root)
            intermediatePEM = try Fixtures.certificate(
                of: intermediate, by: root, Fixtures.authority + intermediateExtensions)
            leafPEM = try Fixtures.certificate(
                of: leaf, by: intermediate, leafExtensions, to: leafEnd)
        }

        var sent: [String] { [leafPEM, intermediatePEM] }
    }

    @Test func trusted() throws {
        let chain = try Chain()
        let found = try Fixtures.judge(chain.sent, roots: [chain.rootPEM])
        #expect(found.verdict == nil)
        #expect(found.errors.isEmpty && found.warnings.isEmpty && found.isNameMatching)
        #expect(found.path.map(\.subject) == ["CN=leaf", "CN=Intermediate", "CN=Root"])
        #expect(found.revocation.isEmpty)
    }

    /// RFC 5280 §4.1.2.5: the last second counts, and so does what is left of it.
    @Test(arguments: [(0, true), (999, true), (1000, false)])
    func lastSecond(milliseconds: Int64, isTrusted: Bool) throws {
        let chain = try Chain(leafEnd: 0)
        let instant = Timestamp(milliseconds: Fixtures.now.milliseconds + milliseconds)
        let found = try Fixtures.judge(chain.sent, roots: [chain.rootPEM], at: instant)
        #expect(found.verdict == (isTrusted ? nil : .tlsExpired))
    }

    @Test(
        arguments: [
            ("DNS:a.test", "a.test", true), ("DNS:a.test", "A.TEST.", true),
            ("DNS:a.test", "b.a.test", false), ("DNS:*.a.test", "b.a.test", true),
            ("DNS:*.a.test", "a.test", false), ("DNS:*.a.test", "c.b.a.test", false),
            // Partial wildcards, and wildcards elsewhere.
            ("DNS:f*.a.test", "foo.a.test", false), ("DNS:a.*.test", "a.b.test", false),
            // To OpenSSL a dot in front and an empty name mean something of their own.
            ("DNS:b.a.test", ".a.test", false), ("DNS:a.test", "", false),
            ("DNS:a.test", "a.test\0.evil.test", false),
            // No common name (it is `leaf`), with or without other names.
            ("DNS:a.test", "leaf", false), ("email:a@a.test", "leaf", false),
            ("IP:127.0.0.1", "127.0.0.1", true), ("IP:127.0.0.1", "127.0.0.2", false),
            ("IP:::1", "[::1]", true), ("IP:::1", "0:0:0:0:0:0:0:1", true),
            // RFC 9525 §6.2: an address in a DNS name is none.
            ("DNS:127.0.0.1", "127.0.0.1", false),
        ])
    func names(inCertificate: String, asked: String, isMatching: Bool) throws {
        let chain = try Chain(leafExtensions: Fixtures.names(inCertificate))
        let found = try Fixtures.judge(chain.sent, roots: [chain.rootPEM], name: asked)
        #expect(found.isNameMatching == isMatching)
        #expect(found.verdict == (isMatching ? nil : .tlsHostnameMismatch))
    }

    @Test(
        arguments: [
            ("permitted;DNS:a.test", "DNS:a.test", "a.test", true),
            ("permitted;DNS:b.test", "DNS:a.test", "a.test", false),
            ("permitted;DNS:.a.test", "DNS:b.a.test", "b.a.test", true),
            ("permitted;DNS:.a.test", "DNS:a.test", "a.test", false),
            ("permitted;DNS:a.test", "DNS:*.a.test", "b.a.test", true),
            ("permitted;DNS:b.a.test", "DNS:*.a.test", "b.a.test", false),
            ("excluded;DNS:b.a.test", "DNS:*.a.test", "c.a.test", false),
            ("excluded;DNS:c.b.a.test", "DNS:*.a.test", "b.a.test", true),
            ("excluded;DNS:b.test", "DNS:*.a.test", "b.a.test", true),
            // What is no name is in no subtree.
            ("permitted;DNS:a.test", "DNS:a.test,DNS:.a.test", "a.test", false),
            // Addresses, and constraints on something else.
            ("permitted;IP:127.0.0.0/255.0.0.0", "IP:127.0.0.1", "127.0.0.1", true),
            ("permitted;IP:10.0.0.0/255.0.0.0", "IP:127.0.0.1", "127.0.0.1", false),
            ("excluded;IP:127.0.0.0/255.0.0.0", "IP:127.0.0.1", "127.0.0.1", false),
            ("permitted;DNS:a.test", "IP:127.0.0.1", "127.0.0.1", true),
            ("excluded;DNS:a.test", "IP:127.0.0.1", "127.0.0.1", true),
            ("permitted;IP:10.0.0.0/255.0.0.0", "DNS:a.test", "a.test", true),
            ("permitted;email:b.test", "DNS:a.test", "a.test", true),
            ("permitted;URI:b.test", "DNS:a.test", "a.test", true),
        ])
    func nameConstraints(constraint: String, names: String, asked: String, isTrusted: Bool) throws {
        let chain = try Chain(
            leafExtensions: Fixtures.names(names),
            intermediateExtensions: [(NID_name_constraints, "critical,\(constraint)")])
        let found = try Fixtures.judge(chain.sent, roots: [chain.rootPEM], name: asked)
        #expect(found.verdict == (isTrusted ? nil : .tlsInvalid))
    }

    /// The common name is no name here, so no constraint on DNS names applies to it.
    @Test func constraintsDoNotApplyToTheCommonName() throws {
        let root = try Entity("Root")
        let server = try Entity("10.11.12.13")
        let roots = [
            try Fixtures.certificate(
                of: root, by: root,
                Fixtures.authority + [(NID_name_constraints, "critical,permitted;DNS:a.test")])
        ]
        let leaf = try Fixtures.certificate(of: server, by: root, Fixtures.names("IP:10.11.12.13"))
        #expect(try Fixtures.judge([leaf], roots: roots, name: "10.11.12.13").verdict == nil)
    }

    @Test func authorityWithoutName() throws {
        let root = try Entity("Root")
        let nameless = try Entity("")
        let leaf = try Entity("leaf")
        let found = try Fixtures.judge(
            [
                Fixtures.certificate(of: leaf, by: nameless, Fixtures.names("DNS:a.test")),
                Fixtures.certificate(of: nameless, by: root),
            ], roots: [Fixtures.certificate(of: root, by: root)])
        #expect(found.verdict == .tlsInvalid)
        #expect(found.errors.map(\.code) == ["subject_name_empty"])
    }

    /// A trusted certificate is an anchor even if another one signed it.
    @Test func trustedIntermediate() throws {
        let chain = try Chain()
        let found = try Fixtures.judge([chain.leafPEM], roots: [chain.intermediatePEM])
        #expect(found.verdict == nil)
        #expect(found.path.map(\.subject) == ["CN=leaf", "CN=Intermediate"])
    }

    @Test(arguments: [(0, false), (1, true), (2, true)])
    func intermediatesMax(count: Int, isTrusted: Bool) throws {
        let chain = try Chain()
        let found = try Fixtures.judge(
            chain.sent, roots: [chain.rootPEM], intermediatesMax: count)
        #expect(found.verdict == (isTrusted ? nil : .tlsInvalid))
    }

    @Test func incompleteChainSaysWhatIsMissing() throws {
        let chain = try Chain(
            leafExtensions: Fixtures.names("DNS:a.test") + [
                (NID_info_access, "caIssuers;URI:http://ca.test/intermediate.cer")
            ])
        let found = try Fixtures.judge([chain.leafPEM], roots: [chain.rootPEM])
        #expect(found.verdict == .tlsIncompleteChain)
        #expect(
            found.warnings == [
                .missingIssuer(
                    issuer: "CN=Intermediate", url: "http://ca.test/intermediate.cer")
            ])
    }

    @Test func strictProfileIsNoVerdict() throws {
        let chain = try Chain()
        let found = try Fixtures.judge(chain.sent, roots: [chain.rootPEM])
        #expect(found.verdict == nil)
        #expect(found.strictErrors.contains { $0.code == "missing_authority_key_identifier" })
    }

    // MARK: Other paths

    /// The shape of AddTrust: of two cross-signs of one key, the one OpenSSL picks is dead.
    @Test(arguments: [true, false]) func expiredCrossSign(isDeadFirst: Bool) throws {
        let oldRoot = try Entity("Old Root")
        let newRoot = try Entity("New Root")
        let middle = try Entity("Middle")
        let leaf = try Entity("leaf")
        let leafPEM = try Fixtures.certificate(of: leaf, by: middle, Fixtures.names("DNS:a.test"))
        // Both are valid as such, and OpenSSL takes the first: it leads to a root that expired.
        let dead = try Fixtures.certificate(of: middle, by: oldRoot, serial: 7)
        let good = try Fixtures.certificate(of: middle, by: newRoot, serial: 8)
        let roots = [
            try Fixtures.certificate(of: oldRoot, by: oldRoot, to: -10),
            try Fixtures.certificate(of: newRoot, by: newRoot),
        ]
        let found = try Fixtures.judge(
            [leafPEM] + (isDeadFirst ? [dead, good] : [good, dead]), roots: roots)
        #expect(found.verdict == nil)
        #expect(found.errors.isEmpty)
        #expect(found.path.map(\.subject) == ["CN=leaf", "CN=Middle", "CN=New Root"])
        guard isDeadFirst else {
            #expect(found.warnings.isEmpty)
            return
        }
        guard case .needsBacktracking(let offender, let code, let isSent)? = found.warnings.first
        else {
            Issue.record("another warning: \(found.warnings)")
            return
        }
        #expect(code == "cert_has_expired")
        #expect(offender.subject == "CN=Middle" && offender.serialNumber == "07" && isSent)
        #expect(offender.issuer == "CN=Old Root")
    }

    /// The intermediate itself has expired, and its successor is sent as well.
    @Test func expiredIntermediateFirst() throws {
        let root = try Entity("Root")
        let middle = try Entity("Middle")
        let cross = try Entity("Cross")
        let leaf = try Entity("leaf")
        let leafPEM = try Fixtures.certificate(of: leaf, by: middle, Fixtures.names("DNS:a.test"))
        let found = try Fixtures.judge(
            [
                leafPEM, Fixtures.certificate(of: middle, by: cross, serial: 7),
                Fixtures.certificate(of: cross, by: root, to: -10, serial: 9),
                Fixtures.certificate(of: middle, by: root, serial: 8),
            ], roots: [Fixtures.certificate(of: root, by: root)])
        #expect(found.verdict == nil)
        guard
            case .needsBacktracking(let offender, "cert_has_expired", true)? =
                found.warnings.first
        else {
            Issue.record("another warning: \(found.warnings)")
            return
        }
        #expect(offender.subject == "CN=Cross")
    }

    @Test func untrustedCrossSign() throws {
        let stranger = try Entity("Stranger")
        let root = try Entity("Root")
        let middle = try Entity("Middle")
        let leaf = try Entity("leaf")
        let dead = try Fixtures.certificate(of: middle, by: stranger, to: 500_000, serial: 7)
        let found = try Fixtures.judge(
            [
                Fixtures.certificate(of: leaf, by: middle, Fixtures.names("DNS:a.test")), dead,
                Fixtures.certificate(of: stranger, by: stranger),
                Fixtures.certificate(of: middle, by: root, serial: 8),
            ], roots: [Fixtures.certificate(of: root, by: root)])
        #expect(found.verdict == nil)
        guard case .needsBacktracking(let offender, _, true)? = found.warnings.first else {
            Issue.record("no warning that names a certificate sent: \(found.warnings)")
            return
        }
        #expect(["CN=Middle", "CN=Stranger"].contains(offender.subject))
        #expect(offender.issuer == "CN=Stranger")
    }

    /// When no path is good, the verdict is that of the best one: here trust is not what lacks.
    @Test func verdictOfTheBestPath() throws {
        let stranger = try Entity("Stranger")
        let root = try Entity("Root")
        let middle = try Entity("Middle")
        let leaf = try Entity("leaf")
        let found = try Fixtures.judge(
            [
                Fixtures.certificate(of: leaf, by: middle, Fixtures.names("DNS:a.test")),
                Fixtures.certificate(of: middle, by: stranger, to: 500_000, serial: 7),
                Fixtures.certificate(of: middle, by: root, serial: 8),
            ], roots: [Fixtures.certificate(of: root, by: root)], name: "other.test")
        #expect(found.verdict == .tlsHostnameMismatch)
        #expect(found.errors.map(\.code) == ["hostname_mismatch"])
    }
}
