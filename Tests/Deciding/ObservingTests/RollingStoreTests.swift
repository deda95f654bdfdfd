import HealthModel
import Observing
import Testing

private let noon = Timestamp(seconds: 1_795_435_200)
private let series = SeriesKey(endpoint: EndpointID("digid"))

private func result(
    _ second: Int64, _ reason: Reason? = nil, totalMicroseconds: Int64 = 1000,
    endpoint: String = "digid", vantage: VantageID = .local
) -> ProbeResult {
    ProbeResult(
        endpoint: EndpointID(endpoint), vantage: vantage,
        slot: Slot(milliseconds: (noon + .seconds(second)).milliseconds),
        finishedAt: noon + .seconds(second), reason: reason,
        phases: PhaseDurations(totalMicroseconds: totalMicroseconds))
}

private func at(_ second: Int64) -> Timestamp { noon + .seconds(second) }

@Suite struct ResultRecordTests {
    @Test func aRecordIsAtMostFortyBytes() {
        #expect(MemoryLayout<ResultRecord>.stride <= 40)
    }

    @Test(arguments: [Reason?.none] + Reason.allCases.map { $0 })
    func everyReasonSurvives(reason: Reason?) {
        let record = ResultRecord(result(0, reason))
        #expect(record.reason == reason)
        #expect(record.isSuccess == (reason == nil))
        #expect(record.isAnswered == (reason == nil || reason == .tooSlow))
    }

    @Test func everyFieldSurvivesAndIsClampedAtItsEnds() {
        var full = result(1)
        full.latenessMicroseconds = 77
        full.attempts = 2
        full.http = HTTPAnswer(status: 503, version: "1.1")
        full.phases = PhaseDurations(
            resolveMicroseconds: 1, connectMicroseconds: 2, tlsMicroseconds: 3,
            processingMicroseconds: 4, transferMicroseconds: 5, totalMicroseconds: 15)
        let record = ResultRecord(full)
        #expect(record.slot == full.slot)
        #expect(record.latenessMicroseconds == 77)
        #expect(record.attempts == 2)
        #expect(record.status == 503)
        #expect(record.phases == full.phases)
        #expect(Phase.allCases.map { record.microseconds(of: $0) } == [1, 2, 3, 4, 5, 15])
        #expect(ResultRecord(result(1)).status == nil)
        let most = Int64(UInt32.max)
        for (given, kept) in [(most, most), (most + 1, most), (-1, 0)] {
            let clamped = ResultRecord(result(1, totalMicroseconds: given))
            #expect(clamped.phases.totalMicroseconds == kept)
        }
    }
}

@Suite struct RollingStoreTests {
    @Test func aSlotIsKeptOnce() {
        var store = RollingStore()
        #expect(store.append([result(0), result(1), result(0, .busy)]).duplicates == 1)
        let again = store.append([result(1, .busy), result(2)])
        #expect(again.appended == 1)
        #expect(again.duplicates == 1)
        #expect(store.totals.appended == 3)
        #expect(store.last(9, of: series).allSatisfy { $0.isSuccess })
        // Another vantage or endpoint is another result.
        let others = [
            result(0, vantage: VantageID("other")), result(0, endpoint: "digid-www"),
        ]
        #expect(store.append(others).appended == 2)
        #expect(store.seriesCount == 3)
    }

    @Test func theOldestGoWhenTheRingIsFull() {
        var store = RollingStore(capacity: 3)
        #expect(store.append((0..<3).map { result($0) }).appended == 3)
        #expect(store.last(9, of: series).map(\.slot.instant) == [at(0), at(1), at(2)])
        #expect(store.append([result(3)]).appended == 1)
        #expect(store.last(9, of: series).map(\.slot.instant) == [at(1), at(2), at(3)])
        #expect(store.append([result(0)]).tooOld == 1)
        #expect(store.last(2, of: series).map(\.slot.instant) == [at(2), at(3)])
        #expect(store.last(0, of: series).isEmpty)
        #expect(store.last(-1, of: series).isEmpty)
        let limit = Int64(Limits.resultsPerEndpoint)
        var whole = RollingStore()
        whole.append((0...limit).map { result($0) })
        #expect(whole.last(.max, of: series).count == Int(limit))
    }

    @Test func windowsAreHalfOpen() {
        var store = RollingStore()
        store.append((0..<10).map { result($0 * 10) })
        #expect(store.records(of: series, from: at(20), to: at(50)).count == 3)
        let after = store.records(of: series, from: at(20) + .nanoseconds(1), to: at(50))
        #expect(after.map(\.slot.instant) == [at(30), at(40)])
        let including = store.records(of: series, from: at(20), to: at(50) + .nanoseconds(1))
        #expect(including.count == 4)
        #expect(store.records(of: series, from: at(50), to: at(20)).isEmpty)
    }

    @Test(
        arguments: [
            (nil, "up"), (.tooSlow, "up"), (.timeoutConnect, "down"), (.tlsExpired, "down"),
            (.busy, "down"), (.maintenance, "maintenance"), (.httpBlocked, "unknown"),
            (.monitorNoRoute, "unknown"),
        ] as [(Reason?, String)])
    func eachReasonCountsInItsColumn(reason: Reason?, column: String) {
        var store = RollingStore()
        store.append([result(0, reason), result(60, reason)])
        let seen = store.availability(
            of: series, from: at(0), to: at(60), coverage: Coverage(interval: .seconds(60)))
        #expect(seen.up == (column == "up" ? .seconds(60) : .zero))
        #expect(seen.down == (column == "down" ? .seconds(60) : .zero))
        #expect(seen.maintenance == (column == "maintenance" ? .seconds(60) : .zero))
        #expect(seen.unknown == (column == "unknown" ? .seconds(60) : .zero))
        #expect(seen.ratio == ["up": 1, "down": 0][column])
    }

    @Test func aGapBecomesUnknownAfterOneAndAHalfIntervals() {
        var store = RollingStore()
        store.append([result(0), result(300, .connectRefused)])
        let plain = store.availability(
            of: series, from: at(-100), to: at(1000), coverage: Coverage(interval: .seconds(60)))
        #expect(plain.up == .seconds(90))
        #expect(plain.down == .seconds(90))
        #expect(plain.unknown == .seconds(920))
        // Back-off lengthens what a failure covers, not what a success covers.
        let backedOff = store.availability(
            of: series, from: at(-100), to: at(1000),
            coverage: Coverage(interval: .seconds(60), failureInterval: .seconds(300)))
        #expect(backedOff.up == .seconds(90))
        #expect(backedOff.down == .seconds(450))
    }

    @Test func quantilesAreMeasuredValuesOfAnsweredProbes() {
        var store = RollingStore()
        store.append((1...100).map { result($0, totalMicroseconds: $0) })
        store.append([result(200, .timeoutTLS, totalMicroseconds: 999_999)])
        let cases = [
            (0.0, 1), (0.01, 1), (0.011, 2), (0.5, 50), (0.95, 95), (1.0, 100), (2.0, 100),
        ]
        for (quantile, expected) in cases {
            let seen = store.quantile(
                quantile, of: .total, series: series, from: at(0), to: at(300))
            #expect(seen == Quantile(microseconds: Int64(expected), count: 100))
        }
        store.append([result(201, .tooSlow, totalMicroseconds: 5_000_000)])
        let slowest = store.quantile(1, of: .total, series: series, from: at(0), to: at(300))
        #expect(slowest?.microseconds == 5_000_000)
        #expect(store.quantile(0.5, of: .tls, series: series, from: at(0), to: at(1)) == nil)
    }

    @Test func aReloadForgetsWhatIsGone() {
        var store = RollingStore()
        store.append([result(0), result(0, endpoint: "other")])
        store.retain(endpoints: [EndpointID("other")])
        #expect(store.last(1, of: series).isEmpty)
        #expect(store.last(1, of: SeriesKey(endpoint: EndpointID("other"))).count == 1)
        #expect(store.lastSuccess(of: series) == nil)
    }
}

/// The store against a sorted array and a clock that looks at every second.
@Suite struct RollingStoreOracleTests {
    @Test(arguments: 0..<60) func agreesWithASortedArray(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        let capacity = Int.random(in: 1...40, using: &generator)
        var store = RollingStore(capacity: capacity)
        var oracle: [ProbeResult] = []
        var clock: Int64 = 0
        for _ in 0..<300 {
            clock += Int64.random(in: 0...4, using: &generator)
            let isLate = Int.random(in: 0..<4, using: &generator) == 0
            let second = clock - (isLate ? Int64.random(in: 0...60, using: &generator) : 0)
            let reasons: [Reason?] = [nil, nil, .tooSlow, .timeoutTLS, .monitorError, .maintenance]
            let one = result(
                second, reasons.randomElement(using: &generator) ?? nil,
                totalMicroseconds: Int64.random(in: 0...50, using: &generator))
            let outcome = store.append([one])
            if oracle.contains(where: { $0.slot == one.slot }) {
                #expect(outcome.duplicates == 1)
            } else if oracle.count == capacity, oracle.allSatisfy({ $0.slot > one.slot }) {
                #expect(outcome.tooOld == 1)
            } else {
                #expect(outcome.appended == 1)
                oracle.append(one)
                oracle.sort { $0.slot < $1.slot }
                if oracle.count > capacity { oracle.removeFirst() }
            }
        }
        #expect(store.last(.max, of: series) == oracle.map { ResultRecord($0) })
        for _ in 0..<20 {
            let from = Int64.random(in: -10...clock, using: &generator)
            let to = from + Int64.random(in: 0...200, using: &generator)
            compare(store, oracle, from, to, Double.random(in: 0...1, using: &generator))
        }
    }

    private func compare(
        _ store: RollingStore, _ oracle: [ProbeResult], _ from: Int64, _ to: Int64,
        _ share: Double
    ) {
        let window = oracle.filter { $0.slot.instant >= at(from) && $0.slot.instant < at(to) }
        #expect(
            store.records(of: series, from: at(from), to: at(to))
                == window.map { ResultRecord($0) })
        var counts: [Reason: Int] = [:]
        for one in window { if let reason = one.reason { counts[reason, default: 0] += 1 } }
        #expect(store.failureCounts(of: series, from: at(from), to: at(to)) == counts)
        let answered = window.filter { $0.reason == nil || $0.reason == .tooSlow }
            .map(\.phases.totalMicroseconds).sorted()
        let seen = store.quantile(share, of: .total, series: series, from: at(from), to: at(to))
        let expected = answered.first { value in
            Double(answered.count { $0 <= value }) >= share * Double(answered.count)
        }
        #expect(seen?.microseconds == expected)
        #expect(store.lastSuccess(of: series) == oracle.last { $0.isSuccess }?.slot)
        // Slots lie on whole seconds and the coverage is three: look at every second.
        var expectedTime = Availability()
        for second in from..<max(from, to) {
            let last = oracle.last { $0.slot.instant <= at(second) }
            let isCovered = last.map { at(second) - $0.slot.instant < .seconds(3) } ?? false
            switch isCovered ? last?.reason : .monitorError {
            case nil, .tooSlow: expectedTime.up += .seconds(1)
            case .timeoutTLS: expectedTime.down += .seconds(1)
            case .maintenance: expectedTime.maintenance += .seconds(1)
            default: expectedTime.unknown += .seconds(1)
            }
        }
        let time = store.availability(
            of: series, from: at(from), to: at(to), coverage: Coverage(interval: .seconds(2)))
        #expect(time == expectedTime)
    }
}
