/// An instant as people write it: `2026-12-05 22:00` by the clock of Amsterdam, or with `Z` or an
/// offset such as `2026-12-05T21:00Z`.
///
/// Seconds and a fraction may follow the minutes; a space may stand for the `T`. What is finer than
/// a millisecond is dropped.
public struct WrittenInstant: Sendable, Hashable {
    /// Why a text is no instant.
    public enum Mistake: Error, Sendable, Hashable {
        /// It is not written like one, or there is no such day or time.
        case malformed
        /// Clocks skip this time when summer time begins; the instant shows what may be meant.
        case skipped(Timestamp)
    }

    /// The instant; the first one when clocks show it twice.
    public let instant: Timestamp
    /// The later instant at which clocks show the same time, in the night in which summer time ends;
    /// nil when there is only one.
    public let later: Timestamp?

    /// Reads a text.
    ///
    /// - Throws: `Mistake`.
    public init(_ text: some StringProtocol) throws(Mistake) {
        var reader = ClockReader(bytes: Array(text.utf8))
        guard let clock = reader.clock() else { throw .malformed }
        if let offset = reader.offset() {
            guard reader.isAtEnd else { throw .malformed }
            (instant, later) = (clock - offset, nil)
            return
        }
        guard reader.isAtEnd else { throw .malformed }
        let instants = AmsterdamTime.instants(showing: clock)
        guard let first = instants.first else {
            // Whoever did not turn the clock means the time an hour later on those that were.
            throw .skipped(clock - .seconds(3600))
        }
        (instant, later) = (first, instants.dropFirst().first)
    }
}

extension WrittenInstant.Mistake: CustomStringConvertible {
    /// What is wrong, to follow the text in quotes.
    public var description: String {
        switch self {
        case .malformed:
            "is no time such as 2026-12-05 22:00 in Amsterdam, or 2026-12-05T21:00Z"
        case .skipped(let instant):
            "does not exist in Amsterdam, where clocks go from 02:00 to 03:00 that night; "
                + "perhaps \(AmsterdamTime.dateAndTime(at: instant)) is meant"
        }
    }
}

/// Takes the parts of an instant from the front of a text.
private struct ClockReader {
    let bytes: [UInt8]
    var place = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { place == bytes.count }

    /// Takes one of these letters.
    mutating func take(_ letters: Unicode.Scalar...) -> Bool {
        guard place < bytes.count, letters.contains(Unicode.Scalar(bytes[place])) else {
            return false
        }
        place += 1
        return true
    }

    /// Takes a number of so many digits; nil when they are not there.
    mutating func number(_ digits: Int) -> Int64? {
        guard place + digits <= bytes.count else { return nil }
        var number: Int64 = 0
        for byte in bytes[place..<place + digits] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        place += digits
        return number
    }

    /// Takes date and time, as if they were in UTC.
    mutating func clock() -> Timestamp? {
        guard let year = number(4), take("-"), let month = number(2), take("-"),
            let day = number(2), take("T", " "), let hour = number(2), take(":"),
            let minute = number(2)
        else { return nil }
        var (second, milliseconds): (Int64, Int64) = (0, 0)
        if take(":") {
            guard let found = number(2) else { return nil }
            second = found
            if take(".") {
                guard let found = fraction() else { return nil }
                milliseconds = found
            }
        }
        return Timestamp(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second
        ).map { $0 + .milliseconds(milliseconds) }
    }

    /// Takes the digits behind the point, at most nine: the milliseconds.
    private mutating func fraction() -> Int64? {
        var milliseconds: Int64 = 0
        var digits = 0
        while let digit = number(1) {
            digits += 1
            if digits <= 3 { milliseconds = milliseconds * 10 + digit }
        }
        guard (1...9).contains(digits) else { return nil }
        for _ in min(digits, 3)..<3 { milliseconds *= 10 }
        return milliseconds
    }

    /// Takes `Z` or an offset such as `+01:00`; nil, and nothing taken, when neither is there.
    mutating func offset() -> Duration? {
        if take("Z") { return .zero }
        let start = place
        guard place < bytes.count else { return nil }
        let isWest = bytes[place] == UInt8(ascii: "-")
        guard take("+", "-"), let hours = number(2), take(":"), let minutes = number(2),
            hours <= 23, minutes <= 59
        else {
            place = start
            return nil
        }
        let offset = Duration.seconds(hours * 3600 + minutes * 60)
        return isWest ? .zero - offset : offset
    }
}
