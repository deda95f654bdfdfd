import Glibc
import LabTLS

/// A child process with `openssl s_server -www` on 127.0.0.1: it still speaks what libraries of
/// today have unlearned.
struct OpenSSLServer {
    /// The program; nil when it is not installed.
    static let path: String? = getenv("PATH").map { String(cString: $0) }?
        .split(separator: ":").map { "\($0)/openssl" }.first { access($0, X_OK) == 0 }

    let port: UInt16
    private let process: pid_t
    private let files: [TemporaryFile]

    /// Starts it with further words of its command line and waits until it accepts.
    init(identity: MintedIdentity, chain: [MintedIdentity], _ words: [String]) throws {
        for _ in 0..<5 {
            let server = try OpenSSLServer(
                identity: identity, chain: chain, words, port: Sockets.closedPort())
            if server.awaitStart() {
                self = server
                return
            }
            server.stop()
        }
        throw Sockets.Failure(call: "openssl s_server", number: EADDRINUSE)
    }

    private init(
        identity: MintedIdentity, chain: [MintedIdentity], _ words: [String], port: UInt16
    ) throws {
        let certificate = try TemporaryFile(identity.pem)
        let key = try TemporaryFile(identity.keyPEM)
        let rest = try TemporaryFile(chain.map(\.pem).joined())
        files = [certificate, key, rest]
        self.port = port
        process = try Self.spawn(
            ["openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-www", "-quiet"]
                + ["-cert", certificate.path, "-key", key.path, "-cert_chain", rest.path] + words)
    }

    /// Ends the child and waits for it.
    func stop() {
        kill(process, SIGKILL)
        var status: CInt = 0
        waitpid(process, &status, 0)
        withExtendedLifetime(files) {}
    }

    /// Whether it accepts connections before it ends or ten seconds have passed.
    private func awaitStart() -> Bool {
        for _ in 0..<1000 {
            let connections = FillingConnections(port: port, count: 1, isBlocking: true)
            connections.close()
            if connections.connected == 1 { return true }
            var status: CInt = 0
            if waitpid(process, &status, WNOHANG) != 0 { return false }
            usleep(10_000)
        }
        return false
    }

    private static func spawn(_ words: [String]) throws -> pid_t {
        guard let path else { throw Sockets.Failure(call: "openssl", number: ENOENT) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, flags) in [(CInt(0), O_RDONLY), (1, O_WRONLY), (2, O_WRONLY)] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", flags, 0)
        }
        var arguments = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var process = pid_t()
        let number = posix_spawn(&process, path, &actions, nil, &arguments, &environment)
        guard number == 0 else { throw Sockets.Failure(call: "posix_spawn", number: number) }
        return process
    }
}
