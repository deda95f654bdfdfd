import CCurl
import CProbeShims
import HealthModel
import Synchronization

/// Runs one transfer of libcurl on the thread that calls.
enum CurlTransfer {
    /// How a transfer ended.
    enum End {
        case done(CURLcode)
        /// Ended by us.
        case cancelled
        /// libcurl itself failed.
        case broken
    }

    /// How soon a transfer notices that it is to stop.
    private static let lookMilliseconds: CInt = 50
    private static let isPrepared: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Handles for one transfer, which the caller frees; nil when libcurl cannot start.
    static func handles() -> (easy: UnsafeMutableRawPointer, multi: UnsafeMutableRawPointer)? {
        guard isPrepared, let easy = curl_easy_init() else { return nil }
        guard let multi = curl_multi_init() else {
            curl_easy_cleanup(easy)
            return nil
        }
        return (easy, multi)
    }

    /// Sets what every transfer has: nothing is taken from the environment, no proxy, no other
    /// roots than those given.
    static func setUp(
        _ easy: UnsafeMutableRawPointer, url: String, protocols: String, trustStorePath: String,
        timeLimit: Duration
    ) {
        shim_set_string(easy, CURLOPT_URL, url)
        shim_set_string(easy, CURLOPT_PROTOCOLS_STR, protocols)
        shim_set_string(easy, CURLOPT_PROXY, "")
        shim_set_string(easy, CURLOPT_CAINFO, trustStorePath)
        shim_set_string(easy, CURLOPT_CAPATH, nil)
        shim_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // A name server that hangs holds up nobody: the thread that asks it ends by itself.
        shim_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        shim_set_long(easy, CURLOPT_TIMEOUT_MS, Int(timeLimit.nanoseconds / 1_000_000))
    }

    /// Runs a transfer to its end.
    ///
    /// - Parameters:
    ///   - easy: The transfer.
    ///   - multi: What it runs on.
    ///   - isStopping: Ends it early.
    /// - Returns: How it ended.
    static func run(
        _ easy: UnsafeMutableRawPointer, on multi: UnsafeMutableRawPointer,
        isStopping: borrowing Atomic<Bool>
    ) -> End {
        guard curl_multi_add_handle(multi, easy) == CURLM_OK else { return .broken }
        defer { curl_multi_remove_handle(multi, easy) }
        var running: CInt = 1
        while true {
            guard curl_multi_perform(multi, &running) == CURLM_OK else { return .broken }
            if running == 0 { break }
            if isStopping.load(ordering: .relaxed) { return .cancelled }
            curl_multi_poll(multi, nil, 0, lookMilliseconds, nil)
        }
        var finished: UnsafeMutableRawPointer?
        var code = CURLE_OK
        _ = shim_next_finished(multi, &finished, &code)
        return .done(code)
    }
}
