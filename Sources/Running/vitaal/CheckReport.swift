import ArgumentParser
import FoundationEssentials
import HealthModel
import Probing
import TLSFindings

/// The outcome of one probe for a person or a program.
struct CheckReport {
    let endpoint: Endpoint
    let result: ProbeResult
    /// How old the trusted roots are; nil when not known, or when the endpoint names its own.
    var trustStoreDate: TrustStoreDate?
    /// What the server accepts; nil when it was not asked.
    var scan: TLSScanReport?

    /// The exit code of the monitoring plugins.
    var exitCode: ExitCode {
        switch result.reason?.meaning {
        case nil: PluginExit.ok
        case .slow, .busy, .maintenance, .blocked: PluginExit.warning
        case .failure: PluginExit.critical
        case .monitor: PluginExit.unknown
        }
    }

    // MARK: Text

    /// A few lines for a person.
    func text(now: Timestamp) -> String {
        let verdict = result.reason.map { "\(word)  \($0.rawValue)" } ?? "OK"
        var lines = ["\(verdict)  \(endpoint.url)  \(shown(result.phases.totalMicroseconds))"]
        if let reason = result.reason {
            lines.append(
                "  why      \(reason.text)" + (result.detail.isEmpty ? "" : ": \(result.detail)"))
        }
        if let address = result.address { lines.append("  address  \(address)") }
        lines.append("  phases   \(phases)")
        if let http = result.http {
            let redirects =
                http.redirects == 0 ? "" : ", \(http.redirects) redirects to \(http.url)"
            lines.append(
                "  http     status \(http.status), HTTP/\(http.version), \(http.bodyBytes) bytes\(redirects)"
            )
            if let hsts = Self.hsts(result.hops) { lines.append("  hsts     \(hsts)") }
        }
        if result.hops.count > 1 {
            for (number, hop) in result.hops.enumerated() {
                lines.append("  hop \(number)    \(Self.line(of: hop, now: now))")
            }
        }
        if let tls = result.tls {
            lines += Self.lines(of: tls, now: now)
            if let roots = trustStoreDate, roots.isOld(at: now) {
                lines.append("  warning  \(roots.text(at: now).english)")
            }
        }
        lines += scan?.lines ?? []
        return lines.map(Self.printable).joined(separator: "\n")
    }

    private var word: String {
        switch exitCode {
        case PluginExit.ok: "OK"
        case PluginExit.warning: "WARNING"
        case PluginExit.critical: "CRITICAL"
        default: "UNKNOWN"
        }
    }

    private var phases: String {
        let phases = result.phases
        let reached = [
            ("resolve", phases.resolveMicroseconds), ("connect", phases.connectMicroseconds),
        ]
        let rest =
            endpoint.url.scheme.isHTTP
            ? [
                ("tls", phases.tlsMicroseconds), ("processing", phases.processingMicroseconds),
                ("transfer", phases.transferMicroseconds),
            ]
            : (endpoint.url.scheme == .tls
                ? [] : [("starttls", phases.processingMicroseconds)])
                + [("tls", phases.tlsMicroseconds)]
        return (reached + rest).map { "\($0) \(shown($1))" }.joined(separator: " | ")
    }

    /// What the endpoint's own answer says of coming back with TLS only; nil when it was no answer by
    /// HTTPS.
    private static func hsts(_ hops: [ProbeHop]) -> String? {
        guard let own = hops.first, own.status != nil, own.tls != nil else { return nil }
        guard let seconds = own.hstsSeconds else { return "none" }
        return seconds == 0 ? "told to forget" : Duration.seconds(seconds).shortText
    }

    /// One redirect hop: where, what it answered, how long, and its certificate.
    private static func line(of hop: ProbeHop, now: Timestamp) -> String {
        var parts = ["\(hop.url)"]
        if let status = hop.status { parts.append("status \(status)") }
        if let address = hop.address { parts.append(address.text) }
        parts.append(Duration.microseconds(hop.phases.totalMicroseconds).shortText)
        if let tls = hop.tls {
            parts.append(tls.version ?? "no TLS")
            if let leaf = tls.leaf, let first = tls.runsOutFirst {
                let left = first.notAfter - now
                parts.append(
                    left >= .zero
                        ? "\(left.shortText) left" : "ended \((.zero - left).shortText) ago")
                parts.append(tls.verdict?.rawValue ?? "trusted")
                parts.append(leaf.subject)
            }
        }
        return parts.joined(separator: ", ")
    }

    private static func lines(of tls: TLSRecord, now: Timestamp) -> [String] {
        var lines: [String] = []
        let connection = [tls.version, tls.cipherSuite, tls.group, tls.alpn].compactMap { $0 }
        if !connection.isEmpty { lines.append("  tls      " + connection.joined(separator: ", ")) }
        if let leaf = tls.leaf, let first = tls.runsOutFirst {
            let left = first.notAfter - now
            let days =
                left >= .zero ? "\(left.shortText) left" : "ended \((.zero - left).shortText) ago"
            lines.append("  subject  \(leaf.subject), issuer \(leaf.issuer)")
            lines.append(
                "  valid    until \(first.notAfter.dateAndTime) UTC, \(days)"
                    + (tls.verdict == nil ? ", trusted" : ""))
        }
        lines += renewalLines(of: tls, now: now)
        let grades = NCSCGrade.Edition.allCases.compactMap { edition in
            NCSCReport(tls, edition: edition).overall.map { "\($0.rawValue) (\(edition.rawValue))" }
        }
        if !grades.isEmpty { lines.append("  ncsc     " + grades.joined(separator: ", ")) }
        if !tls.revocation.isEmpty {
            lines.append(
                "  revoked? \(tls.revocation.map(\.rawValue).joined(separator: ", "))"
                    + " (by revocation lists, leaf first)")
        }
        if tls.staple != .none { lines.append("  staple   \(tls.staple.rawValue)") }
        for error in tls.errors { lines.append("  error    depth \(error.depth) \(error.code)") }
        for warning in tls.pathWarnings { lines.append("  warning  \(warning.text)") }
        for finding in tls.findings(at: now) { lines.append("  finding  \(finding.line)") }
        return lines
    }

    /// A duration; `-` for a phase that was not reached.
    private func shown(_ microseconds: Int64) -> String {
        if microseconds == 0 { return "-" }
        return microseconds < 10_000
            ? "\(Double(microseconds / 10) / 100)ms" : Duration.microseconds(microseconds).shortText
    }

    /// Text from the network cannot steer a terminal.
    static func printable(_ line: String) -> String {
        String(
            String.UnicodeScalarView(
                line.unicodeScalars.map { scalar in
                    scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
                        ? "\u{FFFD}" : scalar
                }))
    }

    // MARK: JSON

    /// The result as one JSON object with sorted keys.
    func json() throws -> String { try Self.encode(CheckDocument(self)) }

    /// Several results as a JSON array.
    static func json(_ reports: [CheckReport]) throws -> String {
        try encode(reports.map(CheckDocument.init))
    }

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension TLSRecord {
    /// What there is to say of it beside the verdict, by the rules of the public web.
    func findings(at now: Timestamp) -> [Finding] {
        guard !chainSent.isEmpty else { return [] }
        return TLSFindings.judge(
            chainSent: chainSent, path: chainBuilt,
            connection: ConnectionFacts(self, rules: .publicWeb), at: now,
            isPublicSuffix: PublicSuffix.contains)
    }
}
