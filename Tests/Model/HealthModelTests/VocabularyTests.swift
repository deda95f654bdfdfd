import HealthModel
import Testing

@Suite struct IdentifierTests {
    @Test(arguments: ["a", "0", "digid", "digid-www", "4-you", "a-", "a--b"])
    func goodIdentifiers(text: String) { #expect(isIdentifier(text)) }

    @Test(arguments: ["", "-", "-a", "A", "digiD", "a_b", "a.b", "a b", "é", "a\n", "ａ", "a/b"])
    func badIdentifiers(text: String) { #expect(!isIdentifier(text)) }

    @Test func theLengthIsLimited() {
        #expect(isIdentifier(String(repeating: "a", count: Limits.identifierBytes)))
        #expect(!isIdentifier(String(repeating: "a", count: Limits.identifierBytes + 1)))
    }

    @Test func slotsAreInstants() {
        #expect(Slot(milliseconds: 1500).instant == Timestamp(milliseconds: 1500))
        #expect(Slot(milliseconds: 1500).description == "1970-01-01T00:00:01.500Z")
        #expect(Slot(milliseconds: 1) < Slot(milliseconds: 2))
    }
}

@Suite struct ReasonTests {
    @Test func rawValuesAreUniqueSnakeCase() {
        let values = Reason.allCases.map(\.rawValue)
        #expect(Set(values).count == values.count)
        for value in values {
            #expect(value.utf8.allSatisfy { (97...122).contains($0) || $0 == UInt8(ascii: "_") })
            #expect(
                value.split(separator: "_", omittingEmptySubsequences: false)
                    .allSatisfy { !$0.isEmpty })
        }
    }

    @Test func everyReasonHasItsOwnSentence() {
        let texts = Reason.allCases.map(\.text)
        #expect(Set(texts).count == texts.count)
        #expect(texts.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
    }

    @Test func theMonitorsFaultsAreThoseNamedSo() {
        for reason in Reason.allCases {
            #expect((reason.meaning == .monitor) == reason.rawValue.hasPrefix("monitor_"))
            if reason.isCertificateVerdict {
                #expect(reason.rawValue.hasPrefix("tls_"))
                #expect(reason.meaning == .failure)
            }
        }
        #expect(Reason.allCases.count { $0.isCertificateVerdict } == 9)
        #expect(!Reason.tlsProtocol.isCertificateVerdict)
    }

    @Test func severitiesAndRanksAreDistinct() {
        #expect(Set(HealthState.allCases.map(\.severity)) == Set(0..<HealthState.allCases.count))
        #expect(HealthState.allCases.max { $0.severity < $1.severity } == .down)
        #expect(Level.allCases.sorted() == [.digest, .warning, .critical, .page])
    }
}

@Suite struct ProbeURLTests {
    @Test(
        arguments: [
            ("https://digid.nl", "https", "digid.nl", 443, "/", "https://digid.nl/"),
            ("HTTP://DigiD.NL/A?b=C#d", "http", "digid.nl", 80, "/A?b=C", "http://digid.nl/A?b=C"),
            ("https://a.nl:8443/x", "https", "a.nl", 8443, "/x", "https://a.nl:8443/x"),
            ("https://a.nl:443/", "https", "a.nl", 443, "/", "https://a.nl/"),
            ("https://a.nl:/", "https", "a.nl", 443, "/", "https://a.nl/"),
            ("https://a.nl?q", "https", "a.nl", 443, "/?q", "https://a.nl/?q"),
            ("https://a.nl#f", "https", "a.nl", 443, "/", "https://a.nl/"),
            (
                "http://[2001:DB8::1]:81/", "http", "2001:db8::1", 81, "/",
                "http://[2001:db8::1]:81/"
            ),
            ("http://192.0.2.1/", "http", "192.0.2.1", 80, "/", "http://192.0.2.1/"),
            ("https://a_b.nl./", "https", "a_b.nl.", 443, "/", "https://a_b.nl./"),
            ("tls://a.nl:636", "tls", "a.nl", 636, "/", "tls://a.nl:636/"),
            ("smtp://a.nl", "smtp", "a.nl", 25, "/", "smtp://a.nl/"),
            ("smtp://a.nl:587/", "smtp", "a.nl", 587, "/", "smtp://a.nl:587/"),
            ("imap://a.nl/#x", "imap", "a.nl", 143, "/", "imap://a.nl/"),
            ("pop3://a.nl/", "pop3", "a.nl", 110, "/", "pop3://a.nl/"),
            ("ftp://a.nl/", "ftp", "a.nl", 21, "/", "ftp://a.nl/"),
            ("LDAP://[::1]/", "ldap", "::1", 389, "/", "ldap://[::1]/"),
            ("https://a.nl:65535/", "https", "a.nl", 65_535, "/", "https://a.nl:65535/"),
        ] as [(String, String, String, UInt16, String, String)])
    func goodURLs(
        text: String, scheme: String, host: String, port: UInt16, target: String, shown: String
    ) {
        let url = ProbeURL(text)
        #expect(url?.scheme.rawValue == scheme)
        #expect(url?.host == host)
        #expect(url?.port == port)
        #expect(url?.target == target)
        #expect(url?.description == shown)
        #expect(url.flatMap { ProbeURL($0.description) } == url)
    }

    @Test(
        arguments: [
            "", "digid.nl", "/path", "gopher://a.nl/", "tls://a.nl/", "tls://a.nl:443/x",
            "smtp://a.nl/x", "ldap://a.nl/?q", "smtps://a.nl/", "imap://u@a.nl/", "https:/a.nl",
            "https://", "https:///x",
            "https://user@a.nl/", "https://user:secret@a.nl/", "https://a.nl:0/",
            "https://a.nl:65536/", "https://a.nl:x/", "https://a.nl:-1/", "https://a..nl/",
            "https://.nl/", "https://-a.nl/", "https://a b.nl/", "https://a.nl/ x",
            "https://é.nl/", "https://[::1/", "https://[]/", "https://[abc]/", "https://[::1]x/",
            "https://[::g]/", "https://a.nl/\r\nHost: b", "https://a.nl\\@b.nl/", "https://a:b:c/",
        ])
    func badURLs(text: String) { #expect(ProbeURL(text) == nil) }

    @Test func lengthsAreLimited() {
        let prefix = "https://a.nl/"
        let longest = prefix + String(repeating: "x", count: ProbeURL.bytesLimit - prefix.count)
        #expect(ProbeURL(longest) != nil)
        #expect(ProbeURL(longest + "x") == nil)
        let label = String(repeating: "a", count: 63)
        #expect(ProbeURL("https://\(label).nl/") != nil)
        #expect(ProbeURL("https://\(label)a.nl/") == nil)
        let name = Array(repeating: label, count: 3).joined(separator: ".")
        #expect(ProbeURL("https://\(name).\(String(repeating: "a", count: 61))/") != nil)
        #expect(ProbeURL("https://\(name).\(String(repeating: "a", count: 62))/") == nil)
    }
}

@Suite struct CatalogueModelTests {
    private func endpoint(_ id: String, _ probe: Probe) throws -> Endpoint {
        Endpoint(
            id: EndpointID(id), service: ServiceID("s"),
            url: try #require(ProbeURL("https://a.nl/")), probe: probe)
    }

    private let service = Service(
        id: ServiceID("s"), name: LocalizedText(dutch: "n", english: "e"), owner: "o",
        sector: "x", tier: .tier0)

    @Test func thingsAreFoundByTheirIds() throws {
        let endpoints = [try endpoint("a", Probe()), try endpoint("b", Probe())]
        let catalogue = ServiceCatalogue(services: [service], endpoints: endpoints)
        #expect(catalogue.service(ServiceID("s")) == service)
        #expect(catalogue.service(ServiceID("t")) == nil)
        #expect(catalogue.endpoint(EndpointID("b")) == endpoints[1])
        #expect(catalogue.endpoint(EndpointID("c")) == nil)
        #expect(catalogue.endpoints(of: ServiceID("s")) == endpoints)
        #expect(catalogue.endpoints(of: ServiceID("t")).isEmpty)
    }

    @Test func accelerationDividesTimesAndKeepsTheTimeoutBelowTheInterval() throws {
        let plain = ServiceCatalogue(services: [service], endpoints: [try endpoint("a", Probe())])
        let fast = try #require(plain.accelerated(by: 20).endpoints.first).probe
        #expect(fast.interval == .seconds(6))
        #expect(fast.timeout == .seconds(3))
        #expect(fast.confirmation == .milliseconds(250) ... .milliseconds(750))
        #expect(plain.accelerated(by: 1) == plain)
    }

    @Test func assertionsAcceptTheirStatuses() {
        #expect([200, 204, 299].allSatisfy { Assertions().accepts(status: $0) })
        #expect([199, 300, 404].allSatisfy { !Assertions().accepts(status: $0) })
        let some = Assertions(statuses: [200...200, 401...403])
        #expect([200, 401, 403].allSatisfy { some.accepts(status: $0) })
        #expect([201, 400, 404].allSatisfy { !some.accepts(status: $0) })
    }

    @Test func limitsFitTogether() {
        // A series of TLS buffers, one store ring and a queue must stay within a small machine.
        #expect(Limits.probesInFlightPerHost >= 1)
        #expect(Limits.probesInFlight * Limits.bodyBytes <= 512 * 1024 * 1024)
        #expect(Limits.resultQueue >= Limits.endpoints)
        #expect(Limits.certificateNameBytes <= Limits.chainBytes)
        #expect(Limits.identifierBytes <= Limits.labelValueBytes)
    }
}

@Suite struct CertificateTests {
    private func certificate(_ name: String, _ from: Int64, _ to: Int64) -> Certificate {
        Certificate(
            fingerprintSHA256: "00", subject: name, issuer: "CN=i", serialNumber: "1", names: [],
            nameCount: 0, notBefore: Timestamp(seconds: from), notAfter: Timestamp(seconds: to),
            key: "RSA 2048", signatureAlgorithm: "x")
    }

    @Test func theLifetimeLeftIsAShare() {
        let one = certificate("a", 0, 100)
        for (second, share) in [(Int64(0), 1.0), (75, 0.25), (100, 0), (150, -0.5)] {
            #expect(one.lifetimeLeft(at: Timestamp(seconds: second)) == share)
        }
        let empty = certificate("a", 100, 100)
        #expect(empty.lifetimeLeft(at: Timestamp(seconds: 100)) == 1)
        #expect(empty.lifetimeLeft(at: Timestamp(seconds: 101)) == -1)
    }

    @Test func theVerifiedPathCountsWhenThereIsOne() {
        var record = TLSRecord()
        #expect(record.runsOutFirst == nil)
        record.chainSent = [certificate("leaf", 0, 300), certificate("old", 0, 100)]
        record.chainBuilt = [certificate("leaf", 0, 300), certificate("ca", 0, 200)]
        #expect(record.runsOutFirst?.subject == "ca")
        #expect(record.earliestNotAfterSent == Timestamp(seconds: 100))
        #expect(record.earliestNotAfterVerified == Timestamp(seconds: 200))
        record.verdict = .tlsUntrusted
        #expect(record.runsOutFirst?.subject == "leaf")
        #expect(record.earliestNotAfterVerified == nil)
    }
}
