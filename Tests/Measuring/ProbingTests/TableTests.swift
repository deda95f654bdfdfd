import CCurl
import Glibc
import HealthModel
import Testing

@testable import Probing

/// The small pure parts, each with its table.
@Suite struct TableTests {
    @Test(
        arguments: [
            ("a.nl:443:127.0.0.1:8443", "a.nl", 443, "127.0.0.1", 8443),
            ("A.nl:443::", "a.nl", 443, nil, nil),
            (":::", nil, nil, nil, nil),
            ("::127.0.0.1:80", nil, nil, "127.0.0.1", 80),
            ("[::1]:1:[::2]:2", "::1", 1, "::2", 2),
        ] as [(String, String?, UInt16?, String?, UInt16?)])
    func connectOverride(
        text: String, host: String?, port: UInt16?, connectHost: String?, connectPort: UInt16?
    ) {
        #expect(
            ConnectOverride(text)
                == ConnectOverride(
                    host: host, port: port, connectHost: connectHost, connectPort: connectPort))
    }

    @Test(arguments: [
        "", "a", "a:b:c:d", "a:1:b", "a:1:b:2:c", "a:0:b:1", "a:65536:b:1", "a:+1:b:1",
        "[::1:1:b:1", "a: 1:b:1", "a]:1:b:1", "[::1]x:1:b:1", "x[::1]:1:b:1", "[]:1:b:1",
    ])
    func connectOverrideRefuses(text: String) { #expect(ConnectOverride(text) == nil) }

    @Test(arguments: [
        ("0", 0), ("120", 120), ("3600", 3600), ("3601", 3600), ("99999999999999999999", 3600),
        ("", nil), ("-5", nil), ("1.5", nil), ("soon", nil),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 37), ("Sunday, 06-Nov-94 08:49:37 GMT", 37),
        ("Sun Nov  6 08:49:37 1994", 37), ("Sun, 06 Nov 1994 08:48:00 GMT", 0),
        ("Sun, 06 Nov 1994 18:49:37 GMT", 3600), ("Fri, 31 Dec 2261 23:59:59 GMT", 3600),
        ("Fri, 31 Dec 9999 23:59:59 GMT", nil),
    ])
    func retryAfter(text: String, wanted: Int?) {
        // 08:49:00 on the day of RFC 9110's example.
        #expect(RetryAfter.seconds(text, now: Timestamp(seconds: 784_111_740)) == wanted)
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 4, "abcd"), ("abcde", 4, "a…"), ("éééé", 7, "éé…"),
        ("éééé", 8, "éééé"), ("", 3, ""), ("abcd", 3, "…"), ("👩‍👩‍👧‍👦x", 25, "…"), ("👩‍👩‍👧‍👦", 25, "👩‍👩‍👧‍👦"),
    ])
    func textLimit(text: String, bytes: Int, wanted: String) {
        let cut = text.cut(toBytes: bytes)
        #expect(cut == wanted)
        #expect(cut.utf8.count <= bytes)
    }

    @Test(arguments: [
        ("X-A: 1\r\n", ["1"]), ("x-a:1\n", ["1"]), ("X-A:\t 1 2 \r\n", ["1 2"]),
        ("X-A:\r\n", [""]), ("X-A\r\n", []), ("X-AB: 1\r\nX: 2\r\n", []),
        ("X-A: 1\r\nX-B: 2\r\nX-a: 3\r\n", ["1", "3"]), ("", []), (":\r\n", []),
        ("X-A: a:b\r\n", ["a:b"]),
    ])
    func headerBlock(text: String, wanted: [String]) {
        let values = HeaderBlock(Array(text.utf8)).values(of: "x-a")
        #expect(values.map { String(decoding: $0, as: UTF8.self) } == wanted)
    }

    @Test(arguments: [
        ("https://a.nl", "https://a.nl/"), ("HTTPS://A.nl:443/x#y", "https://a.nl/x"),
        ("http://a.nl:443/?q", "http://a.nl:443/?q"), ("http://a.nl?q", "http://a.nl/?q"),
        ("https://[::1]:8443/", "https://[::1]:8443/"), ("http://a_b.nl./", "http://a_b.nl./"),
        ("https://u@a.nl/", nil), ("https://a.nl:0/", nil), ("https://a.nl:65536/", nil),
        ("https:///x", nil), ("https://a..nl/", nil), ("https://-a.nl/", nil), ("a.nl", nil),
        ("gopher://a.nl/", nil), ("https://a nl/", nil), ("https://a.nl/\u{7F}", nil),
        ("https://[::1/", nil), ("https://[]/", nil), ("https://[::1]x/", nil),
        ("https://é.nl/", nil), ("https:/a.nl/", nil), ("", nil), ("https://a.nl\\@b.nl/", nil),
    ])
    func url(text: String, wanted: String?) { #expect(ProbeURL(text)?.description == wanted) }

    @Test(arguments: [0, 1]) func urlLimit(past: Int) {
        let start = "https://a.nl/"
        let fill = String(repeating: "x", count: ProbeURL.bytesLimit - start.utf8.count + past)
        #expect((ProbeURL(start + fill) == nil) == (past > 0))
    }

    @Test(arguments: [
        (EMFILE, Reason.monitorNoDescriptors), (ENFILE, .monitorNoDescriptors),
        (ENOMEM, .monitorNoMemory), (EAFNOSUPPORT, .monitorNoRoute), (EACCES, .monitorError),
    ])
    func socketFailure(number: CInt, wanted: Reason) {
        let failure = TransferFailure(
            code: CURLE_COULDNT_CONNECT, phase: .connect, socketErrorNumber: number)
        #expect(failure.reason.0 == wanted)
    }

    @Test(arguments: [
        (ECONNREFUSED, true, Reason.connectRefused), (ECONNRESET, true, .connectReset),
        (ENETUNREACH, true, .connectUnreachable), (ENETUNREACH, false, .monitorNoRoute),
        (EHOSTUNREACH, true, .connectUnreachable), (EADDRNOTAVAIL, false, .monitorNoRoute),
        (ETIMEDOUT, true, .timeoutConnect), (0, true, .connectFailed),
        (EPERM, true, .connectFailed),
    ])
    func connectFailure(number: CInt, hasRoute: Bool, wanted: Reason) {
        let failure = TransferFailure(
            code: CURLE_COULDNT_CONNECT, phase: .connect, systemErrorNumber: number,
            hasRoute: hasRoute)
        #expect(failure.reason.0 == wanted)
    }

    @Test func markersTooLargeToJoinStillMatch() {
        // Each compiles within the memory bound, all together do not.
        let large = (0..<40).map { "\($0)(\\pL{20}|x\($0))" }
        var cache = PatternCache()
        let patterns = cache.anyOf(large)
        #expect(!patterns.isEmpty)
        for number in 0..<40 {
            let page = Array("\(number)x\(number)".utf8)
            #expect(patterns.contains { $0.matches(page) })
        }
    }
}
