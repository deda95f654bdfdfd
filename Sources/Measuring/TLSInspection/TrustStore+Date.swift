import Glibc
public import HealthModel

extension TrustStoreDate {
    /// Bytes at the head of a bundle in which its date is sought; curl's is in the first 200.
    static let headBytes = 2048
    /// Entries of the package's directory that are looked at; there are about 140.
    static let entriesMax = 4096
    /// Where Debian's package keeps the roots that its bundle is made from.
    static let packageDirectory = "/usr/share/ca-certificates/mozilla"

    /// The date of a file of roots; nil when the file cannot be looked at.
    ///
    /// Debian writes its bundle anew whenever a root is added by hand, so that its time of
    /// modification says nothing: there the newest file of the package counts. Blocks while it
    /// reads.
    ///
    /// - Parameter path: The file.
    public init?(ofFile path: String) {
        self.init(
            ofFile: path,
            packageDirectory: path == TrustStore.systemPath ? Self.packageDirectory : nil)
    }

    /// `packageDirectory` is where the package's files are that the file was made from; nil when it
    /// was not made from a package.
    init?(ofFile path: String, packageDirectory: String?) {
        guard let modified = Self.modification(of: path) else { return nil }
        if let stated = Self.stated(in: Self.head(of: path)) {
            self.init(instant: stated, source: .stated)
        } else if let packaged = packageDirectory.flatMap(Self.newest), packaged < modified {
            self.init(instant: packaged, source: .packaged)
        } else {
            self.init(instant: modified, source: .modified)
        }
    }

    /// The instant that the head of a bundle names: `Certificate data from Mozilla last updated
    /// on: Tue Dec  2 04:12:02 2025 GMT`; nil when it names none.
    static func stated(in head: String) -> Timestamp? {
        for line in head.split(whereSeparator: \.isNewline) {
            // What follows the first certificate is no head.
            if line.hasPrefix("-----BEGIN") { return nil }
            guard line.hasPrefix("#"), line.contains("Certificate data from Mozilla") else {
                continue
            }
            let words = line.split(separator: " ").suffix(6).map(String.init)
            guard words.count == 6, words[5] == "GMT",
                let month = months.firstIndex(of: words[1]), let day = Int64(words[2]),
                let year = Int64(words[4])
            else { continue }
            let time = words[3].split(separator: ":").compactMap { Int64($0) }
            guard time.count == 3 else { continue }
            if let instant = Timestamp(
                year: year, month: Int64(month) + 1, day: day, hour: time[0], minute: time[1],
                second: time[2])
            {
                return instant
            }
        }
        return nil
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func head(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: headBytes) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func modification(of path: String) -> Timestamp? {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return nil }
        return Timestamp(seconds: Int64(facts.st_mtim.tv_sec))
    }

    /// The newest certificate of a directory; nil when there is none.
    private static func newest(in directory: String) -> Timestamp? {
        guard let stream = opendir(directory) else { return nil }
        defer { closedir(stream) }
        var newest: Timestamp?
        for _ in 0..<entriesMax {
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasSuffix(".crt"), let one = modification(of: "\(directory)/\(name)")
            else { continue }
            newest = max(newest ?? one, one)
        }
        return newest
    }
}
