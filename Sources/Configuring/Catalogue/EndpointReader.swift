import HealthModel
import YAMLReading

/// The keys of an endpoint.
enum EndpointKey: String, FieldKey {
    case id
    case url
    case enabled
    case owned
    case interval
    case timeout
    case phaseTimeouts = "phase_timeouts"
    case confirm
    case method
    case httpVersion = "http_version"
    case addressFamily = "address_family"
    case headers
    case clientCertificate = "client_certificate"
    case trust
    case scan
    case redirects
    case status
    case headerMatches = "header_matches"
    case headerNotMatches = "header_not_matches"
    case bodyMatches = "body_matches"
    case bodyNotMatches = "body_not_matches"
    case bodyBytes = "body_bytes"
    case maximumDuration = "maximum_duration"
    case busyMarkers = "busy_markers"
    case maintenanceMarkers = "maintenance_markers"
    case defaultMarkers = "default_markers"
    case evidence
    case note
    static let mappingName = "an endpoint"
}

/// The keys of the time limits per phase.
enum PhaseTimeoutsKey: String, FieldKey {
    case resolve
    case connect
    case tls
    case processing
    static let mappingName = "phase timeouts"
}

/// The keys of a redirect policy.
enum RedirectsKey: String, FieldKey {
    case follow
    case limit
    case allowDomains = "allow_domains"
    static let mappingName = "redirects"
}

/// An endpoint as written, before the shared defaults are added and ids are compared.
struct EndpointDraft {
    var id: EndpointID
    var position: SourcePosition
    var url: ProbeURL?
    var probe: Probe
    /// Where the client certificate is named; nil when none is.
    var clientCertificatePosition: SourcePosition?
    /// Where the trusted roots are named; nil when they are the public ones.
    var trustPosition: SourcePosition?
    var isEnabled: Bool
    var isOwned: Bool
    var usesDefaultMarkers: Bool
}

/// Reads one endpoint.
struct EndpointReader {
    /// The shortest interval: slots of one endpoint closer than this are a load test.
    static let shortestInterval: Duration = .seconds(1)
    /// The time limit of a probe that does not set one.
    static let defaultTimeout: Duration = .seconds(10)
    /// When a first failure is confirmed unless set: soon, but not at one instant for all.
    static let defaultConfirmation: ClosedRange<Duration> = .seconds(5) ... .seconds(15)

    let fields: Fields<EndpointKey>
    private let tier: Tier
    let log: MistakeLog

    /// The endpoint in `node`, of a service of tier `tier`; nil when it has no usable id.
    ///
    /// All mistakes have been reported.
    static func endpoint(
        _ node: YAMLNode, tier: Tier, isServiceOwned: Bool, _ log: MistakeLog
    ) -> EndpointDraft? {
        guard let fields = Fields<EndpointKey>(node, log) else { return nil }
        return EndpointReader(fields: fields, tier: tier, log: log)
            .draft(isServiceOwned: isServiceOwned)
    }

    private func draft(isServiceOwned: Bool) -> EndpointDraft? {
        let id = fields.required(.id).flatMap { $0.identifier(log) }
        let url = fields.required(.url).flatMap(url)
        var probe = probe()
        probe.clientCertificate = clientCertificate(of: url)
        probe.trustFile = trustFile()
        if let url, !url.scheme.isHTTP { forbidHTTPKeys(beside: url) }
        let isEnabled = fields[.enabled].map { $0.boolean(log) ?? false } ?? true
        let isOwned = fields[.owned].map { $0.boolean(log) ?? false } ?? isServiceOwned
        probe.isScannedDaily = isScannedDaily(url, isOwned: isOwned)
        let usesDefaults = fields[.defaultMarkers].map { $0.boolean(log) ?? false } ?? true
        checkDocumentation()
        guard let id else { return nil }
        return EndpointDraft(
            id: EndpointID(id), position: fields[.id]?.position ?? fields.position, url: url,
            probe: probe,
            clientCertificatePosition: probe.clientCertificate.map { _ in
                fields.position(of: .clientCertificate)
            }, trustPosition: probe.trustFile.flatMap { _ in fields[.trust]?.position },
            isEnabled: isEnabled, isOwned: isOwned,
            usesDefaultMarkers: usesDefaults && probe.method != .head
                && url?.scheme.isHTTP != false)
    }

    private func url(_ node: YAMLNode) -> ProbeURL? {
        if let text = node.scalarText, let url = ProbeURL(text) { return url }
        reportURL(node)
        return nil
    }

    private func probe() -> Probe {
        var probe = Probe()
        if let node = fields[.method] { probe.method = node.choice(Probe.Method.self, log) ?? .get }
        if let node = fields[.httpVersion] {
            probe.httpVersion = node.choice(Probe.HTTPVersion.self, log) ?? .http1
        }
        if let node = fields[.addressFamily] {
            probe.addressFamily = node.choice(Probe.AddressFamily.self, log) ?? .any
        }
        if let node = fields[.headers] {
            probe.requestHeaders = HeaderReader.requestHeaders(node, log)
        }
        if let node = fields[.redirects] { probe.redirects = redirects(node) }
        probe.assertions = AssertionsReader(fields: fields, log: log).assertions()
        if probe.method == .head { forbidBodyAssertions() }
        readTimes(into: &probe)
        return probe
    }

    /// RFC 9110 §9.3.2: the answer to HEAD has no body.
    private func forbidBodyAssertions() {
        let keys: [EndpointKey] = [
            .bodyMatches, .bodyNotMatches, .bodyBytes, .busyMarkers, .maintenanceMarkers,
        ]
        for key in keys { fields.forbid(key, because: "with the method HEAD, which gets no body") }
    }

    /// Evidence and note are for people; only their form is checked.
    private func checkDocumentation() {
        for item in fields[.evidence]?.items(log, of: "evidence codes") ?? [] {
            _ = item.text(log, expected: "an evidence code such as `S1`")
        }
        _ = fields[.note]?.text(log)
    }

    // MARK: Redirects

    private func redirects(_ node: YAMLNode) -> RedirectPolicy {
        var policy = RedirectPolicy()
        guard let fields = Fields<RedirectsKey>(node, log) else { return policy }
        if let node = fields[.follow] { policy.isFollowing = node.boolean(log) ?? true }
        if let node = fields[.limit] {
            policy.limit = node.integer(log, in: 1...Limits.redirects) ?? Limits.redirects
        }
        policy.allowedDomains = (fields[.allowDomains]?.items(log, of: "domains") ?? [])
            .compactMap(domain)
        if !policy.isFollowing {
            fields.forbid(.limit, because: "beside `follow: false`")
            fields.forbid(.allowDomains, because: "beside `follow: false`")
        }
        return policy
    }

    private func domain(_ node: YAMLNode) -> String? {
        if let text = node.scalarText, text.contains("."), !text.hasSuffix("."),
            let url = ProbeURL("https://\(text)"), url.host == text, url.port == 443,
            url.target == "/"
        {
            return text
        }
        log.add(
            at: node.position, "found \(node.found)",
            expected: "a domain in lower case, such as `digid.nl`")
        return nil
    }

    // MARK: Times

    private func readTimes(into probe: inout Probe) {
        let countBefore = log.count
        probe.interval = tier.defaultInterval
        if let node = fields[.interval], let interval = node.duration(log) {
            probe.interval = interval
            if interval < Self.shortestInterval {
                log.add(
                    at: node.position, "an interval of \(interval.fileText)",
                    expected: "at least \(Self.shortestInterval.fileText)")
            }
        }
        probe.timeout = fields[.timeout]?.positiveDuration(log) ?? Self.defaultTimeout
        probe.confirmation = Self.defaultConfirmation
        if let node = fields[.confirm] { probe.confirmation = confirmation(node) }
        if let node = fields[.phaseTimeouts] {
            probe.phaseTimeouts = phaseTimeouts(node, timeout: probe.timeout)
        }
        // Times that could not be read would only be compared with their stand-ins.
        if log.count == countBefore { compareTimes(of: probe) }
    }

    private func confirmation(_ node: YAMLNode) -> ClosedRange<Duration>? {
        if case .plain("false") = node.content { return nil }
        if let range = node.scalarText.flatMap(DurationText.parseRange) { return range }
        log.add(
            at: node.position, "found \(node.found)",
            expected: "a range such as `5s..15s`, or `false`")
        return nil
    }

    private func phaseTimeouts(_ node: YAMLNode, timeout: Duration) -> PhaseTimeouts {
        var limits = PhaseTimeouts()
        guard let phases = Fields<PhaseTimeoutsKey>(node, log) else { return limits }
        func limit(_ key: PhaseTimeoutsKey) -> Duration? {
            guard let node = phases[key], let limit = node.positiveDuration(log) else { return nil }
            if limit > timeout {
                log.add(
                    at: node.position,
                    "the phase timeout \(limit.fileText) is longer than the "
                        + "timeout \(timeout.fileText)")
            }
            return limit
        }
        limits.resolve = limit(.resolve)
        limits.connect = limit(.connect)
        limits.tls = limit(.tls)
        limits.processing = limit(.processing)
        return limits
    }

    /// Reports times that cannot all be kept.
    private func compareTimes(of probe: Probe) {
        let position =
            fields[.timeout]?.position ?? fields[.interval]?.position ?? fields.position
        guard probe.timeout < probe.interval else {
            log.add(
                at: position,
                "the timeout \(probe.timeout.fileText) is not shorter than the "
                    + "interval \(probe.interval.fileText)",
                expected: "a timeout below the interval")
            return
        }
        if let confirmation = probe.confirmation {
            let needed = confirmation.upperBound + probe.timeout * 2
            if needed > probe.interval {
                log.add(
                    at: fields[.confirm]?.position ?? position,
                    "a probe, the wait of \(confirmation.upperBound.fileText) and the confirmation "
                        + "take \(needed.fileText), longer than the interval "
                        + "\(probe.interval.fileText)",
                    expected: "a longer interval, a shorter timeout or `confirm: false`")
            }
        }
        if let maximum = probe.assertions.maximumDuration, maximum >= probe.timeout {
            log.add(
                at: fields[.maximumDuration]?.position ?? position,
                "the maximum duration \(maximum.fileText) is not shorter than the timeout "
                    + "\(probe.timeout.fileText), so it would never be judged")
        }
    }
}

extension Tier {
    /// The time between two probes unless the endpoint sets it.
    var defaultInterval: Duration {
        switch self {
        case .tier0: .seconds(60)
        case .tier1: .seconds(120)
        case .tier2: .seconds(300)
        case .tier3: .seconds(900)
        }
    }
}
