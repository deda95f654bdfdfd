import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

/// Endpoints without HTTP, and client certificates.
@Suite struct DoorReadingTests {
    private func file(_ url: String, _ lines: String) -> String {
        endpointFile(lines).replacing("https://a.example/", with: url)
    }

    @Test(arguments: [
        "tls://a.example:636/", "smtp://a.example/", "smtp://a.example:587/", "imap://a.example/",
        "pop3://a.example/", "ftp://a.example/", "ldap://a.example/",
    ])
    func `a door is read, without markers for pages`(url: String) throws {
        let text =
            "defaults: {busy_markers: [busy]}\n"
            + file(url, "timeout: 5s\nphase_timeouts: {tls: 2s}\nmaximum_duration: 1s")
        let reading = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        let endpoint = try #require(reading.catalogue.endpoints.first)
        #expect(endpoint.url.description == url)
        #expect(endpoint.probe.assertions.busyMarkers.isEmpty)
        #expect(endpoint.probe.assertions.maximumDuration == .seconds(1))
    }

    @Test(arguments: [
        "method: HEAD", "http_version: 2", "headers: {}", "redirects: {follow: false}",
        "status: [200]", "header_matches: []", "header_not_matches: []", "body_matches: []",
        "body_not_matches: []", "body_bytes: {min: 1}", "busy_markers: []",
        "maintenance_markers: []", "default_markers: false",
    ])
    func `what only HTTP knows is refused`(line: String) {
        let key = line.prefix { $0 != ":" }
        #expect(
            catalogueLines(file("smtp://a.example/", line)) == [
                "10:9: `\(key)` on an endpoint with smtp://, where no HTTP is spoken; leave it "
                    + "out: success means a finished handshake and a trusted certificate"
            ])
        if line != "method: HEAD" {
            #expect(catalogueLines(file("https://a.example/", line)) == [])
        }
    }

    @Test func `the files of a client certificate stand beside the file that names them`() throws {
        let lines = "client_certificate: {certificate: keys/c.pem, key: /etc/vitaal/k.pem}"
        let text = file("tls://a.example:443/", lines)
        let reading = try CatalogueReader.read([SourceFile(path: "probes/x/f.yml", text: text)])
        let files = ClientCertificateFiles(
            certificatePath: "probes/x/keys/c.pem", keyPath: "/etc/vitaal/k.pem")
        #expect(reading.catalogue.endpoints.first?.probe.clientCertificate == files)
        #expect(
            reading.clientCertificates == [
                ClientCertificateReference(
                    files: files,
                    position: SourcePosition(file: "probes/x/f.yml", line: 10, column: 9))
            ])
    }

    @Test(arguments: [
        Row(
            "plain HTTP", "client_certificate: {certificate: c, key: k}",
            """
            10:9: a client certificate on an endpoint with http://, where no TLS is spoken; did \
            you mean https?
            """),
        Row(
            "without a key", "client_certificate: {certificate: c}",
            "10:29: a client certificate without `key`"),
        Row(
            "no mapping", "client_certificate: c.pem",
            """
            10:29: found the text `c.pem`; expected a client certificate with keys such as \
            `certificate` and `key`
            """),
    ])
    func `says what is wrong with a client certificate`(row: Row) {
        let scheme = row.name == "plain HTTP" ? "http" : "https"
        #expect(catalogueLines(file("\(scheme)://a.example/", row.text)) == row.lines)
    }

    @Test(
        arguments: [
            ("public", nil), ("pkioverheid-private", "probes/x/pkioverheid-private.pem"),
            ("own.pem", "probes/x/own.pem"), ("roots/own", "probes/x/roots/own"),
            ("/etc/vitaal/own.pem", "/etc/vitaal/own.pem"),
        ] as [(String, String?)])
    func `trusted roots have a name or stand in a file`(text: String, wanted: String?) throws {
        let file = file("https://a.example/", "trust: \(text)")
        let reading = try CatalogueReader.read([SourceFile(path: "probes/x/f.yml", text: file)])
        #expect(reading.catalogue.endpoints.first?.probe.trustFile == wanted)
        let position = SourcePosition(file: "probes/x/f.yml", line: 10, column: 16)
        #expect(
            reading.trustFiles
                == (wanted.map { [TrustFileReference(path: $0, position: position)] } ?? []))
    }

    @Test(
        arguments: [
            ("https://a.example/", "owned: true\nscan: daily", true),
            ("tls://a.example:993/", "owned: true\nscan: daily", true),
            ("https://a.example/", "scan: never", false),
            ("https://a.example/", "owned: true", false),
        ] as [(String, String, Bool)])
    func `only who asks is scanned`(url: String, text: String, wanted: Bool) throws {
        let reading = try CatalogueReader.read([
            SourceFile(path: "probes/x/f.yml", text: file(url, text))
        ])
        #expect(reading.catalogue.endpoints.first?.probe.isScannedDaily == wanted)
    }

    @Test(arguments: [
        (
            "https://a.example/", "scan: daily",
            "10:15: `scan: daily` on an endpoint that is not `owned: true`; a scan makes dozens of "
                + "connections: only the owner may want that"
        ),
        (
            "smtp://a.example/", "scan: daily\nowned: true",
            "10:15: `scan: daily` on an endpoint with smtp://; only https:// and tls:// can be "
                + "scanned"
        ),
        (
            "https://a.example/", "scan: dayly",
            "10:15: found the text `dayly`; expected `daily` or `never`; did you mean `daily`?"
        ),
    ])
    func `who may not scan is told`(url: String, text: String, wanted: String) {
        #expect(catalogueLines(file(url, text)) == [wanted])
    }

    @Test(arguments: [
        (
            "publc",
            "10:16: found the text `publc`; expected `public`, `pkioverheid-private` or the name "
                + "of a PEM file such as `roots/own.pem`; did you mean `public`?"
        ),
        (
            "[a.pem]",
            "10:16: found a list; expected `public`, `pkioverheid-private` or the name of a PEM "
                + "file such as `roots/own.pem`"
        ),
    ])
    func `a misspelt name is told`(text: String, wanted: String) {
        #expect(catalogueLines(file("https://a.example/", "trust: \(text)")) == [wanted])
    }
}
