public import HealthModel

/// One result as the store keeps it: 48 bytes in memory, two to nine on disk.
public struct StoredResult: Sendable, Hashable {
    /// What was measured; the lateness in whole milliseconds.
    public let record: ResultRecord
    /// How long the result speaks for its endpoint unless another comes, in milliseconds.
    public let coverageMilliseconds: UInt32
    /// Which address answered, as a place in the labels of the series; 0 when none did.
    public let address: UInt16
    /// Which certificate was shown, as a place in the labels of the series; 0 when none was.
    public let certificate: UInt16

    /// Makes a stored result; a coverage above 49 days counts as 49 days.
    public init(
        _ record: ResultRecord, coverage: Duration, address: UInt16 = 0, certificate: UInt16 = 0
    ) {
        self.init(
            record, coverageMilliseconds: UInt32(clamping: coverage.nanoseconds / 1_000_000),
            address: address, certificate: certificate)
    }

    package init(
        _ record: ResultRecord, coverageMilliseconds: UInt32, address: UInt16, certificate: UInt16
    ) {
        self.record = record.roundingLateness
        self.coverageMilliseconds = coverageMilliseconds
        self.address = address
        self.certificate = certificate
    }

    /// The slot.
    public var slot: Slot { record.slot }
    /// What the result says about its endpoint.
    public var state: ObservedState { ObservedState(record.reason) }
    /// The instant at which the result stops to speak for its endpoint, in milliseconds.
    public var coveredUntil: Int64 { slot.milliseconds + Int64(coverageMilliseconds) }
}

/// What is known of an endpoint at an instant; the columns of `Availability`.
public enum ObservedState: UInt8, Sendable, Hashable, CaseIterable {
    /// Success, or an answer that was too slow.
    case up
    /// A failure, or a page that says it is too busy.
    case down
    /// A page that announces maintenance.
    case maintenance
    /// Refused to this client, our own fault, or no result.
    case unknown

    /// What a result with this reason says; nil is a success.
    public init(_ reason: Reason?) {
        switch reason?.meaning {
        case nil, .slow: self = .up
        case .failure, .busy: self = .down
        case .maintenance: self = .maintenance
        case .blocked, .monitor: self = .unknown
        }
    }
}

extension StoredResult {
    /// The same with other places of its labels.
    public func labelled(address: UInt16, certificate: UInt16) -> StoredResult {
        StoredResult(
            record, coverageMilliseconds: coverageMilliseconds, address: address,
            certificate: certificate)
    }

    /// The same when each label has moved to another place.
    public func relabelled(by places: [UInt16]) -> StoredResult {
        labelled(
            address: Int(address) < places.count ? places[Int(address)] : 0,
            certificate: Int(certificate) < places.count ? places[Int(certificate)] : 0)
    }
}
