import HealthModel
import Testing

@testable import TLSFindings

@Suite struct ScanPolicyTests {
    private func version(
        _ name: String, _ answer: TLSScan.Answer, _ suites: [String] = []
    ) -> TLSScan.Version {
        var version = TLSScan.Version(name: name, answer: answer)
        version.suites = suites
        return version
    }

    /// What is accepted and should not be is named; what is unknown is never held against anyone.
    @Test func oldVersionsAndBadSuites() {
        var scan = TLSScan()
        let bad = "TLS_RSA_WITH_RC4_128_SHA"
        scan.versions = [
            version("TLSv1.3", .yes, ["TLS_AES_128_GCM_SHA256"]),
            version("TLSv1.2", .yes, ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", bad]),
            version("TLSv1.1", .unknown), version("TLSv1", .yes, [bad]),
        ]
        scan.groups = [TLSScan.Group(name: "X25519MLKEM768", answer: .no)]
        let found = ScanPolicy.judge(scan)
        #expect(
            found.map(\.id) == [
                .oldVersionAccepted, .insufficientSuiteAccepted, .postQuantumMissing,
            ])
        #expect(found.map(\.detail) == ["TLSv1", bad, ""])
        #expect(found.map(\.severity) == [.warning, .warning, .info])
        scan.versions[3].answer = .no
        scan.versions[3].suites = []
        scan.versions[1].suites.removeLast()
        scan.groups[0].answer = .yes
        #expect(ScanPolicy.judge(scan).isEmpty)
        scan.groups[0].answer = .unknown
        #expect(ScanPolicy.judge(scan).isEmpty && scan.postQuantum == .unknown)
        #expect(ScanPolicy.judge(TLSScan()).isEmpty)
    }

    /// One group that withstands is enough; without TLS 1.3 there can be none.
    @Test(
        arguments: [
            (TLSScan.Answer.yes, [TLSScan.Answer.no, .yes], TLSScan.Answer.yes),
            (.yes, [.unknown, .yes], .yes), (.yes, [.no, .unknown], .unknown),
            (.yes, [.no, .no], .no), (.yes, [], .unknown), (.no, [], .no),
            (.unknown, [], .unknown),
        ])
    func postQuantum(
        newest: TLSScan.Answer, groups: [TLSScan.Answer], wanted: TLSScan.Answer
    ) {
        var scan = TLSScan()
        scan.versions = [version("TLSv1.3", newest)]
        scan.groups =
            zip(["X25519MLKEM768", "SecP256r1MLKEM768"], groups)
            .map { TLSScan.Group(name: $0, answer: $1) }
            + [TLSScan.Group(name: "x25519", answer: .yes)]
        #expect(scan.postQuantum == wanted)
        #expect(TLSScan().postQuantum == .unknown)
    }
}
