import HealthModel
import YAMLReading

/// The keys of a client certificate.
enum ClientCertificateKey: String, FieldKey {
    case certificate
    case key
    static let mappingName = "a client certificate"
}

/// Sets of trusted roots that have a name.
enum TrustProfile: String, CaseIterable {
    /// The roots of the program, as browsers have them.
    case `public`
    /// The private roots of the Dutch government, in a file of that name beside the YAML file.
    case pkioverheidPrivate = "pkioverheid-private"
}

/// Endpoints without HTTP, client certificates and trusted roots.
extension EndpointReader {
    /// Says what is wrong with a URL, and what was probably meant.
    func reportURL(_ node: YAMLNode) {
        let text = node.scalarText ?? ""
        log.add(
            at: node.position, "found \(node.found)",
            expected: "a URL with http, https, tls, smtp, imap, pop3, ftp or ldap, without user "
                + "name, at most \(ProbeURL.bytesLimit) bytes",
            hint: Self.hint(forURL: text))
    }

    /// What was probably meant; nil when nothing comes near.
    private static func hint(forURL text: String) -> String? {
        func guess(_ url: String) -> String? {
            ProbeURL(url) == nil ? nil : "did you mean `\(url)`?"
        }
        guard let separator = text.firstRange(of: "://") else {
            return text.contains(".") ? guess("https://\(text)") : nil
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        let authority = text[separator.upperBound...].prefix { !"/?#".contains($0) }
        // TLS from the first byte has one scheme, whatever is spoken inside.
        let ports = ["smtps": 465, "imaps": 993, "pop3s": 995, "ftps": 990, "ldaps": 636]
        if let port = ports[scheme] {
            return guess("tls://\(authority):\(port)/") ?? guess("tls://\(authority)/")
        }
        if scheme == "tls", guess("tls://\(authority):443/") != nil {
            return "name the port, such as `tls://\(authority):443/`"
        }
        return scheme.hasPrefix("http") ? nil : guess("\(scheme)://\(authority)/")
    }

    /// Reports every key that only HTTP gives a meaning.
    func forbidHTTPKeys(beside url: ProbeURL) {
        let keys: [EndpointKey] = [
            .method, .httpVersion, .headers, .redirects, .status, .headerMatches,
            .headerNotMatches, .bodyMatches, .bodyNotMatches, .bodyBytes, .busyMarkers,
            .maintenanceMarkers, .defaultMarkers,
        ]
        for key in keys where fields[key] != nil {
            log.add(
                at: fields.position(of: key),
                "\(key.rawValue.quoted) on an endpoint with \(url.scheme.rawValue)://, where no "
                    + "HTTP is spoken",
                hint: "leave it out: success means a finished handshake and a trusted certificate")
        }
    }

    /// The files of the client certificate, beside the file that names them.
    func clientCertificate(of url: ProbeURL?) -> ClientCertificateFiles? {
        guard let node = fields[.clientCertificate],
            let files = Fields<ClientCertificateKey>(node, log)
        else { return nil }
        let certificate = files.required(.certificate)?.text(
            log, expected: "the name of a PEM file")
        let key = files.required(.key)?.text(log, expected: "the name of a PEM file")
        if url?.scheme == .http {
            log.add(
                at: fields.position(of: .clientCertificate),
                "a client certificate on an endpoint with http://, where no TLS is spoken",
                hint: "did you mean https?")
        }
        guard let certificate, let key else { return nil }
        return ClientCertificateFiles(
            certificatePath: relativePath(certificate, beside: node.position.file),
            keyPath: relativePath(key, beside: node.position.file))
    }

    /// The file of trusted roots, beside the file that names it; nil for the public ones.
    func trustFile() -> String? {
        guard let node = fields[.trust] else { return nil }
        let expected =
            TrustProfile.allCases.map(\.rawValue.quoted).joined(separator: ", ")
            + " or the name of a PEM file such as `roots/own.pem`"
        guard let text = node.text(log, expected: expected) else { return nil }
        switch TrustProfile(rawValue: text) {
        case .public: return nil
        case .pkioverheidPrivate:
            return relativePath(text + ".pem", beside: node.position.file)
        case nil:
            // A word alone is a profile that is misspelt, rather than a file.
            guard text.contains("/") || text.contains(".") else {
                log.add(
                    at: node.position, "found \(node.found)", expected: expected,
                    hint: NearestName.hint(for: text, among: TrustProfile.allCases.map(\.rawValue)))
                return nil
            }
            return relativePath(text, beside: node.position.file)
        }
    }

    /// Whether the endpoint is to be scanned; only the owner may want that, since it takes dozens
    /// of connections.
    func isScannedDaily(_ url: ProbeURL?, isOwned: Bool) -> Bool {
        guard let node = fields[.scan], node.choice(ScanFrequency.self, log) == .daily
        else { return false }
        if !isOwned {
            log.add(
                at: node.position, "`scan: daily` on an endpoint that is not `owned: true`",
                hint: "a scan makes dozens of connections: only the owner may want that")
        }
        if let url, url.scheme != .https, url.scheme != .tls {
            log.add(
                at: node.position,
                "`scan: daily` on an endpoint with \(url.scheme.rawValue)://",
                hint: "only https:// and tls:// can be scanned")
        }
        return true
    }

}

/// How often it is asked what a server accepts.
enum ScanFrequency: String, CaseIterable {
    case daily
    case never
}

/// The path of a file that a configuration file names: absolute, or from where that file is.
func relativePath(_ name: String, beside file: String) -> String {
    guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
    return file[...slash] + name
}
