import CLinux
import Glibc

/// What somebody has to know who gives orders to the monitor: a file that only its user may read.
///
/// The API listens on loopback, where every user of the machine and every page in a browser could
/// reach it. Whoever can read the data directory may silence; nobody else.
public enum OperatorToken {
    /// The token cannot be read or made.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The path and what is wrong with it.
        public let description: String
    }

    /// The name of the file in the data directory.
    public static let name = "operator-token"
    /// Bytes of randomness in one.
    static let randomBytes = 32

    /// Reads the token of a data directory, and makes one when there is none.
    ///
    /// - Throws: `Failure` when the file cannot be used, or others may read it.
    static func load(dataDirectory: String) throws(Failure) -> String {
        let path = dataDirectory + "/" + name
        guard access(path, F_OK) != 0 else { return try read(path) }
        // Whole or not at all: a power cut must not leave half of one, with which nothing starts.
        let draft = path + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(draft, errno) }
        defer { close(descriptor) }
        let digits = Array("0123456789abcdef")
        var random = SystemRandomNumberGenerator()
        let token = String(
            (0..<(2 * randomBytes)).map { _ in digits[Int(random.next(upperBound: 16 as UInt))] })
        let bytes = Array((token + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0,
            rename(draft, path) == 0
        else {
            let number = errno
            unlink(draft)
            throw failure(path, number)
        }
        return token
    }

    /// Reads the token in a file.
    ///
    /// - Throws: `Failure` when the file cannot be read, holds no token, or others may read it.
    public static func read(_ path: String) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, errno) }
        defer { close(descriptor) }
        var mode: UInt32 = 0
        let number = linux_mode_of_descriptor(descriptor, &mode)
        guard number == 0 else { throw failure(path, number) }
        guard mode & 0o077 == 0 else {
            throw Failure(
                description: "\(path): others may read it; `chmod 600` it, or remove it and start "
                    + "the monitor again")
        }
        var bytes = [UInt8](repeating: 0, count: 4 * randomBytes)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else { throw failure(path, errno) }
        let digits = bytes.prefix(count).filter { $0 != UInt8(ascii: "\n") }
        guard digits.count == 2 * randomBytes, digits.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Failure(
                description: "\(path): holds no token; remove it and start the monitor again")
        }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func failure(_ path: String, _ number: CInt) -> Failure {
        Failure(description: "\(path): \(String(cString: strerror(number)))")
    }
}
