import HealthModel
import LabTLS
import TLSInspection
import Testing

@testable import Lab

@Suite struct CertificateStoreTests {
    private let now = Timestamp(seconds: 1_795_000_000)
    private let host = "www.digid.nl"

    private func leaf(_ fault: Fault) throws -> HealthModel.Certificate {
        let store = try CertificateStore(now: now)
        let chain = try store.chain(for: host, fault: fault, now: now)
        return try #require(CertificateReader().read(chain[0].certificate))
    }

    @Test(arguments: [
        (Fault.up, [-20.0, 70]), (.expired, [-93, -3]), (.notYetValid, [3, 93]),
        (.expiring(lifetimeLeft: 0.1), [-81, 9]), (.expiring(lifetimeLeft: 1), [0, 90]),
        (.wrongName, [-20, 70]),
    ])
    func validity(fault: Fault, expected: [Double]) throws {
        let leaf = try leaf(fault)
        let days = [leaf.notBefore, leaf.notAfter].map { Double(($0 - now).nanoseconds) / 86_400e9 }
        #expect(days == expected)
    }

    /// Against the lab's own roots a chain is as good as its fault says.
    @Test(arguments: [
        (Fault.up, 2, nil), (.selfSigned, 1, Reason.tlsSelfSigned),
        (.untrusted, 3, .tlsUntrusted), (.incompleteChain, 1, .tlsIncompleteChain),
        (.hugeChain, 2201, nil), (.weakKey, 2, .tlsWeak), (.expired, 2, .tlsExpired),
        (.notYetValid, 2, .tlsNotYetValid), (.wrongName, 2, .tlsHostnameMismatch),
        (.legacyTLS, 2, nil), (.staple(.revoked), 2, nil),
    ])
    func chains(fault: Fault, count: Int, verdict: Reason?) throws {
        let store = try CertificateStore(now: now)
        let chain = try store.chain(for: host, fault: fault, now: now)
        #expect(chain.count == count)
        #expect(try judged(chain, roots: store.rootPEM).verdict == verdict)
    }

    @Test func names() throws {
        #expect(try leaf(.up).names == [host])
        #expect(try leaf(.expired).names == [host])
        #expect(try leaf(.wrongName).names == ["another-host.invalid"])
    }

    @Test func aNameOfAnyLengthHasACertificate() throws {
        let long = (0..<4).map { _ in String(repeating: "a", count: 62) }.joined(separator: ".")
        let store = try CertificateStore(now: now)
        let chain = try store.chain(for: long, fault: .up, now: now)
        #expect(try judged(chain, roots: store.rootPEM, name: long).verdict == nil)
    }

    @Test func contextsAreKeptForADay() throws {
        let store = try CertificateStore(now: now)
        let first = try store.context(for: host, fault: .up, now: now)
        let same = try store.context(for: host, fault: .up, now: now + .seconds(86_400))
        #expect(first === same)
        let later = try store.context(for: host, fault: .up, now: now + .seconds(86_401))
        #expect(first !== later)
    }

    private func judged(
        _ chain: [MintedIdentity], roots: String, name: String? = nil
    ) throws -> PathVerdict {
        try judge(chain, roots: roots, name: name ?? host, at: now)
    }
}

/// What a client of today makes of a chain, by the verifier that probes use.
func judge(
    _ chain: [MintedIdentity], roots: String, name: String, at now: Timestamp
) throws -> PathVerdict {
    // The rest of a huge chain is the same certificate again.
    let verification = try OfflineVerification(
        chain: Array(chain.prefix(16).map(\.pem).joined().utf8), roots: Array(roots.utf8))
    return try #require(verification.run(name: name, at: now)).path
}
