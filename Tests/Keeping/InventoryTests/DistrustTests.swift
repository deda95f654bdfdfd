import HealthModel
import LabTLS
import TLSInspection
import Testing

@testable import Inventory

/// What breaks when an authority is distrusted, on real certificates.
@Suite struct DistrustTests {
    /// Two roots; the key of the first one's issuer is vouched for by the second one too.
    private struct World {
        let first: MintedIdentity
        let second: MintedIdentity
        let issuer: MintedIdentity
        let cross: MintedIdentity
        let other: MintedIdentity
        let facts: [HealthModel.Certificate]
        let encodings: [[UInt8]]

        /// Positions: 0 leaf of `issuer`, 1 `issuer`, 2 `cross`, 3 leaf of `other`, 4 `other`,
        /// 5 an old leaf of `issuer`, 6 both roots.
        init() throws {
            let generated = try Generated()
            first = try generated.root("First root")
            second = try generated.root("Second root")
            issuer = try generated.intermediate("Issuer", by: first)
            cross = try generated.intermediate("Issuer", by: second, pair: issuer)
            other = try generated.intermediate("Other issuer", by: second)
            encodings = [
                try generated.leaf("a.example", by: issuer), issuer.der, cross.der,
                try generated.leaf("b.example", by: other), other.der,
                try generated.leaf(
                    "a.example", by: issuer, notBefore: Generated.now - Generated.day * 9),
                first.der, second.der,
            ]
            facts = Generated.facts(encodings)
        }

        func run(
            _ kind: DistrustTarget.Kind, _ distrusted: [Int], chain: [Int],
            host: String = "a.example", from: Timestamp? = nil, at: Timestamp = Generated.now
        ) throws -> DistrustTrial.Outcome {
            let store = try TrustStore(
                pem: Array((first.pem + second.pem).utf8), name: "roots")
            let trial = DistrustTrial(
                pool: CertificatePool(der: encodings),
                fingerprints: facts.map(\.fingerprintSHA256), stores: [store],
                target: DistrustTarget(kind: kind, certificates: distrusted.map { facts[$0] }),
                issuedAfter: from, instant: at)
            let question = DistrustTrial.Question(chain: chain, host: host)
            let outcomes = try trial.run([question, question], workers: 2)
            #expect(outcomes.count == 2 && outcomes[0] == outcomes[1])
            return outcomes[0]
        }
    }

    private let world: World

    init() throws { world = try World() }

    @Test func aRootThatIsTheOnlyOneBreaks() throws {
        #expect(try world.run(.root, [6], chain: [0, 1]) == .breaks(.tlsUntrusted))
        #expect(try world.run(.root, [6, 7], chain: [0, 1, 2]) == .breaks(.tlsUntrusted))
        #expect(
            try world.run(.root, [6], chain: [3, 4], host: "b.example")
                == .unaffected(root: world.facts[7]))
    }

    @Test(arguments: [[0, 1, 2], [0, 2, 1]])
    func anotherPathSurvivesByItsRoot(chain: [Int]) throws {
        let without = [6, 7].map { root in try? world.run(.root, [root], chain: chain) }
        // Whichever path is found first, without its root it is the other one.
        #expect(
            without.contains(.survives(root: world.facts[7]))
                || without.contains(.survives(root: world.facts[6])))
        #expect(
            without.allSatisfy { outcome in
                if case .breaks = outcome { false } else { true }
            })
    }

    @Test func anIssuerIsLeftOutWhereverItStands() throws {
        #expect(try world.run(.issuer, [1], chain: [0, 1]) == .breaks(.tlsIncompleteChain))
        #expect(try world.run(.root, [1], chain: [0, 1]) == .unaffected(root: world.facts[6]))
        #expect(try world.run(.issuer, [6], chain: [0, 1]) == .breaks(.tlsUntrusted))
        #expect(try world.run(.issuer, [1, 2], chain: [0, 1, 2]) == .breaks(.tlsIncompleteChain))
    }

    @Test func onlyLeavesFromAfterTheDateLoseTrust() throws {
        let day = Generated.now - Generated.day * 10
        #expect(
            try world.run(.root, [6], chain: [0, 1], from: day)
                == .unaffected(root: world.facts[6]))
        #expect(try world.run(.root, [6], chain: [5, 1], from: day) == .breaks(.tlsUntrusted))
        #expect(
            try world.run(.root, [6], chain: [0, 1], from: day - .seconds(1))
                == .breaks(.tlsUntrusted))
    }

    @Test func whatWasBrokenBeforeIsNotCounted() throws {
        #expect(
            try world.run(.root, [6], chain: [0, 1], host: "c.example")
                == .untrustedBefore(.tlsHostnameMismatch))
        #expect(
            try world.run(.root, [6], chain: [0, 1], at: Generated.now + Generated.day * 81)
                == .untrustedBefore(.tlsExpired))
    }

    // MARK: Finding the authority

    @Test func anAuthorityIsFoundByNameFingerprintOrKey() throws {
        let all = world.facts
        func find(_ text: String) -> [String] {
            DistrustTarget.find(text, among: all).map(\.fingerprintSHA256)
        }
        let issuer = all[1]
        let colons = stride(from: 0, to: 12, by: 2).map {
            issuer.fingerprintSHA256.uppercased().dropFirst($0).prefix(2)
        }.joined(separator: ":")
        #expect(find("first ROOT") == [all[6].fingerprintSHA256])
        #expect(find("CN=Other issuer") == [all[4].fingerprintSHA256])
        #expect(find(String(issuer.fingerprintSHA256.prefix(6))) == [issuer.fingerprintSHA256])
        #expect(find(colons) == [issuer.fingerprintSHA256])
        #expect(find(String(issuer.fingerprintSHA256.prefix(5))).isEmpty)
        let key = try #require(issuer.profile?.publicKeySHA256)
        #expect(find(key) == [all[1], all[2]].map(\.fingerprintSHA256))
        #expect(find("").isEmpty)
        // Two certificates with one key are one authority, two roots are not.
        #expect(DistrustTarget(kind: .issuer, certificates: [all[1], all[2]]).isOneAuthority)
        #expect(!DistrustTarget(kind: .root, certificates: [all[6], all[7]]).isOneAuthority)
    }

    // MARK: Services

    @Test func theWorstEndpointDecidesAServicesFate() {
        let ids = ["all", "part", "survives", "old", "fine", "unseen"]
        let services = ids.enumerated().map { number, id in
            Service(
                id: ServiceID(id), name: LocalizedText(dutch: id, english: id), owner: "o",
                sector: number.isMultiple(of: 2) ? "b" : "a", tier: number < 2 ? .tier1 : .tier0)
        }
        let root = world.facts[6]
        let outcomes: [(String, [DistrustTrial.Outcome])] = [
            ("all", [.breaks(.tlsUntrusted), .breaks(.tlsUntrusted)]),
            ("part", [.unaffected(root: root), .breaks(.tlsUntrusted)]),
            ("survives", [.survives(root: root), .unaffected(root: root)]),
            ("old", [.untrustedBefore(.tlsExpired), .unaffected(root: root)]),
            ("fine", [.unaffected(root: root)]), ("unseen", []),
        ]
        var endpoints: [Endpoint] = []
        var places: [DistrustReport.Place] = []
        for (id, outcomes) in outcomes {
            for (number, outcome) in (outcomes.isEmpty ? [nil] : outcomes.map(\.self)).enumerated()
            {
                guard let url = ProbeURL("https://\(id)\(number).example/") else { continue }
                let endpoint = Endpoint(
                    id: EndpointID("\(id)\(number)"), service: ServiceID(id), url: url,
                    probe: Probe())
                endpoints.append(endpoint)
                guard let outcome else { continue }
                places.append(
                    DistrustReport.Place(
                        sighting: StoredSighting(
                            row: 0, endpoint: endpoint.id, service: endpoint.service,
                            host: url.host, address: "", fingerprints: [],
                            verdictText: "trusted", store: "", firstSeen: Generated.now,
                            lastSeen: Generated.now), outcome: outcome))
            }
        }
        let report = DistrustReport(
            catalogue: ServiceCatalogue(services: services, endpoints: endpoints), places: places)
        #expect(
            report.services.map { "\($0.service.id) \($0.fate.rawValue)" } == [
                "old untrusted_before", "unseen not_seen", "survives survives",
                "fine unaffected", "part breaks", "all breaks_entirely",
            ])
    }
}
