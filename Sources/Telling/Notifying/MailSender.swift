import CCurl
import CProbeShims
import Glibc
import HealthModel
import Routing
import Synchronization

/// Hands one mail at a time to a server, on the thread that calls, and says what came of it.
struct MailSender: Sendable {
    /// From the connection to the last answer; servers wait on purpose before they greet.
    static let usualTimeLimit: Duration = .seconds(30)
    /// Bytes of all answers of one server.
    static let answerBytes = 64 * 1024
    /// Bytes of an answer that are quoted.
    static let quotedBytes = 200

    /// The file of trusted roots.
    let trustStorePath: String
    var timeLimit = MailSender.usualTimeLimit

    /// The conversation, as far as it matters here; outlives the transfer.
    private final class Conversation {
        let message: [UInt8]
        /// Points to what lives as long as the transfer.
        let isStopping: UnsafePointer<Atomic<Bool>>
        var sentBytes = 0
        /// Whether the whole message has been handed over, so that answers are about it.
        var isSent = false
        /// Whether we have said goodbye, after which nothing matters.
        var isOver = false
        var heardBytes = 0
        /// Whether what was said last names an address, so that the answer is about it.
        var isAddressing = false
        /// The last line that the server said.
        var line: [UInt8] = []
        /// The sockets, by numbers of our own: those of libcurl may be somebody else's by now.
        var sockets: [CInt] = []

        init(_ message: [UInt8], isStopping: UnsafePointer<Atomic<Bool>>) {
            self.message = message
            self.isStopping = isStopping
        }

        deinit { for socket in sockets { close(socket) } }

        /// Makes libcurl take every further answer for the end of the connection.
        func stopHearing() {
            isOver = true
            for socket in sockets { shutdown(socket, CInt(SHUT_RD)) }
        }

        /// The last line for people, and its code.
        var answer: (status: Int, line: String) {
            let text = String(decoding: line, as: UTF8.self).cleaned
                .cut(toBytes: MailSender.quotedBytes)
            return (Int(text.prefix(3)) ?? 0, text)
        }
    }

    /// Sends a mail.
    ///
    /// To one address at a time, so that one that is refused keeps the others from nothing and is
    /// known.
    ///
    /// - Parameters:
    ///   - message: The mail, lines ended by CR LF.
    ///   - address: Who gets it.
    ///   - email: The way.
    ///   - password: Of its user.
    ///   - isStopping: Ends the attempt early.
    /// - Returns: What it led to.
    func send(
        _ message: [UInt8], to address: MailAddress, by email: ReceiverEmail, password: Secret?,
        isStopping: borrowing Atomic<Bool>
    ) -> DeliveryQueue.Outcome {
        guard let (easy, multi) = CurlTransfer.handles() else {
            return .failed("libcurl cannot start", retryAfter: nil)
        }
        defer {
            curl_multi_cleanup(multi)
            curl_easy_cleanup(easy)
        }
        CurlTransfer.setUp(
            easy, url: email.server.description, protocols: "smtp,smtps",
            trustStorePath: trustStorePath, timeLimit: timeLimit)
        let isTLSRequired = email.security == .required
        shim_set_long(
            easy, CURLOPT_USE_SSL,
            Int(isTLSRequired ? CURLUSESSL_ALL.rawValue : CURLUSESSL_NONE.rawValue))
        if let user = email.user, let password {
            shim_set_string(easy, CURLOPT_USERNAME, user)
            shim_set_string(
                easy, CURLOPT_PASSWORD, String(decoding: password.bytes, as: UTF8.self))
        }
        shim_set_string(easy, CURLOPT_MAIL_FROM, "<\(email.from)>")
        let recipients = curl_slist_append(nil, "<\(address)>")
        defer { curl_slist_free_all(recipients) }
        shim_set_pointer(easy, CURLOPT_MAIL_RCPT, recipients)
        shim_set_long(easy, CURLOPT_UPLOAD, 1)
        return withUnsafePointer(to: isStopping) { pointer in
            let conversation = Conversation(message, isStopping: pointer)
            Self.attach(conversation, to: easy)
            return withExtendedLifetime(conversation) {
                switch CurlTransfer.run(easy, on: multi, isStopping: isStopping) {
                case .cancelled, .done(CURLE_ABORTED_BY_CALLBACK): return .cancelled
                case .broken: return .failed("libcurl failed", retryAfter: nil)
                case .done(let code):
                    let (status, line) = conversation.answer
                    return Self.outcome(
                        code, status: status,
                        isAboutMessage: conversation.isSent || conversation.isAddressing,
                        line: line)
                }
            }
        }
    }

    /// Lets libcurl read the message from a conversation and write answers to it.
    ///
    /// Safety: the caller keeps the conversation until the transfer has ended.
    private static func attach(
        _ conversation: Conversation, to easy: UnsafeMutableRawPointer
    ) {
        let raw = Unmanaged.passUnretained(conversation).toOpaque()
        shim_set_pointer(easy, CURLOPT_READDATA, raw)
        shim_set_data_function(easy, CURLOPT_READFUNCTION) { buffer, size, count, raw in
            guard let raw else { return 0 }
            let conversation = Unmanaged<Conversation>.fromOpaque(raw).takeUnretainedValue()
            let rest = conversation.message[conversation.sentBytes...].prefix(size * count)
            rest.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { memcpy(buffer, base, bytes.count) }
            }
            conversation.sentBytes += rest.count
            conversation.isSent = conversation.sentBytes == conversation.message.count
            return rest.count
        }
        shim_set_pointer(easy, CURLOPT_HEADERDATA, raw)
        shim_set_data_function(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, raw in
            guard let raw else { return 0 }
            let conversation = Unmanaged<Conversation>.fromOpaque(raw).takeUnretainedValue()
            guard !conversation.isOver else { return size * count }
            conversation.heardBytes += size * count
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            conversation.line = Array(line.prefix(4 * MailSender.quotedBytes))
            return conversation.heardBytes > MailSender.answerBytes ? 0 : size * count
        }
        watch(easy, raw)
    }

    /// Keeps libcurl from waiting where it asks nobody: it blocks for the answer to the message, but
    /// asks once a second whether to go on, and for two minutes for the answer to QUIT.
    private static func watch(
        _ easy: UnsafeMutableRawPointer, _ conversation: UnsafeMutableRawPointer
    ) {
        shim_set_long(easy, CURLOPT_FORBID_REUSE, 1)
        shim_set_pointer(easy, CURLOPT_OPENSOCKETDATA, conversation)
        shim_set_open_socket(easy) { raw, _, address in
            let socket = shim_socket(
                address.pointee.family, address.pointee.socktype, address.pointee.protocol)
            guard socket >= 0, let raw else { return socket }
            let conversation = Unmanaged<Conversation>.fromOpaque(raw).takeUnretainedValue()
            let own = fcntl(socket, F_DUPFD_CLOEXEC, 0)
            if own >= 0 { conversation.sockets.append(own) }
            return socket
        }
        shim_set_long(easy, CURLOPT_NOPROGRESS, 0)
        shim_set_pointer(easy, CURLOPT_XFERINFODATA, conversation)
        shim_set_progress(easy) { raw, _, _, _, _ in
            guard let raw else { return 0 }
            let conversation = Unmanaged<Conversation>.fromOpaque(raw).takeUnretainedValue()
            return conversation.isStopping.pointee.load(ordering: .relaxed) ? 1 : 0
        }
        shim_set_long(easy, CURLOPT_VERBOSE, 1)
        shim_set_pointer(easy, CURLOPT_DEBUGDATA, conversation)
        shim_set_debug(easy) { _, kind, bytes, count, raw in
            guard kind == CURLINFO_HEADER_OUT, let raw else { return 0 }
            let said = UnsafeRawBufferPointer(start: bytes, count: count)
            let conversation = Unmanaged<Conversation>.fromOpaque(raw).takeUnretainedValue()
            guard said.elementsEqual("QUIT\r\n".utf8) else {
                conversation.isAddressing = said.starts(with: "RCPT TO:".utf8)
                return 0
            }
            conversation.stopHearing()
            return 0
        }
    }

    /// What an attempt came to.
    ///
    /// - Parameters:
    ///   - code: How the transfer ended.
    ///   - status: The code of the last answer.
    ///   - isAboutMessage: Whether that came after the message, or after its address.
    ///   - line: The last answer.
    /// - Returns: What it led to.
    static func outcome(
        _ code: CURLcode, status: Int, isAboutMessage: Bool, line: String
    ) -> DeliveryQueue.Outcome {
        let said = line.isEmpty ? "" : ": \(line)"
        switch code {
        case CURLE_OK:
            return .delivered
        case CURLE_USE_SSL_FAILED:
            return .failed("no STARTTLS, and nothing is sent in clear\(said)", retryAfter: nil)
        case CURLE_LOGIN_DENIED:
            return .failed("user or password not taken\(said)", retryAfter: nil)
        case CURLE_WRITE_ERROR:
            return .failed("answers without end\(said)", retryAfter: nil)
        default: break
        }
        // A message or an address that is refused for good says nothing of the others; a client that
        // is refused would be refused with all of them.
        if isAboutMessage, (500...599).contains(status) { return .refused("SMTP\(said)") }
        if (400...599).contains(status) { return .failed("SMTP\(said)", retryAfter: nil) }
        let words = String(cString: curl_easy_strerror(code))
        return .failed(
            words + (line.isEmpty ? "" : "; the last answer was: \(line)"), retryAfter: nil)
    }
}
