import Catalogue
import Daemon
import Foundation
import Testing
import YAMLReading

/// Files of trusted roots that cannot be used are told at the place that names them.
@Suite struct TrustStoreLoaderTests {
    @Test func everyBadFileIsToldAtItsPlace() throws {
        let directory = FileManager.default.temporaryDirectory.appending(
            path: "vitaal-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let text = directory.appending(path: "text.pem").path
        try Data("no certificate\n".utf8).write(to: URL(fileURLWithPath: text))
        func reference(_ path: String, line: Int) -> TrustFileReference {
            TrustFileReference(
                path: path, position: SourcePosition(file: "f.yml", line: line, column: 16))
        }
        let error = #expect(throws: ConfigurationError.self) {
            try TrustStoreLoader.load([
                reference("/nonexistent/pkioverheid-private.pem", line: 12),
                reference(text, line: 9), reference("/nonexistent/own.pem", line: 15),
            ])
        }
        let told = error?.mistakes.map(\.description) ?? []
        #expect(told.count == 3)
        #expect(
            told.first?.hasPrefix("f.yml:9:16: the trusted roots cannot be used: \(text)") == true)
        #expect(told.dropFirst().first?.contains("have them from Logius") == true)
        #expect(
            told.last
                == "f.yml:15:16: the trusted roots cannot be used: /nonexistent/own.pem: No such file or directory"
        )
        #expect(try TrustStoreLoader.load([]).isEmpty)
    }
}
