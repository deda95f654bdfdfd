import HealthModel
import TLSFindings

extension CheckReport {
    /// When the certificate on the path should be renewed, and the one sent beside it.
    static func renewalLines(of tls: TLSRecord, now: Timestamp) -> [String] {
        var lines: [String] = []
        if let first = tls.runsOutFirst { lines += renewalLines(of: first, now: now) }
        // Of what nobody needs only that is told which will hurt somebody.
        if let beside = tls.runsOutFirstBesidePath,
            let outlook = RenewalOutlook([beside], at: now), outlook.level != nil
        {
            let left = beside.notAfter - now
            let time =
                left >= .zero
                ? "runs out in \(left.shortText)" : "ran out \((.zero - left).shortText) ago"
            lines.append("  beside   \(beside.subject) is sent, not on the path, \(time)")
        }
        return lines
    }

    /// When a certificate should be renewed.
    static func renewalLines(of certificate: Certificate, now: Timestamp) -> [String] {
        RenewalOutlook([certificate], at: now).map { ["  renewal  \(text(of: $0, now: now))"] }
            ?? []
    }

    private static func text(of outlook: RenewalOutlook, now: Timestamp) -> String {
        let ahead = outlook.expectedAt - now
        let time = "\(outlook.expectedAt.dateAndTime) UTC"
        guard ahead <= .zero else { return "expected \(time), in \(ahead.shortText)" }
        let level = outlook.level.map { "\($0.rawValue): " } ?? ""
        var text = "\(level)was expected \(time), \((.zero - ahead).shortText) ago"
        if let next = outlook.nextLevel, let at = outlook.nextLevelAt {
            text += "; \(next.rawValue) from \(at.dateAndTime) UTC"
        }
        return text
    }
}
