import Alerting
import HealthModel

extension StatusText {
    /// Each service in `ids` with its endpoints layer by layer.
    func detail(_ ids: [String]) -> [String] {
        var lines = ids.contains(HealthSnapshot.monitorName) ? monitorLines() : []
        for service in document.selectedServices(ids) {
            if !lines.isEmpty { lines.append("") }
            // An endpoint's id shows that endpoint, a service's id all of them.
            let isWhole = ids.contains(service.id)
            let endpoints = service.endpoints.filter { isWhole || ids.contains($0.id) }
            lines += serviceLines(service)
            for endpoint in endpoints { lines += endpointLines(endpoint) }
            lines += relationLines(service)
            lines.append(nextLine(for: service))
        }
        for id in document.unknownIDs(among: ids) {
            lines.append(
                line(
                    language.of(
                        nl: "\(id): geen dienst of meetpunt met deze naam",
                        en: "\(id): no service or endpoint has this name")))
        }
        return lines
    }

    private func serviceLines(_ service: StatusDocument.Service) -> [String] {
        let effective = state(service.effectiveState)
        let own = state(service.ownState)
        var lines = [
            line(
                effective, word: language.word(for: effective),
                "  \(name(of: service))  \(age(service.since))  tier \(service.tier)  "
                    + service.owner)
        ]
        if own != effective {
            let because =
                service.causes.isEmpty
                ? ""
                : language.of(nl: "; door ", en: "; because of ")
                    + list(service.causes, room: width / 2)
            lines.append(
                line(
                    language.of(nl: "  zelf: ", en: "  own state: ")
                        + language.lowerWord(for: own) + because))
        }
        if service.kind == "dark" {
            lines.append(
                line(
                    language.of(
                        nl: "  van buitenaf niet te meten; nooit als goed getoond",
                        en: "  cannot be measured from outside; never shown as up")))
        }
        for alert in alerts[service.id] ?? [] {
            lines.append(line("  \(standing(of: alert))  \(alert.rule)"))
            lines.append(line("    \(language.text(alert.summary))"))
        }
        return lines
    }

    private func endpointLines(_ endpoint: StatusDocument.Endpoint) -> [String] {
        let state = state(endpoint.state)
        var lines = [
            line(
                state, word: language.word(for: state),
                "  \(endpoint.id)  \(age(endpoint.since))  \(endpoint.url)", indent: 2)
        ]
        if let result = endpoint.last {
            lines.append(line("    " + layers(of: result, url: endpoint.url)))
            if let why = sentence(for: result) { lines.append(line("    \(why)")) }
        }
        let hops = endpoint.last?.hops ?? []
        if hops.isEmpty, let tls = endpoint.tls { lines.append(line("    \(certificate(tls))")) }
        for hop in hops {
            let status = hop.status.map { " \($0)" } ?? ""
            lines.append(line("    → \(hop.url)\(status)"))
            if let tls = hop.tls { lines.append(line("      \(certificate(tls))")) }
        }
        if let renewal = endpoint.renewal { lines += renewalLines(renewal) }
        if let scan = endpoint.scan { lines += scanLines(scan) }
        if let success = endpoint.lastSuccessAt {
            let time = success.timestamp.dateAndTime
            lines.append(
                line(
                    language.of(
                        nl: "    laatst goed \(time) UTC (\(age(success)) geleden)",
                        en: "    last ok \(time) UTC (\(age(success)) ago)")))
        } else if endpoint.last != nil {
            lines.append(line(language.of(nl: "    nog nooit goed", en: "    never ok yet")))
        }
        if let history = endpoint.history { lines += historyLines(history) }
        if !endpoint.recent.isEmpty {
            lines.append(
                line(language.of(nl: "    laatste metingen ", en: "    recent ") + endpoint.recent))
        }
        return lines
    }

    private func relationLines(_ service: StatusDocument.Service) -> [String] {
        guard !service.dependants.isEmpty else { return [] }
        let phrase = language.of(nl: "hangt hiervan af", en: "depends on it")
        return [
            line("  \(phrase) (\(service.dependants.count)): ", listing: service.dependants)
        ]
    }

    private func nextLine(for service: StatusDocument.Service) -> String {
        let next = language.of(nl: "NU: ", en: "NEXT: ")
        if let cause = service.causes.first { return line(next + "vitaal status \(cause)") }
        let alerts = alerts[service.id] ?? []
        if let runbook = alerts.lazy.compactMap(\.runbook).first { return line(next + runbook) }
        if !alerts.isEmpty {
            return line(
                next + language.of(nl: "bel ", en: "call ")
                    + (service.contact ?? service.owner))
        }
        return line(next + language.of(nl: "niets te doen", en: "nothing to do"))
    }

    // MARK: Layers

    /// The layers of one probe, the failed one in capitals, those after it as a dash.
    ///
    /// Without HTTP the way to TLS counts as TLS.
    func layers(of result: StatusDocument.Result, url: String) -> String {
        let phases = result.phasesSeconds
        let hasHTTP = url.hasPrefix("http")
        let isTLS = !url.hasPrefix("http:")
        var failed = result.reason.flatMap { Reason(rawValue: $0) }.flatMap { $0.layer }
        if failed == .http && !hasHTTP { failed = .tls }
        let layers: [(Layer, String, Double)] = [
            (.dns, "dns", phases.resolve), (.tcp, "tcp", phases.connect),
            (.tls, "tls", phases.tls + (hasHTTP ? 0 : phases.processing)),
            (.http, "http", phases.processing + phases.transfer),
        ]
        let reached = layers.filter { ($0.0 != .tls || isTLS) && ($0.0 != .http || hasHTTP) }
        let shown = reached.map { layer, name, seconds in
            let duration = short(seconds)
            if layer == .http, let http = result.http {
                let mark = failed == .http ? " \(language.of(nl: "FOUT", en: "FAILED"))" : ""
                return "\(name) \(http.status)\(mark) \(duration)"
            }
            guard let failed else {
                return result.reason == nil ? "\(name) ok \(duration)" : "\(name) -"
            }
            if layer == failed {
                return "\(name) \(language.of(nl: "FOUT", en: "FAILED")) \(duration)"
            }
            // A bad certificate does not end the probe: what lies behind it was still tried.
            return layer < failed || seconds > 0 ? "\(name) ok \(duration)" : "\(name) -"
        }
        return shown.joined(separator: " | ")
    }

    /// The certificate in one line: how long it is good for, whether it is trusted, whose it is.
    private func certificate(_ tls: StatusDocument.TLS) -> String {
        let left = tls.runsOutAt.timestamp - now
        let time =
            left < .zero
            ? language.of(
                nl: "verlopen sinds \((.zero - left).shortText)",
                en: "ran out \((.zero - left).shortText) ago")
            : language.of(nl: "nog \(left.shortText) geldig", en: "\(left.shortText) left")
        let trust =
            tls.verdict.map { language.sentence(forReason: $0) }
            ?? language.of(nl: "vertrouwd", en: "trusted")
        return [
            language.of(nl: "certificaat ", en: "certificate ") + time, trust,
            (tls.version.map { $0 + ", " } ?? "") + tls.subject,
        ].joined(separator: "; ")
    }
}

/// The layers of a probe, in the order in which they are reached.
enum Layer: Int, Comparable {
    case dns
    case tcp
    case tls
    case http

    static func < (left: Layer, right: Layer) -> Bool { left.rawValue < right.rawValue }
}

extension Reason {
    /// The layer in which this reason arises; nil for our own faults outside the network.
    var layer: Layer? {
        switch self {
        case .dnsNXDomain, .dnsNoAddress, .dnsServfail, .dnsBogus, .timeoutDNS, .monitorNoResolver:
            .dns
        case .connectRefused, .connectReset, .connectUnreachable, .connectFailed, .timeoutConnect,
            .monitorNoRoute:
            .tcp
        case .startTLSRefused, .startTLSProtocol, .startTLSClosed, .tlsClientCertificateRefused,
            .tlsNotTLS, .tlsProtocol, .tlsReset, .tlsChainTooLarge,
            .tlsClientCertificateRequired, .timeoutTLS, .tlsExpired, .tlsNotYetValid,
            .tlsHostnameMismatch, .tlsSelfSigned, .tlsUntrusted, .tlsIncompleteChain, .tlsWeak,
            .tlsRevoked, .tlsInvalid:
            .tls
        case .httpStatus, .httpBlocked, .httpProtocol, .httpEmpty, .httpReset, .httpTruncated,
            .httpHeadersTooLarge, .timeoutProcessing, .timeoutTransfer, .redirectLimit,
            .redirectDomain, .redirectDowngrade, .redirectInvalid, .headerMismatch,
            .bodyMismatch, .bodySize, .tooSlow, .busy, .maintenance:
            .http
        case .monitorNoDescriptors, .monitorNoMemory, .monitorError:
            nil
        }
    }
}
