import CCurl
import CProbeShims
import Glibc
import HealthModel
import TLSInspection

/// One HTTP exchange over one fresh connection to one address: a libcurl easy handle.
///
/// Handles are reused from probe to probe, connections never. Belongs to one loop's thread.
final class Transfer {
    /// What is asked for.
    struct Request {
        var url: ProbeURL
        var address: NetworkAddress
        var port: UInt16
        var method: Probe.Method
        var httpVersion: Probe.HTTPVersion
        var headers: [Header]
        var userAgent: String
        /// Bytes of the body that are read.
        var bodyBytesMax = Limits.bodyBytes
    }

    /// Where in the exchange it is.
    enum Progress {
        /// The request is about to be sent; TCP and TLS stand.
        case requesting
        /// The first byte of the answer is here.
        case answering
    }

    private static let statusLineStart = Array("HTTP/".utf8)

    let easy: UnsafeMutableRawPointer
    /// The multi handle that it is in; nil while idle.
    var multi: CurlMulti?

    /// The bytes of the last header block, line breaks included.
    private(set) var headerBytes: [UInt8] = []
    /// The body as far as read.
    private(set) var body: [UInt8] = []
    /// Whether the body was longer than the limit.
    private(set) var isBodyCut = false
    /// Whether the headers were longer than the limit.
    private(set) var isHeaderTooLarge = false
    /// The errno of socket(2); 0 when it did not fail.
    private(set) var socketErrorNumber: CInt = 0
    /// Whether the request was withheld by `mayRequest`.
    private(set) var isRequestWithheld = false

    /// Whether the empty line that ends the last header block has come.
    private(set) var isHeaderComplete = false

    /// The port of the exchange.
    private(set) var port: UInt16 = 0

    private var bodyBytesMax = Limits.bodyBytes
    private var headerBytesInAll = 0
    private var isAnswering = false
    private var capture: HandshakeCapture?
    private var onProgress: ((Progress) -> Void)?
    private var onFinish: ((CURLcode) -> Void)?
    private var mayRequest: (() -> Bool)?
    private var connectTo: UnsafeMutablePointer<curl_slist>?
    private var requestHeaders: UnsafeMutablePointer<curl_slist>?

    /// Makes a handle with everything set that never changes; nil when memory is short.
    init?() {
        CurlProcess.prepare()
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        let raw = Unmanaged.passUnretained(self).toOpaque()
        shim_set_pointer(easy, CURLOPT_PRIVATE, raw)
        shim_set_long(easy, CURLOPT_NOSIGNAL, 1)
        shim_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // Neither the environment's proxies nor netrc may redirect a measurement.
        shim_set_string(easy, CURLOPT_PROXY, "")
        shim_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        shim_set_long(easy, CURLOPT_PATH_AS_IS, 1)
        // A warm connection would hide a swapped certificate.
        shim_set_long(easy, CURLOPT_FRESH_CONNECT, 1)
        shim_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        shim_set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0)
        // Addresses come from our resolver. libcurl would keep each for a minute and walk them all
        // after every transfer: a third of the work with 4,000 slow transfers in flight.
        shim_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0)
        // The verdict is ours. Without these, libcurl parses Debian's bundle at every connection.
        shim_set_long(easy, CURLOPT_SSL_VERIFYPEER, 0)
        shim_set_long(easy, CURLOPT_SSL_VERIFYHOST, 0)
        shim_set_string(easy, CURLOPT_CAINFO, nil)
        shim_set_string(easy, CURLOPT_CAPATH, nil)
        installCallbacks(raw)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(connectTo)
        curl_slist_free_all(requestHeaders)
    }

    /// Sets the handle up for one exchange.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - capture: watches the handshake; nil for plain HTTP.
    ///   - mayRequest: asked when the connection stands; false ends the exchange there.
    ///   - onProgress: called inside libcurl.
    ///   - onFinish: called once, outside libcurl, when the exchange has ended.
    func prepare(
        _ request: Request, capture: HandshakeCapture?, mayRequest: @escaping () -> Bool,
        onProgress: @escaping (Progress) -> Void, onFinish: @escaping (CURLcode) -> Void
    ) {
        headerBytes.removeAll(keepingCapacity: true)
        body.removeAll(keepingCapacity: true)
        headerBytesInAll = 0
        isBodyCut = false
        isHeaderTooLarge = false
        isHeaderComplete = false
        isAnswering = false
        isRequestWithheld = false
        socketErrorNumber = 0
        port = request.port
        bodyBytesMax = request.bodyBytesMax
        self.capture = capture
        self.mayRequest = mayRequest
        self.onProgress = onProgress
        self.onFinish = onFinish
        shim_set_string(easy, CURLOPT_URL, request.url.description)
        shim_set_string(easy, CURLOPT_USERAGENT, request.userAgent)
        if request.method == .head {
            shim_set_long(easy, CURLOPT_NOBODY, 1)
        } else {
            shim_set_long(easy, CURLOPT_HTTPGET, 1)
        }
        let isHTTP2 = request.httpVersion == .http2
        shim_set_long(
            easy, CURLOPT_HTTP_VERSION,
            isHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        // An address of its own for each exchange: CURLOPT_RESOLVE entries would collide.
        let shownAddress = request.address.isIPv6 ? "[\(request.address)]" : request.address.text
        curl_slist_free_all(connectTo)
        connectTo = curl_slist_append(nil, "::\(shownAddress):\(request.port)")
        shim_set_pointer(easy, CURLOPT_CONNECT_TO, connectTo)
        curl_slist_free_all(requestHeaders)
        requestHeaders = nil
        for header in request.headers {
            requestHeaders = curl_slist_append(
                requestHeaders,
                header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)")
        }
        shim_set_pointer(easy, CURLOPT_HTTPHEADER, requestHeaders)
    }

    /// Lets go of everything that belongs to the exchange that ended.
    func release() {
        capture = nil
        mayRequest = nil
        onProgress = nil
        onFinish = nil
        // A large body once is no reason to keep 64 KiB for ever.
        if body.capacity > 16 * 1024 { body = [] }
        if headerBytes.capacity > 16 * 1024 { headerBytes = [] }
    }

    /// Called by the multi handle when libcurl is done.
    func finish(code: CURLcode) { onFinish?(code) }

    /// The status of the last header block; 0 when there was none.
    var status: Int { shim_get_long(easy, CURLINFO_RESPONSE_CODE) }
    /// The stated length of the body; nil when it is not stated.
    var contentLengthBytes: Int64? {
        let length = shim_get_offset(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T)
        return length >= 0 ? length : nil
    }
    /// The URL that the answer redirects to, absolute; nil when it does not.
    var redirectURL: String? {
        shim_get_string(easy, CURLINFO_REDIRECT_URL).map { String(cString: $0) }
    }
    /// The errno of a failed connect(2) or I/O; 0 when there is none.
    var systemErrorNumber: CInt { CInt(shim_get_long(easy, CURLINFO_OS_ERRNO)) }
    /// `1.0`, `1.1` or `2`.
    var httpVersion: String {
        switch shim_get_long(easy, CURLINFO_HTTP_VERSION) {
        case CURL_HTTP_VERSION_1_0: "1.0"
        case CURL_HTTP_VERSION_2_0: "2"
        default: "1.1"
        }
    }

    private func installCallbacks(_ raw: UnsafeMutableRawPointer) {
        shim_set_pointer(easy, CURLOPT_WRITEDATA, raw)
        shim_set_data_function(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, raw in
            guard let raw else { return 0 }
            return Unmanaged<Transfer>.fromOpaque(raw).takeUnretainedValue()
                .takeBody(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        shim_set_pointer(easy, CURLOPT_HEADERDATA, raw)
        shim_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, raw in
            guard let raw else { return 0 }
            return Unmanaged<Transfer>.fromOpaque(raw).takeUnretainedValue()
                .takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
        shim_set_pointer(easy, CURLOPT_OPENSOCKETDATA, raw)
        shim_set_open_socket(easy) { raw, _, address in
            let descriptor = shim_socket(
                address.pointee.family, address.pointee.socktype, address.pointee.protocol)
            if descriptor < 0, let raw {
                Unmanaged<Transfer>.fromOpaque(raw).takeUnretainedValue().socketErrorNumber = errno
            }
            return descriptor
        }
        shim_set_pointer(easy, CURLOPT_SSL_CTX_DATA, raw)
        shim_set_ssl_context(easy) { _, context, raw in
            guard let raw else { return CURLE_ABORTED_BY_CALLBACK }
            let transfer = Unmanaged<Transfer>.fromOpaque(raw).takeUnretainedValue()
            transfer.capture?.install(in: OpaquePointer(context))
            return CURLE_OK
        }
        shim_set_pointer(easy, CURLOPT_PREREQDATA, raw)
        shim_set_prerequest(easy) { raw, _, _, _, _ in
            guard let raw else { return CInt(CURL_PREREQFUNC_ABORT) }
            let transfer = Unmanaged<Transfer>.fromOpaque(raw).takeUnretainedValue()
            transfer.onProgress?(.requesting)
            guard transfer.mayRequest?() ?? true else {
                transfer.isRequestWithheld = true
                return CInt(CURL_PREREQFUNC_ABORT)
            }
            return CInt(CURL_PREREQFUNC_OK)
        }
    }

    /// Returning less than was offered makes libcurl end the transfer.
    private func takeBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        let room = bodyBytesMax - body.count
        body.append(contentsOf: bytes.prefix(room))
        if bytes.count > room {
            isBodyCut = true
            return 0
        }
        return bytes.count
    }

    private func takeHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
        if !isAnswering {
            isAnswering = true
            onProgress?(.answering)
        }
        headerBytesInAll += bytes.count
        if headerBytesInAll > Limits.headerBytes {
            isHeaderTooLarge = true
            return 0
        }
        // A status line after the end of a block starts a new one: what came before was an
        // interim answer (RFC 9110 §15.2). Other lines there are trailers (§6.5).
        if isHeaderComplete {
            guard bytes.starts(with: Self.statusLineStart) else { return bytes.count }
            isHeaderComplete = false
            headerBytes.removeAll(keepingCapacity: true)
        }
        headerBytes.append(contentsOf: bytes)
        isHeaderComplete = bytes.count <= 2 && bytes.allSatisfy { $0 == 0x0D || $0 == 0x0A }
        return bytes.count
    }
}
