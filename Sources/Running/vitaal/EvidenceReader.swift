import Foundation
import HealthModel
import RuleTesting
import StatusServer

/// Reads what was told from the evidence log, as far as a line says something.
///
/// Keys that are not known are passed over, and so are lines that are no JSON: the log may be written
/// by another version, and its last line by a daemon that is at work.
struct EvidenceReader {
    /// Bytes read at once.
    static let pieceBytes = 1 << 20
    /// Bytes in one line, twice what the daemon writes; a longer one is passed over.
    static let lineBytes = 96 * 1024

    /// Alerts that fired until the end of the window, also before it.
    private(set) var fired = FiredAlerts()
    /// How often each receiver was told within the window.
    private(set) var told: [String: Int] = [:]
    /// Lines that say nothing that can be read.
    private(set) var unreadLines = 0
    private let window: Range<Timestamp>

    /// The fields that are looked at.
    private struct Line: Decodable {
        var ts: String
        var action: String
        var object: String
        var rule: String?
        var level: String?
        var firingSince: String?
    }

    private let decoder = JSONDecoder()

    /// Makes a reader of a window.
    init(window: Range<Timestamp>) {
        self.window = window
        decoder.keyDecodingStrategy = .convertFromSnakeCase
    }

    /// Reads one file.
    ///
    /// - Returns: Whether it could be opened.
    mutating func read(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        var rest = Data()
        while let piece = try? file.read(upToCount: Self.pieceBytes), !piece.isEmpty {
            rest.append(piece)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                take(rest[rest.startIndex..<end])
                rest = rest[(end + 1)...]
            }
            if rest.count > Self.lineBytes {
                unreadLines += 1
                rest = Data()
            }
        }
        return true
    }

    private mutating func take(_ bytes: Data) {
        guard let line = try? decoder.decode(Line.self, from: bytes),
            let at = Instant(rfc3339: line.ts)?.timestamp
        else {
            unreadLines += 1
            return
        }
        guard at < window.upperBound else { return }
        let parts = line.object.split(separator: "/", maxSplits: 1)
        switch line.action {
        case "notification.delivered", "notification.failed":
            guard window.contains(at), parts.count == 2 else { return }
            told[String(parts[1]), default: 0] += 1
        case "alert.firing", "alert.resolved":
            guard let rule = line.rule, let level = line.level.flatMap(Level.init(rawValue:)),
                let since = line.firingSince.flatMap({ Instant(rfc3339: $0)?.timestamp })
            else {
                unreadLines += 1
                return
            }
            if line.action == "alert.firing" {
                fired.begin(RuleID(rule), line.object, level, at: since)
            } else {
                fired.end(RuleID(rule), line.object, level, since: since, at: at)
            }
        default: return
        }
    }
}
