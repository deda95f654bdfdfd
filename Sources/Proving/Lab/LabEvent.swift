/// A fault that came into force on a host of the lab.
public struct LabEvent: Sendable, Hashable, CustomStringConvertible {
    /// The scenario time.
    public var elapsed: Duration
    /// The name of the host.
    public var host: String
    /// The fault now in force; `up` when a fault ended.
    public var fault: Fault

    /// `www.digid.nl down`.
    public var description: String { "\(host) \(fault)" }
}

/// What a host of the lab has been asked since the start.
public struct LabCounters: Sendable, Hashable {
    /// TCP connections accepted, on both ports.
    public var connections = 0
    /// HTTP requests read completely.
    public var requests = 0
    /// DNS queries for its name, of any type.
    public var queries = 0
}

/// Why the lab cannot start or obey.
public enum LabError: Error, Sendable, Hashable, CustomStringConvertible {
    /// More hosts than `Lab.hostsLimit`.
    case tooManyHosts(Int)
    /// Two hosts have this name, or the name is no host name.
    case invalidHost(String)
    /// No port number was free on all addresses after `Lab.portAttempts` attempts.
    case noCommonPort(String)
    /// The file with the CA certificate could not be written.
    case fileNotWritten(String)
    /// No key or certificate could be made.
    case certificatesFailed(String)
    /// The name server found no port.
    case nameServerFailed(String)
    /// The lab does not play this host.
    case unknownHost(String)
    /// The lab has been stopped.
    case stopped

    /// One sentence for people.
    public var description: String {
        switch self {
        case .tooManyHosts(let count):
            "the lab plays at most \(Lab.hostsLimit) hosts, not \(count)"
        case .invalidHost(let name): "'\(name)' is given twice or is not a host name"
        case .noCommonPort(let detail): "no port is free on all addresses of the lab: \(detail)"
        case .fileNotWritten(let detail): "cannot write the CA file of the lab: \(detail)"
        case .certificatesFailed(let detail): "cannot make the lab's certificates: \(detail)"
        case .nameServerFailed(let detail): "the lab's name server cannot start: \(detail)"
        case .unknownHost(let name): "the lab does not play '\(name)'"
        case .stopped: "the lab has been stopped"
        }
    }
}
