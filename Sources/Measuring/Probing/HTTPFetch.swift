import CCurl
import CProbeShims

/// One plain request that waits for its answer: for the command line, never for the data plane.
public enum HTTPFetch {
    /// Nothing came back.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// libcurl's words.
        public let description: String
    }

    /// What came back.
    public struct Response: Sendable, Hashable {
        /// The HTTP status.
        public var status: Int
        /// The body.
        public var body: [UInt8]
    }

    /// Bytes of the largest answer taken: the status of 50,000 endpoints fits.
    public static let bodyBytesMax = 256 * 1024 * 1024

    private final class Buffer {
        var bytes: [UInt8] = []
    }

    /// Fetches `url` over http; environment proxies are ignored.
    ///
    /// - Throws: `Failure` when there was no HTTP answer within the time, or it was too large.
    public static func get(_ url: String, timeoutMilliseconds: Int) throws(Failure) -> Response {
        try perform(url, fields: [], body: nil, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// Posts a JSON document to `url` over http; environment proxies are ignored.
    ///
    /// - Parameters:
    ///   - body: The document.
    ///   - url: Where to.
    ///   - fields: Header fields, each as `Name: value`.
    ///   - timeoutMilliseconds: How long the whole may take.
    /// - Returns: What came back.
    /// - Throws: `Failure` when there was no HTTP answer within the time, or it was too large.
    public static func post(
        _ body: [UInt8], to url: String, fields: [String], timeoutMilliseconds: Int
    ) throws(Failure) -> Response {
        try perform(url, fields: fields, body: body, timeoutMilliseconds: timeoutMilliseconds)
    }

    private static func perform(
        _ url: String, fields: [String], body: [UInt8]?, timeoutMilliseconds: Int
    ) throws(Failure) -> Response {
        CurlProcess.prepare()
        guard let easy = curl_easy_init() else { throw Failure(description: "out of memory") }
        defer { curl_easy_cleanup(easy) }
        let buffer = Buffer()
        shim_set_string(easy, CURLOPT_URL, url)
        shim_set_string(easy, CURLOPT_PROTOCOLS_STR, "http")
        shim_set_string(easy, CURLOPT_PROXY, "")
        shim_set_long(easy, CURLOPT_NOSIGNAL, 1)
        shim_set_long(easy, CURLOPT_TIMEOUT_MS, timeoutMilliseconds)
        shim_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(buffer).toOpaque())
        shim_set_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, raw in
            guard let raw else { return 0 }
            let buffer = Unmanaged<Buffer>.fromOpaque(raw).takeUnretainedValue()
            guard buffer.bytes.count + size * count <= HTTPFetch.bodyBytesMax else { return 0 }
            buffer.bytes.append(
                contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        var headers: UnsafeMutablePointer<curl_slist>?
        defer { curl_slist_free_all(headers) }
        for field in fields { headers = curl_slist_append(headers, field) }
        if let body {
            headers = curl_slist_append(headers, "Content-Type: application/json")
            // No waiting for 100 Continue (RFC 9110 §10.1.1): the documents are small.
            headers = curl_slist_append(headers, "Expect:")
            shim_set_long(easy, CURLOPT_POSTFIELDSIZE, body.count)
            // libcurl makes a copy of it.
            _ = body.withUnsafeBytes { bytes in
                shim_set_pointer(
                    easy, CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            }
        }
        if headers != nil { shim_set_pointer(easy, CURLOPT_HTTPHEADER, headers) }
        let code = withExtendedLifetime(buffer) { curl_easy_perform(easy) }
        guard code == CURLE_OK else {
            let words = curl_easy_strerror(code).map { String(cString: $0) }
            throw Failure(description: words ?? "libcurl error \(code.rawValue)")
        }
        return Response(status: shim_get_long(easy, CURLINFO_RESPONSE_CODE), body: buffer.bytes)
    }
}
