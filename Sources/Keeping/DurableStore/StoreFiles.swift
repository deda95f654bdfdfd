/// What the store asks of a file system; a seam, so that every operation can be made to fail.
public protocol StoreFiles: Sendable {
    /// The names in a directory.
    func list(_ directory: String) throws(StoreFileError) -> [String]
    /// Opens a file for reading.
    func open(_ path: String) throws(StoreFileError) -> any StoreReading
    /// Makes a file; one that exists is an error unless `replacing`, which empties it.
    func create(_ path: String, replacing: Bool) throws(StoreFileError) -> any StoreWriting
    /// Gives a file another name, in place of what has that name.
    func rename(_ path: String, to: String) throws(StoreFileError)
    /// Removes a file; does nothing when there is none.
    func remove(_ path: String) throws(StoreFileError)
    /// Makes created, renamed and removed names durable.
    func syncDirectory(_ path: String) throws(StoreFileError)
}

/// A file that is read.
public protocol StoreReading: Sendable {
    /// Its bytes at the time of the call.
    func size() throws(StoreFileError) -> Int
    /// Bytes from a place; fewer than `count` at the end of the file.
    func read(at offset: Int, count: Int) throws(StoreFileError) -> [UInt8]
}

/// A file that is written from its beginning on.
public protocol StoreWriting: Sendable {
    /// Writes all bytes behind those before.
    func write(_ bytes: [UInt8]) throws(StoreFileError)
    /// Makes what was written durable. After a failure the file must not be trusted.
    func sync() throws(StoreFileError)
}

/// A file operation that failed.
public struct StoreFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What failed, as a person says it, such as `cannot be written`.
    public let operation: String
    /// The file.
    public let path: String
    /// The error number of the system; 0 when the bytes are wrong.
    public let code: Int32
    /// The words for it.
    public let words: String
    /// Whether a later program wrote the file.
    public let isNewer: Bool
    /// Whether the file could be read and its bytes are wrong.
    public var isDamage: Bool { code == 0 && !isNewer }

    /// Makes an error.
    public init(
        _ operation: String, path: String, code: Int32 = 0, words: String, isNewer: Bool = false
    ) {
        self.operation = operation
        self.path = path
        self.code = code
        self.words = words
        self.isNewer = isNewer
    }

    /// `FILE: cannot be written: No space left on device`.
    public var description: String { "\(path): \(operation): \(words)" }
}
