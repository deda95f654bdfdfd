import Dispatch
import HealthModel
import Routing
import Rules
import Simulation
import Synchronization

/// Plays years of outages to the monitor and counts what was missed and what was told without cause.
struct YearSimulation {
    /// Runs, each with outages of its own.
    var seeds = 50
    /// Endpoints of each run, in organisations of `OutageYear.endpointCount`.
    var endpoints = 1000
    /// Days of each run.
    var days: Int64 = 365
    /// Endpoint-years a minute.
    static let target = 1000.0

    /// Reads what stands behind `--simulate-year`; nil when it cannot be read.
    init?(_ arguments: some Collection<String>) {
        var rest = arguments.dropFirst(0)
        while let name = rest.popFirst() {
            guard let value = rest.popFirst().flatMap({ Int($0) }), value >= 1 else { return nil }
            switch name {
            case "--seeds": seeds = value
            case "--endpoints" where value >= OutageYear.endpointCount: endpoints = value
            default: return nil
            }
        }
    }

    /// Prints the figures; whether nothing was missed or false and the target is met.
    func run() throws -> Bool {
        guard let url = ProbeURL("http://127.0.0.1/") else { throw BenchError("no URL") }
        let desk = ReceiverID("desk")
        let rules = RuleSet(
            rules: SimulatedRules.all,
            receivers: [
                Receiver(id: desk, kind: .webhook(url), level: .warning),
                Receiver(id: ReceiverID("machine"), kind: .alertmanager(url), level: .digest),
            ])
        let begin = monotonicSeconds()
        let organisations = endpoints / OutageYear.endpointCount
        let days = days
        let parts = Mutex<[Int: (check: YearCheck, results: Int, checksum: UInt64)]>([:])
        // Organisations have nothing to do with one another: one for each core at a time.
        DispatchQueue.concurrentPerform(iterations: seeds * organisations) { number in
            let (seed, place) = number.quotientAndRemainder(dividingBy: organisations)
            let name = UInt64(seed) * 1_000_003 + UInt64(place)
            guard let year = OutageYear(seed: name, days: days) else { return }
            let play = YearPlay(year, rules: rules)
            let check = YearCheck(play, of: year, people: desk) { tier in
                SimulatedRules.outageHoldTime[tier]
            }
            let part = (check, play.results, play.checksum)
            parts.withLock { $0[number] = part }
        }
        var all = YearCheck()
        var results = 0
        var checksum: UInt64 = 0
        for number in 0..<seeds * organisations {
            guard let part = parts.withLock({ $0[number] }) else { throw BenchError("no year") }
            all += part.check
            results += part.results
            checksum = checksum &* 31 &+ part.checksum
        }
        let seconds = monotonicSeconds() - begin
        let years = Double(seeds * organisations * OutageYear.endpointCount * Int(days)) / 365
        let pace = years / seconds * 60
        let isRight =
            all.missed == 0 && all.falseOnes == 0 && all.unended == 0
            && all.breaches == 0
        print(
            """
            simulation, \(seeds) seeds × \(organisations * OutageYear.endpointCount) endpoints × \
            \(days) days: \(pace.text(0)) endpoint-years a minute, \(seconds.text(0)) s, target ≥ \
            \(Self.target.text(0)): \(pace >= Self.target ? "met" : "NOT met")
            outages that had to be told \(all.outages), missed \(all.missed); told \(all.told), of \
            which pages \(all.pages), false \(all.falseOnes); ends owed \(all.unended); breaches of the contract of telling \(all.breaches)
            results played \(results); checksum \(String(checksum, radix: 16))
            """)
        if let mistake = all.firstMistake { print(mistake) }
        return isRight && pace >= Self.target
    }
}
