import HealthModel
import Probing
import TLSFindings

/// What a server accepts, with the grades of both editions of the NCSC's guideline.
struct TLSScanReport {
    let scan: TLSScan
    let target: TLSScanner.Target

    /// A table for a person.
    var lines: [String] {
        var lines = [
            Self.row(
                "  scan     \(scan.connections) connections to \(target.address) port "
                    + "\(target.port)", "2025-05", "2.1.1")
        ]
        for version in scan.versions {
            lines.append(
                Self.row(
                    "    \(version.name)", version.answer,
                    { NCSCTables.version(version.name, $0) }))
            for suite in version.suites {
                lines.append(Self.row("      \(suite)", .yes, { NCSCTables.suite(suite, $0) }))
            }
            if version.isCut { lines.append("      perhaps more suites: not all were asked for") }
        }
        for group in scan.groups where group.answer != .no {
            lines.append(
                Self.row("    \(group.name)", group.answer, { NCSCTables.group(group.name, $0) }))
        }
        lines.append("    post-quantum key exchange: \(scan.postQuantum.rawValue)")
        for finding in ScanPolicy.judge(scan) { lines.append("  finding  \(finding.line)") }
        if scan.isGivenUp {
            lines.append("    the server stopped answering: what is not said is not known")
        }
        return lines
    }

    private static func row(
        _ name: String, _ answer: TLSScan.Answer, _ grade: (NCSCGrade.Edition) -> NCSCGrade?
    ) -> String {
        // What is not accepted needs no grade.
        guard answer == .yes else { return row(name, answer.rawValue, "") }
        return row(
            name, grade(.version2025_05)?.rawValue ?? "-", grade(.version2_1_1)?.rawValue ?? "-")
    }

    private static func row(_ name: String, _ first: String, _ second: String) -> String {
        let line = padded(name, 54) + " " + padded(first, 13) + second
        return String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// The JSON of it.
    struct Document: Encodable {
        struct Item: Encodable {
            var name: String
            /// `yes`, `no` or `unknown`.
            var accepted: String
            /// Grades by edition; empty for what is not accepted.
            var ncsc: [String: String]

            init(
                _ name: String, _ answer: TLSScan.Answer,
                _ grade: (NCSCGrade.Edition) -> NCSCGrade?
            ) {
                self.name = name
                accepted = answer.rawValue
                ncsc = [:]
                guard answer == .yes else { return }
                for edition in NCSCGrade.Edition.allCases {
                    ncsc[edition.rawValue] = grade(edition)?.rawValue
                }
            }
        }

        struct Version: Encodable {
            var version: Item
            var suites: [Item]
            var mayHaveMoreSuites: Bool
        }

        var address: String
        var port: UInt16
        var connections: Int
        var isGivenUp: Bool
        var versions: [Version]
        var groups: [Item]
        var postQuantum: String
        var findings: [FindingDocument]
    }

    /// The same for a program.
    var document: Document {
        Document(
            address: target.address.text, port: target.port, connections: scan.connections,
            isGivenUp: scan.isGivenUp,
            versions: scan.versions.map { version in
                Document.Version(
                    version: Document.Item(version.name, version.answer) {
                        NCSCTables.version(version.name, $0)
                    },
                    suites: version.suites.map { suite in
                        Document.Item(suite, .yes) { NCSCTables.suite(suite, $0) }
                    }, mayHaveMoreSuites: version.isCut)
            },
            groups: scan.groups.map { group in
                Document.Item(group.name, group.answer) { NCSCTables.group(group.name, $0) }
            }, postQuantum: scan.postQuantum.rawValue,
            findings: ScanPolicy.judge(scan).map(FindingDocument.init))
    }
}
