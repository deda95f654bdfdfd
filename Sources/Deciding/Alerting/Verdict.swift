public import HealthModel
import Observing

/// What has to be known at once, and why: whether all is measured and well.
///
/// One judgement for the text, the page, the API and the exit code, so that none of them can say that
/// all is well beside another that does not.
public struct Verdict: Sendable, Hashable {
    /// The exit codes of the monitoring plugins.
    public enum Grade: Int32, Sendable, Hashable, CaseIterable {
        /// All is measured, and nothing is wrong that people are told of.
        case ok = 0
        /// Something is wrong that can wait, or may be over in a minute.
        case warning = 1
        /// An alert of level critical or page fires.
        case critical = 2
        /// It cannot be said, because it is not measured.
        case unknown = 3

        /// The word in documents.
        public var word: String {
            switch self {
            case .ok: "ok"
            case .warning: "warning"
            case .critical: "critical"
            case .unknown: "unknown"
            }
        }
    }

    /// One thing that keeps all from being well.
    public struct Ground: Sendable, Hashable {
        /// What kind of thing.
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// Something was asked for that does not exist.
            case noSuchName = "no_such_name"
            /// The monitor is blind.
            case blind
            /// There is no sample, or none of late.
            case stale
            /// Endpoints are unknown for longer than a first result takes.
            case notMeasured = "not_measured"
            /// Alerts fire.
            case firing
            /// The files on disk were refused at the last reload.
            case refused
            /// No rule looks at anything.
            case noRules = "no_rules"
            /// A receiver fails, or one address of it.
            case receiver
            /// Alerts wait for their hold time.
            case pending
            /// A service is not as it should be.
            case outage
            /// Endpoints wait for a result.
            case waiting
        }

        /// What kind of thing.
        public var kind: Kind
        /// The verdict if it were alone.
        public var grade: Grade
        /// What it is, as one sentence.
        public var text: LocalizedText
        /// Why, or what comes of it, as one sentence; nil when there is no more to say.
        public var detail: LocalizedText?
        /// Since when; nil when that is not known or differs.
        public var since: Timestamp?
        /// Whether nothing else can be believed because of it.
        public var isAboutAll = false

        /// The more, the earlier it decides.
        ///
        /// What fires is known and outweighs what is not, unless nothing can be believed.
        fileprivate var weight: Int {
            if isAboutAll { return 4 }
            return switch grade {
            case .ok: 0
            case .warning: 1
            case .unknown: 2
            case .critical: 3
            }
        }
    }

    /// Everything that keeps all from being well, what decides first; empty when all is.
    public let grounds: [Ground]

    /// The verdict.
    public var grade: Grade { grounds.first?.grade ?? .ok }

    /// Whether all is measured and well.
    public var isWell: Bool { grounds.isEmpty }

    /// Weighs grounds; those that weigh the same stay in order.
    init(_ grounds: [Ground]) {
        self.grounds = grounds.enumerated().sorted { left, right in
            (-left.element.weight, left.offset) < (-right.element.weight, right.offset)
        }.map(\.element)
    }
}

extension Probe {
    /// The longest that the first result of an endpoint may take: until its slot, then the probe and
    /// its confirmation.
    var firstResultMax: Duration {
        interval + timeout + (confirmation.map { $0.upperBound + timeout } ?? .zero)
    }
}

extension HealthState {
    /// Whether a service or endpoint in this state needs somebody's attention.
    public var isTrouble: Bool { ![.up, .unknown, .maintenance].contains(self) }
}

extension Subject {
    /// Whether it is the monitor itself, or a receiver of it.
    public var isMonitor: Bool { kind == Subject.monitor.kind }
}

extension HealthSnapshot {
    /// The name under which the monitor itself can be asked for.
    public static let monitorName = "monitor"
    /// Samples older than so many of the shortest intervals are stale.
    static let staleIntervals = 3
    /// Samples younger than this are never stale, however short the intervals.
    static let staleMin: Duration = .seconds(30)

    /// When the newest probe ended; nil when there was none.
    public var lastResultAt: Timestamp? { endpoints.compactMap { $0.lastResult?.finishedAt }.max() }

    /// The verdict on the whole, or on what is named.
    ///
    /// Of services and endpoints that are named the alerts of the services that cause their state count
    /// as well, and one that is not measured makes the verdict unknown whatever its tier.
    ///
    /// - Parameters:
    ///   - counters: What the monitor counts about itself.
    ///   - names: Services, endpoints, and `monitorName` for the monitor alone; empty for the whole.
    /// - Returns: The verdict.
    public func verdict(_ counters: MonitorCounters, about names: [String] = []) -> Verdict {
        let scope = VerdictScope(self, names)
        var grounds = [strangers(scope), blindness, staleness].compactMap(\.self)
        grounds += [unmeasured(scope), firing(scope)].compactMap(\.self)
        if scope.hasMonitor {
            grounds += [refusal(counters), ruleless, deafness(counters)].compactMap(\.self)
        }
        grounds += [pending(scope), trouble(scope), waiting(scope)].compactMap(\.self)
        return Verdict(grounds)
    }

    // MARK: Nothing can be believed

    private func strangers(_ scope: VerdictScope) -> Verdict.Ground? {
        guard !scope.strangers.isEmpty else { return nil }
        let names = scope.strangers.joined(separator: ", ")
        return Verdict.Ground(
            kind: .noSuchName, grade: .unknown,
            text: LocalizedText(
                dutch: "Geen dienst of meetpunt heet zo: \(names).",
                english: "No service or endpoint has this name: \(names)."), isAboutAll: true)
    }

    private var blindness: Verdict.Ground? {
        guard let blindSince else { return nil }
        let since = blindSince.dateAndTime
        return Verdict.Ground(
            kind: .blind, grade: .unknown,
            text: LocalizedText(
                dutch: "De monitor ziet niets sinds \(since) UTC: alle toestanden zijn onbekend.",
                english: "The monitor sees nothing since \(since) UTC: all states are unknown."),
            detail: whyBlind, since: blindSince, isAboutAll: true)
    }

    /// What the control targets say, else the most frequent reason of the endpoints.
    private var whyBlind: LocalizedText? {
        let lost = controls.filter { $0.isUp == false }
        guard let first = lost.first, let reason = first.reason else {
            return MeasuringReport(endpoints).groups.first?.words
        }
        let rest = first.detail.isEmpty ? "" : " (\(first.detail))"
        return LocalizedText(
            dutch: "\(lost.count) van \(controls.count) controledoelen onbereikbaar: "
                + reason.dutchText + rest,
            english: "\(lost.count) of \(controls.count) control targets not reached: "
                + reason.text + rest)
    }

    private var staleness: Verdict.Ground? {
        guard let last = lastResultAt else {
            return Verdict.Ground(
                kind: .stale, grade: .unknown,
                text: LocalizedText(
                    dutch: "er is nog niets gemeten", english: "nothing has been measured yet"),
                isAboutAll: true)
        }
        let shortest = catalogue.endpoints.lazy.map(\.probe.interval).min() ?? .zero
        guard takenAt - last > max(shortest * Self.staleIntervals, Self.staleMin) else {
            return nil
        }
        return Verdict.Ground(
            kind: .stale, grade: .unknown,
            text: LocalizedText(
                dutch: "de metingen zijn te oud: geloof de toestanden niet",
                english: "the samples are too old: do not believe the states"), since: last,
            isAboutAll: true)
    }

    // MARK: Measuring

    private func unmeasured(_ scope: VerdictScope) -> Verdict.Ground? {
        let late = endpoints.filter { scope.contains($0.id) && isLate($0) }
        let isTold = scope.isWhole && alerts.contains { $0.key == HealthMonitor.notMeasuredKey }
        guard !late.isEmpty else {
            // A service may be unknown although its endpoints are not, such as a dark one.
            let unknown = services.filter {
                scope.isNamed($0.id) && $0.effectiveState == .unknown
            }.map(\.id.text).joined(separator: ", ")
            guard isTold || !unknown.isEmpty else { return nil }
            let rest = unknown.isEmpty ? "" : ": \(unknown)"
            return Verdict.Ground(
                kind: .notMeasured, grade: .unknown,
                text: LocalizedText(
                    dutch: "Te weinig wordt gemeten\(rest).",
                    english: "Too little is measured\(rest)."))
        }
        let isVital = late.contains { status in
            catalogue.endpoint(status.id).flatMap { catalogue.service($0.service) }
                .map { $0.tier <= .tier1 } ?? false
        }
        let report = MeasuringReport(late)
        let all = endpoints.filter { scope.contains($0.id) }
        let count = report.count(of: all.count)
        let isUnknown = isVital || isTold || !scope.isWhole
        return Verdict.Ground(
            kind: .notMeasured, grade: isUnknown ? .unknown : .warning,
            text: LocalizedText(dutch: count.dutch + ".", english: count.english + "."),
            detail: report.why, since: report.since,
            isAboutAll: isUnknown && all.allSatisfy { $0.state == .unknown })
    }

    private func waiting(_ scope: VerdictScope) -> Verdict.Ground? {
        let all = endpoints.filter { scope.contains($0.id) }
        let waiting = all.filter { $0.unmeasuredSince != nil && !isLate($0) }
        guard !waiting.isEmpty else { return nil }
        let failed = waiting.filter { $0.consecutiveFailures > 0 }.map(\.id.text)
        let names = failed.prefix(3).joined(separator: ", ") + (failed.count > 3 ? ", …" : "")
        return Verdict.Ground(
            kind: .waiting, grade: failed.isEmpty ? .ok : .warning,
            text: LocalizedText(
                dutch: "\(waiting.count) van \(all.count) meetpunten wachten op een meting.",
                english: "\(waiting.count) of \(all.count) endpoints wait for a measurement."),
            detail: failed.isEmpty
                ? nil
                : LocalizedText(
                    dutch: "De laatste meting mislukte: \(names).",
                    english: "The last measurement failed: \(names)."))
    }

    /// Whether an endpoint is unknown for longer than a first result takes.
    private func isLate(_ status: EndpointStatus) -> Bool {
        guard let since = status.unmeasuredSince, let endpoint = catalogue.endpoint(status.id)
        else { return false }
        return takenAt - since > endpoint.probe.firstResultMax
    }

    // MARK: Alerts and states

    private func firing(_ scope: VerdictScope) -> Verdict.Ground? {
        // Those two are grounds of their own.
        let told = [HealthMonitor.blindKey, HealthMonitor.notMeasuredKey]
        let firing = alerts.filter {
            $0.state == .firing && scope.contains($0) && !told.contains($0.key)
        }
        guard let worst = firing.max(by: { $0.level < $1.level }) else { return nil }
        let count = firing.count
        return Verdict.Ground(
            kind: .firing, grade: worst.level >= .critical ? .critical : .warning,
            text: LocalizedText(
                dutch: "Actieve alarmen: \(count), het hoogste niveau is \(worst.level.rawValue).",
                english: "Alerts firing: \(count), the highest level is \(worst.level.rawValue)."),
            since: firing.map(\.activeSince).min())
    }

    private func pending(_ scope: VerdictScope) -> Verdict.Ground? {
        let pending = alerts.filter { $0.state == .pending && scope.contains($0) }
        guard let worst = pending.map(\.level).max() else { return nil }
        return Verdict.Ground(
            kind: .pending, grade: worst == .page ? .warning : .ok,
            text: LocalizedText(
                dutch: "Alarmen in afwachting: \(pending.count), het hoogste niveau is "
                    + "\(worst.rawValue).",
                english: "Alerts pending: \(pending.count), the highest level is \(worst.rawValue)."
            ),
            since: pending.map(\.activeSince).min())
    }

    private func trouble(_ scope: VerdictScope) -> Verdict.Ground? {
        let services = services.filter {
            (scope.isWhole || scope.isNamed($0.id))
                && ($0.ownState.isTrouble || $0.effectiveState.isTrouble)
        }.map(\.id.text)
        let endpoints = endpoints.filter {
            !scope.isWhole && scope.isNamed($0.id) && $0.state.isTrouble
        }.map(\.id.text)
        guard let first = services.first ?? endpoints.first else { return nil }
        let more = services.count + endpoints.count - 1
        return Verdict.Ground(
            kind: .outage, grade: .warning,
            text: LocalizedText(
                dutch: "Niet in orde: \(first)\(more == 0 ? "" : " en nog \(more)").",
                english: "Not well: \(first)\(more == 0 ? "" : " and \(more) more")."))
    }

    // MARK: The monitor

    private func refusal(_ counters: MonitorCounters) -> Verdict.Ground? {
        guard let refusal = counters.refusal else { return nil }
        let (count, since) = (refusal.mistakes, refusal.since.dateAndTime)
        return Verdict.Ground(
            kind: .refused, grade: .warning,
            text: LocalizedText(
                dutch: "\(count) fout\(count == 1 ? "" : "en") in de bestanden sinds \(since) UTC.",
                english: "\(count) mistake\(count == 1 ? "" : "s") in the files since \(since) UTC."
            ),
            detail: LocalizedText(
                dutch: "De oude configuratie blijft gelden; de volgende herstart zal niet starten.",
                english: "The old configuration stays in force; the next restart will not start."),
            since: refusal.since)
    }

    private var ruleless: Verdict.Ground? {
        guard !isAnyRuleInForce else { return nil }
        return Verdict.Ground(
            kind: .noRules, grade: .warning,
            text: LocalizedText(
                dutch: "Geen regel kijkt naar iets: wat er ook stuk gaat, niemand hoort het.",
                english: "No rule looks at anything: whatever breaks, nobody is told."))
    }

    private func deafness(_ counters: MonitorCounters) -> Verdict.Ground? {
        let deaf = counters.receivers.filter { $0.value.failure != nil }.keys.sorted()
        guard !deaf.isEmpty else { return nil }
        let names = deaf.map(\.text).joined(separator: ", ")
        return Verdict.Ground(
            kind: .receiver, grade: .warning,
            text: LocalizedText(
                dutch: "Ontvangers die falen: \(names).",
                english: "Receivers that fail: \(names)."),
            since: deaf.compactMap { failingReceivers[$0] }.min())
    }
}

/// What a verdict is about.
private struct VerdictScope {
    /// Whether it is about everything.
    var isWhole: Bool
    /// Whether it is about the monitor itself as well.
    var hasMonitor: Bool
    /// What was named and does not exist.
    var strangers: [String] = []
    private var services: Set<ServiceID> = []
    private var endpoints: Set<EndpointID> = []
    /// The services of which alerts count.
    private var alerted: Set<ServiceID> = []

    init(_ snapshot: HealthSnapshot, _ names: [String]) {
        isWhole = names.isEmpty
        hasMonitor = isWhole || names.contains(HealthSnapshot.monitorName)
        for name in names {
            if let service = snapshot.catalogue.service(ServiceID(name)) {
                services.insert(service.id)
                endpoints.formUnion(snapshot.catalogue.endpoints(of: service.id).map(\.id))
            }
            if let endpoint = snapshot.catalogue.endpoint(EndpointID(name)) {
                endpoints.insert(endpoint.id)
                services.insert(endpoint.service)
            } else if !services.contains(ServiceID(name)), name != HealthSnapshot.monitorName {
                strangers.append(name)
            }
        }
        alerted = services
        for status in snapshot.services where services.contains(status.id) {
            alerted.formUnion(status.causes)
        }
    }

    /// Whether a service was named, or an endpoint of it.
    func isNamed(_ service: ServiceID) -> Bool { services.contains(service) }

    /// Whether an endpoint was named, or its service.
    func isNamed(_ endpoint: EndpointID) -> Bool { endpoints.contains(endpoint) }

    /// Whether it counts that an endpoint is measured; for the monitor all do.
    func contains(_ endpoint: EndpointID) -> Bool { hasMonitor || endpoints.contains(endpoint) }

    /// Whether an alert counts.
    func contains(_ alert: Alert) -> Bool {
        isWhole || alerted.contains(alert.service) || (hasMonitor && alert.key.subject.isMonitor)
    }
}
