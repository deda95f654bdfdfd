/// Everything that is watched: services and their enabled endpoints, checked and with defaults.
public struct ServiceCatalogue: Sendable, Hashable {
    /// Every service, in the order of the files.
    public let services: [Service]
    /// Every enabled endpoint, in the order of the files.
    public let endpoints: [Endpoint]
    /// Control targets, which tell whether this monitor can see.
    ///
    /// They belong to no service and count in no figure; their ids differ from those of endpoints.
    public let controls: [Endpoint]

    private let serviceIndex: [ServiceID: Int]
    private let endpointIndex: [EndpointID: Int]
    private let endpointsOfService: [ServiceID: [Int]]

    /// Makes a catalogue.
    ///
    /// - Precondition: ids are unique and every endpoint and dependency names a service here;
    ///   the Catalogue module has reported every breach before it gets this far.
    public init(services: [Service], endpoints: [Endpoint], controls: [Endpoint] = []) {
        self.controls = controls
        self.services = services
        self.endpoints = endpoints
        serviceIndex = Dictionary(
            uniqueKeysWithValues: services.enumerated().map { ($1.id, $0) })
        endpointIndex = Dictionary(
            uniqueKeysWithValues: endpoints.enumerated().map { ($1.id, $0) })
        endpointsOfService = Dictionary(
            grouping: endpoints.indices, by: { endpoints[$0].service })
        for endpoint in endpoints {
            precondition(serviceIndex[endpoint.service] != nil, "endpoint without its service")
        }
        for dependency in services.flatMap(\.dependencies) {
            precondition(serviceIndex[dependency.service] != nil, "dependency without its service")
        }
    }

    /// The catalogue that watches nothing.
    public static let empty = ServiceCatalogue(services: [], endpoints: [])

    /// The service with this id; nil when there is none.
    public func service(_ id: ServiceID) -> Service? { serviceIndex[id].map { services[$0] } }

    /// Everything that is probed: the endpoints, then the control targets.
    public var probedEndpoints: [Endpoint] { endpoints + controls }

    /// The endpoint with this id; nil when there is none or it is disabled.
    public func endpoint(_ id: EndpointID) -> Endpoint? { endpointIndex[id].map { endpoints[$0] } }

    /// The enabled endpoints of a service, in the order of the files; empty for a dark service.
    public func endpoints(of service: ServiceID) -> [Endpoint] {
        (endpointsOfService[service] ?? []).map { endpoints[$0] }
    }

    /// Control targets are looked at no more often than this and given this much time at least: a
    /// machine with much to do must not look blind in a fast lab.
    public static let acceleratedControlMin: Duration = .milliseconds(500)

    /// The same catalogue with every time divided by `factor`: for the lab, where a
    /// demonstration of hours has to fit in minutes.
    ///
    /// - Precondition: `factor` is at least 1.
    public func accelerated(by factor: Double) -> ServiceCatalogue {
        precondition(factor >= 1)
        func faster(_ endpoint: Endpoint) -> Endpoint {
            var endpoint = endpoint
            endpoint.probe = endpoint.probe.accelerated(by: factor)
            return endpoint
        }
        return ServiceCatalogue(
            services: services, endpoints: endpoints.map(faster),
            controls: controls.map { control in
                var quick = faster(control)
                quick.probe.keepAbove(Self.acceleratedControlMin, of: control.probe)
                return quick
            })
    }
}

extension Probe {
    /// Takes back what makes interval and time limit shorter than `least`.
    fileprivate mutating func keepAbove(_ least: Duration, of original: Probe) {
        interval = max(interval, min(least, original.interval))
        timeout = max(timeout, min(least, original.timeout))
    }

    /// The same probe with interval and confirmation divided by `factor`.
    ///
    /// The time limit shrinks only as far as it must to stay below half the interval: the network
    /// is not accelerated.
    func accelerated(by factor: Double) -> Probe {
        var probe = self
        probe.interval = interval / factor
        probe.timeout = min(timeout, probe.interval / 2)
        probe.confirmation = confirmation.map { $0.lowerBound / factor...$0.upperBound / factor }
        return probe
    }
}
