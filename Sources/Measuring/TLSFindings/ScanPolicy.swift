public import HealthModel

/// What a server should not accept, and what it should.
///
/// NCSC-NL, guidelines for TLS, 2025-05: versions §3.3.1, suites appendix B, key exchange §3.3.3.
public enum ScanPolicy {
    /// The findings of a scan; what is unknown is none.
    public static func judge(_ scan: TLSScan) -> [Finding] {
        var findings: [Finding] = []
        let old = scan.versions.filter {
            $0.answer == .yes && NCSCTables.version($0.name, .version2025_05) == .insufficient
        }
        if !old.isEmpty {
            findings.append(
                Finding(
                    .oldVersionAccepted, detail: old.map(\.name).joined(separator: ", ")))
        }
        let suites = insufficientSuites(of: scan, .version2025_05)
        if !suites.isEmpty {
            findings.append(
                Finding(.insufficientSuiteAccepted, detail: suites.joined(separator: ", ")))
        }
        if scan.postQuantum == .no { findings.append(Finding(.postQuantumMissing)) }
        return findings
    }

    /// The suites accepted that an edition calls insufficient, each once, in their order.
    public static func insufficientSuites(
        of scan: TLSScan, _ edition: NCSCGrade.Edition
    ) -> [String] {
        var seen: Set<String> = []
        return scan.versions.flatMap(\.suites).filter {
            NCSCTables.suite($0, edition) == .insufficient && seen.insert($0).inserted
        }
    }
}
