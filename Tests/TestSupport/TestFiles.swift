import Glibc

/// Where tests put what they write.
public enum TestFiles {
    /// Bytes that have to be free in memory: several times what all tests together write.
    private static let bytesFree: UInt64 = 1 << 30

    /// ST_NOEXEC of statvfs(3): no program can be run from there.
    private static let noExecution: UInt = 8

    /// A directory that every user may write to: in memory, where a sync costs nothing, or
    /// `/var/tmp` where the machine has no such place from which programs may be run.
    ///
    /// What a sync is for, a power cut, no test can see; `make torture` has its own disk for it.
    public static let directory: String = {
        var state = statvfs()
        guard statvfs("/dev/shm", &state) == 0, access("/dev/shm", W_OK) == 0,
            state.f_flag & noExecution == 0,
            UInt64(state.f_bavail) * UInt64(state.f_frsize) >= bytesFree
        else { return "/var/tmp" }
        return "/dev/shm"
    }()
}
