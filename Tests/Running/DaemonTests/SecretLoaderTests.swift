import Alerting
import FoundationEssentials
import Glibc
import Routing
import TestSupport
import Testing
import YAMLReading

@testable import Catalogue
@testable import Daemon

@Suite struct SecretLoaderTests {
    private func load(_ bytes: String, mode: mode_t = 0o600) throws -> [String: Secret] {
        let path = "\(TestFiles.directory)/vitaal-secret-\(UUID().uuidString)"
        defer { unlink(path) }
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes.utf8)))
        chmod(path, mode)
        do throws(ConfigurationError) {
            let position = SourcePosition(file: "alerts/a.yml", line: 3, column: 7)
            let read = try SecretLoader.load([SecretFileReference(path: path, position: position)])
            return ["": read[path] ?? Secret([])]
        } catch {
            throw Refusal(words: error.description.replacing(path, with: "FILE"))
        }
    }

    private struct Refusal: Error, Equatable {
        var words: String
    }

    @Test func theWhiteSpaceOfEditorsIsNotPartOfIt() throws {
        #expect(try load("a secret\r\n\n") == ["": Secret(Array("a secret".utf8))])
    }

    @Test func othersMustNotReadIt() {
        let expected = Refusal(
            words: "alerts/a.yml:3:7: the secret cannot be used: FILE: others than its owner have "
                + "access to it (mode 0640); run: chmod 600 FILE")
        #expect(throws: expected) { try load("a", mode: 0o640) }
    }

    @Test func nothingIsNoSecret() {
        let expected = Refusal(
            words: "alerts/a.yml:3:7: the secret cannot be used: FILE: is empty")
        #expect(throws: expected) { try load(" \n") }
    }
}
