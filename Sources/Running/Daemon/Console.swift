import Glibc
import HealthModel
import Synchronization

/// Lines for a person on standard output, each written whole.
public enum Console {
    /// How long the last lines wait for a reader when the process ends.
    static let farewell: Duration = .milliseconds(300)
    /// A pipe that is writable takes at least this without blocking (PIPE_BUF, pipe(7)).
    private static let pieceBytes = 4096
    /// How long one look at the output takes.
    private static let lookMilliseconds: CInt = 100

    /// When to stop waiting for a reader, on the monotonic clock.
    private static let deadline = Atomic<Int64>(.max)

    /// Writes `line` and a line break; a closed or full output is not our business.
    ///
    /// Waits for a reader who is slow, such as a terminal that was stopped, until `hurry`.
    public static func say(_ line: String) {
        var bytes = Array(line.utf8)
        bytes.append(UInt8(ascii: "\n"))
        var start = 0
        while start < bytes.count {
            guard waitForReader() else { return }
            let count = bytes[start...].prefix(pieceBytes).withUnsafeBytes {
                write(STDOUT_FILENO, $0.baseAddress, $0.count)
            }
            if count <= 0 {
                if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
                return
            }
            start += count
        }
    }

    /// From now on nobody waits for a reader longer than `farewell`: the process is ending.
    static func hurry() {
        let now = SystemTimekeeper().monotonicNanoseconds()
        deadline.store(now + farewell.nanoseconds, ordering: .relaxed)
    }

    /// Whether the output takes a piece; false when it has not by the deadline.
    private static func waitForReader() -> Bool {
        while true {
            var output = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            let isLate =
                SystemTimekeeper().monotonicNanoseconds() >= deadline.load(ordering: .relaxed)
            if poll(&output, 1, isLate ? 0 : lookMilliseconds) > 0 { return true }
            if isLate { return false }
        }
    }
}
