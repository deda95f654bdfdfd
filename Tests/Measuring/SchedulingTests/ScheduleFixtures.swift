import HealthModel
import Scheduling

/// 2026-11-23T12:00:00Z, on no slot in particular.
let noon = Timestamp(seconds: 1_795_435_200)

func endpoint(
    _ id: String, host: String? = nil, path: String = "/", interval: Duration = .seconds(60),
    timeout: Duration = .seconds(10),
    confirmation: ClosedRange<Duration>? = .seconds(5) ... .seconds(15)
) -> Endpoint {
    guard let url = ProbeURL("https://\(host ?? id + ".test")\(path)") else {
        preconditionFailure("bad URL in a test")
    }
    return Endpoint(
        id: EndpointID(id), service: ServiceID("service"), url: url,
        probe: Probe(interval: interval, timeout: timeout, confirmation: confirmation))
}

func result(
    of order: Order, at now: Timestamp, _ reason: Reason? = nil, status: Int? = nil,
    retryAfterSeconds: Int? = nil
) -> ProbeResult {
    ProbeResult(
        endpoint: order.endpoint.id, slot: order.slot,
        latenessMicroseconds: (now - order.slot.instant).nanoseconds / 1000, finishedAt: now,
        reason: reason, http: status.map { HTTPAnswer(status: $0, version: "1.1") },
        retryAfterSeconds: retryAfterSeconds)
}

/// A schedule with its clock: probes take no time unless told otherwise.
///
/// A class, because `#expect` cannot take calls that mutate a value.
final class Run {
    private(set) var schedule: Schedule
    var now: Timestamp

    init(
        _ endpoints: [Endpoint], limits: ScheduleLimits = ScheduleLimits(), seed: UInt64 = 1,
        at now: Timestamp = noon
    ) {
        schedule = Schedule(vantage: .local, limits: limits, seed: seed)
        self.now = now
        schedule.replace(endpoints: endpoints, at: now)
    }

    func due(at instant: Timestamp) -> [Order] { schedule.due(at: instant) }

    func due() -> [Order] { schedule.due(at: now) }

    func finish(_ outcome: ProbeResult, of order: Order) -> Finished {
        schedule.finish(outcome, of: order, at: now)
    }

    @discardableResult func finish(_ order: Order, _ reason: Reason? = nil) -> Finished {
        finish(result(of: order, at: now, reason), of: order)
    }

    func replace(endpoints: [Endpoint]) { schedule.replace(endpoints: endpoints, at: now) }

    func resume() { schedule.resume(at: now) }

    func takeMissedSlots() -> [MissedSlots] { schedule.takeMissedSlots() }

    /// Goes to the next deadline and takes what is due there.
    func step() -> [Order] {
        guard let deadline = schedule.nextDeadline() else { return [] }
        now = max(now, deadline)
        return schedule.due(at: now)
    }

    /// Goes from deadline to deadline until something is due.
    func nextOrders() -> [Order] {
        for _ in 0..<10_000 {
            let orders = step()
            if !orders.isEmpty { return orders }
        }
        return []
    }

    func nextOrder() -> Order? { nextOrders().first }

    /// Runs one order after the other to its end with the same outcome until `end`.
    func runAll(until end: Timestamp, _ reason: Reason?, status: Int? = nil) -> [Order] {
        var all: [Order] = []
        while let deadline = schedule.nextDeadline(), deadline <= end {
            for order in step() {
                all.append(order)
                _ = finish(result(of: order, at: now, reason, status: status), of: order)
            }
        }
        return all
    }
}
