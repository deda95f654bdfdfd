import COpenSSL
import Glibc
import LabTLS

/// A child process with Debian's nginx on 127.0.0.1, serving `hello` over TLS with HTTP/2.
struct Nginx {
    let port: UInt16
    private let process: pid_t
    private let files: [TemporaryFile]

    /// Starts nginx and waits until it accepts.
    ///
    /// It cannot be told to let the kernel choose, so
    /// another port is tried when the one that was free is not any more.
    init(authority: TestAuthority) throws {
        for _ in 0..<5 {
            let server = try Nginx(authority: authority, port: Sockets.closedPort())
            if server.awaitStart() {
                self = server
                return
            }
            server.stop()
        }
        throw Sockets.Failure(call: "nginx", number: EADDRINUSE)
    }

    private init(authority: TestAuthority, port: UInt16) throws {
        let leaf = try authority.leaf(CertificateWish(names: "IP:127.0.0.1"))
        let chain = try TemporaryFile(leaf.pem + authority.intermediate.pem)
        let key = try TemporaryFile(leaf.keyPEM)
        let configuration = try TemporaryFile(
            """
            daemon off; master_process off; pid \(key.path).pid; error_log stderr crit;
            events { worker_connections 64; }
            http {
                access_log off;
                client_body_temp_path /var/tmp; proxy_temp_path /var/tmp;
                fastcgi_temp_path /var/tmp; uwsgi_temp_path /var/tmp; scgi_temp_path /var/tmp;
                server {
                    listen 127.0.0.1:\(port) ssl http2; ssl_protocols TLSv1.2 TLSv1.3;
                    ssl_certificate \(chain.path); ssl_certificate_key \(key.path);
                    location / { return 200 hello; }
                }
            }
            """)
        files = [chain, key, configuration]
        self.port = port
        process = try Self.spawn(configuration: configuration.path)
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

    private static func spawn(configuration: String) throws -> pid_t {
        guard let path = OperationTests.nginxPath else {
            throw Sockets.Failure(call: "nginx", number: ENOENT)
        }
        let words = ["nginx", "-e", "stderr", "-c", configuration]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        var environment: [UnsafeMutablePointer<CChar>?] = [nil]
        var process = pid_t()
        let number = posix_spawn(
            &process, path, nil, nil, &arguments, &environment)
        guard number == 0 else { throw Sockets.Failure(call: "posix_spawn", number: number) }
        return process
    }
}
