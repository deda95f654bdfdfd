import Testing

@testable import Catalogue

@Suite struct EndpointMistakeTests {
    static let times = [
        Row(
            "number without unit", "interval: 60",
            """
            10:19: found the number `60`; expected a duration such as `250ms`, `60s`, `2m`, \
            `1h` or `1d`; did you mean `60s`?
            """),
        Row(
            "sum of durations", "interval: 1m30s",
            """
            10:19: found the text `1m30s`; expected a duration such as `250ms`, `60s`, `2m`, \
            `1h` or `1d`; did you mean `90s`?
            """),
        Row(
            "word for a unit", "timeout: 5 seconds",
            """
            10:18: found the text `5 seconds`; expected a duration such as `250ms`, `60s`, \
            `2m`, `1h` or `1d`; did you mean `5s`?
            """),
        Row(
            "fraction", "timeout: 1.5s",
            """
            10:18: found the text `1.5s`; expected a duration such as `250ms`, `60s`, `2m`, \
            `1h` or `1d`; did you mean `1500ms`?
            """),
        Row(
            "unit unknown", "timeout: 5w",
            """
            10:18: found the text `5w`; expected a duration such as `250ms`, `60s`, `2m`, `1h` \
            or `1d`
            """),
        Row(
            "negative", "timeout: -5s",
            """
            10:18: found the text `-5s`; expected a duration such as `250ms`, `60s`, `2m`, \
            `1h` or `1d`
            """),
        Row(
            "zero timeout", "timeout: 0s",
            """
            10:18: found the text `0s`; expected a duration above zero
            """),
        Row(
            "too long", "interval: 367d",
            """
            10:19: found the text `367d`; expected a duration such as `250ms`, `60s`, `2m`, \
            `1h` or `1d`
            """),
        Row(
            "overflow", "interval: 9223372036854775807d",
            """
            10:19: found the text `9223372036854775807d`; expected a duration such as `250ms`, \
            `60s`, `2m`, `1h` or `1d`
            """),
        Row(
            "interval too short", "interval: 500ms\ntimeout: 100ms\nconfirm: false",
            """
            10:19: an interval of 500ms; expected at least 1s
            """),
        Row(
            "timeout equal to interval", "interval: 10s\nconfirm: false",
            """
            10:19: the timeout 10s is not shorter than the interval 10s; expected a timeout \
            below the interval
            """),
        Row(
            "timeout above interval", "timeout: 2m",
            """
            10:18: the timeout 120s is not shorter than the interval 60s; expected a timeout \
            below the interval
            """),
        Row(
            "confirmation does not fit", "interval: 34s",
            """
            10:19: a probe, the wait of 15s and the confirmation take 35s, longer than the \
            interval 34s; expected a longer interval, a shorter timeout or `confirm: false`
            """),
        Row(
            "confirmation names its key", "confirm: 5s..41s",
            """
            10:18: a probe, the wait of 41s and the confirmation take 61s, longer than the \
            interval 60s; expected a longer interval, a shorter timeout or `confirm: false`
            """),
        Row(
            "confirm backwards", "confirm: 15s..5s",
            """
            10:18: found the text `15s..5s`; expected a range such as `5s..15s`, or `false`
            """),
        Row(
            "confirm true", "confirm: true",
            """
            10:18: found the truth value `true`; expected a range such as `5s..15s`, or \
            `false`
            """),
        Row(
            "phase longer than timeout", "phase_timeouts: {tls: 11s}",
            """
            10:31: the phase timeout 11s is longer than the timeout 10s
            """),
        Row(
            "phase unknown", "phase_timeouts: {dns: 1s}",
            """
            10:26: unknown key `dns` in phase timeouts; expected `resolve`, `connect`, `tls` \
            or `processing`
            """),
        Row(
            "phase near", "phase_timeouts: {conect: 1s}",
            """
            10:26: unknown key `conect` in phase timeouts; did you mean `connect`?
            """),
        Row(
            "maximum duration never judged", "maximum_duration: 10s",
            """
            10:27: the maximum duration 10s is not shorter than the timeout 10s, so it would \
            never be judged
            """),
    ]

    static let request = [
        Row(
            "method", "method: POST",
            """
            10:17: found the text `POST`; expected `GET` or `HEAD`
            """),
        Row(
            "method in lower case", "method: get",
            """
            10:17: found the text `get`; expected `GET` or `HEAD`; did you mean `GET`?
            """),
        Row(
            "HTTP version", "http_version: 3",
            """
            10:23: found the number `3`; expected `1.1` or `2`
            """),
        Row(
            "address family", "address_family: ipv5",
            """
            10:25: found the text `ipv5`; expected `any`, `ipv4` or `ipv6`; did you mean \
            `ipv4`?
            """),
        Row(
            "headers as a list", "headers: [A]",
            """
            10:18: found a list; expected a mapping from header name to value
            """),
        Row(
            "header name", "headers: {'A B': x}",
            """
            10:19: `A B` is no header name; expected letters, digits and hyphens
            """),
        Row(
            "line break in a header", "headers: {X-A: \"a\\r\\nHost: b\"}",
            """
            10:24: found the text `a??Host: b`; expected a header value: printable ASCII \
            without line breaks, at most 1024 bytes
            """),
        Row(
            "header of the connection", "headers: {Host: b.example}",
            """
            10:19: the header `Host` is set by the probe itself
            """),
        Row(
            "header of the probe", "headers: {user-agent: x}",
            """
            10:19: the header `user-agent` is set by the probe itself
            """),
        Row(
            "header with a secret", "headers: {Authorization: Basic x}",
            """
            10:19: the header `Authorization` carries a secret; probes have none
            """),
        Row(
            "header twice", "headers: {X-A: a, x-a: b}",
            """
            10:27: the header `x-a` is written twice; case makes no difference
            """),
        Row(
            "redirect limit", "redirects: {limit: 6}",
            """
            10:28: found the number `6`; expected a whole number from 1 to 5
            """),
        Row(
            "redirect limit zero", "redirects: {limit: 0}",
            """
            10:28: found the number `0`; expected a whole number from 1 to 5
            """),
        Row(
            "redirect key", "redirects: {folow: false}",
            """
            10:21: unknown key `folow` in redirects; did you mean `follow`?
            """),
        Row(
            "redirects not followed", "redirects: {follow: false, limit: 3}",
            """
            10:36: `limit` beside `follow: false`
            """),
        Row(
            "redirect domain", "redirects: {allow_domains: [https://b.example]}",
            """
            10:37: found the text `https://b.example`; expected a domain in lower case, such \
            as `digid.nl`
            """),
        Row(
            "redirect domain in upper case", "redirects: {allow_domains: [B.example]}",
            """
            10:37: found the text `B.example`; expected a domain in lower case, such as \
            `digid.nl`
            """),
    ]

    static let answer = [
        Row(
            "status is no list", "status: 200",
            """
            10:17: found the number `200`; expected a list of statuses such as `200` or \
            `300-399`
            """),
        Row(
            "status empty", "status: []",
            """
            10:17: an empty list of statuses; expected a status such as `200`, or no `status` \
            at all for every 2xx
            """),
        Row(
            "status too high", "status: [200, 600]",
            """
            10:23: found the number `600`; expected a status from 100 to 599, or a range such \
            as `200-299`
            """),
        Row(
            "status range backwards", "status: [299-200]",
            """
            10:18: found the text `299-200`; expected a status from 100 to 599, or a range \
            such as `200-299`
            """),
        Row(
            "status in words", "status: [ok]",
            """
            10:18: found the text `ok`; expected a status from 100 to 599, or a range such as \
            `200-299`
            """),
        Row(
            "header pattern without pattern", "header_matches: [{name: Server}]",
            """
            10:26: a header pattern without `pattern`
            """),
        Row(
            "header pattern name", "header_not_matches: [{name: 'a:', pattern: x}]",
            """
            10:31: `a:` is no header name; expected letters, digits and hyphens
            """),
        Row(
            "header pattern optional", "header_matches: [{name: a, pattern: x, optional: yes}]",
            """
            10:58: found the text `yes`; expected `true` or `false`; did you mean `true`?
            """),
        Row(
            "pattern refused", "body_matches: ['(abc']",
            """
            10:24: the regular expression `(abc` is refused: missing ): (abc; expected RE2 \
            syntax, at most 4096 bytes
            """),
        Row(
            "pattern with look-ahead", "body_not_matches: ['a(?=b)']",
            """
            10:28: the regular expression `a(?=b)` is refused: invalid perl operator: (?=; \
            expected RE2 syntax, at most 4096 bytes
            """),
        Row(
            "pattern is a mapping", "body_matches: [{a: b}]",
            """
            10:24: found a mapping; expected a regular expression (RE2 syntax)
            """),
        Row(
            "patterns are no list", "busy_markers: druk",
            """
            10:23: found the text `druk`; expected a list of patterns
            """),
        Row(
            "pattern is nothing", "maintenance_markers: [~]",
            """
            10:31: found nothing; expected a regular expression (RE2 syntax)
            """),
        Row(
            "body size backwards", "body_bytes: {min: 10, max: 5}",
            """
            10:21: `min` 10 is more than `max` 5
            """),
        Row(
            "body size never read", "body_bytes: {min: 65537}",
            """
            10:27: found the number `65537`; expected a whole number from 0 to 65536
            """),
        Row(
            "body size empty", "body_bytes: {}",
            """
            10:21: a body size without `min` or `max`
            """),
        Row(
            "HEAD with a body", "method: HEAD\nbody_matches: [x]",
            """
            11:9: `body_matches` with the method HEAD, which gets no body
            """),
    ]

    static let rest = [
        Row(
            "unknown key near", "intervall: 60s",
            """
            10:9: unknown key `intervall` in an endpoint; did you mean `interval`?
            """),
        Row(
            "unknown key far", "colour: red",
            """
            10:9: unknown key `colour` in an endpoint; expected `id`, `url`, `enabled`, \
            `owned`, `interval`, `timeout`, `phase_timeouts`, `confirm`, `method`, \
            `http_version`, `address_family`, `headers`, `client_certificate`, `trust`, `scan`, `redirects`, `status`, \
            `header_matches`, `header_not_matches`, `body_matches`, `body_not_matches`, \
            `body_bytes`, `maximum_duration`, `busy_markers`, `maintenance_markers`, \
            `default_markers`, `evidence` or `note`
            """),
        Row(
            "enabled in words", "enabled: yes",
            """
            10:18: found the text `yes`; expected `true` or `false`; did you mean `true`?
            """),
        Row(
            "owned in quotes", "owned: 'true'",
            """
            10:16: found the text `true`; expected `true` or `false`; did you mean `true`?
            """),
        Row(
            "evidence is text", "evidence: S1",
            """
            10:19: found the text `S1`; expected a list of evidence codes
            """),
        Row(
            "evidence is a number", "evidence: [1]",
            """
            10:20: found the number `1`; expected an evidence code such as `S1`; put it in \
            quotes: "1"
            """),
        Row(
            "note is a list", "note: [a]",
            """
            10:15: found a list; expected text
            """),
        Row(
            "note on two lines", "note: |\n  a\n  b",
            """
            10:15: found the text `a?b?`; expected text on one line
            """),
        Row(
            "two at once", "enabled: no\nstatus: [99]",
            """
            10:18: found the text `no`; expected `true` or `false`; did you mean `false`?
            11:18: found the number `99`; expected a status from 100 to 599, or a range such \
            as `200-299`
            """),
    ]

    @Test(arguments: times + request + answer + rest)
    func `says what is wrong with an endpoint`(row: Row) {
        #expect(catalogueLines(endpointFile(row.text)) == row.lines)
    }

    /// What every URL that is not one is told.
    private static let anyURL = """
        expected a URL with http, https, tls, smtp, imap, pop3, ftp or ldap, without user name, at \
        most 8000 bytes
        """

    static let urls = [
        Row(
            "no scheme", "www.a.nl/x",
            "9:14: found the text `www.a.nl/x`; \(anyURL); did you mean `https://www.a.nl/x`?"),
        Row("gopher", "gopher://a.nl/", "9:14: found the text `gopher://a.nl/`; \(anyURL)"),
        Row(
            "user name", "https://u:p@a.example/",
            "9:14: found the text `https://u:p@a.example/`; \(anyURL)"),
        Row(
            "space", "'https://a.example/a b'",
            "9:14: found the text `https://a.example/a b`; \(anyURL)"),
        Row(
            "port", "https://a.example:70000/",
            "9:14: found the text `https://a.example:70000/`; \(anyURL)"),
        Row("nothing", "", "9:13: found nothing; \(anyURL)"),
        Row(
            "not in ASCII", "https://é.example/",
            "9:14: found the text `https://é.example/`; \(anyURL)"),
        Row(
            "TLS without a port", "tls://a.nl/",
            """
            9:14: found the text `tls://a.nl/`; \(anyURL); name the port, such as \
            `tls://a.nl:443/`
            """),
        Row(
            "TLS with a path", "tls://a.nl:636/x",
            "9:14: found the text `tls://a.nl:636/x`; \(anyURL); did you mean `tls://a.nl:636/`?"),
        Row(
            "implicit TLS", "ldaps://a.nl/",
            "9:14: found the text `ldaps://a.nl/`; \(anyURL); did you mean `tls://a.nl:636/`?"),
        Row(
            "implicit TLS with a port", "smtps://a.nl:2465/",
            "9:14: found the text `smtps://a.nl:2465/`; \(anyURL); did you mean `tls://a.nl:2465/`?"
        ),
        Row(
            "mail with a path", "imap://a.nl/INBOX",
            "9:14: found the text `imap://a.nl/INBOX`; \(anyURL); did you mean `imap://a.nl/`?"),
    ]

    @Test(arguments: urls)
    func `says what is wrong with a URL`(row: Row) {
        let text = endpointFile("").replacing("https://a.example/", with: row.text)
        #expect(catalogueLines(text) == row.lines)
    }
}
