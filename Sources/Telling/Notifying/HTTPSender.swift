import CCurl
import CProbeShims
import HealthModel
import Synchronization

/// Sends one request at a time, on the thread that calls, and says what came of it.
///
/// Nothing is taken from the environment: no proxy, no other roots than those given. A receiver
/// that answers without end or not at all costs `timeout` and `answerBytes`.
struct HTTPSender: Sendable {
    /// From the start of a request to its end.
    static let timeout: Duration = .seconds(10)
    /// Bytes of an answer that are read; the status has come before them.
    static let answerBytes = 64 * 1024

    /// The file of trusted roots.
    let trustStorePath: String
    let userAgent: String

    /// What came of a request.
    struct Result: Sendable, Hashable {
        var outcome: DeliveryQueue.Outcome
        /// The present by the clock of whoever answered, in whole seconds; nil when it did not say.
        var date: Timestamp?
    }

    /// Bytes of one header field that are looked at.
    private static let fieldBytes = 256

    /// Counts the bytes of an answer; outlives the request.
    private final class Answer {
        var bytes = 0
        var date: Timestamp?
    }

    /// Posts a JSON document.
    ///
    /// - Parameters:
    ///   - body: The document.
    ///   - url: Where to.
    ///   - fields: Header fields, each as `Name: value`.
    ///   - isStopping: Ends the request early.
    /// - Returns: What it led to.
    func post(
        _ body: [UInt8], to url: String, fields: [String], isStopping: borrowing Atomic<Bool>
    ) -> Result {
        guard let (easy, multi) = CurlTransfer.handles() else {
            return Result(outcome: .failed("libcurl cannot start", retryAfter: nil))
        }
        defer {
            curl_multi_cleanup(multi)
            curl_easy_cleanup(easy)
        }
        var headers = curl_slist_append(nil, "Content-Type: application/json")
        for field in fields { headers = curl_slist_append(headers, field) }
        // No waiting for 100 Continue (RFC 9110 §10.1.1): the documents are small.
        headers = curl_slist_append(headers, "Expect:")
        defer { curl_slist_free_all(headers) }
        let answer = Answer()
        CurlTransfer.setUp(
            easy, url: url, protocols: "http,https", trustStorePath: trustStorePath,
            timeLimit: Self.timeout)
        shim_set_string(easy, CURLOPT_USERAGENT, userAgent)
        shim_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
        shim_set_long(easy, CURLOPT_POSTFIELDSIZE, body.count)
        // Safety: the answer lives to the end of this function, which is after the last call.
        shim_set_pointer(easy, CURLOPT_WRITEDATA, Unmanaged.passUnretained(answer).toOpaque())
        shim_set_data_function(easy, CURLOPT_WRITEFUNCTION) { _, size, count, raw in
            guard let raw else { return 0 }
            let answer = Unmanaged<Answer>.fromOpaque(raw).takeUnretainedValue()
            answer.bytes += size * count
            return answer.bytes > HTTPSender.answerBytes ? 0 : size * count
        }
        shim_set_pointer(easy, CURLOPT_HEADERDATA, Unmanaged.passUnretained(answer).toOpaque())
        shim_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, raw in
            guard let raw else { return 0 }
            let field = UnsafeRawBufferPointer(start: bytes, count: size * count)
            let text = String(decoding: field.prefix(HTTPSender.fieldBytes), as: UTF8.self)
            if text.prefix(5).lowercased() == "date:" {
                let answer = Unmanaged<Answer>.fromOpaque(raw).takeUnretainedValue()
                answer.date = HTTPSender.date(text.dropFirst(5))
            }
            return size * count
        }
        let outcome = body.withUnsafeBytes { bytes in
            withExtendedLifetime(answer) {
                // Safety: libcurl reads the body during the transfer only, within this closure.
                shim_set_pointer(
                    easy, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress))
                return Self.run(easy, on: multi, isStopping: isStopping)
            }
        }
        return Result(outcome: outcome, date: answer.date)
    }

    /// The instant that a `Date` field names (RFC 9110 §6.6.1); nil for anything else.
    static func date(_ text: Substring) -> Timestamp? {
        let seconds = curl_getdate(String(text).cleaned, nil)
        return seconds > 0 ? Timestamp(seconds: Int64(seconds)) : nil
    }

    /// Connects, with TLS where the address says so, and hangs up.
    ///
    /// - Returns: `delivered` when that went well.
    func connect(to url: String, isStopping: borrowing Atomic<Bool>) -> DeliveryQueue.Outcome {
        guard let (easy, multi) = CurlTransfer.handles() else {
            return .failed("libcurl cannot start", retryAfter: nil)
        }
        defer {
            curl_multi_cleanup(multi)
            curl_easy_cleanup(easy)
        }
        CurlTransfer.setUp(
            easy, url: url, protocols: "http,https", trustStorePath: trustStorePath,
            timeLimit: Self.timeout)
        shim_set_string(easy, CURLOPT_USERAGENT, userAgent)
        shim_set_long(easy, CURLOPT_CONNECT_ONLY, 1)
        return Self.run(easy, on: multi, isStopping: isStopping, isConnectionOnly: true)
    }

    private static func run(
        _ easy: UnsafeMutableRawPointer, on multi: UnsafeMutableRawPointer,
        isStopping: borrowing Atomic<Bool>, isConnectionOnly: Bool = false
    ) -> DeliveryQueue.Outcome {
        switch CurlTransfer.run(easy, on: multi, isStopping: isStopping) {
        case .cancelled: return .cancelled
        case .broken: return .failed("libcurl failed", retryAfter: nil)
        case .done(let code):
            if isConnectionOnly, code == CURLE_OK { return .delivered }
            return outcome(
                code, status: shim_get_long(easy, CURLINFO_RESPONSE_CODE),
                retryAfterSeconds: shim_get_offset(easy, CURLINFO_RETRY_AFTER))
        }
    }

    /// What a request came to.
    ///
    /// An answer that was cut, by its length or its slowness, still has its status.
    static func outcome(
        _ code: CURLcode, status: Int, retryAfterSeconds: Int64
    ) -> DeliveryQueue.Outcome {
        switch status {
        case 200...299:
            return .delivered
        case 400, 405, 406, 409...411, 413...418, 421...424, 426, 428, 431:
            return .refused("HTTP \(status)")
        case 100...:
            return .failed(
                "HTTP \(status)",
                retryAfter: retryAfterSeconds > 0
                    ? .seconds(min(retryAfterSeconds, 86_400)) : nil)
        default:
            return .failed(String(cString: curl_easy_strerror(code)), retryAfter: nil)
        }
    }
}
