import Glibc
import Observing
import ResultFormat

/// The files of this machine.
public struct LinuxFiles: StoreFiles {
    /// Makes it.
    public init() {}

    /// The names in a directory, sorted.
    public func list(_ directory: String) throws(StoreFileError) -> [String] {
        guard let stream = opendir(directory) else { throw .system("cannot be read", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Opens a file for reading.
    public func open(_ path: String) throws(StoreFileError) -> any StoreReading {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot be read", path) }
        return LinuxFile(descriptor: descriptor, path: path)
    }

    /// Makes a file; one that exists is an error unless `replacing`, which empties it.
    public func create(
        _ path: String, replacing: Bool
    ) throws(StoreFileError) -> any StoreWriting {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (replacing ? O_TRUNC : O_EXCL)
        let descriptor = Glibc.open(path, flags, 0o640)
        guard descriptor >= 0 else { throw .system("cannot be made", path) }
        return LinuxFile(descriptor: descriptor, path: path)
    }

    /// Gives a file another name.
    public func rename(_ path: String, to: String) throws(StoreFileError) {
        guard Glibc.rename(path, to) == 0 else { throw .system("cannot be renamed", path) }
    }

    /// Removes a file; does nothing when there is none.
    public func remove(_ path: String) throws(StoreFileError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("cannot be removed", path) }
    }

    /// Makes the names in a directory durable.
    public func syncDirectory(_ path: String) throws(StoreFileError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot be read", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("cannot be made durable", path) }
    }
}

/// An open file; closed when nobody holds it any more.
private final class LinuxFile: StoreReading, StoreWriting {
    private let descriptor: CInt
    private let path: String

    init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    func size() throws(StoreFileError) -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw .system("cannot be read", path) }
        return end
    }

    func read(at offset: Int, count: Int) throws(StoreFileError) -> [UInt8] {
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            while filled < count {
                let got = pread(
                    descriptor, buffer.baseAddress.map { $0 + filled }, count - filled,
                    offset + filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        guard failure == 0 else { throw .system("cannot be read", path, failure) }
        return bytes
    }

    func write(_ bytes: [UInt8]) throws(StoreFileError) {
        var written = 0
        while written < bytes.count {
            let got = bytes.withUnsafeBytes { buffer in
                Glibc.write(
                    descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw .system("cannot be written", path) }
            written += got
        }
    }

    func sync() throws(StoreFileError) {
        guard fdatasync(descriptor) == 0 else { throw .system("cannot be made durable", path) }
    }
}

extension StoreFileError {
    /// What the system says now.
    static func system(
        _ operation: String, _ path: String, _ code: CInt = errno
    ) -> StoreFileError {
        StoreFileError(operation, path: path, code: code, words: String(cString: strerror(code)))
    }

    /// Bytes that are not what the store writes.
    static func format(_ error: StoreFormatError, _ path: String) -> StoreFileError {
        let words =
            switch error {
            case .truncated: "it ends too early"
            case .checksum: "a checksum does not match"
            case .invalid(let what): "it is damaged: \(what)"
            case .newer(let version):
                "it has format \(version) of a later Vitaal; this one reads up to "
                    + "\(StoreFileHead.version). Nothing was changed; use the later program"
            }
        var isNewer = false
        if case .newer = error { isNewer = true }
        return StoreFileError("cannot be used", path: path, words: words, isNewer: isNewer)
    }
}
