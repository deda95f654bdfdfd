import HealthModel
import YAMLReading

/// A control target as written.
struct ControlDraft {
    var endpoint: Endpoint
    var position: SourcePosition
}

/// Reads the control targets, which tell whether this monitor can see.
enum ControlReader {
    /// How often a target is looked at: an alert of tier 0 holds for at least 30 s, and blindness
    /// has to be seen before it fires.
    static let interval: Duration = .seconds(10)
    /// Time for one look.
    static let timeout: Duration = .seconds(5)

    /// The targets of a list of URLs; those that are refused are reported and left out.
    static func controls(_ node: YAMLNode?, _ log: MistakeLog) -> [ControlDraft] {
        var controls: [ControlDraft] = []
        var first: [EndpointID: SourcePosition] = [:]
        for item in node?.items(log, of: "control targets", limit: Limits.controls) ?? [] {
            guard let url = url(item, log) else { continue }
            let id = id(of: url)
            if let position = first[id] {
                log.add(
                    at: item.position,
                    "a second control target at \(url.host.fit(80).quoted), the "
                        + "first is at \(position)", expected: "targets in different networks")
                continue
            }
            first[id] = item.position
            // One look counts: there is another one soon, and another target beside it.
            let probe = Probe(
                interval: interval, timeout: timeout, confirmation: nil,
                redirects: RedirectPolicy(isFollowing: false))
            controls.append(
                ControlDraft(
                    endpoint: Endpoint(
                        id: id, service: ServiceID("monitor"), url: url, probe: probe),
                    position: item.position))
        }
        return controls
    }

    private static func url(_ node: YAMLNode, _ log: MistakeLog) -> ProbeURL? {
        if let text = node.scalarText, let url = ProbeURL(text),
            url.scheme.isHTTP || url.scheme == .tls
        {
            return url
        }
        log.add(
            at: node.position, "found \(node.found)",
            expected: "a URL with http, https or tls, at most \(ProbeURL.bytesLimit) bytes")
        return nil
    }

    /// `control-` and the host with hyphens for what no id may hold.
    private static func id(of url: ProbeURL) -> EndpointID {
        let host = url.host.lowercased().map {
            $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-"
        }
        return EndpointID(String(("control-" + String(host)).prefix(Limits.identifierBytes)))
    }
}
