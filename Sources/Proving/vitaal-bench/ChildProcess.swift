import Foundation
import Synchronization

/// The processes that were started and not yet reaped.
enum ChildRegistry {
    private struct State {
        var running: Set<pid_t> = []
        var isClosed = false
    }

    /// How long a process may take to stop when asked, before it is killed.
    static let politeSeconds = 5.0

    private static let state = Mutex(State())

    /// Starts a process unless the end has begun.
    static func start(_ spawn: () throws -> pid_t) throws -> pid_t {
        try state.withLock { state in
            guard !state.isClosed else { throw BenchError("stopped by a signal") }
            let identifier = try spawn()
            state.running.insert(identifier)
            return identifier
        }
    }

    /// Forgets a process that was reaped.
    static func forget(_ identifier: pid_t) {
        state.withLock { _ = $0.running.remove(identifier) }
    }

    /// Stops everything and starts nothing any more.
    static func stopAll() {
        let running = state.withLock { state in
            state.isClosed = true
            return state.running
        }
        for identifier in running { kill(-identifier, SIGTERM) }
        let end = monotonicSeconds() + politeSeconds
        for identifier in running {
            while !hasEnded(identifier) && monotonicSeconds() < end {
                Thread.sleep(forTimeInterval: 0.02)
            }
            kill(-identifier, SIGKILL)
            forget(identifier)
        }
    }

    /// Whether a child is gone; reaps it.
    private static func hasEnded(_ identifier: pid_t) -> Bool {
        waitpid(identifier, nil, WNOHANG) != 0
    }
}

/// A process in a process group of its own that dies with this one.
final class ChildProcess {
    /// The process.
    let identifier: pid_t
    /// The file with its standard output and standard error.
    let logPath: String
    private let name: String

    /// Starts a program with its output in a file of the workspace.
    init(_ path: String, _ arguments: [String], log: String, in workspace: Workspace) throws {
        name = (path as NSString).lastPathComponent
        logPath = workspace.path(log)
        var command = [path] + arguments
        // Also a SIGKILL of this process must leave nothing behind.
        if let setpriv = Workspace.tool("setpriv") {
            command = [setpriv, "--pdeathsig", "KILL", "--"] + command
        }
        let output = logPath
        identifier = try ChildRegistry.start { try Self.spawn(command, output: output) }
    }

    deinit { stop() }

    /// What the process has printed so far.
    var output: String { readText(logPath) }

    /// Whether the process still runs; a zombie does not.
    var isRunning: Bool { ProcessUsage(of: identifier) != nil }

    /// What the process uses now.
    ///
    /// - Throws: `BenchError` with the end of its output when it is gone.
    func usage() throws -> ProcessUsage {
        guard let usage = ProcessUsage(of: identifier) else {
            throw BenchError("\(name) has ended:\n\(output.suffix(2000))")
        }
        return usage
    }

    /// Waits for the process to end by itself and gives its exit status and its CPU seconds.
    func wait() -> (status: Int32, cpuSeconds: Double) {
        var status: Int32 = 0
        var usage = rusage()
        let reaped = wait4(identifier, &status, 0, &usage)
        ChildRegistry.forget(identifier)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return (reaped == identifier ? status : -1, Double(seconds) + Double(microseconds) / 1e6)
    }

    /// Asks the process to stop, kills it if it does not, and gives its wait status.
    @discardableResult
    func stop() -> Int32 {
        kill(identifier, SIGTERM)
        let end = monotonicSeconds() + ChildRegistry.politeSeconds
        while isRunning && monotonicSeconds() < end { Thread.sleep(forTimeInterval: 0.02) }
        kill(-identifier, SIGKILL)
        return wait().status
    }

    // Safety: the C strings are made and freed here, and the call copies what it needs.
    private static func spawn(_ command: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What this process ignores, its children must not.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        let arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var identifier: pid_t = 0
        let error = posix_spawn(
            &identifier, command[0], &actions, &attributes, arguments, environ)
        guard error == 0 else {
            throw BenchError("\(command[0]): \(String(cString: strerror(error)))")
        }
        return identifier
    }
}

/// Runs a program to its end.
///
/// - Throws: `BenchError` with its output when it fails.
/// - Returns: What it printed, and its CPU seconds.
@discardableResult
func runToEnd(
    _ path: String, _ arguments: [String], in workspace: Workspace
) throws -> (output: String, cpuSeconds: Double) {
    let child = try ChildProcess(path, arguments, log: "run.log", in: workspace)
    let (status, seconds) = child.wait()
    guard status == 0 else {
        let command = ([path] + arguments).joined(separator: " ")
        throw BenchError("\(command) failed:\n\(child.output.suffix(2000))")
    }
    return (child.output, seconds)
}
