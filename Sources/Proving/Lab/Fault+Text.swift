import HealthModel

extension Fault: CustomStringConvertible {
    /// The fault as people read it in the lab's lines: `down`, `slow 2s`, `status 503`.
    public var description: String {
        let word = name.rawValue
        return switch self {
        case .reset(let phase): "\(word) \(phase.rawValue)"
        case .staple(let staple): "\(word) \(staple.rawValue)"
        case .slow(let delay), .slowDNS(let delay): "\(word) \(delay.shortText)"
        case .expiring(let share): "\(word) \(share)"
        case .tooManyRequests(let wait): "\(word) \(wait.shortText)"
        case .status(let code): "\(word) \(code)"
        case .redirect(let location): "\(word) \(location)"
        case .flapping(let period): "\(word) \(period.shortText)"
        default: word
        }
    }

    /// Whether a host with `flapping` of this period is in its bad half.
    ///
    /// The phase follows from the host's name, so that hosts do not all change at once and a
    /// rerun of a scenario shows the same.
    ///
    /// - Parameters:
    ///   - period: The time of one good and one bad half together; above zero.
    ///   - host: The name of the host.
    ///   - elapsed: The scenario time.
    /// - Returns: True in the bad half.
    static func isFlappedDown(period: Duration, host: String, elapsed: Duration) -> Bool {
        let length = period.nanoseconds
        precondition(length > 0, "flapping needs a period")
        let phase = Int64(FNV1a(host).value % UInt64(length))
        let position = (elapsed.nanoseconds % length + phase) % length
        return position >= length / 2
    }
}
