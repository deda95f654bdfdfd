import ArgumentParser
import Catalogue
import Daemon
import HealthModel
import Probing
import StatusServer
import TLSInspection
import YAMLReading

/// `vitaal check`: one probe now, by the same code as the daemon.
struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Probe a URL, host, endpoint or service once; exit 0, 1, 2 or 3.",
        discussion: """
            TARGET is a URL, a host name (https is meant), or the id of an endpoint or service of \
            the catalogue. URLs without HTTP are tls://HOST:PORT/ and, upgraded by STARTTLS, \
            smtp://, imap://, pop3://, ftp:// and ldap://. Hosts of the catalogue are probed on the real internet only with \
            --live --contact ADDRESS. Exit 0 success, 1 slow or busy, 2 failure, 3 not known.
            """)

    @Argument(help: "URL, host, endpoint id or service id.")
    var target: String

    @Flag(help: "Print the result as JSON.")
    var json = false

    @Option(help: "Seconds for the whole probe.")
    var timeout: Double?

    @Option(
        help: ArgumentHelp(
            "PEM file of the certificate to show when the server asks for one.", valueName: "file"))
    var clientCertificate: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of its key, readable by its owner only.", valueName: "file"))
    var clientKey: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Fetch the revocation lists that the certificates name and judge by them.")
    var revocationLists = true

    @Flag(
        help: ArgumentHelp(
            "Ask which versions, suites and groups the server accepts: up to \(TLSScanPlan.connectionLimit) connections, one after the other. Only for servers whose owner wants it."
        ))
    var scan = false

    @OptionGroup var configuration: ConfigurationOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var distrust: DistrustOptions

    func validate() throws {
        if (clientCertificate == nil) != (clientKey == nil) {
            throw ValidationError("--client-certificate and --client-key go together")
        }
        if let timeout, !(0.01...3600).contains(timeout) {
            throw ValidationError("--timeout takes 0.01 to 3600 seconds")
        }
    }

    func run() async throws {
        let endpoints = try endpointsToProbe()
        let identities = try clientIdentities(of: endpoints)
        let trustStores = try trustStores(of: endpoints)
        let engine = try startEngine()
        defer { engine.stop() }
        let storeDate = TrustStoreDate(ofFile: connection.caFile)
        var reports: [CheckReport] = []
        for endpoint in endpoints {
            let identity = endpoint.probe.clientCertificate.flatMap { identities[$0] }
            let store = endpoint.probe.trustFile.flatMap { trustStores[$0] }
            let result = await probe(endpoint, identity, store, by: engine)
            reports.append(
                CheckReport(
                    endpoint: endpoint, result: result,
                    trustStoreDate: endpoint.probe.trustFile == nil ? storeDate : nil,
                    scan: scan ? try await scanned(endpoint, result) : nil))
        }
        if json {
            let shown = try endpoints.count == 1 ? reports[0].json() : CheckReport.json(reports)
            Console.say(shown)
        } else {
            reports.forEach { Console.say($0.text(now: SystemTimekeeper().now())) }
        }
        let worst = reports.map(\.exitCode).max { Self.gravity($0) < Self.gravity($1) }
        throw worst ?? PluginExit.unknown
    }

    /// Critical is the worst, then warning, then unknown.
    private static func gravity(_ code: ExitCode) -> Int {
        switch code {
        case PluginExit.critical: 3
        case PluginExit.warning: 2
        case PluginExit.unknown: 1
        default: 0
        }
    }

    /// One probe; a second one when the first brought revocation lists to judge by.
    private func probe(
        _ endpoint: Endpoint, _ identity: ClientIdentity?, _ trustStore: TrustStore?,
        by engine: ProbeEngine
    ) async -> ProbeResult {
        func once() async -> ProbeResult {
            await withCheckedContinuation { continuation in
                engine.probeOnce(endpoint, identity: identity, trustStore: trustStore) {
                    continuation.resume(returning: $0)
                }
            }
        }
        let first = await once()
        guard engine.namesRevocationLists(first) else { return first }
        await withCheckedContinuation { continuation in
            engine.fetchRevocationLists(for: first, within: Self.listsTimeout) {
                continuation.resume()
            }
        }
        return await once()
    }

    /// Asks the server that a probe has reached; nil when it reached none.
    private func scanned(
        _ endpoint: Endpoint, _ result: ProbeResult
    ) async throws -> TLSScanReport? {
        guard
            let target = TLSScanner.Target(
                endpoint.url, reachedBy: result, overrides: connection.connectTo)
        else {
            let known = [ProbeURL.Scheme.https, .tls].contains(endpoint.url.scheme)
            StandardError.complain(
                known
                    ? "\(endpoint.url): not scanned, since it was not reached"
                    : "\(endpoint.url): not scanned: only https:// and tls:// can be")
            return nil
        }
        guard let scanner = TLSScanner(timekeeper: SystemTimekeeper()) else {
            StandardError.complain("not scanned: descriptors are short")
            throw PluginExit.unknown
        }
        defer { scanner.stop() }
        let scan = await withCheckedContinuation { continuation in
            scanner.scan(target, seed: UInt64.random(in: .min ... .max)) {
                continuation.resume(returning: $0)
            }
        }
        return TLSScanReport(scan: scan, target: target)
    }

    /// How long a person waits for revocation lists.
    private static let listsTimeout = Duration.seconds(5)

    private func startEngine() throws -> ProbeEngine {
        do {
            let trustStore = try TrustStore(
                path: connection.caFile, distrustAfter: distrust.dates)
            for line in try trustStore.distrustWarnings() { StandardError.complain(line) }
            var engineConfiguration = ProbeEngine.Configuration(
                loops: 1, resolver: connection.resolverConfiguration,
                connectOverrides: connection.connectTo,
                trustStore: trustStore,
                userAgent: connection.userAgent, seed: 0)
            engineConfiguration.fetchesRevocationLists = revocationLists
            return try ProbeEngine(
                configuration: engineConfiguration, timekeeper: SystemTimekeeper(), sink: { _ in })
        } catch {
            StandardError.complain("\(error)")
            throw PluginExit.unknown
        }
    }

    private func clientIdentities(of endpoints: [Endpoint]) throws -> ClientIdentities {
        var identities: ClientIdentities = [:]
        do throws(ClientIdentity.LoadError) {
            for files in Set(endpoints.compactMap(\.probe.clientCertificate)) {
                identities[files] = try ClientIdentity(files)
            }
        } catch {
            StandardError.complain("\(error)")
            throw PluginExit.unknown
        }
        return identities
    }

    private func trustStores(of endpoints: [Endpoint]) throws -> TrustStores {
        var stores: TrustStores = [:]
        do throws(TrustStore.LoadError) {
            for path in Set(endpoints.compactMap(\.probe.trustFile)) {
                stores[path] = try TrustStore(path: path)
            }
        } catch {
            StandardError.complain("\(error)")
            throw PluginExit.unknown
        }
        return stores
    }

    // MARK: Target

    private func endpointsToProbe() throws -> [Endpoint] {
        let catalogue = try knownCatalogue()
        var endpoints = find(target, in: catalogue)
        if let timeout {
            for index in endpoints.indices {
                endpoints[index].probe.timeout = .seconds(timeout)
            }
        }
        if let clientCertificate, let clientKey {
            for index in endpoints.indices {
                endpoints[index].probe.clientCertificate = ClientCertificateFiles(
                    certificatePath: clientCertificate, keyPath: clientKey)
            }
        }
        if endpoints.isEmpty {
            StandardError.complain(
                "'\(target)' is neither a URL, a host name nor an id of \(configuration.probesDirectory)/"
            )
            throw PluginExit.unknown
        }
        let strangers = Set(catalogue.endpoints.map(\.url.host))
        for endpoint in endpoints
        where strangers.contains(endpoint.url.host) && !mayProbe(endpoint) {
            StandardError.complain(
                """
                \(endpoint.url.host) is in the catalogue: it is probed on the internet only with
                  vitaal check \(target) --live --contact you@example.org
                """)
            throw PluginExit.unknown
        }
        return endpoints
    }

    private func mayProbe(_ endpoint: Endpoint) -> Bool {
        connection.live || connection.staysHere(endpoint.url)
    }

    /// The catalogue; an empty one where there is none.
    ///
    /// One with mistakes does not stop a probe that harms no stranger.
    private func knownCatalogue() throws -> ServiceCatalogue {
        do throws(ConfigurationError) {
            return try ConfigurationLoader.load(
                probesDirectory: configuration.probesDirectory,
                alertsDirectory: configuration.alertsDirectory
            ).catalogue
        } catch {
            let endpoints = find(target, in: .empty)
            if configuration.isThere && !endpoints.allSatisfy(mayProbe) {
                StandardError.complain(
                    """
                    the configuration has mistakes (vitaal validate), so it cannot be told whether
                    \(target) is in the catalogue. To probe it all the same, politely:
                      vitaal check \(target) --live --contact you@example.org
                    """)
                throw PluginExit.unknown
            }
            return .empty
        }
    }

    private func find(_ target: String, in catalogue: ServiceCatalogue) -> [Endpoint] {
        if let endpoint = catalogue.endpoint(EndpointID(target)) { return [endpoint] }
        if catalogue.service(ServiceID(target)) != nil {
            return catalogue.endpoints(of: ServiceID(target))
        }
        let text = target.contains("://") ? target : "https://\(target)/"
        guard let url = ProbeURL(text) else { return [] }
        if let known = catalogue.endpoints.first(where: { $0.url == url }) { return [known] }
        return [
            Endpoint(
                id: EndpointID("target"), service: ServiceID("target"), url: url, probe: Probe())
        ]
    }
}
