import Foundation
import Glibc

/// An empty directory that goes with its last reference, and everything in it.
public final class TemporaryDirectory: Sendable {
    /// Its absolute path, without a slash at the end.
    public let path: String

    /// Makes one where `TestFiles.directory` says.
    public init() throws {
        var template = Array("\(TestFiles.directory)/vitaal-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestError("mkdtemp: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the directories above it.
    ///
    /// - Returns: Its path.
    @discardableResult public func write(_ name: String, _ text: String) throws -> String {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    /// Adds to the end of a file that is there.
    public func append(_ name: String, _ text: String) throws {
        let file = try FileHandle(forWritingTo: URL(filePath: path).appending(path: name))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// The text of a file; empty when there is none.
    public func read(_ name: String) -> String {
        String(
            decoding: FileManager.default.contents(atPath: path + "/" + name) ?? Data(),
            as: UTF8.self)
    }

    /// The lines of a file that end in a line feed: another thread may be writing the last one.
    public func wholeLines(of name: String) -> [Substring] {
        let text = read(name)
        return text[..<(text.lastIndex(of: "\n") ?? text.startIndex)].split(separator: "\n")
    }
}
