import Foundation
import Glibc
import TestSupport
import Testing

/// A program that a test started: its output goes to two files, and it never outlives its scope.
final class Child: Sendable {
    struct StartError: Error, CustomStringConvertible {
        let description: String
    }

    /// How a child ended.
    enum End: Sendable, Equatable {
        case exit(Int32)
        case signal(Int32)
    }

    let processID: pid_t
    private let outputPath: String
    private let errorPath: String
    private let end = LockedEnd()

    /// Runs `path` while `body` runs; the child is killed and reaped on every way out.
    ///
    /// It writes to `standardOutput` instead of the file when that is given.
    static func run<Value>(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        directory: String? = nil, standardOutput: Int32? = nil,
        _ body: (Child) async throws -> Value
    ) async throws -> Value {
        let files = try TemporaryDirectory()
        let child = try Child(
            path, arguments, environment: environment, directory: directory,
            standardOutput: standardOutput, files: files)
        defer {
            child.send(SIGKILL)
            child.reap(options: 0)
            withExtendedLifetime(files) {}
        }
        return try await body(child)
    }

    /// Runs `path` to its end and returns its exit status and what it said.
    static func outcome(
        _ path: String, _ arguments: [String], environment: [String: String] = [:],
        directory: String? = nil
    ) async throws -> (status: Int32, output: String, errors: String) {
        try await run(path, arguments, environment: environment, directory: directory) { child in
            let end = try await child.waitForEnd()
            guard case .exit(let status) = end else {
                throw StartError(description: "\(path) ended by \(end): \(child.errors)")
            }
            return (status, child.output, child.errors)
        }
    }

    private init(
        _ path: String, _ arguments: [String], environment: [String: String], directory: String?,
        standardOutput: Int32?, files: TemporaryDirectory
    ) throws {
        outputPath = files.path + "/output"
        errorPath = files.path + "/errors"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let flags = O_WRONLY | O_CREAT | O_APPEND
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputPath, flags, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errorPath, flags, 0o600)
        if let standardOutput {
            posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO)
        }
        // The copy has no close-on-exec mark.
        // What other tests have open is none of the child's business; closing what is not open
        // is no error here (posix_spawn_file_actions_addclose(3)).
        for descriptor in 3..<Int32(1024) {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        // A test runner may have blocked or ignored signals; a child of a shell has neither.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        // The shell replaces itself, so that the child is the program.
        let command =
            directory.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0] } ?? []
        var words = (command + [path] + arguments).map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for word in words + settings { free(word) } }
        var identifier = pid_t()
        let number = posix_spawn(
            &identifier, command.first ?? path, &actions, &attributes, &words, &settings)
        guard number == 0 else {
            throw StartError(description: "\(path): \(String(cString: strerror(number)))")
        }
        processID = identifier
    }

    /// What it wrote to standard output so far.
    var output: String { Self.text(outputPath) }
    /// What it wrote to standard error so far.
    var errors: String { Self.text(errorPath) }
    /// The whole lines of standard output so far.
    var lines: [Substring] { output.split(separator: "\n") }

    /// Sends a signal, unless the child has ended.
    func send(_ signal: Int32) {
        end.withValue { end in
            if end == nil { kill(processID, signal) }
        }
    }

    /// How it ended; nil while it runs.
    var ended: End? { reap(options: WNOHANG) }

    /// Waits for the end.
    func waitForEnd(within limit: Duration = .seconds(60)) async throws -> End {
        try await eventually("the end of process \(processID)", within: limit) { self.ended }
    }

    @discardableResult private func reap(options: Int32) -> End? {
        end.withValue { end in
            if end != nil { return end }
            var status: Int32 = 0
            guard waitpid(processID, &status, options) == processID else { return nil }
            // WIFEXITED, WEXITSTATUS and WTERMSIG are macros (wait(2)).
            end = status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
            return end
        }
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }
}

/// The end of a child, known once.
private final class LockedEnd: @unchecked Sendable {
    private let lock = NSLock()
    private var end: Child.End?

    func withValue<Value>(_ body: (inout Child.End?) -> Value) -> Value {
        lock.withLock { body(&end) }
    }
}

/// A program on the search path; nil when it is not installed.
func tool(_ name: String) -> String? {
    let places = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
    // Debian keeps servers in sbin, which is not on everybody's path.
    return (places.split(separator: ":").map(String.init) + ["/usr/sbin"]).map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
}
