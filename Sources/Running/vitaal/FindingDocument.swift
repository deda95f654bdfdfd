import HealthModel
import TLSFindings

/// The JSON of one finding.
struct FindingDocument: Encodable {
    struct Texts: Encodable {
        var nl: String
        var en: String

        init(_ text: LocalizedText) {
            nl = text.dutch
            en = text.english
        }
    }

    var id: String
    var severity: String
    var depth: Int?
    var fingerprintSha256: String?
    var detail: String?
    var text: Texts
    var remedy: Texts
    var source: String

    init(_ finding: Finding) {
        id = finding.id.rawValue
        severity = finding.severity.rawValue
        depth = finding.place?.depth
        fingerprintSha256 = finding.place?.fingerprintSHA256
        detail = finding.detail.isEmpty ? nil : finding.detail
        text = Texts(finding.text)
        remedy = Texts(finding.remedy)
        source = finding.source
    }
}

extension Finding {
    /// One line for a person.
    var line: String {
        let place = place.map { "depth \($0.depth) " } ?? ""
        return "\(severity.rawValue)  \(place)\(id.rawValue): \(text.english)"
            + (detail.isEmpty ? "" : " (\(detail))")
    }
}
