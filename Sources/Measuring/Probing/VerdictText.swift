import HealthModel

/// Says in one line what is wrong with a certificate chain.
enum VerdictText {
    /// The detail for the verdict of `record`; empty when there is none.
    static func detail(of record: TLSRecord, host: String, now: Timestamp) -> String {
        guard let verdict = record.verdict else { return "" }
        switch verdict {
        case .tlsExpired, .tlsNotYetValid: return dates(of: record, verdict: verdict, now: now)
        case .tlsHostnameMismatch:
            let names = record.leaf?.names ?? []
            let shown = names.prefix(3).joined(separator: ", ")
            let more = names.count > 3 ? " and \((record.leaf?.nameCount ?? 0) - 3) more" : ""
            return "for \(names.isEmpty ? "no name at all" : shown + more), not \(host)"
        case .tlsSelfSigned: return "subject \(record.leaf?.subject ?? "")"
        case .tlsIncompleteChain: return "issuer not sent: \(record.chainBuilt.last?.issuer ?? "")"
        case .tlsUntrusted:
            for case .distrustedAfter(let root, let date) in record.pathWarnings {
                let issued = record.leaf.map { leaf in
                    ", this one is from \(leaf.notBefore.dateAndTime) UTC"
                }
                return "\(root.subject) is trusted only for certificates issued until "
                    + "\(date.dateAndTime) UTC" + (issued ?? "")
            }
            return "leads to \(record.chainBuilt.last?.issuer ?? "")"
        default:
            return record.errors.map { "depth \($0.depth) \($0.code)" }.joined(separator: ", ")
        }
    }

    private static func dates(of record: TLSRecord, verdict: Reason, now: Timestamp) -> String {
        let code = verdict == .tlsExpired ? "cert_has_expired" : "cert_not_yet_valid"
        let depth = record.errors.first { $0.code == code }?.depth ?? 0
        guard record.chainBuilt.indices.contains(depth) else { return "" }
        let certificate = record.chainBuilt[depth]
        let who = depth == 0 ? "" : "depth \(depth), \(certificate.subject): "
        return verdict == .tlsExpired
            ? "\(who)expired \((now - certificate.notAfter).shortText) ago"
            : "\(who)valid in \((certificate.notBefore - now).shortText)"
    }
}
