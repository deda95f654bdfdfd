import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import Daemon

/// The token that operators show.
@Suite final class OperatorTokenTests {
    private let files: TemporaryDirectory
    private var directory: String { files.path }
    private var path: String { directory + "/" + OperatorToken.name }

    init() throws {
        files = try TemporaryDirectory()
    }

    private func write(_ text: String, mode: mode_t = 0o600) {
        _ = FileManager.default.createFile(atPath: path, contents: Data(text.utf8))
        chmod(path, mode)
    }

    @Test func oneIsMadeAndStays() throws {
        let token = try OperatorToken.load(dataDirectory: directory)
        #expect(token.utf8.count == 2 * OperatorToken.randomBytes)
        #expect(try OperatorToken.load(dataDirectory: directory) == token)
        #expect(try OperatorToken.read(path) == token)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: directory) == ["operator-token"])
        unlink(path)
        #expect(try OperatorToken.load(dataDirectory: directory) != token)
    }

    /// What a crash has left of an earlier attempt is written over.
    @Test func halfOfOneIsNoObstacle() throws {
        _ = FileManager.default.createFile(atPath: path + ".new", contents: Data("ab".utf8))
        #expect(try OperatorToken.load(dataDirectory: directory).utf8.count == 64)
    }

    @Test(arguments: [
        (String(repeating: "a", count: 64), mode_t(0o640), "others may read it"),
        (String(repeating: "a", count: 64), mode_t(0o604), "others may read it"),
        (String(repeating: "a", count: 63), mode_t(0o600), "holds no token"),
        (String(repeating: "a", count: 65), mode_t(0o600), "holds no token"),
        (String(repeating: " ", count: 64), mode_t(0o600), "holds no token"),
        ("", mode_t(0o600), "holds no token"),
    ]) func oneThatCannotBeUsedIsSaid(text: String, mode: mode_t, words: String) {
        write(text, mode: mode)
        #expect {
            _ = try OperatorToken.load(dataDirectory: directory)
        } throws: {
            "\($0)".contains(words)
        }
    }
}
