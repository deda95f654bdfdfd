import HealthModel
import LabTLS
import TLSInspection
import Testing

@testable import Lab

@Suite struct LabAuthorityTests {
    /// Tests elsewhere and people's notes rely on who vouches for whom: it never changes.
    @Test(arguments: [
        ("www.digid.nl", ["Lab CA West root"]), ("WWW.DIGID.NL", ["Lab CA West root"]),
        ("duo.nl", ["Lab CA Oost root", "Lab CA West root"]),
    ])
    func theRuleIsStable(host: String, roots: [String]) {
        #expect(LabAuthority(host: host).rootNames == roots)
    }

    /// Each root that the rule names ends a path of the chain, and no other does.
    @Test(arguments: ["www.digid.nl", "duo.nl", "www.vecozo.nl", "www.rdw.nl"])
    func chainsAreAsTheRuleSays(host: String) throws {
        let now = Timestamp(seconds: 1_795_000_000)
        let store = try CertificateStore(now: now)
        let chain = try store.chain(for: host, fault: .up, now: now)
        let end = "-----END CERTIFICATE-----\n"
        let roots = store.rootPEM.split(separator: end).map { $0 + end }
        #expect(roots.count == LabAuthority.names.count)
        let expected = LabAuthority(host: host).rootNames
        for (name, root) in zip(LabAuthority.names, roots) {
            let verdict = try judge(chain, roots: String(root), name: host, at: now).verdict
            #expect((verdict == nil) == expected.contains("\(name) root"), "\(host): \(name)")
        }
    }

    @Test func everyAuthorityHasItsShare() {
        let all = (0..<3000).map { LabAuthority(host: "host\($0).example") }
        for index in LabAuthority.names.indices {
            #expect((900...1100).contains(all.count { $0.issuer == index }))
        }
        #expect((650...850).contains(all.count(where: \.isCrossSigned)))
    }
}
