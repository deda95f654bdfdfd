public import HealthModel

/// What is kept of one result: 40 bytes, fixed.
public struct ResultRecord: Sendable, Hashable {
    /// The slot.
    public let slot: Slot
    private let lateness: Int32
    private let resolve: UInt32
    private let connect: UInt32
    private let tls: UInt32
    private let processing: UInt32
    private let transfer: UInt32
    private let total: UInt32
    private let statusCode: UInt16
    private let reasonCode: UInt8
    private let attemptCount: UInt8

    /// Keeps `result`; a duration above 71 minutes or below zero is kept as the nearest end.
    public init(_ result: ProbeResult) {
        slot = result.slot
        lateness = Int32(clamping: result.latenessMicroseconds)
        resolve = UInt32(clamping: result.phases.resolveMicroseconds)
        connect = UInt32(clamping: result.phases.connectMicroseconds)
        tls = UInt32(clamping: result.phases.tlsMicroseconds)
        processing = UInt32(clamping: result.phases.processingMicroseconds)
        transfer = UInt32(clamping: result.phases.transferMicroseconds)
        total = UInt32(clamping: result.phases.totalMicroseconds)
        statusCode = UInt16(clamping: result.http?.status ?? 0)
        reasonCode = result.reason.flatMap { Self.codes[$0] } ?? Self.successCode
        attemptCount = UInt8(clamping: result.attempts)
    }

    /// Makes a record of what a chunk holds: lateness in milliseconds, the five phases, and what the
    /// whole has more than they; damaged bytes may say more than fits.
    package init(
        slot: Slot, durations: InlineArray<7, Int64>, status: UInt16, reason: Reason?,
        attempts: UInt8
    ) {
        self.slot = slot
        lateness = Int32(clamping: durations[0] * 1000)
        resolve = UInt32(clamping: durations[1])
        connect = UInt32(clamping: durations[2])
        tls = UInt32(clamping: durations[3])
        processing = UInt32(clamping: durations[4])
        transfer = UInt32(clamping: durations[5])
        let parts =
            durations[1] + durations[2] + durations[3] + durations[4] + durations[5]
        total = UInt32(clamping: parts + durations[6])
        statusCode = status
        reasonCode = reason.flatMap { Self.codes[$0] } ?? Self.successCode
        attemptCount = attempts
    }

    /// The same with the lateness in whole milliseconds, as files keep it.
    var roundingLateness: ResultRecord {
        ResultRecord(self, lateness: Int32((lateness / 1000) * 1000))
    }

    private init(_ other: ResultRecord, lateness: Int32) {
        slot = other.slot
        self.lateness = lateness
        resolve = other.resolve
        connect = other.connect
        tls = other.tls
        processing = other.processing
        transfer = other.transfer
        total = other.total
        statusCode = other.statusCode
        reasonCode = other.reasonCode
        attemptCount = other.attemptCount
    }

    /// From the slot to the start of the first attempt, in microseconds.
    public var latenessMicroseconds: Int64 { Int64(lateness) }
    /// Why the probe failed; nil means success.
    public var reason: Reason? {
        reasonCode == Self.successCode ? nil : Reason.allCases[Int(reasonCode)]
    }
    /// Whether the probe succeeded.
    public var isSuccess: Bool { reasonCode == Self.successCode }
    /// Whether the endpoint answered in full, in time or too slowly.
    public var isAnswered: Bool { isSuccess || reason?.meaning == .slow }
    /// The HTTP status; nil when nothing that is HTTP came back.
    public var status: Int? { statusCode == 0 ? nil : Int(statusCode) }
    /// 1, or 2 when a first failure was confirmed or refuted.
    public var attempts: Int { Int(attemptCount) }
    /// How long each phase took.
    public var phases: PhaseDurations {
        PhaseDurations(
            resolveMicroseconds: Int64(resolve), connectMicroseconds: Int64(connect),
            tlsMicroseconds: Int64(tls), processingMicroseconds: Int64(processing),
            transferMicroseconds: Int64(transfer), totalMicroseconds: Int64(total))
    }

    /// How long one phase took, in microseconds.
    public func microseconds(of phase: Phase) -> Int64 {
        switch phase {
        case .resolve: Int64(resolve)
        case .connect: Int64(connect)
        case .tls: Int64(tls)
        case .processing: Int64(processing)
        case .transfer: Int64(transfer)
        case .total: Int64(total)
        }
    }

    private static let successCode = UInt8.max
    /// The place of each reason in `Reason.allCases`: a code for memory, never for files.
    private static let codes: [Reason: UInt8] = Dictionary(
        uniqueKeysWithValues: Reason.allCases.enumerated().map { ($1, UInt8($0)) })
}

/// A part of a probe that is timed.
public enum Phase: String, Sendable, Hashable, CaseIterable {
    /// Name resolution.
    case resolve
    /// TCP connection.
    case connect
    /// TLS handshake.
    case tls
    /// From the request to the first byte of the answer.
    case processing
    /// From the first byte to the last.
    case transfer
    /// The whole probe.
    case total
}

/// Names what results belong to: one endpoint seen from one vantage.
public struct SeriesKey: Sendable, Hashable {
    /// The endpoint.
    public var endpoint: EndpointID
    /// Where it is probed from.
    public var vantage: VantageID

    /// Makes a key.
    public init(endpoint: EndpointID, vantage: VantageID = .local) {
        self.endpoint = endpoint
        self.vantage = vantage
    }
}
