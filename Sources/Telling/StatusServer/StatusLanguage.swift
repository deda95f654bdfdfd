import HealthModel

/// The language of what people read.
public enum StatusLanguage: String, Sendable, Hashable, CaseIterable {
    /// Dutch.
    case nl
    /// English.
    case en

    /// The text in this language.
    func text(_ text: StatusDocument.Text) -> String { self == .nl ? text.nl : text.en }

    /// One of two texts.
    func of(nl dutch: String, en english: String) -> String { self == .nl ? dutch : english }

    /// The word for a state, in capitals so that it stands out without colour.
    func word(for state: HealthState) -> String {
        switch state {
        case .up: of(nl: "BEREIKBAAR", en: "UP")
        case .degraded: of(nl: "VERSTOORD", en: "DEGRADED")
        case .impaired: of(nl: "GERAAKT", en: "IMPAIRED")
        case .busy: of(nl: "TE DRUK", en: "BUSY")
        case .blocked: of(nl: "GEWEIGERD", en: "BLOCKED")
        case .down: of(nl: "NIET BEREIKBAAR", en: "DOWN")
        case .flapping: of(nl: "WISSELEND", en: "FLAPPING")
        case .maintenance: of(nl: "ONDERHOUD", en: "MAINTENANCE")
        case .unknown: of(nl: "NIET GEMETEN", en: "NOT MEASURED")
        }
    }

    /// The same word in running text.
    func lowerWord(for state: HealthState) -> String { word(for: state).lowercased() }

    /// The word for a level; a level of a later version is shown as it came.
    func word(forLevel level: String) -> String {
        switch Level(rawValue: level) {
        case .digest: of(nl: "OVERZICHT", en: "DIGEST")
        case .warning: of(nl: "WAARSCHUWING", en: "WARNING")
        case .critical: of(nl: "KRITIEK", en: "CRITICAL")
        case .page: of(nl: "OPROEP", en: "PAGE")
        case nil: level.uppercased()
        }
    }

    /// The word for the state of an alert.
    func word(forAlertState state: String) -> String {
        switch state {
        case "pending": of(nl: "in afwachting", en: "pending")
        case "firing": of(nl: "actief", en: "firing")
        default: state
        }
    }

    /// A count with its noun.
    func services(_ count: Int) -> String {
        count == 1
            ? of(nl: "1 dienst", en: "1 service") : "\(count) \(of(nl: "diensten", en: "services"))"
    }

    /// A count with its noun.
    func endpoints(_ count: Int) -> String {
        count == 1
            ? of(nl: "1 meetpunt", en: "1 endpoint")
            : "\(count) \(of(nl: "meetpunten", en: "endpoints"))"
    }

    /// The sentence for a reason; one of a later version is shown as it came.
    func sentence(forReason reason: String) -> String {
        guard let known = Reason(rawValue: reason) else { return reason }
        return self == .nl ? known.dutchText : known.text
    }
}
