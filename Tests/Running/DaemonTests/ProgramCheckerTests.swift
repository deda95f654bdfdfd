import FoundationEssentials
import Glibc
import TestSupport
import Testing
import YAMLReading

@testable import Catalogue
@testable import Daemon

@Suite struct ProgramCheckerTests {
    private func problem(_ path: String) -> String? {
        let position = SourcePosition(file: "alerts/a.yml", line: 3, column: 7)
        do throws(ConfigurationError) {
            try ProgramChecker.check([ProgramReference(path: path, position: position)])
            return nil
        } catch {
            return error.description.replacing(path, with: "FILE")
        }
    }

    @Test func whatCannotBeRunIsSaidWhereItIsNamed() {
        let path = "\(TestFiles.directory)/vitaal-program-\(UUID().uuidString)"
        defer { unlink(path) }
        let start = "alerts/a.yml:3:7: the program cannot be run: FILE: "
        #expect(problem(path) == start + "No such file or directory")
        #expect(FileManager.default.createFile(atPath: path, contents: Data("#!/bin/sh\n".utf8)))
        chmod(path, 0o644)
        #expect(problem(path) == start + "is not executable; run: chmod +x FILE")
        chmod(path, 0o755)
        #expect(problem(path) == nil)
        #expect(problem("/tmp") == start + "is not a regular file")
    }
}
