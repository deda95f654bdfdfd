/// The stable name of a service in files, labels and commands, such as `digid`.
public struct ServiceID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Lower-case letters, digits and hyphens; 1 to 63 bytes; starts with a letter or digit.
    public let text: String

    /// Makes an id from text that has been checked with `isIdentifier`.
    public init(_ text: String) { self.text = text }
    /// The id as written in the catalogue.
    public var description: String { text }
    /// Orders by bytes.
    public static func < (left: ServiceID, right: ServiceID) -> Bool { left.text < right.text }
}

/// The stable name of an endpoint, unique in the whole catalogue, such as `digid-www`.
public struct EndpointID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Lower-case letters, digits and hyphens; 1 to 63 bytes; starts with a letter or digit.
    public let text: String

    /// Makes an id from text that has been checked with `isIdentifier`.
    public init(_ text: String) { self.text = text }
    /// The id as written in the catalogue.
    public var description: String { text }
    /// Orders by bytes.
    public static func < (left: EndpointID, right: EndpointID) -> Bool { left.text < right.text }
}

/// The place a probe runs from.
///
/// A single installation has one, named `local`.
public struct VantageID: Sendable, Hashable, CustomStringConvertible {
    /// The same alphabet as the other ids.
    public let text: String

    /// Makes an id from text that has been checked with `isIdentifier`.
    public init(_ text: String) { self.text = text }
    /// The id as configured.
    public var description: String { text }
    /// The vantage of a single installation.
    public static let local = VantageID("local")
}

/// The stable name of a rule, such as `unreachable`.
public struct RuleID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The same alphabet as the other ids.
    public let text: String

    /// Makes an id from text that has been checked with `isIdentifier`.
    public init(_ text: String) { self.text = text }
    /// The id as written in `alerts/`.
    public var description: String { text }
    /// Orders by bytes.
    public static func < (left: RuleID, right: RuleID) -> Bool { left.text < right.text }
}

/// The stable name of a receiver, such as `on-call`.
public struct ReceiverID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The same alphabet as the other ids.
    public let text: String

    /// Makes an id from text that has been checked with `isIdentifier`.
    public init(_ text: String) { self.text = text }
    /// The id as written in `alerts/`.
    public var description: String { text }
    /// Orders by bytes.
    public static func < (left: ReceiverID, right: ReceiverID) -> Bool { left.text < right.text }
}

/// The number of an incident, such as `INC-2026-0042`: the year in UTC and a counter from 1.
public struct IncidentID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number as people say it.
    public let text: String

    /// Makes a number from text that an incident has had before.
    public init(_ text: String) { self.text = text }
    /// The number as people say it.
    public var description: String { text }
    /// Orders by year, then by counter.
    public static func < (left: IncidentID, right: IncidentID) -> Bool {
        let (first, second) = (left.text.utf8.count, right.text.utf8.count)
        // `INC-2026`: only within a year does a longer number come later.
        guard first != second, left.text.utf8.prefix(8).elementsEqual(right.text.utf8.prefix(8))
        else { return left.text < right.text }
        return first < second
    }
}

/// The number of what an operator did, such as `SIL-2026-0007`: what it is, the year in UTC and a
/// counter from 1.
public struct ActionID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number as people say it.
    public let text: String

    /// Makes a number from text that an action has had before.
    public init(_ text: String) { self.text = text }
    /// The number as people say it.
    public var description: String { text }
    /// Orders by what it is, then by year, then by counter.
    public static func < (left: ActionID, right: ActionID) -> Bool {
        let (first, second) = (left.text.utf8.count, right.text.utf8.count)
        guard first != second, left.text.utf8.prefix(4).elementsEqual(right.text.utf8.prefix(4))
        else { return left.text < right.text }
        return first < second
    }
}

/// Tells whether `text` may be an id: `[a-z0-9][a-z0-9-]*`, at most `Limits.identifierBytes`.
public func isIdentifier(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-"),
        text.utf8.count <= Limits.identifierBytes
    else { return false }
    return text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
    }
}

/// The scheduled instant of a probe.
///
/// `(endpoint, vantage, slot)` names one result for ever.
public struct Slot: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The scheduled instant in milliseconds since the Unix epoch.
    public let milliseconds: Int64

    /// Makes the slot scheduled at `milliseconds` since the epoch.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    /// The scheduled instant.
    public var instant: Timestamp { Timestamp(milliseconds: milliseconds) }
    /// The scheduled instant in RFC 3339.
    public var description: String { instant.rfc3339 }
    /// Orders slots, earlier first.
    public static func < (left: Slot, right: Slot) -> Bool {
        left.milliseconds < right.milliseconds
    }
}
