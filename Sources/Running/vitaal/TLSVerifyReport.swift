import Foundation
import HealthModel
import Probing
import TLSFindings
import TLSInspection

/// The outcome of `vitaal tls verify` for a person or a program.
struct TLSVerifyReport {
    let result: OfflineVerification.Result
    let name: String?
    let at: Timestamp

    /// What else there is to say of the certificates.
    var findings: [Finding] {
        TLSFindings.judge(
            chainSent: result.chainSent, path: result.path.path,
            connection: ConnectionFacts(
                rules: .publicWeb, isTrusted: result.path.verdict == nil,
                isHandshakeComplete: false),
            at: at, isPublicSuffix: PublicSuffix.contains)
    }

    /// The certificate of the path that runs out first, else the leaf; nil without one.
    var runsOutFirst: Certificate? {
        result.path.path.min { $0.notAfter < $1.notAfter } ?? result.chainSent.first
    }

    /// A few lines for a person.
    func text() -> String {
        let path = result.path
        var lines = [
            path.verdict == nil ? "TRUSTED" : "NOT TRUSTED  \(result.verdict)",
            "  judged   \(at.rfc3339)" + (name.map { ", for \($0)" } ?? ", for no name"),
        ]
        if let reason = path.verdict { lines.append("  why      \(reason.text)") }
        for (depth, certificate) in path.path.enumerated() {
            lines.append(
                "  path     \(depth) \(certificate.subject), until \(certificate.notAfter.rfc3339)")
        }
        for error in path.errors { lines.append("  error    depth \(error.depth) \(error.code)") }
        for warning in path.warnings { lines.append("  warning  \(warning.text)") }
        for (depth, status) in path.revocation.enumerated() {
            lines.append("  revoked? depth \(depth) \(status.rawValue)")
        }
        if let runsOutFirst { lines += CheckReport.renewalLines(of: runsOutFirst, now: at) }
        for finding in findings { lines.append("  finding  \(finding.line)") }
        return lines.map(CheckReport.printable).joined(separator: "\n")
    }

    /// The result as one JSON object with sorted keys.
    func json() throws -> String { try CheckReport.encode(TLSVerifyDocument(self)) }
}

/// The JSON of one verification; keys as those of `vitaal check --json`.
struct TLSVerifyDocument: Encodable {
    struct Warning: Encodable {
        var code: String
        var text: String
    }

    var verdict: String
    var trusted: Bool
    var at: String
    var name: String?
    var nameMatches: Bool?
    var errors: [CheckDocument.ChainError]
    var strictErrors: [CheckDocument.ChainError]
    var path: [CheckDocument.ChainCertificate]
    var warnings: [Warning]
    var revocation: [String]
    var renewal: CheckDocument.TLS.Renewal?
    var findings: [FindingDocument]

    init(_ report: TLSVerifyReport) {
        let found = report.result.path
        verdict = report.result.verdict
        trusted = found.verdict == nil
        at = report.at.rfc3339
        name = report.name
        nameMatches = report.name == nil ? nil : found.isNameMatching
        errors = found.errors.map { CheckDocument.ChainError(depth: $0.depth, code: $0.code) }
        strictErrors = found.strictErrors.map {
            CheckDocument.ChainError(depth: $0.depth, code: $0.code)
        }
        path = found.path.map(CheckDocument.ChainCertificate.init)
        warnings = found.warnings.map { Warning(code: $0.code, text: $0.text) }
        revocation = found.revocation.map(\.rawValue)
        renewal = report.runsOutFirst.flatMap { CheckDocument.TLS.Renewal($0, at: report.at) }
        findings = report.findings.map(FindingDocument.init)
    }
}
