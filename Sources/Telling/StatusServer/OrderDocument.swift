import Alerting
import HealthModel
import Incidents
public import Routing

/// The body of `POST /api/v1/orders`: what an operator asks for.
public struct OrderDocument: Sendable, Hashable, Codable {
    /// What kind of order it is.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case silence, acknowledge, maintenance, dark, end, note, resolve, aware, reported
    }

    /// What is asked for.
    public var kind: Kind
    /// Who asks.
    public var author: String
    /// Why.
    public var reason: String
    /// From when on; nil means now.
    public var startsAt: Instant?
    /// Until when; needed for what lasts.
    public var endsAt: Instant?
    /// The services: of a silence, a maintenance, or one dark service.
    public var services: [String]?
    /// The endpoints of a silence, as are the names that follow.
    public var endpoints: [String]?
    /// The rules.
    public var rules: [String]?
    /// The sectors.
    public var sectors: [String]?
    /// The owners.
    public var owners: [String]?
    /// The tiers, 0 to 3.
    public var tiers: [Int]?
    /// Whether maintenance is of what needs the services too.
    public var withDependants: Bool?
    /// On which days maintenance comes back at the same time by the clock, such as
    /// `weekly on sun,tue`; nil when it does not.
    public var every: String?
    /// Maintenance that comes back does not begin at this instant or later; nil means for ever.
    public var repeatsUntil: Instant?
    /// The incident that is acknowledged, noted or resolved.
    public var incident: String?
    /// The silence, acknowledgement or the like that ends.
    public var action: String?
    /// The state of a dark service, or the step of the legal clock that was sent.
    public var state: String?
    /// Whether an incident of which alerts fire is resolved.
    public var force: Bool?

    /// Makes an order that names nothing yet.
    public init(kind: Kind, author: String, reason: String) {
        self.kind = kind
        self.author = author
        self.reason = reason
    }

    /// Why a body is no order.
    public struct Malformed: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case kind, author, reason, startsAt, endsAt, services, endpoints, rules, sectors, owners
        case tiers, withDependants, every, repeatsUntil, incident, action, state, force
    }

    private struct AnyKey: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Reads an order; a key that is none is an error, since a slip would widen a silence.
    ///
    /// - Throws: `DecodingError` or `Malformed`.
    public init(from decoder: any Decoder) throws {
        let keys = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
        if let slip = keys.sorted().first(where: { CodingKeys(rawValue: $0) == nil }) {
            throw Malformed(description: "'\(slip)' is no part of an order")
        }
        let values = try decoder.container(keyedBy: CodingKeys.self)
        kind = try values.decode(Kind.self, forKey: .kind)
        author = try values.decode(String.self, forKey: .author)
        reason = try values.decode(String.self, forKey: .reason)
        startsAt = try Self.instant(values, .startsAt)
        endsAt = try Self.instant(values, .endsAt)
        services = try values.decodeIfPresent([String].self, forKey: .services)
        endpoints = try values.decodeIfPresent([String].self, forKey: .endpoints)
        rules = try values.decodeIfPresent([String].self, forKey: .rules)
        sectors = try values.decodeIfPresent([String].self, forKey: .sectors)
        owners = try values.decodeIfPresent([String].self, forKey: .owners)
        tiers = try values.decodeIfPresent([Int].self, forKey: .tiers)
        withDependants = try values.decodeIfPresent(Bool.self, forKey: .withDependants)
        every = try values.decodeIfPresent(String.self, forKey: .every)
        repeatsUntil = try Self.instant(values, .repeatsUntil)
        incident = try values.decodeIfPresent(String.self, forKey: .incident)
        action = try values.decodeIfPresent(String.self, forKey: .action)
        state = try values.decodeIfPresent(String.self, forKey: .state)
        force = try values.decodeIfPresent(Bool.self, forKey: .force)
    }

    /// An instant as people write it, by the clock of Amsterdam when it names no zone.
    private static func instant(
        _ values: KeyedDecodingContainer<CodingKeys>, _ key: CodingKeys
    ) throws -> Instant? {
        guard let text = try values.decodeIfPresent(String.self, forKey: key) else { return nil }
        do throws(WrittenInstant.Mistake) {
            return Instant(try WrittenInstant(text).instant)
        } catch {
            throw DecodingError.dataCorruptedError(
                forKey: key, in: values, debugDescription: "'\(text)' \(error)")
        }
    }

    /// Reads the bytes of a body.
    ///
    /// - Throws: `Malformed`, in words for whoever sent it.
    public init(json: [UInt8]) throws(Malformed) {
        do {
            self = try JSONCoding.document(from: json)
        } catch let error as Malformed {
            throw error
        } catch DecodingError.keyNotFound(let key, _) {
            throw Malformed(description: "'\(key.stringValue)' is missing")
        } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
            throw Malformed(
                description:
                    "'\(Self.path(context))' is wrong: \(context.debugDescription)")
        } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
            throw Malformed(description: "'\(Self.path(context))' is of another type")
        } catch {
            throw Malformed(description: "the body is not a JSON object that is an order")
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        context.codingPath.map(\.stringValue).joined(separator: ".")
    }

    /// The order as JSON.
    ///
    /// - Throws: `EncodingError` never in practice: nothing in it is a number that is not finite.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }

    /// What the monitor is asked.
    ///
    /// - Parameter origin: Where it came from.
    /// - Returns: The order, which `HealthMonitor.perform` checks further.
    /// - Throws: `Malformed` when something is missing or cannot be.
    public func order(origin: String) throws(Malformed) -> OperatorOrder {
        OperatorOrder(
            request: try request(), author: author, reason: reason, origin: origin)
    }

    private func request() throws(Malformed) -> OperatorOrder.Request {
        let from = startsAt?.timestamp
        switch kind {
        case .silence: return .silence(try scope(), from: from, to: try end())
        case .acknowledge: return .acknowledge(try incidentID(), to: try end())
        case .maintenance:
            return .maintain(
                (services ?? []).map { ServiceID($0) }, withDependants: withDependants ?? false,
                from: from, to: try end(), every: try days(), until: repeatsUntil?.timestamp)
        case .dark:
            guard let service = services?.first, services?.count == 1 else {
                throw Malformed(description: "'services' has to name one dark service")
            }
            guard let word = state, let state = HealthState(rawValue: word) else {
                throw Malformed(description: "'state' has to be down, degraded or busy")
            }
            return .setDark(ServiceID(service), state, to: try end())
        case .end:
            guard let action else { throw Malformed(description: "'action' is missing") }
            return .end(ActionID(action.uppercased()))
        case .note: return .note(try incidentID())
        case .resolve: return .resolve(try incidentID(), force: force ?? false)
        case .aware:
            guard let startsAt else { throw Malformed(description: "'starts_at' is missing") }
            return .aware(try incidentID(), at: startsAt.timestamp)
        case .reported:
            guard let step = state.flatMap({ LegalClock.Step(rawValue: $0) }) else {
                throw Malformed(
                    description: "'state' has to be early-warning, notification or final-report")
            }
            return .reported(try incidentID(), step)
        }
    }

    private func days() throws(Malformed) -> Recurrence.Days? {
        guard let every else { return nil }
        guard let days = Recurrence.Days(every) else {
            throw Malformed(description: "'every' has to be \(Recurrence.Days.expectation)")
        }
        return days
    }

    private func end() throws(Malformed) -> Timestamp {
        guard let endsAt else { throw Malformed(description: "'ends_at' is missing") }
        return endsAt.timestamp
    }

    private func incidentID() throws(Malformed) -> IncidentID {
        guard let incident else { throw Malformed(description: "'incident' is missing") }
        return IncidentID(incident.uppercased())
    }

    private func scope() throws(Malformed) -> AlertScope {
        var scope = AlertScope()
        scope.services = Set((services ?? []).map { ServiceID($0) })
        scope.endpoints = Set((endpoints ?? []).map { EndpointID($0) })
        scope.rules = Set((rules ?? []).map { RuleID($0) })
        scope.sectors = Set(sectors ?? [])
        scope.owners = Set(owners ?? [])
        for number in tiers ?? [] {
            guard let tier = Tier(rawValue: number) else {
                throw Malformed(description: "'tiers' are 0 to 3")
            }
            scope.tiers.insert(tier)
        }
        return scope
    }
}

/// The answer to `POST /api/v1/orders`: what became of an order that was carried out.
public struct OrderAnswer: Sendable, Hashable, Codable {
    /// What was begun or ended; nil for a note and a resolution.
    public var action: StatusDocument.Action?
    /// The incident that it is about; nil when it is about none.
    public var incident: String?
    /// Whether it is on the disk, so that a restart does not forget it.
    public var isDurable: Bool

    /// The answer as JSON.
    ///
    /// - Throws: `EncodingError` never in practice.
    public func json() throws -> [UInt8] { try JSONCoding.bytes(of: self) }

    /// Reads the bytes of an answer.
    ///
    /// - Throws: `DecodingError` when they are none.
    public init(json: [UInt8]) throws { self = try JSONCoding.document(from: json) }

    init(_ answer: OperatorAnswer, isDurable: Bool) {
        action = answer.action.map { StatusDocument.Action($0) }
        incident = answer.incident?.text
        self.isDurable = isDurable
    }
}
