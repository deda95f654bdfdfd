import Foundation
import HealthModel
import Lab
import Testing

/// An independent client as a second opinion: curl with OpenSSL.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
struct CurlTests {
    /// The exit codes of curl(1); two where it depends on when the reset arrives.
    @Test(arguments: [
        (Fault.up, [0]), (.refused, [7]), (.status(503), [22]), (.forbidden, [22]),
        (.truncated, [18]), (.down, [28]), (.slow(.seconds(60)), [28]), (.plainHTTP, [35]),
        (.garbage, [35]), (.reset(.connect), [7, 35]), (.reset(.handshake), [35]),
        (.reset(.request), [56]), (.reset(.body), [56]), (.expired, [60]), (.notYetValid, [60]),
        (.wrongName, [60]), (.selfSigned, [60]), (.untrusted, [60]), (.incompleteChain, [60]),
        (.expiring(lifetimeLeft: 0.1), [0]), (.hugeChain, [35]), (.legacyTLS, [35]),
        (.clientCertificate, [56]), (.weakKey, [60]), (.onlyTLS10, [35]),
        (.noSecureRenegotiation, [35]), (.renegotiation, [0]), (.staple(.good), [0]),
    ])
    func exitCode(fault: Fault, codes: [Int32]) async throws {
        try await withLab { (lab: Lab) async throws in
            try await lab.apply(fault, to: "www.digid.nl")
            let address = try #require(lab.address(of: "www.digid.nl"))
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
            process.arguments = [
                "--silent", "--fail", "--output", "/dev/null", "--max-time", "4", "--noproxy", "*",
                "--cacert", lab.caFilePath, "--resolve", "www.digid.nl:\(lab.tlsPort):\(address)",
                "https://www.digid.nl:\(lab.tlsPort)/",
            ]
            let exit = await withCheckedContinuation { continuation in
                process.terminationHandler = {
                    continuation.resume(returning: $0.terminationStatus)
                }
                do { try process.run() } catch { continuation.resume(returning: -1) }
            }
            #expect(codes.contains(exit))
        }
    }
}
