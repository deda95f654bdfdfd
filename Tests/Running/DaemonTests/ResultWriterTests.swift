import Alerting
import DurableStore
import HealthModel
import Observing
import Synchronization
import TestSupport
import Testing

@testable import Daemon

@Suite struct ResultWriterTests {
    private final class Heard: Sendable {
        let recalled = Mutex<[SeriesKey: [ResultRecord]]>([:])
        let hours = Mutex<[EndpointID: [UsualTimes.Hour]]>([:])
        let notices = Mutex<[DurableStore.Notice]>([])
    }

    private let heard = Heard()
    private let clock = SteadyClock()
    /// A second ago: what is asked for ends before the millisecond of the question.
    private static let lastSlot = SteadyClock.beginning - .seconds(1)

    private func writer(
        _ directory: TemporaryDirectory,
        announced: @escaping @Sendable (Range<Timestamp>) -> MaintenanceTimes? = { _ in [:] }
    ) throws -> ResultWriter {
        try ResultWriter(
            store: DurableStore(directory: directory.path), acceleration: 1,
            timekeeper: clock, announced: announced,
            onNotice: { [heard] notice in heard.notices.withLock { $0.append(notice) } })
    }

    private func start(_ writer: ResultWriter, _ catalogue: ServiceCatalogue) {
        writer.start(catalogue) { [heard] records, series in
            heard.recalled.withLock { $0[series] = records }
        }
    }

    /// Rules that ask what is usual need not wait a week after a restart.
    @Test func hoursThatAreOverComeBack() async throws {
        let directory = try TemporaryDirectory()
        let catalogue = try catalogue(directory)
        let id = try #require(catalogue.endpoints.first?.id)
        let now = clock.now()
        let lastHour = Timestamp(seconds: now.seconds - now.seconds % 3600 - 3600)
        do {
            let writer = try writer(directory)
            start(writer, catalogue)
            writer.deliver([result(id, lastHour + .seconds(60), nil)])
            writer.finish()
        }
        let writer = try writer(directory)
        let kind = UsualTimes.Kind(percent: 95, phase: .total)
        writer.start(
            catalogue, usual: [kind],
            onHours: { [heard] hours, found, endpoint in
                guard found == kind else { return }
                heard.hours.withLock { $0[endpoint] = hours }
            }, onRecall: { _, _ in })
        try await eventually("the hours") { [heard] in
            heard.hours.withLock { $0[id] != nil }
        }
        writer.finish()
        let hours = heard.hours.withLock { $0[id] }
        #expect(hours?.map(\.start) == [lastHour])
        #expect(abs((hours?.first?.microseconds ?? 0) - 1000) <= 10)
    }

    private func catalogue(_ directory: TemporaryDirectory) throws -> ServiceCatalogue {
        try directory.write("alerts/rules.yml", Bench.rules)
        try directory.write("probes/test.yml", Bench.catalogue(["a"]))
        return try Bench.configuration(directory).loadWatch().catalogue
    }

    private func result(_ id: EndpointID, _ slot: Timestamp, _ reason: Reason?) -> ProbeResult {
        ProbeResult(
            endpoint: id, slot: Slot(milliseconds: slot.milliseconds), finishedAt: slot,
            reason: reason, phases: PhaseDurations(totalMicroseconds: 1000))
    }

    /// What was handed over is durable after the end, comes back to the rules at the next start,
    /// and tells how the endpoint has done.
    @Test func resultsOutliveTheProcess() async throws {
        let directory = try TemporaryDirectory()
        let catalogue = try catalogue(directory)
        let id = try #require(catalogue.endpoints.first?.id)
        let now = Self.lastSlot
        do {
            let writer = try writer(directory)
            start(writer, catalogue)
            writer.deliver([
                result(id, now - .seconds(60), nil), result(id, now, .timeoutConnect),
            ])
            writer.finish()
            #expect(writer.counters.store.appended == 2)
            #expect(writer.counters.store.waiting == 0)
        }
        let writer = try writer(directory)
        start(writer, catalogue)
        try await eventually("the history") { writer.histories[id] != nil }
        let day = try #require(writer.histories[id]?.windows.first)
        #expect(day.results == 2)
        #expect(day.availability.up == .seconds(60))
        #expect(day.availability.down >= .seconds(1))
        #expect(day.p99?.count == 1)
        let recalled = heard.recalled.withLock { $0[SeriesKey(endpoint: id)] }
        #expect(recalled?.map(\.reason) == [nil, .timeoutConnect])
        writer.finish()
        #expect(heard.notices.withLock { $0 }.isEmpty)
    }

    /// What was announced is no lost availability, whatever was measured.
    @Test func announcedMaintenanceCountsApart() async throws {
        let directory = try TemporaryDirectory()
        let catalogue = try catalogue(directory)
        let id = try #require(catalogue.endpoints.first?.id)
        let now = Self.lastSlot
        let window = (now - .seconds(60))..<(now - .seconds(20))
        do {
            let writer = try writer(directory)
            start(writer, catalogue)
            writer.deliver([result(id, now - .seconds(80), .timeoutConnect), result(id, now, nil)])
            writer.finish()
        }
        let again = try writer(directory) { range in
            range.lowerBound < window.lowerBound && range.upperBound > window.upperBound
                ? [id: [window]] : nil
        }
        start(again, catalogue)
        try await eventually("the history") { again.histories[id] != nil }
        let day = try #require(again.histories[id]?.windows.first)
        #expect(day.availability.maintenance == .seconds(40))
        #expect(day.availability.down == .seconds(40))
        again.finish()
    }
}
