import Foundation

/// The nginx that a contender probes: one worker, a P-256 certificate, TLS 1.2 and 1.3.
struct WebServer {
    /// Who connects: each has ports of its own.
    ///
    /// Closed connections stay in TIME_WAIT for a minute, and the more there are to a port the
    /// longer the kernel looks for a free one: nobody is to pay for what others have left.
    enum Lane: CaseIterable {
        case handshakes, vitaal, busyVitaal, blackbox
    }

    /// Where HTTPS is served.
    let tlsPorts: [Lane: Int]
    /// Where plain HTTP is served.
    let httpPorts: [Lane: Int]
    /// The root that signed the certificate.
    let caFile: String
    private let statusPort: Int
    private let process: ChildProcess

    /// Starts the server, with the certificates of one that was started before.
    ///
    /// - Parameters:
    ///   - name: Names its files, for there may be two at a time: each counts its requests.
    ///   - workspace: Where its files go.
    /// - Throws: `BenchError` when a program is missing or does not do its part.
    init(_ name: String = "nginx", in workspace: Workspace) throws {
        guard let nginx = Workspace.tool("nginx"), let openssl = Workspace.tool("openssl") else {
            throw BenchError("nginx and openssl are needed: `make bench` fetches them")
        }
        caFile = workspace.path("ca.pem")
        if !FileManager.default.fileExists(atPath: caFile) {
            try Self.mintCertificates(openssl, in: workspace)
        }
        tlsPorts = try Self.freePorts()
        httpPorts = try Self.freePorts()
        statusPort = try Loopback.freePort()
        let logs = try workspace.makeDirectory(name)
        let listen =
            tlsPorts.values.map { "listen 127.0.0.1:\($0) ssl backlog=4096;" }
            + httpPorts.values.map { "listen 127.0.0.1:\($0) backlog=4096;" }
        let configuration = try workspace.write(
            """
            daemon off;
            master_process off;
            pid \(logs)/nginx.pid;
            error_log stderr error;
            events { worker_connections 8192; }
            http {
                access_log off;
                client_body_temp_path \(logs)/body;
                proxy_temp_path \(logs)/proxy;
                fastcgi_temp_path \(logs)/fastcgi;
                uwsgi_temp_path \(logs)/uwsgi;
                scgi_temp_path \(logs)/scgi;
                default_type text/html;
                server {
                    \(listen.joined(separator: " "))
                    ssl_certificate \(workspace.path("server.pem"));
                    ssl_certificate_key \(workspace.path("server.key"));
                    ssl_protocols TLSv1.2 TLSv1.3;
                    location / { return 200 "\(Self.page)"; }
                }
                server {
                    listen 127.0.0.1:\(statusPort);
                    location / { stub_status; }
                }
            }
            """, to: "\(name).conf")
        process = try ChildProcess(
            nginx, ["-c", configuration, "-p", logs], log: "\(name).log", in: workspace)
        let port = statusPort
        try wait(for: "nginx to listen", seconds: 10) {
            Loopback.get("/", port: port) != nil
        }
    }

    /// Where `load` finds the server.
    func port(_ load: Load, _ lane: Lane) -> Int {
        (load.isEncrypted ? tlsPorts[lane] : httpPorts[lane]) ?? 0
    }

    /// Requests served so far, without this one: the same counter for every contender.
    func requests(countingQuestions asked: inout Int) throws -> Int {
        _ = try process.usage()
        // "server accepts handled requests" and under it the three numbers.
        guard let text = Loopback.get("/", port: statusPort),
            case let lines = text.split(separator: "\n"), lines.count > 2,
            let number = lines[2].split(separator: " ").last.flatMap({ Int($0) })
        else { throw BenchError("nginx tells no numbers") }
        asked += 1
        return number - asked
    }

    private static func freePorts() throws -> [Lane: Int] {
        try Dictionary(
            uniqueKeysWithValues: Lane.allCases.map { ($0, try Loopback.freePort()) })
    }

    private static let page =
        "<!doctype html><html lang='nl'><head><title>Mijn dienst</title></head>"
        + "<body><h1>Welkom</h1><p>Alles werkt.</p></body></html>"

    /// A root and a certificate for every name that is used.
    private static func mintCertificates(_ openssl: String, in workspace: Workspace) throws {
        let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        try runToEnd(
            openssl,
            ["req", "-x509", "-days", "30", "-subj", "/CN=Bench Root"] + newKey
                + ["-keyout", workspace.path("ca.key"), "-out", workspace.path("ca.pem")],
            in: workspace)
        try runToEnd(
            openssl,
            ["req", "-subj", "/CN=bench.example"] + newKey
                + ["-keyout", workspace.path("server.key"), "-out", workspace.path("server.csr")],
            in: workspace)
        let extensions = try workspace.write(
            """
            subjectAltName=DNS:bench.example,DNS:*.bench.example,IP:127.0.0.1
            basicConstraints=critical,CA:false
            keyUsage=critical,digitalSignature
            extendedKeyUsage=serverAuth
            """, to: "extensions.txt")
        try runToEnd(
            openssl,
            [
                "x509", "-req", "-days", "30", "-in", workspace.path("server.csr"),
                "-CA", workspace.path("ca.pem"), "-CAkey", workspace.path("ca.key"),
                "-CAcreateserial", "-extfile", extensions, "-out", workspace.path("server.pem"),
            ], in: workspace)
    }
}
