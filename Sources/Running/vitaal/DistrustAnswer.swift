import HealthModel
import Inventory

/// The answer of `vitaal certs distrust` for a person or a program.
struct DistrustAnswer {
    let target: DistrustTarget
    let from: Timestamp?
    let at: Timestamp
    let report: DistrustReport

    /// Services without trouble that are named on one line.
    static let namesMax = 8

    var isBreaking: Bool { !report.services(.breaksEntirely, .breaks).isEmpty }

    // MARK: Text

    /// Lines for a person, what matters most first.
    func text() -> [String] {
        let what = target.kind == .root ? "root" : "issuer"
        var lines = ["Without \(what):"] + target.certificates.map(CertsDistrust.line)
        if let from { lines.append("  only certificates valid from after \(from.dateAndTime) UTC") }
        let seen = report.services.filter { $0.fate != .notSeen }.count
        lines.append("  judged at \(at.dateAndTime) UTC, \(seen) services")
        lines += broken()
        lines += surviving()
        lines += places(
            "NOT TRUSTED BEFORE", report.services.filter { $0.has(.untrustedBefore) },
            fate: .untrustedBefore)
        lines += names("UNAFFECTED", report.services(.unaffected))
        lines += names("NOT SEEN", report.services(.notSeen))
        return lines
    }

    private func broken() -> [String] {
        let entirely = report.services(.breaksEntirely).count
        let broken = report.services(.breaksEntirely, .breaks)
        guard !broken.isEmpty else { return ["", "NOTHING BREAKS"] }
        let partly = broken.count - entirely
        return places(
            "BREAKS", broken, fate: .breaks,
            more: partly == 0 ? "" : ", \(entirely) entirely and \(partly) in part")
    }

    private func surviving() -> [String] {
        places("SURVIVES on another path", report.services(.survives), fate: .survives)
    }

    private func places(
        _ title: String, _ services: [DistrustReport.ServiceFate],
        fate: DistrustReport.Fate, more: String = ""
    ) -> [String] {
        guard !services.isEmpty else { return [] }
        var lines = ["", "\(title): \(Self.count(services.count))\(more)"]
        for service in services {
            let one = service.service
            let concerned = service.endpoints.filter { $0.fate == fate }
            let seen = service.endpoints.count { $0.fate != .notSeen }
            let share =
                concerned.count == seen ? "" : "  (\(concerned.count) of \(seen) endpoints)"
            lines.append(
                "  tier \(one.tier.rawValue)  \(one.sector)  \(one.name.english) (\(one.id))\(share)"
            )
            for endpoint in concerned {
                lines += endpoint.places.filter { Self.fate(of: $0) == fate }.map { place in
                    "      \(endpoint.endpoint)  \(place.sighting.host) at "
                        + "\(place.sighting.address): \(Self.words(place.outcome))"
                }
            }
        }
        return lines
    }

    private func names(_ title: String, _ services: [DistrustReport.ServiceFate]) -> [String] {
        guard !services.isEmpty else { return [] }
        let named = services.prefix(Self.namesMax).map(\.service.id.text).joined(separator: ", ")
        let more = services.count - Self.namesMax
        return [
            "", "\(title): \(Self.count(services.count))",
            "  " + named + (more > 0 ? " and \(more) more" : ""),
        ]
    }

    private static func count(_ number: Int) -> String {
        "\(number) service\(number == 1 ? "" : "s")"
    }

    private static func fate(of place: DistrustReport.Place) -> DistrustReport.Fate {
        switch place.outcome {
        case .breaks: .breaks
        case .survives: .survives
        case .untrustedBefore: .untrustedBefore
        case .unaffected: .unaffected
        }
    }

    private static func words(_ outcome: DistrustTrial.Outcome) -> String {
        switch outcome {
        case .breaks(let reason): "no path left (\(reason.rawValue))"
        case .untrustedBefore(let reason): reason.rawValue
        case .survives(let root): "by \(root.shortSubject)"
        case .unaffected(let root): "by \(root.shortSubject)"
        }
    }

    // MARK: JSON

    /// The answer as one JSON object with sorted keys.
    func json() throws -> String { try CheckReport.encode(Document(self)) }

    struct Document: Encodable {
        struct Place: Encodable {
            var host: String
            var address: String
            var fingerprint: String
            var outcome: String
            var reason: String?
            var root: String?

            init(_ place: DistrustReport.Place) {
                host = place.sighting.host
                address = place.sighting.address
                fingerprint = place.sighting.fingerprints.first ?? ""
                outcome = DistrustAnswer.fate(of: place).rawValue
                switch place.outcome {
                case .breaks(let why), .untrustedBefore(let why): reason = why.rawValue
                case .survives(let anchor), .unaffected(let anchor): root = anchor.subject
                }
            }
        }
        struct Endpoint: Encodable {
            var endpoint: String
            var outcome: String
            var chains: [Place]
        }
        struct Service: Encodable {
            var service: String
            var name: [String: String]
            var tier: Int
            var sector: String
            var outcome: String
            var endpoints: [Endpoint]

            init(_ fate: DistrustReport.ServiceFate) {
                service = fate.service.id.text
                name = ["nl": fate.service.name.dutch, "en": fate.service.name.english]
                tier = fate.service.tier.rawValue
                sector = fate.service.sector
                outcome = fate.fate.rawValue
                endpoints = fate.endpoints.map {
                    Endpoint(
                        endpoint: $0.endpoint.text, outcome: $0.fate.rawValue,
                        chains: $0.places.map(Place.init))
                }
            }
        }

        var kind: String
        var distrusted: [CheckDocument.ChainCertificate]
        var at: String
        var from: String?
        var counts: [String: Int]
        var services: [Service]

        init(_ answer: DistrustAnswer) {
            kind = answer.target.kind.rawValue
            distrusted = answer.target.certificates.map(CheckDocument.ChainCertificate.init)
            at = answer.at.rfc3339
            from = answer.from?.rfc3339
            services = answer.report.services.map(Service.init)
            counts = Dictionary(
                uniqueKeysWithValues: DistrustReport.Fate.allCases.map {
                    ($0.rawValue, answer.report.services($0).count)
                })
        }
    }
}

extension DistrustReport.ServiceFate {
    /// Whether an endpoint has this fate.
    func has(_ fate: DistrustReport.Fate) -> Bool { endpoints.contains { $0.fate == fate } }
}
