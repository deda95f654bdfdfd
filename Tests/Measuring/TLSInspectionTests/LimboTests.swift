import Foundation
import HealthModel
import TLSInspection
import Testing

/// The server cases of C2SP/x509-limbo, from the file that VITAAL_LIMBO names.
@Suite struct LimboTests {
    /// One case, as far as it is used here (limbo-schema.json).
    struct Case: Decodable {
        struct Name: Decodable { let value: String }
        let id: String
        let validation_kind: String
        let trusted_certs: [String]
        let untrusted_intermediates: [String]
        let peer_certificate: String
        let validation_time: String?
        let expected_result: String
        let expected_peer_name: Name?
        let max_chain_depth: Int?
        let crls: [String]
    }

    private struct Suite: Decodable { let testcases: [Case] }

    private struct Score {
        var right = 0
        var falseAccepts: [String] = []
        var falseRejects: [String] = []
    }

    private static let path = ProcessInfo.processInfo.environment["VITAAL_LIMBO"]

    @Test(
        .enabled(
            if: path != nil,
            "set VITAAL_LIMBO to the path of limbo.json (github.com/C2SP/x509-limbo) to run this"))
    func verdicts() throws {
        let path = try #require(Self.path)
        let suite = try JSONDecoder().decode(
            Suite.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        let cases = suite.testcases.filter { $0.validation_kind == "SERVER" }
        try #require(!cases.isEmpty)
        var scores: [String: Score] = [:]
        var total = Score()
        var slowest = (id: "", duration: Duration.zero)
        let start = ContinuousClock.now
        for one in cases {
            let begin = ContinuousClock.now
            let isTrusted = try Self.isTrusted(one)
            let duration = ContinuousClock.now - begin
            if duration > slowest.duration { slowest = (one.id, duration) }
            let group = one.id.split(separator: ":").dropLast().joined(separator: "::")
            if isTrusted == (one.expected_result == "SUCCESS") {
                scores[group, default: Score()].right += 1
                total.right += 1
            } else if isTrusted {
                scores[group, default: Score()].falseAccepts.append(one.id)
                total.falseAccepts.append(one.id)
            } else {
                scores[group, default: Score()].falseRejects.append(one.id)
                total.falseRejects.append(one.id)
            }
        }
        let duration = ContinuousClock.now - start
        Self.printTable(scores, total: total, duration: duration, slowest: slowest)
        for id in total.falseAccepts {
            #expect(
                LimboExceptions.reasonForAccepting(id) != nil, "accepted without a reason: \(id)")
        }
        #expect(total.falseRejects.count <= 2)
        let unused = LimboExceptions.unused(
            accepts: total.falseAccepts, rejects: total.falseRejects)
        #expect(unused.isEmpty, "no longer needed: \(unused)")
        for id in total.falseRejects {
            #expect(
                LimboExceptions.reasonForRejecting(id) != nil, "rejected without a reason: \(id)")
        }
    }

    private static func isTrusted(_ one: Case) throws -> Bool {
        let instant =
            try one.validation_time.map { try #require(Self.instant(of: $0)) }
            ?? Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        let verification: OfflineVerification
        do {
            verification = try OfflineVerification(
                chain: Array(
                    ([one.peer_certificate] + one.untrusted_intermediates).joined().utf8),
                roots: Array(one.trusted_certs.joined().utf8),
                revocationLists: one.crls.isEmpty ? nil : Array(one.crls.joined().utf8))
        } catch {
            // What cannot even be read is not accepted, and no handshake gets that far.
            print("limbo: \(one.id): \(error)")
            return false
        }
        let result = verification.run(
            name: one.expected_peer_name?.value, at: instant,
            intermediatesMax: one.max_chain_depth)
        return try #require(result).verdict == "trusted"
    }

    private static func instant(of text: String) -> Timestamp? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return (try? style.parse(text)).map {
            Timestamp(milliseconds: Int64(($0.timeIntervalSince1970 * 1000).rounded()))
        }
    }

    private static func printTable(
        _ scores: [String: Score], total: Score, duration: Duration,
        slowest: (id: String, duration: Duration)
    ) {
        func row(_ name: String, _ score: Score) -> String {
            let cells = [score.right, score.falseAccepts.count, score.falseRejects.count]
            return "| \(name) | " + cells.map(String.init).joined(separator: " | ") + " |"
        }
        print("| namespace | right | false accepts | false rejects |\n|---|---|---|---|")
        for (name, score) in scores.sorted(by: { $0.key < $1.key }) { print(row(name, score)) }
        print(row("all", total))
        print("\(duration) in all; slowest \(slowest.id): \(slowest.duration)")
        for id in total.falseAccepts {
            print("accepted: \(id): \(LimboExceptions.reasonForAccepting(id) ?? "NO REASON")")
        }
        for id in total.falseRejects {
            print("rejected: \(id): \(LimboExceptions.reasonForRejecting(id) ?? "NO REASON")")
        }
    }
}
