public import Alerting
import Catalogue
import HealthModel
import Incidents
import PollLoop
public import Routing
import Rules
public import StatusServer
import Synchronization
import YAMLReading

/// What operators ask for: done at once, and answered when it is on the disk.
extension Monitor {
    /// How long an operator waits for the disk before being told that it hangs.
    static let durabilityWait: Duration = .seconds(3)

    /// Carries out an order.
    public func perform(_ order: OperatorOrder) async -> OrderOutcome {
        let now = timekeeper.now()
        let done: (answer: OperatorAnswer, changes: AlertChanges, records: [EvidenceRecord])
        do throws(OperatorRefusal) {
            done = try state.withLock { state throws(OperatorRefusal) in
                let answer = try state.brain.perform(order, at: now)
                return (
                    answer, state.brain.takeAlertChanges(), state.brain.takeOperatorRecords()
                )
            }
        } catch {
            return .refused("\(error)" + hint(for: error))
        }
        let isDurable = await withCheckedContinuation { continuation in
            let once = Once(continuation)
            record(done.records, with: done.changes) { once.resume($0) }
            loop.post { [self] in
                let due = timekeeper.monotonicNanoseconds() + Self.durabilityWait.nanoseconds
                loop.schedule(atMonotonicNanoseconds: due) { once.resume(false) }
            }
        }
        return .done(done.answer, isDurable: isDurable)
    }

    /// Why a service, endpoint or incident paged or did not.
    public func explain(_ name: String) -> Explanation? {
        state.withLock { $0.brain.explain(name, at: timekeeper.now()) }
    }

    /// The name that was probably meant.
    private func hint(for refusal: OperatorRefusal) -> String {
        guard case .unknown(let kind, let name) = refusal else { return "" }
        let known = state.withLock { state -> [String] in
            let catalogue = state.brain.catalogue
            return switch kind {
            case "service": catalogue.services.map(\.id.text)
            case "endpoint": catalogue.endpoints.map(\.id.text)
            case "rule": state.brain.rules.rules.map(\.id.text)
            case "sector": Set(catalogue.services.map(\.sector)).sorted()
            case "owner": Set(catalogue.services.map(\.owner)).sorted()
            case "incident": state.brain.incidents.open.map(\.id.text)
            default: state.brain.actions.current.map(\.id.text)
            }
        }
        return NearestName.hint(for: name, among: known).map { "; \($0)" } ?? ""
    }
}

/// A continuation that the first of several resumes.
private final class Once: Sendable {
    private let continuation: Mutex<CheckedContinuation<Bool, Never>?>

    init(_ continuation: CheckedContinuation<Bool, Never>) {
        self.continuation = Mutex(continuation)
    }

    func resume(_ value: Bool) {
        continuation.withLock { continuation in
            continuation?.resume(returning: value)
            continuation = nil
        }
    }
}
