import HealthModel
import Observing
import ResultFormat
import Simulation
import Testing

private let noon = Timestamp(seconds: 1_795_435_200)

/// Results that no probe gives, but that a chunk must bring back.
private func wildChunk(_ random: inout SplitMix64) -> ResultChunk {
    let labels = [""] + (0..<Int.random(in: 0...5, using: &random)).map { "label-\($0)" }
    var slot = noon.milliseconds + Int64.random(in: -1_000_000...1_000_000, using: &random)
    let isCalm = Bool.random(using: &random)
    let results = (0..<Int.random(in: 1...300, using: &random)).map { _ in
        slot += isCalm ? 30_000 : Int64.random(in: 1...(1 << 33), using: &random)
        func duration() -> Int64 {
            let bits = Int.random(in: 0...34, using: &random)
            return isCalm
                ? Int64.random(in: 0...200_000, using: &random)
                : Int64.random(in: 0...(1 << bits), using: &random)
        }
        let result = ProbeResult(
            endpoint: EndpointID("e"), slot: Slot(milliseconds: slot),
            latenessMicroseconds: isCalm ? 0 : duration() - 1000,
            finishedAt: noon,
            reason: Int.random(in: 0...9, using: &random) > 0
                ? nil : Reason.allCases.randomElement(using: &random),
            attempts: Int.random(in: 1...(isCalm ? 2 : 255), using: &random),
            phases: PhaseDurations(
                resolveMicroseconds: duration(), connectMicroseconds: duration(),
                tlsMicroseconds: isCalm ? 0 : duration(), processingMicroseconds: duration(),
                transferMicroseconds: duration(), totalMicroseconds: duration()),
            http: Bool.random(using: &random)
                ? nil
                : HTTPAnswer(status: Int.random(in: 0...65_535, using: &random), version: "2"))
        return StoredResult(
            ResultRecord(result),
            coverage: .milliseconds(
                isCalm ? 45_000 : Int64.random(in: 0...(1 << 33), using: &random)),
            address: UInt16.random(in: 0..<UInt16(labels.count), using: &random),
            certificate: UInt16.random(in: 0..<UInt16(labels.count), using: &random))
    }
    return ResultChunk(results: results, labels: labels)
}

private func simulated(
    _ count: Int, seed: UInt64 = 7, _ shape: ProbeHistory.Shape = .init()
) -> ResultChunk {
    var history = ProbeHistory(seed: seed, start: noon, shape: shape)
    return ResultChunk(results: (0..<count).map { _ in history.next() })
}

@Suite struct ResultChunkTests {
    @Test(arguments: 0..<60) func whatIsEncodedComesBack(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let chunk = wildChunk(&random)
        #expect(try ResultChunk(decoding: chunk.encoded()[...]) == chunk)
    }

    @Test(arguments: 0..<20) func roundedDurationsAreWithinTheStatedError(seed: UInt64) throws {
        let chunk = simulated(200, seed: seed, .init(hasPhases: true))
        let rounded = try ResultChunk(decoding: chunk.encoded(.rounded)[...])
        #expect(rounded.results.count == chunk.results.count)
        for (before, after) in zip(chunk.results, rounded.results) {
            #expect(before.slot == after.slot)
            #expect(before.record.reason == after.record.reason)
            for phase in Phase.allCases {
                let exact = Double(before.record.microseconds(of: phase))
                let kept = Double(after.record.microseconds(of: phase))
                #expect(abs(kept - exact) <= exact * DurationBuckets.relativeError)
            }
        }
    }

    /// The sizes that the store promises, on a day of one endpoint each; `make bench-store` has all.
    @Test func aResultIsSmall() {
        func bytesPerResult(
            _ shape: ProbeHistory.Shape, _ precision: ResultChunk.Precision = .exact
        ) -> Double {
            let days = (0..<3).map { simulated(2880, seed: $0, shape).encoded(precision).count }
            return Double(days.reduce(0, +)) / Double(3 * 2880)
        }
        let sizes = [
            bytesPerResult(.init()), bytesPerResult(.init(jitterMilliseconds: 10)),
            bytesPerResult(.init(), .rounded), bytesPerResult(.init(hasPhases: true)),
        ]
        #expect(sizes[0] <= 2.4)
        #expect(sizes[1] <= 3.2)
        #expect(sizes[2] <= 1.0)
        #expect(sizes[3] <= 10)
    }

    @Test func bytesCutAnywhereNeitherCrashNorGrow() {
        let bytes = simulated(50, .init(hasPhases: true)).encoded()
        for end in bytes.indices {
            guard let chunk = try? ResultChunk(decoding: bytes[..<end]) else { continue }
            #expect(chunk.results.count == 50)
        }
    }

    @Test func bytesChangedAnywhereNeitherCrashNorGrow() {
        let bytes = simulated(50, .init(hasPhases: true)).encoded()
        for place in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[place] ^= 1 << UInt8(bit)
                guard let chunk = try? ResultChunk(decoding: changed[...]) else { continue }
                #expect(chunk.results.count <= ResultChunk.resultsLimit)
                #expect(
                    zip(chunk.results, chunk.results.dropFirst()).allSatisfy { $0.slot < $1.slot })
            }
        }
    }

    @Test(arguments: 0..<300) func anyBytesAtAllNeitherCrashNorGrow(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var bytes: [UInt8] = [100, 0, UInt8.random(in: 0..<128, using: &random), 0, 1, 1, 0]
        bytes += (0..<Int.random(in: 0...400, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        if let chunk = try? ResultChunk(decoding: bytes[...]) {
            #expect(chunk.results.count == 100)
        }
    }

    @Test func limitsOfTheHead() {
        func head(_ count: UInt64, labels: UInt64 = 0) -> [UInt8] {
            var writer = ByteWriter()
            writer.write(varint: count)
            writer.write([0, 0, 0, 1])
            writer.write(varint: labels)
            for _ in 0..<labels { writer.write(text: "l") }
            return writer.bytes
        }
        for (bytes, isRead) in [
            (head(129_600), true), (head(129_601), false), (head(0), false),
            (head(1, labels: 256), true), (head(1, labels: 257), false),
        ] {
            #expect(((try? ResultChunk(decoding: bytes[...])) != nil) == isRead)
        }
    }
}

@Suite struct ChecksumTests {
    /// The values of RFC 3720, B.4.
    @Test func isThatOfTheStandard() {
        let examples: [(bytes: [UInt8], checksum: UInt32)] = [
            (Array(repeating: 0, count: 32), 0x8A91_36AA),
            (Array(repeating: 0xFF, count: 32), 0x62A8_AB43), (Array(0..<32), 0x46DD_794E),
            (Array((0..<32).reversed()), 0x113F_DB5C), (Array("123456789".utf8), 0xE306_9283),
        ]
        for example in examples {
            #expect(CRC32C.checksum(example.bytes) == example.checksum)
        }
    }
}

@Suite struct DurationSketchTests {
    @Test func everyDurationIsInItsBucket() {
        var values: [UInt32] = Array(0...70_000) + [.max, .max - 1]
        for bit in 0..<32 as Range<UInt32> { values += [1 << bit, (1 << bit) - 1, (1 << bit) + 1] }
        for value in values {
            let index = DurationBuckets.index(ofMicroseconds: value)
            let low = DurationBuckets.lowest(index)
            let width = UInt64(1) << UInt64(DurationBuckets.residualBits(index))
            #expect(index < DurationBuckets.count)
            #expect(low <= value && UInt64(value) < UInt64(low) + width)
            let error = abs(Double(DurationBuckets.middle(index)) - Double(value))
            #expect(error <= Double(value) * DurationBuckets.relativeError)
        }
    }

    @Test(arguments: 0..<40) func quantilesOfMergedSketchesAreWithinTheStatedError(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        var all: [UInt32] = []
        var merged = DurationSketch()
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            var part = DurationSketch()
            let bits = UInt32.random(in: 1...32, using: &random)
            for _ in 0..<Int.random(in: 0...200, using: &random) {
                let value = UInt32.random(in: 0...(.max >> (32 - bits)), using: &random)
                part.note(microseconds: value)
                all.append(value)
            }
            var writer = ByteWriter()
            part.write(to: &writer)
            var reader = ByteReader(writer.bytes)
            #expect(try DurationSketch(from: &reader) == part)
            #expect(reader.remaining == 0)
            reader = ByteReader(writer.bytes)
            if Bool.random(using: &random) {
                merged.merge(part)
            } else {
                try merged.add(from: &reader)
            }
        }
        all.sort()
        #expect(merged.total == all.count)
        for quantile in [-1, 0, 0.01, 0.5, 0.95, 0.99, 1, 2] {
            guard !all.isEmpty else {
                #expect(merged.quantile(quantile) == nil)
                continue
            }
            let share = min(1, max(0, quantile)) * Double(all.count)
            let exact = Double(all[max(1, Int(share.rounded(.up))) - 1])
            let found = try #require(merged.quantile(quantile))
            #expect(found.count == all.count)
            #expect(
                abs(Double(found.microseconds) - exact) <= exact * DurationBuckets.relativeError)
        }
    }
}

@Suite struct StateTimelineTests {
    /// Asks for every millisecond which result speaks for it.
    private func oracle(_ results: [StoredResult], _ instant: Int64) -> ObservedState {
        guard let last = results.last(where: { $0.slot.milliseconds <= instant }),
            instant < last.slot.milliseconds + Int64(last.coverageMilliseconds)
        else { return .unknown }
        return last.state
    }

    @Test(arguments: 0..<80) func everyMillisecondIsCountedAsTheLastResultSays(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        var slot: Int64 = -200
        let results = (0..<Int.random(in: 0...25, using: &random)).map { _ in
            slot += Int64.random(in: 1...60, using: &random)
            let reasons: [Reason?] = [
                nil, .tooSlow, .busy, .httpStatus, .maintenance, .httpBlocked,
            ]
            return StoredResult(
                ResultRecord(
                    ProbeResult(
                        endpoint: EndpointID("e"), slot: Slot(milliseconds: slot),
                        finishedAt: noon, reason: reasons.randomElement(using: &random) ?? nil)),
                coverage: .milliseconds(Int64.random(in: 0...90, using: &random)))
        }
        let timeline = StateTimeline(of: results, start: 0, end: 500)
        var writer = ByteWriter()
        timeline.write(to: &writer)
        var reader = ByteReader(writer.bytes)
        #expect(try StateTimeline(from: &reader) == timeline)
        for _ in 0..<5 {
            let from = Int64.random(in: -50...550, using: &random)
            let to = from + Int64.random(in: 0...300, using: &random)
            var expected: [ObservedState: Int64] = [:]
            for instant in max(0, from)..<max(0, from, min(500, to)) {
                expected[oracle(results, instant), default: 0] += 1
            }
            #expect(timeline.milliseconds(from: from, to: to) == expected)
        }
    }

    @Test func aSummaryComesBackAndAddsUp() throws {
        var history = ProbeHistory(seed: 3, start: noon, shape: .init(hasPhases: true))
        let results = (0..<2880).map { _ in history.next() }
        let start = noon.milliseconds
        let day = ResultSummary(of: results, start: start, end: start + 86_400_000)
        var sum: ResultSummary?
        for hour in 0..<24 as Range<Int64> {
            let from = start + hour * 3_600_000
            let part = ResultSummary(
                of: results.filter { (from..<from + 3_600_000).contains($0.slot.milliseconds) },
                start: from, end: from + 3_600_000)
            var writer = ByteWriter()
            part.write(to: &writer)
            var reader = ByteReader(writer.bytes)
            let read = try ResultSummary(from: &reader)
            #expect(read == part)
            if sum == nil { sum = read } else { sum?.append(read) }
        }
        #expect(sum == day)
        #expect(day.head.results == 2880)
        #expect(day.head.lastSuccess != nil)
    }

    /// Twice the same reason could add up to more than is read back.
    @Test(arguments: [(3, true), (4, false)])
    func aReasonStandsInASummaryOnce(second: UInt8, isRefused: Bool) throws {
        let start = noon.milliseconds
        var writer = ByteWriter()
        StateTimeline(start: start, end: start + 3_600_000).write(to: &writer)
        writer.write(varint: 2)
        writer.write(varint: 2)
        for code in [3, second] {
            writer.write(code)
            writer.write(varint: UInt64(UInt32.max))
        }
        for _ in 0..<2 { writer.write(signed: 0) }
        writer.write(ObservedState.unknown.rawValue)
        writer.write(signed: 0)
        var reader = ByteReader(writer.bytes)
        let head = try? ResultSummary.Head(from: &reader, reasons: .current)
        #expect((head == nil) == isRefused)
    }
}
