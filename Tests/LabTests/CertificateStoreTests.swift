import Foundation
import HealthModel
import SwiftASN1
import Testing
import X509

@testable import Lab

@Suite struct CertificateStoreTests {
    private let now = Timestamp(seconds: 1_795_000_000)
    private let host = "www.digid.nl"
    private let day = 86_400.0

    private func leaf(_ variant: CertificateVariant) throws -> X509.Certificate {
        let store = try CertificateStore(now: now)
        return try #require(
            try store.chain(for: host, variant: variant, now: now).certificates.first)
    }

    /// Days from now to begin and end of validity.
    private func days(_ certificate: X509.Certificate) -> [Double] {
        [certificate.notValidBefore, certificate.notValidAfter].map {
            (($0.timeIntervalSince1970 - now.fractionalSeconds) / day * 100).rounded() / 100
        }
    }

    @Test(arguments: [
        (CertificateVariant.trusted, [-20.0, 70]), (.expired, [-93, -3]), (.notYetValid, [3, 93]),
        (.expiring(lifetimeLeft: 0.1), [-81, 9]), (.expiring(lifetimeLeft: 1), [0, 90]),
        (.wrongName, [-20, 70]),
    ])
    func validity(variant: CertificateVariant, expected: [Double]) throws {
        #expect(days(try leaf(variant)) == expected)
    }

    @Test(arguments: [
        (CertificateVariant.trusted, 2), (.selfSigned, 1), (.untrusted, 3), (.incompleteChain, 1),
        (.hugeChain, 2201),
    ])
    func chains(variant: CertificateVariant, count: Int) async throws {
        let now = wallClock()
        let store = try CertificateStore(now: now)
        let chain = try store.chain(for: host, variant: variant, now: now).certificates
        #expect(chain.count == count)
        // Of a huge chain the first two are a good one and the rest repeats.
        for (child, parent) in zip(chain, chain.dropFirst().prefix(2)) where child != parent {
            #expect(child.issuer == parent.subject)
            #expect(parent.publicKey.isValidSignature(child.signature, for: child))
        }
        #expect((chain[0].issuer == chain[0].subject) == (variant == .selfSigned))
        #expect(
            chain[0].publicKey.isValidSignature(chain[0].signature, for: chain[0])
                == (variant == .selfSigned))
        // Against the lab's own roots the chain is as good as its variant says.
        let roots = try PEMDocument.parseMultiple(pemString: store.rootPEM()).map {
            try X509.Certificate(pemDocument: $0)
        }
        #expect(roots.count == LabAuthority.names.count)
        var verifier = Verifier(rootCertificates: X509.CertificateStore(roots)) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: host, serverIP: nil)
        }
        let result = await verifier.validate(
            leaf: chain[0], intermediates: X509.CertificateStore(chain.dropFirst().prefix(2)))
        if case .validCertificate = result {
            #expect(variant == .trusted || variant == .hugeChain)
        } else {
            #expect(variant != .trusted && variant != .hugeChain)
        }
    }

    @Test func names() throws {
        func names(_ variant: CertificateVariant) throws -> SubjectAlternativeNames? {
            try leaf(variant).extensions.subjectAlternativeNames
        }
        #expect(try names(.trusted) == SubjectAlternativeNames([.dnsName(host)]))
        #expect(try names(.expired) == SubjectAlternativeNames([.dnsName(host)]))
        #expect(
            try names(.wrongName) == SubjectAlternativeNames([.dnsName("another-host.invalid")]))
    }

    @Test func contextsAreKeptForADay() throws {
        let store = try CertificateStore(now: now)
        let first = try store.context(for: host, variant: .trusted, now: now)
        let same = try store.context(for: host, variant: .trusted, now: now + .seconds(86_400))
        #expect(first === same)
        let later = try store.context(for: host, variant: .trusted, now: now + .seconds(86_401))
        #expect(first !== later)
    }
}
