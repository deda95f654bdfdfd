import HealthModel

/// A handshake that failed because server and client have nothing in common.
///
/// The reason stands; a second connection may only tell more about it.
struct HandshakeRefusal {
    /// What was said when it failed.
    var detail: String
    /// The phases up to then: the second look is no part of the measurement.
    var durations: PhaseDurations

    /// The detail with what a second look saw; nil when there was none.
    func detail(seen record: TLSRecord?) -> String {
        guard let record, record.isHandshakeComplete, let version = record.version else {
            return detail
        }
        return "speaks only \(version) with \(record.cipherSuite ?? "an unknown suite"), "
            + "which today's clients refuse (\(detail))"
    }
}
