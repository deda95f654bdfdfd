import ArgumentParser
import HealthModel
import TLSInspection

/// A root that is trusted only for certificates issued until a date: `FINGERPRINT=DATE`.
struct DistrustAfter: Sendable, Hashable {
    /// SHA-256 over the DER of the root, in lower-case hexadecimal.
    let fingerprint: String
    /// The last instant of issue that is still trusted.
    let date: Timestamp

    /// Digits of a SHA-256.
    private static let fingerprintDigits = 64

    /// Reads `FINGERPRINT=DATE`; the digits may have colons between them, and a day counts until
    /// its last second, as in Mozilla's list.
    init(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Self.mistake(text, "has no `=`") }
        let digits = parts[0].filter { $0 != ":" }.lowercased()
        guard digits.utf8.count == Self.fingerprintDigits,
            digits.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { throw Self.mistake(text, "is no SHA-256 of 64 hexadecimal digits before the `=`") }
        fingerprint = digits
        let day = parts[1]
        if day.utf8.count == 10 {
            guard let end = try? TLSVerify.instant(day + "T23:59:59Z") else {
                throw Self.mistake(text, "has no day such as 2024-11-30 after the `=`")
            }
            date = end
        } else {
            guard let instant = try? TLSVerify.instant(String(day)) else {
                throw Self.mistake(
                    text, "has neither a day nor an instant (RFC 3339) after the `=`")
            }
            date = instant
        }
    }

    private static func mistake(_ text: String, _ problem: String) -> ValidationError {
        ValidationError(
            "--distrust-after '\(text)' \(problem); give FINGERPRINT=DATE, where the fingerprint is "
                + "what `openssl x509 -noout -fingerprint -sha256` prints")
    }

    /// What each root may have vouched for last; of two dates the earlier one counts.
    static func dates(_ options: [DistrustAfter]) -> [String: Timestamp] {
        Dictionary(options.map { ($0.fingerprint, $0.date) }, uniquingKeysWith: min)
    }
}

/// Roots that are trusted for older certificates only.
struct DistrustOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Trust a root only for certificates issued until a day (RFC 3339 or YYYY-MM-DD), as Mozilla does with \"server distrust after\". Repeatable.",
            valueName: "fingerprint=date"),
        transform: DistrustAfter.init)
    var distrustAfter: [DistrustAfter] = []

    /// The date of each root.
    var dates: [String: Timestamp] { DistrustAfter.dates(distrustAfter) }
}
