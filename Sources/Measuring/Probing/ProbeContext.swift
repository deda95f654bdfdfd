import HealthModel
import PollLoop
import TLSInspection

/// What every attempt on one loop shares.
///
/// Belongs to the loop's thread.
final class ProbeContext {
    /// Idle easy handles kept for reuse; more are freed.
    private static let idleTransfersMax = 64
    /// Multi handles that share the transfers.
    ///
    /// libcurl 7.88 walks all connections of a multi handle whenever one of them ends, so
    /// thousands in flight are kept apart in a few handles.
    private static let multiCount = 8

    let loop: PollLoop
    let timekeeper: any Timekeeper
    let configuration: ProbeEngine.Configuration
    private let collector: RevocationCollector?
    private let multis: [CurlMulti]
    let resolver: Resolver
    let resolverCheck: ResolverCheck
    let nameServers: NameServerBook
    let certificates = CertificateReader()
    let verdicts = VerdictCache()
    let redirectJudge = RedirectJudge()
    /// For connections without HTTP; nil when memory is short.
    private(set) lazy var doors = DoorContext()

    private var idleTransfers: [Transfer] = []
    /// Connections that are only saying goodbye.
    private var leaving: [ObjectIdentifier: TLSConnection] = [:]
    /// More of them are closed without waiting for an answer.
    private static let leavingMax = 64

    /// Call on the loop's thread.
    init(
        loop: PollLoop, timekeeper: any Timekeeper, configuration: ProbeEngine.Configuration,
        collector: RevocationCollector? = nil
    ) throws(ResolverError) {
        self.loop = loop
        self.timekeeper = timekeeper
        self.configuration = configuration
        self.collector = collector
        multis = (0..<Self.multiCount).map { _ in CurlMulti(loop: loop, timekeeper: timekeeper) }
        resolver = try Resolver(loop: loop, configuration: configuration.resolver)
        nameServers = NameServerBook(timekeeper: timekeeper) { [resolver] domain, completion in
            let query = resolver.nameServers(of: domain, completion: completion)
            return { resolver.cancel(query) }
        }
        resolverCheck = ResolverCheck(
            loop: loop, timekeeper: timekeeper,
            servers: NameServer.list(for: configuration.resolver))
    }

    /// The revocation lists at hand; nil when none are sought.
    var revocationLists: RevocationLists? {
        collector.map(\.lists) ?? configuration.revocationLists
    }

    /// A handle ready for `prepare`; nil when memory is short.
    func takeTransfer() -> Transfer? { idleTransfers.popLast() ?? Transfer() }

    /// Starts a prepared transfer in the multi handle that has the fewest.
    func add(_ transfer: Transfer) {
        var least = multis[0]
        for multi in multis where multi.transferCount < least.transferCount { least = multi }
        least.add(transfer)
    }

    /// Takes a transfer out of its multi handle, finished or not, and keeps it for reuse.
    ///
    /// Not callable from a libcurl callback.
    func remove(_ transfer: Transfer) {
        transfer.multi?.remove(transfer)
        transfer.release()
        // libcurl 7.88 never clears the errno of a handle: the next failure would inherit it.
        guard transfer.systemErrorNumber == 0 else { return }
        if idleTransfers.count < Self.idleTransfersMax { idleTransfers.append(transfer) }
    }

    /// Lets a connection without HTTP go: at once, or when it has said goodbye.
    func dismiss(_ connection: TLSConnection) {
        guard connection.isLeaving, leaving.count < Self.leavingMax else {
            return connection.close()
        }
        let key = ObjectIdentifier(connection)
        leaving[key] = connection
        connection.onLeft = { [unowned self] in self.leaving[key] = nil }
    }

    /// Ends what the context itself has in flight.
    func close() {
        for connection in leaving.values { connection.close() }
        leaving.removeAll()
        nameServers.close()
        resolver.close()
        resolverCheck.close()
        idleTransfers.removeAll()
    }
}
