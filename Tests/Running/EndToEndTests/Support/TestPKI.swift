import Foundation
import TestSupport
import Testing

/// Certificates made with the `openssl` program: a root, an intermediate and leaves with faults.
struct TestPKI: Sendable {
    /// Ways in which a server's certificate can be.
    enum Kind: String, Sendable, CaseIterable {
        case good
        case expired
        case notYetValid = "not-yet-valid"
        case selfSigned = "self-signed"
        case wrongName = "wrong-name"
        case untrustedRoot = "untrusted-root"
        case incompleteChain = "incomplete-chain"

        /// The host name that is asked for.
        var host: String { rawValue + ".example" }
    }

    let directory: TemporaryDirectory
    private let openssl: String

    /// The file of the trusted root.
    var rootPath: String { directory.path + "/root.pem" }

    /// The chain that a server of this kind sends.
    func chainPath(_ kind: Kind) -> String { directory.path + "/\(kind.rawValue)-chain.pem" }

    /// The key of a server of this kind.
    func keyPath(_ kind: Kind) -> String { directory.path + "/\(kind.rawValue).key" }

    init(openssl: String) async throws {
        self.openssl = openssl
        directory = try TemporaryDirectory()
        try directory.write(
            "ca.conf",
            """
            [ca]
            default_ca = default
            [default]
            database = index.txt
            new_certs_dir = .
            rand_serial = yes
            default_md = sha256
            policy = anything
            unique_subject = no
            [anything]
            commonName = supplied
            [req]
            distinguished_name = name
            [name]
            [authority]
            basicConstraints = critical, CA:true
            keyUsage = critical, keyCertSign, cRLSign
            subjectKeyIdentifier = hash
            """)
        try directory.write("index.txt", "")
        for root in ["root", "other-root"] {
            try await key(root)
            try await run(
                ["req", "-x509", "-new", "-key", "\(root).key", "-subj", "/CN=Test \(root)"]
                    + ["-days", "30", "-config", "ca.conf", "-extensions", "authority"]
                    + ["-out", "\(root).pem"])
        }
        for (name, issuer) in [("intermediate", "root"), ("other-intermediate", "other-root")] {
            try await request(name, subject: "Test \(name)")
            try await sign(name, by: issuer, extensions: ["-extensions", "authority"])
        }
        for kind in Kind.allCases { try await leaf(kind) }
    }

    private func leaf(_ kind: Kind) async throws {
        let name = kind.rawValue
        let served = kind == .wrongName ? "another.example" : kind.host
        let names = "subjectAltName=DNS:\(served),IP:127.0.0.1"
        if kind == .selfSigned {
            try await key(name)
            try await run(
                ["req", "-x509", "-new", "-key", "\(name).key", "-subj", "/CN=\(served)"]
                    + ["-days", "30", "-config", "ca.conf", "-addext", names]
                    + ["-out", "\(name)-chain.pem"])
            return
        }
        try directory.write("\(name).ext", names + "\nextendedKeyUsage=serverAuth\n")
        try await request(name, subject: served)
        let issuer = kind == .untrustedRoot ? "other-intermediate" : "intermediate"
        let dates: [String] =
            switch kind {
            case .expired: ["-startdate", "20240101000000Z", "-enddate", "20240201000000Z"]
            case .notYetValid: ["-startdate", "20900101000000Z", "-enddate", "20910101000000Z"]
            default: []
            }
        try await sign(name, by: issuer, extensions: ["-extfile", "\(name).ext"] + dates)
        var chain = directory.read("\(name).pem")
        if kind != .incompleteChain { chain += directory.read("\(issuer).pem") }
        try directory.write("\(name)-chain.pem", chain)
    }

    private func key(_ name: String) async throws {
        try await run(
            ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
                + ["-out", "\(name).key"])
    }

    private func request(_ name: String, subject: String) async throws {
        try await key(name)
        try await run(
            ["req", "-new", "-key", "\(name).key", "-subj", "/CN=\(subject)"]
                + ["-config", "ca.conf", "-out", "\(name).csr"])
    }

    private func sign(_ name: String, by issuer: String, extensions: [String]) async throws {
        try await run(
            ["ca", "-batch", "-notext", "-config", "ca.conf", "-days", "20"]
                + ["-cert", "\(issuer).pem", "-keyfile", "\(issuer).key", "-in", "\(name).csr"]
                + ["-out", "\(name).pem"] + extensions)
    }

    private func run(_ arguments: [String]) async throws {
        let outcome = try await Child.outcome(openssl, arguments, directory: directory.path)
        try #require(outcome.status == 0, "openssl \(arguments): \(outcome.errors)")
    }
}

/// Debian's nginx with one TLS server for each kind of certificate, told apart by SNI.
enum Nginx {
    static func run<Value>(
        _ path: String, _ pki: TestPKI, _ body: (UInt16) async throws -> Value
    ) async throws -> Value {
        // nginx 1.22 without a master process crashes on a socket that it inherits.
        let port = try Sockets.freePort()
        let servers = TestPKI.Kind.allCases.map { kind in
            """
            server {
                listen 127.0.0.1:\(port) ssl http2;
                server_name \(kind.host);
                ssl_certificate \(pki.chainPath(kind));
                ssl_certificate_key \(pki.keyPath(kind));
                location / { return 200 hello; }
            }
            """
        }
        let place = pki.directory.path
        let configuration = try pki.directory.write(
            "nginx.conf",
            """
            daemon off; master_process off; pid \(place)/nginx.pid; error_log stderr crit;
            events { worker_connections 64; }
            http {
                access_log off; ssl_protocols TLSv1.2 TLSv1.3;
                client_body_temp_path \(place); proxy_temp_path \(place);
                fastcgi_temp_path \(place); uwsgi_temp_path \(place); scgi_temp_path \(place);
                \(servers.joined(separator: "\n"))
            }
            """)
        return try await Child.run(
            path, ["-e", "stderr", "-c", configuration]
        ) { child in
            let connection = try await eventually("that nginx listens: \(child.errors)") {
                Sockets.connected(to: port)
            }
            close(connection)
            return try await body(port)
        }
    }
}
