/// How the guideline for TLS of the Dutch NCSC ("ICT-beveiligingsrichtlijnen voor TLS") grades a
/// setting.
public enum NCSCGrade: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Not to be used.
    case insufficient
    /// To be replaced.
    case phaseOut = "phase_out"
    /// Safe now.
    case sufficient
    /// Safe for the future too.
    case good

    /// An edition of the guideline.
    public enum Edition: String, Sendable, Hashable, CaseIterable {
        /// Version 2.1.1 of 2021.
        case version2_1_1 = "2.1.1"
        /// Version 2025-05.
        case version2025_05 = "2025-05"
    }

    /// Orders grades, worse first.
    public static func < (left: NCSCGrade, right: NCSCGrade) -> Bool { left.order < right.order }

    private var order: Int {
        switch self {
        case .insufficient: 0
        case .phaseOut: 1
        case .sufficient: 2
        case .good: 3
        }
    }
}
