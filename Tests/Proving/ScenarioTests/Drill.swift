import Alerting
import Catalogue
import Foundation
import HealthModel
import Incidents
import Ledger
import Routing
import TestSupport
import Testing

@testable import Notifying
@testable import Scheduling

/// The shipped catalogue and rules on a virtual clock: every endpoint at its own interval, with the
/// schedule, the ledger on disk and the queues of receivers that the program has.
///
/// The rules are looked at every ten seconds, which divides every hold time.
final class Drill {
    /// How one attempt of a probe ends.
    struct Answer {
        var reason: Reason?
        /// Whole seconds until it ends.
        var takes: Int64 = 0
        var total: Duration = .milliseconds(100)
        var tls: TLSRecord?
    }

    /// What one receiver was told.
    struct Heard {
        var receiver: String
        var second: Int64
        var notification: Routing.Notification

        var word: String {
            let alert = notification.alert
            if notification.isOver { return "over" }
            if alert.state == .resolved { return "partly" }
            return notification.occasion == .update ? "update" : alert.level.rawValue
        }
        var line: String { "\(word) \(notification.alert.key.subject)" }
        var incident: String { notification.alert.incident?.text ?? "-" }
    }

    /// Monday 2026-11-23, noon UTC.
    static let start = Timestamp(seconds: 1_795_435_200)
    static let tick: Int64 = 10

    let catalogue: ServiceCatalogue
    let rules: RuleSet
    private let directory: URL
    private(set) var monitor: HealthMonitor
    private var schedule: Schedule
    private var ledger: Ledger
    private var queues: [ReceiverID: DeliveryQueue] = [:]
    private var ends: [Int64: [(order: Order, result: ProbeResult)]] = [:]
    private(set) var second: Int64 = 0
    private(set) var heard: [Heard] = []
    private(set) var incidents: [IncidentID: Incident] = [:]

    /// What an attempt finds: the endpoint, the second of its slot and the second it starts.
    var world: (Endpoint, Int64, Int64) -> Answer = { _, _, _ in Answer() }
    /// Receivers that take nothing now.
    var deaf: Set<String> = []

    /// Makes a drill with somebody on call for pages, a desk for everything from warnings on, and
    /// an Alertmanager; `watchdog` hears only of the monitor itself.
    ///
    /// - Parameters:
    ///   - controls: The control targets; the shipped catalogue names none.
    ///   - pack: The name of a file in `probes/packs` that is switched on.
    /// - Throws: What reading and writing files does.
    init(controls: [Endpoint] = [], pack: String? = nil) throws {
        directory = URL(filePath: TestFiles.directory).appending(
            path: "vitaal-drill-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let root = Repository.root
        let probes = directory.appending(path: "probes")
        try FileManager.default.copyItem(
            at: root.appending(path: "probes").resolvingSymlinksInPath(), to: probes)
        if let pack {
            let file = probes.appending(path: "packs/\(pack)")
            let text = try String(contentsOf: file, encoding: .utf8)
            try text.replacingOccurrences(of: "enabled: false", with: "enabled: true")
                .write(to: file, atomically: true, encoding: .utf8)
        }
        let read = try ConfigurationLoader.load(
            probesDirectory: probes.path, alertsDirectory: root.appending(path: "alerts").path)
        let url = try #require(ProbeURL("http://127.0.0.1/"))
        var watchdog = Receiver(id: ReceiverID("watchdog"), kind: .webhook(url))
        watchdog.about = .monitor
        rules = RuleSet(
            rules: read.rules.rules,
            receivers: [
                Receiver(id: ReceiverID("on-call"), kind: .webhook(url), level: .page),
                Receiver(id: ReceiverID("desk"), kind: .chat(url), level: .warning),
                Receiver(id: ReceiverID("machine"), kind: .alertmanager(url), level: .warning),
                watchdog,
            ])
        catalogue = ServiceCatalogue(
            services: read.catalogue.services, endpoints: read.catalogue.endpoints,
            controls: controls)
        monitor = HealthMonitor(catalogue: catalogue, rules: rules)
        schedule = Schedule(vantage: .local, seed: 1)
        ledger = try Ledger(dataDirectory: directory.path)
        schedule.replace(endpoints: catalogue.probedEndpoints, at: Self.start)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    // MARK: Time

    /// Plays until this second.
    func play(until end: Int64) {
        while second < end {
            probe()
            if second % Self.tick == 0 { evaluate() }
            second += 1
        }
    }

    /// The program dies, and another one begins after so many seconds with what is on the disk.
    func die(for seconds: Int64) throws {
        second += seconds
        ends = [:]
        queues = [:]
        schedule = Schedule(vantage: .local, seed: 2)
        schedule.replace(endpoints: catalogue.probedEndpoints, at: now)
        ledger = try Ledger(dataDirectory: directory.path)
        monitor = HealthMonitor(catalogue: catalogue, rules: rules)
        let memory = ledger.memory
        _ = monitor.restore(
            memory.alerts, incidents: memory.incidents, books: memory.books,
            waiting: memory.waiting, lastSeen: memory.lastSeen ?? now, at: now)
        monitor.restore(objectives: memory.objectives)
        hand(over: memory.waiting)
    }

    /// The second of the first slot of an endpoint from this second on.
    func slot(of endpoint: Endpoint, from second: Int64) -> Int64 {
        let grid = SlotGrid(
            endpoint: endpoint.id, vantage: .local, interval: endpoint.probe.interval)
        let slot = grid.first(atOrAfter: Self.start + .seconds(second))
        return Int64((slot.instant - Self.start).components.seconds)
    }

    private var now: Timestamp { Self.start + .seconds(second) }

    private func probe() {
        for (order, result) in ends.removeValue(forKey: second) ?? [] { finish(result, of: order) }
        while let deadline = schedule.nextDeadline(), deadline <= now {
            let orders = schedule.due(at: now)
            if orders.isEmpty { break }
            for order in orders {
                let slot = (order.slot.instant - Self.start).components.seconds
                let answer = world(order.endpoint, slot, second)
                let result = ProbeResult(
                    endpoint: order.endpoint.id, slot: order.slot,
                    finishedAt: now + .seconds(answer.takes), reason: answer.reason,
                    phases: PhaseDurations(
                        totalMicroseconds: answer.total.nanoseconds / 1000),
                    tls: answer.tls)
                if answer.takes == 0 {
                    finish(result, of: order)
                } else {
                    ends[second + answer.takes, default: []].append((order, result))
                }
            }
        }
    }

    private func finish(_ result: ProbeResult, of order: Order) {
        guard case .final(let final) = schedule.finish(result, of: order, at: now) else { return }
        monitor.apply(monitor.admit([final]))
    }

    private func evaluate() {
        _ = monitor.evaluate(at: now)
        let changes = monitor.takeAlertChanges()
        incidents.merge(changes.incidents) { $1 }
        ledger.note(changes)
        _ = ledger.write(at: now)
        hand(over: ledger.takeOutbox())
        deliver()
    }

    private func hand(over notifications: [Routing.Notification]) {
        for one in notifications { _ = queues[one.receiver, default: DeliveryQueue()].add(one) }
    }

    private func deliver() {
        let clock = second * 1_000_000_000
        for receiver in queues.keys.sorted() {
            while let one = queues[receiver]?.next(at: clock) {
                let isDeaf = deaf.contains(receiver.text)
                let ending = queues[receiver]?.finish(
                    isDeaf ? .failed("connection refused", retryAfter: nil) : .delivered, of: one,
                    at: clock, date: now, jitter: 0.5
                ).ending
                if !isDeaf {
                    heard.append(
                        Heard(
                            receiver: receiver.text, second: second,
                            notification: one.notification))
                }
                if let ending {
                    ledger.note([ending])
                    monitor.note([ending])
                }
            }
        }
    }

    // MARK: Findings

    /// The state of a service as it is measured, and as citizens have it.
    func states(of service: String) -> (own: HealthState?, effective: HealthState?) {
        let status = monitor.snapshot(at: now).services.first { $0.id.text == service }
        return (status?.ownState, status?.effectiveState)
    }

    /// What a receiver was told, in order.
    func told(_ receiver: String) -> [Heard] { heard.filter { $0.receiver == receiver } }

    /// The same as words, of which those that follow each other count once: an incident that
    /// grows is told in as many updates as it takes, and each service that is back as well.
    func phases(_ receiver: String) -> [String] {
        told(receiver).map(\.word).reduce(into: []) { phases, word in
            if phases.last != word { phases.append(word) }
        }
    }

    /// The services that a receiver was told of by name.
    func named(_ receiver: String) -> Set<String> {
        Set(
            told(receiver).flatMap(\.notification.news).filter { $0.part == .begun }
                .map(\.alert.service.text))
    }

    /// The same as words and subjects.
    func lines(_ receiver: String) -> [String] { told(receiver).map(\.line) }

    /// The incidents that were not taken in by another one, in the order of their numbers.
    var causes: [Incident] {
        incidents.values.filter { $0.mergedInto == nil }.sorted { $0.id < $1.id }
    }

    /// Checks what must hold in every drill: nobody is told one thing twice, whoever was told of a
    /// beginning is told of its end once, and nothing is left open.
    ///
    /// - Parameter rules: Rules whose alerts last longer than the drill.
    func expectBalance(leaving rules: Set<String> = []) {
        let ids = heard.map(\.notification.id)
        #expect(Set(ids).count == ids.count, "told twice")
        for (receiver, all) in Dictionary(grouping: heard, by: \.receiver) {
            let news = all.flatMap(\.notification.news).filter {
                !rules.contains($0.alert.key.rule.text)
            }
            let name = { (item: Routing.Notification.Item) in
                "\(item.alert.episode) \(item.alert.level)"
            }
            let begun = news.filter { $0.part == .begun }.map(name)
            let over = news.filter(\.part.isEnd).map(name)
            #expect(begun.sorted() == over.sorted(), "\(receiver)")
        }
        #expect(incidents.values.allSatisfy { !$0.isOpen })
    }
}

extension Endpoint {
    /// Whether it is of one of these services.
    func isOf(_ services: Set<String>) -> Bool { services.contains(service.text) }
}

/// So many minutes in seconds.
func minutes(_ count: Int64) -> Int64 { count * 60 }
