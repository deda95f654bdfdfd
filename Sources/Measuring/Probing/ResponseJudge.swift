import HealthModel
import PatternMatching

/// Decides whether an answer is a good one: pure, in a fixed order.
///
/// Markers come before the status, since a throttle page may be sent with any status; the
/// duration comes last, since a wrong answer is wrong however fast it is.
enum ResponseJudge {
    /// What was decided.
    struct Judgement: Sendable, Hashable {
        /// Why the answer is not good; nil when it is.
        var reason: Reason?
        /// More for a person; empty when there is nothing to add.
        var detail: String

        /// The judgement of a good answer.
        static let good = Judgement(reason: nil, detail: "")
    }

    /// Judges one answer.
    ///
    /// `totalMicroseconds` is the duration of the whole probe.
    static func judge(
        status: Int, headers: HeaderBlock, body: [UInt8], isBodyCut: Bool,
        totalMicroseconds: Int64, by compiled: CompiledAssertions
    ) -> Judgement {
        let assertions = compiled.assertions
        if compiled.busy.contains(where: { $0.matches(body) }) {
            return Judgement(reason: .busy, detail: "status \(status)")
        }
        if compiled.maintenance.contains(where: { $0.matches(body) }) {
            return Judgement(reason: .maintenance, detail: "status \(status)")
        }
        if !assertions.accepts(status: status) {
            let isRefusal = status == 403 || status == 429
            return Judgement(
                reason: isRefusal ? .httpBlocked : .httpStatus, detail: "status \(status)")
        }
        return judgeHeaders(headers, by: compiled)
            ?? judgeBody(body, isCut: isBodyCut, by: compiled)
            ?? judgeDuration(totalMicroseconds, by: assertions) ?? .good
    }

    private static func judgeHeaders(
        _ headers: HeaderBlock, by compiled: CompiledAssertions
    ) -> Judgement? {
        for check in compiled.headersMatching {
            let values = headers.values(of: check.name)
            if values.isEmpty && check.isOptional { continue }
            if !values.contains(where: check.pattern.matches) {
                let what = values.isEmpty ? "is absent" : "does not match \(check.pattern.text)"
                return Judgement(reason: .headerMismatch, detail: "header \(check.name) \(what)")
            }
        }
        for check in compiled.headersNotMatching
        where headers.values(of: check.name).contains(where: check.pattern.matches) {
            return Judgement(
                reason: .headerMismatch,
                detail: "header \(check.name) matches \(check.pattern.text)")
        }
        return nil
    }

    private static func judgeBody(
        _ body: [UInt8], isCut: Bool, by compiled: CompiledAssertions
    ) -> Judgement? {
        let cut = isCut ? " in the first \(body.count) bytes" : ""
        for pattern in compiled.bodyMatching where !pattern.matches(body) {
            return Judgement(reason: .bodyMismatch, detail: "no match for \(pattern.text)\(cut)")
        }
        for pattern in compiled.bodyNotMatching where pattern.matches(body) {
            return Judgement(reason: .bodyMismatch, detail: "a match for \(pattern.text)")
        }
        if let accepted = compiled.assertions.bodyBytes, !accepted.contains(body.count) {
            return Judgement(
                reason: .bodySize,
                detail: "\(body.count) bytes, not \(accepted.lowerBound) to \(accepted.upperBound)")
        }
        return nil
    }

    private static func judgeDuration(
        _ totalMicroseconds: Int64, by assertions: Assertions
    ) -> Judgement? {
        guard let maximum = assertions.maximumDuration,
            Duration.microseconds(totalMicroseconds) > maximum
        else { return nil }
        return Judgement(
            reason: .tooSlow,
            detail: "\(Duration.microseconds(totalMicroseconds).shortText), more than "
                + maximum.shortText)
    }
}
