import COpenSSL

/// OpenSSL would not do what it was asked.
public struct LabTLSError: Error, CustomStringConvertible {
    /// What was asked, and OpenSSL's reason for the last thing that failed on this thread.
    public let description: String

    /// Takes the reason from OpenSSL's error queue of this thread, and empties the queue.
    ///
    /// - Parameter step: What was asked.
    public init(_ step: String = #function) {
        let reason = ERR_reason_error_string(ERR_peek_last_error()).map { String(cString: $0) }
        ERR_clear_error()
        description = "\(step): \(reason ?? "no reason given")"
    }
}
