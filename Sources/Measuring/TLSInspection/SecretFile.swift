/// A file that only its owner may read.
public enum SecretFile {
    /// Reads it, without the white space at its end that editors leave.
    ///
    /// Blocks while it reads.
    ///
    /// - Throws: when it cannot be read, is no regular file, is too long or empty, or others have
    ///   access to it.
    public static func bytes(of path: String) throws(ClientIdentity.LoadError) -> [UInt8] {
        var bytes = try ClientIdentity.bytes(of: path, isSecret: true)
        while let last = bytes.last, last <= UInt8(ascii: " ") { bytes.removeLast() }
        guard !bytes.isEmpty else {
            throw ClientIdentity.LoadError(path: path, problem: "is empty")
        }
        return bytes
    }
}
