import HealthModel
import PollLoop
import TLSInspection

/// What every attempt on one loop shares.
///
/// Belongs to the loop's thread.
final class ProbeContext {
    /// Idle easy handles kept for reuse; more are freed.
    private static let idleTransfersMax = 64

    let loop: PollLoop
    let timekeeper: any Timekeeper
    let configuration: ProbeEngine.Configuration
    let multi: CurlMulti
    let resolver: Resolver
    let resolverCheck: ResolverCheck
    let certificates = CertificateReader()
    let verdicts = VerdictCache()
    let redirectJudge = RedirectJudge()

    private var idleTransfers: [Transfer] = []

    /// Call on the loop's thread.
    init(
        loop: PollLoop, timekeeper: any Timekeeper, configuration: ProbeEngine.Configuration
    ) throws(ResolverError) {
        self.loop = loop
        self.timekeeper = timekeeper
        self.configuration = configuration
        multi = CurlMulti(loop: loop, timekeeper: timekeeper)
        resolver = try Resolver(loop: loop, configuration: configuration.resolver)
        resolverCheck = ResolverCheck(
            loop: loop, timekeeper: timekeeper,
            servers: NameServer.list(for: configuration.resolver))
    }

    /// A handle ready for `prepare`; nil when memory is short.
    func takeTransfer() -> Transfer? { idleTransfers.popLast() ?? Transfer() }

    /// Takes a handle back that has been removed from the multi handle.
    func giveBack(_ transfer: Transfer) {
        transfer.release()
        // libcurl 7.88 never clears the errno of a handle: the next failure would inherit it.
        guard transfer.systemErrorNumber == 0 else { return }
        if idleTransfers.count < Self.idleTransfersMax { idleTransfers.append(transfer) }
    }

    /// Ends what the context itself has in flight.
    func close() {
        resolver.close()
        resolverCheck.close()
        idleTransfers.removeAll()
    }
}
