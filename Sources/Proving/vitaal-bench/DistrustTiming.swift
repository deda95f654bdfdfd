import Foundation
import HealthModel

/// Measures `vitaal certs distrust` on a generated inventory, with everything: the start of the
/// program, the catalogue, the file and every verification.
struct DistrustTiming {
    /// Endpoints in the inventory.
    var endpoints = 10_000
    /// Runs of which the median counts.
    var rounds = 3
    /// What the whole command may take.
    static let targetSeconds = 3.0

    let workspace: Workspace

    /// Prints the figures; whether the target is met.
    func run() throws -> Bool {
        let catalogue = GeneratedCatalogue(
            scheme: "https", endpoints: endpoints, intervalSeconds: 60, timeout: "5s",
            confirm: "false")
        let probes = try catalogue.write(to: "distrust-probes", in: workspace)
        let data = try workspace.makeDirectory("distrust-data")
        say("making an inventory of \(endpoints) endpoints")
        let seconds = Int64(Date(timeIntervalSinceNow: 0).timeIntervalSince1970)
        let roots = try GeneratedInventory(endpoints: endpoints).write(
            to: data, now: Timestamp(seconds: seconds))
        var took: [Double] = []
        var cpu: [Double] = []
        for round in 1...rounds {
            let start = monotonicSeconds()
            let command = try ChildProcess(
                workspace.vitaal,
                [
                    "certs", "distrust", "--data-dir", data, "--probes", probes, "--alerts",
                    "alerts", "--roots", roots, "--root", "Bench CA 1 root", "--json",
                ], log: "distrust-\(round).json", in: workspace)
            let end = command.wait()
            took.append(monotonicSeconds() - start)
            cpu.append(end.cpuSeconds)
            // A wait status: exit code 2 (wait(2)).
            guard end.status == 2 << 8 else {
                throw BenchError(
                    "vitaal certs distrust did not end with exit code 2; see "
                        + workspace.path("distrust-\(round).json"))
            }
        }
        let median = took.median ?? .infinity
        print(
            "certs distrust, \(endpoints) endpoints: \(median.text(2)) s "
                + "(CPU \((cpu.median ?? 0).text(2)) s), target ≤ \(Self.targetSeconds.text(0)) s: "
                + (median <= Self.targetSeconds ? "met" : "NOT met"))
        return median <= Self.targetSeconds
    }
}
