import Foundation
import Testing

/// `make torture` in a bounded form: a process that writes to a store is killed and loses power.
struct TortureTests {
    /// Power cuts are left out, with a message, where a disk image cannot be mounted.
    @Test(.timeLimit(.minutes(5))) func nothingAcknowledgedIsLost() async throws {
        let bench = URL(filePath: Vitaal.path).deletingLastPathComponent()
            .appending(path: "vitaal-bench").path
        let outcome = try await Child.outcome(
            bench, ["--torture", "25", "1"],
            environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
        #expect(outcome.output.contains("25 kills by SIGKILL"), "\(outcome.output)")
        #expect(outcome.output.contains("power cuts"), "\(outcome.output)")
    }
}
