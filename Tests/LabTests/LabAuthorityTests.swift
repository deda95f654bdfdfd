import HealthModel
import SwiftASN1
import Testing
import X509

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
    func chainsAreAsTheRuleSays(host: String) async throws {
        let now = wallClock()
        let store = try CertificateStore(now: now)
        let chain = try store.chain(for: host, variant: .trusted, now: now).certificates
        let roots = try PEMDocument.parseMultiple(pemString: store.rootPEM()).map {
            try X509.Certificate(pemDocument: $0)
        }
        #expect(roots.count == LabAuthority.names.count)
        let expected = LabAuthority(host: host).rootNames
        for root in roots {
            var verifier = Verifier(rootCertificates: X509.CertificateStore([root])) {
                RFC5280Policy()
                ServerIdentityPolicy(serverHostname: host, serverIP: nil)
            }
            let result = await verifier.validate(
                leaf: chain[0], intermediates: X509.CertificateStore(chain.dropFirst()))
            let isNamed = expected.contains { "\(root.subject)".contains("CN=\($0)") }
            if case .validCertificate = result {
                #expect(isNamed, "\(host): \(root.subject)")
            } else {
                #expect(!isNamed, "\(host): \(root.subject)")
            }
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
