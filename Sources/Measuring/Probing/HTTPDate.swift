import CCurl
import HealthModel

/// Dates in HTTP headers (RFC 9110 §5.6.7), read by curl_getdate(3).
enum HTTPDate {
    /// The last second that a `Timestamp` holds.
    static let secondsMax = Int64.max / 1_000_000_000

    /// The instant of a date header; nil when it is not one, or lies after the year 2262.
    static func instant(_ text: String) -> Timestamp? {
        let seconds = curl_getdate(text, nil)
        // curl_getdate has no other sign for failure; the second before the epoch is no loss.
        // A server may well name the year 9999, which is past what a timestamp holds.
        guard seconds != -1, abs(Int64(seconds)) <= secondsMax else { return nil }
        return Timestamp(seconds: Int64(seconds))
    }
}

/// The Retry-After header (RFC 9110 §10.2.3): seconds or a date.
enum RetryAfter {
    /// The longest wish that is granted.
    static let secondsMax = 3600

    /// Seconds to wait from `now`, 0 to one hour; nil when the header cannot be read.
    static func seconds(_ text: String, now: Timestamp) -> Int? {
        if text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), !text.isEmpty {
            return min(Int(text) ?? secondsMax, secondsMax)
        }
        guard let until = HTTPDate.instant(text) else { return nil }
        return Int(min(max(0, until.seconds - now.seconds), Int64(secondsMax)))
    }
}
