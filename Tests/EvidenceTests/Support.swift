import Foundation
import Glibc
import TestFiles
import Testing

/// A directory that goes with its last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("\(TestFiles.directory)/vitaal-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the directory above it.
    func write(_ name: String, _ text: String) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    /// Adds to the end of a file that is there.
    func append(_ name: String, _ text: String) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path).appending(path: name))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// The text of a file; empty when there is none.
    func read(_ name: String) -> String {
        String(
            decoding: FileManager.default.contents(atPath: path + "/" + name) ?? Data(),
            as: UTF8.self)
    }
}

/// Asks again and again until the answer is yes.
func eventually(
    _ what: String, _ holds: () throws -> Bool, at location: SourceLocation = #_sourceLocation
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(60)
    while try !holds() {
        try #require(clock.now < deadline, "never: \(what)", sourceLocation: location)
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Holds the one device on which every write fails (full(4)): its lock is the whole machine's.
func withFullDevice<Value>(_ body: () async throws -> Value) async throws -> Value {
    let lock = open("/var/tmp/vitaal-test-full.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    try #require(lock >= 0)
    defer { close(lock) }
    try await eventually("the lock of /dev/full") { flock(lock, LOCK_EX | LOCK_NB) == 0 }
    return try await body()
}
