import GRDB
import Glibc

/// What every SQLite file of the daemon needs beside GRDB.
public enum SQLiteFile {
    /// What a person should hear about a file.
    public enum Notice: Sendable, Hashable {
        /// Writing has begun to fail, with the system's words.
        case failing(String)
        /// Writing works again.
        case recovered
        /// The file was damaged and moved to this path; a new one was begun.
        case setAside(path: String)
        /// The file could not be read when the monitor started, can be now, and was moved to this
        /// path with what it remembers; a new one was begun.
        case unread(path: String)
    }

    /// Whether an error says that the file is no database, or a broken one.
    public static func isDamage(_ error: any Error) -> Bool {
        guard let code = (error as? DatabaseError)?.resultCode else { return false }
        return code == .SQLITE_CORRUPT || code == .SQLITE_NOTADB
    }

    /// What is wrong, for a person.
    public static func words(_ error: any Error) -> String {
        guard let error = error as? DatabaseError else { return "\(error)" }
        return error.message ?? "SQLite error \(error.resultCode.rawValue)"
    }

    /// Moves a file away that cannot be used; an older one with the same ending is replaced, so that
    /// they do not gather.
    ///
    /// - Parameters:
    ///   - path: The file; its write-ahead log goes with it.
    ///   - ending: What its new name ends with.
    /// - Returns: Where it is now.
    public static func setAside(_ path: String, ending: String = ".damaged") -> String {
        let aside = path + ending
        _ = rename(path, aside)
        for ending in ["-wal", "-shm"] {
            unlink(aside + ending)
            _ = rename(path + ending, aside + ending)
        }
        return aside
    }
}
