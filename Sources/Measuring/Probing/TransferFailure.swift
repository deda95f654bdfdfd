import CCurl
import COpenSSL
import Glibc
import HealthModel

/// What is known when libcurl ends a transfer with an error.
struct TransferFailure {
    /// The phases of one connection, in order.
    enum Phase: Sendable, Hashable {
        case resolve
        case connect
        case tls
        case processing
        case transfer
    }

    /// libcurl's own word.
    var code: CURLcode
    /// Where the exchange was.
    var phase: Phase
    /// The errno of a failed socket(2); 0 when it did not fail.
    var socketErrorNumber: CInt = 0
    /// The errno of a failed connect(2) or I/O; 0 when there is none.
    var systemErrorNumber: CInt = 0
    /// Whether this machine has a route to the address.
    var hasRoute = true
    /// The TLS alert that the server sent; nil when it sent none.
    var alertReceived: Int?
    /// Whether the server asked for a client certificate.
    var isClientCertificateRequested = false
    /// Whether a client certificate was at hand to show.
    var isClientCertificateAtHand = false
    /// OpenSSL's reason number; 0 when there is none.
    var tlsReasonNumber: CInt = 0
    /// Whether the headers went over the limit.
    var isHeaderTooLarge = false

    /// The reason and a detail for a person.
    var reason: (Reason, detail: String) {
        // libcurl says "out of memory" when a single line goes past its own 100 kB.
        let isLineTooLong =
            code == CURLE_OUT_OF_MEMORY && (phase == .processing || phase == .transfer)
        if isHeaderTooLarge || isLineTooLong {
            return (.httpHeadersTooLarge, "more than \(Limits.headerBytes) bytes")
        }
        if code == CURLE_OUT_OF_MEMORY { return (.monitorNoMemory, "") }
        if socketErrorNumber != 0 { return localSocketFailure }
        if isClientCertificateAtHand && isClientCertificateRequested, let alertReceived,
            Self.clientCertificateAlerts.contains(alertReceived)
        {
            return (.tlsClientCertificateRefused, alertText)
        }
        // A TLS 1.3 server says only after the handshake that it wants a client certificate.
        if alertReceived == Self.certificateRequiredAlert
            || (isClientCertificateRequested && phase == .tls && alertReceived != nil)
        {
            return (.tlsClientCertificateRequired, alertText)
        }
        switch phase {
        case .resolve, .connect: return connectFailure
        case .tls: return tlsFailure
        case .processing, .transfer: return httpFailure
        }
    }

    /// RFC 8446 §6.2.
    private static let certificateRequiredAlert = 116
    /// What is said of a certificate (RFC 8446 §6.2): from bad_certificate to certificate_unknown,
    /// unknown_ca, access_denied, decrypt_error and certificate_required.
    static let clientCertificateAlerts: Set<Int> = [
        42, 43, 44, 45, 46, 48, 49, 51, certificateRequiredAlert,
    ]

    private var alertText: String {
        alertReceived.map { "alert \($0) received" } ?? ""
    }

    private var localSocketFailure: (Reason, detail: String) {
        switch socketErrorNumber {
        case EMFILE, ENFILE: (.monitorNoDescriptors, Self.words(socketErrorNumber))
        case ENOMEM, ENOBUFS: (.monitorNoMemory, Self.words(socketErrorNumber))
        case EAFNOSUPPORT: (.monitorNoRoute, Self.words(socketErrorNumber))
        default: (.monitorError, "socket: \(Self.words(socketErrorNumber))")
        }
    }

    private var connectFailure: (Reason, detail: String) {
        switch systemErrorNumber {
        case ECONNREFUSED: (.connectRefused, "")
        case ECONNRESET: (.connectReset, "")
        case ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL:
            hasRoute
                ? (.connectUnreachable, Self.words(systemErrorNumber))
                : (.monitorNoRoute, Self.words(systemErrorNumber))
        case ETIMEDOUT: (.timeoutConnect, "")
        case EMFILE, ENFILE: (.monitorNoDescriptors, Self.words(systemErrorNumber))
        case 0: (.connectFailed, Self.words(of: code))
        default: (.connectFailed, Self.words(systemErrorNumber))
        }
    }

    private var tlsFailure: (Reason, detail: String) {
        if alertReceived != nil { return (.tlsProtocol, alertText) }
        switch tlsReasonNumber {
        case 0: return (.tlsReset, "")
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: return (.tlsReset, "")
        case SSL_R_EXCESSIVE_MESSAGE_SIZE:
            return (.tlsChainTooLarge, "more than \(Limits.chainBytes) bytes")
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST, SSL_R_PACKET_LENGTH_TOO_LONG,
            SSL_R_BAD_RECORD_TYPE, SSL_R_RECORD_LENGTH_MISMATCH, SSL_R_HTTPS_PROXY_REQUEST,
            SSL_R_ENCRYPTED_LENGTH_TOO_LONG, SSL_R_DATA_LENGTH_TOO_LONG:
            return (.tlsNotTLS, Self.tlsWords(tlsReasonNumber))
        default: return (.tlsProtocol, Self.tlsWords(tlsReasonNumber))
        }
    }

    private var httpFailure: (Reason, detail: String) {
        switch code {
        case CURLE_GOT_NOTHING: (.httpEmpty, "")
        case CURLE_PARTIAL_FILE: (.httpTruncated, "")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            // Without an errno it was not the network: libcurl could not make sense of a chunk.
            systemErrorNumber == 0 && alertReceived == nil
                ? (.httpProtocol, Self.words(of: code)) : (.httpReset, "")
        case CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY,
            CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
            (.httpProtocol, Self.words(of: code))
        default: (.httpProtocol, Self.words(of: code))
        }
    }

    private static func words(_ number: CInt) -> String { String(cString: strerror(number)) }

    private static func words(of code: CURLcode) -> String {
        curl_easy_strerror(code).map { String(cString: $0) } ?? "libcurl error \(code.rawValue)"
    }

    private static func tlsWords(_ number: CInt) -> String {
        // ERR_PACK(ERR_LIB_SSL, 0, reason): the library number stands above 23 bits in OpenSSL 3.
        let packed = UInt(ERR_LIB_SSL) << 23 | UInt(number)
        return ERR_reason_error_string(packed).map { String(cString: $0) } ?? "TLS error \(number)"
    }
}
