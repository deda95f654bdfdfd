import Glibc
import TestSupport

/// A file with a text, removed with its last reference.
final class TemporaryFile: Sendable {
    let path: String

    init(_ text: String) throws {
        var template = Array("\(TestFiles.directory)/vitaal-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Sockets.Failure(call: "mkstemp", number: errno) }
        defer { close(descriptor) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Sockets.Failure(call: "write", number: errno)
        }
    }

    deinit { unlink(path) }
}
