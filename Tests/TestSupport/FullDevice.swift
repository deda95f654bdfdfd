import Glibc

/// Holds the one device on which every write fails (full(4)): its lock is the whole machine's.
public func withFullDevice<Value>(_ body: () async throws -> Value) async throws -> Value {
    let lock = open("/var/tmp/vitaal-test-full.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard lock >= 0 else { throw TestError("open: \(String(cString: strerror(errno)))") }
    defer { close(lock) }
    try await eventually("the lock of /dev/full") { flock(lock, LOCK_EX | LOCK_NB) == 0 }
    return try await body()
}
