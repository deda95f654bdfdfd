import Glibc
import Testing

@testable import TLSInspection

@Suite struct TrustStoreTests {
    @Test func missingFile() {
        #expect(throws: TrustStore.LoadError.self) {
            try TrustStore(path: "/nonexistent/roots.pem")
        }
    }

    @Test(arguments: ["/dev/null", "/etc/hostname", "/etc"]) func fileWithoutCertificates(
        path: String
    ) throws {
        let error = #expect(throws: TrustStore.LoadError.self) { try TrustStore(path: path) }
        #expect(error?.path == path)
        #expect(error?.problem.isEmpty == false)
        #expect(error?.description.hasPrefix("\(path): ") == true)
    }

    @Test(.enabled(if: access(TrustStore.systemPath, R_OK) == 0)) func systemRoots() throws {
        let store = try TrustStore(path: TrustStore.systemPath)
        #expect(store.certificateCount > 50)
        #expect(store.path == TrustStore.systemPath)
    }
}
