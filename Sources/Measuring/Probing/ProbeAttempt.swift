import CCurl
import HealthModel
import PollLoop
import TLSInspection

/// One attempt to probe one endpoint: resolve, connect, TLS, request, answer, redirects.
///
/// The same code serves the daemon and `vitaal check`. Belongs to the loop's thread; `onEnd` is
/// called exactly once, never from inside `start`.
final class ProbeAttempt {
    typealias Phase = TransferFailure.Phase

    let endpoint: Endpoint
    private let slot: Slot
    private let assertions: CompiledAssertions
    let context: ProbeContext
    private let clientIdentity: ClientIdentity?
    private let onEnd: (ProbeResult) -> Void

    private(set) var phase: Phase = .resolve
    /// The trusted roots; nil when those that the endpoint names were not loaded.
    private let trustStore: TrustStore?
    private var phaseStart: Int64 = 0
    private(set) var startedAt: Int64 = 0
    private var durations = PhaseDurations()
    private var latenessMicroseconds: Int64 = 0
    private var timer: PollLoop.TimerID?
    private var query: Resolver.Query?
    private var transfer: Transfer?
    /// The connection of an endpoint without HTTP.
    var connection: TLSConnection?
    private(set) var capture: HandshakeCapture?
    private(set) var url: ProbeURL
    private var redirects = 0
    private(set) var address: NetworkAddress?
    private var answer: HTTPAnswer?
    private var hops: [ProbeHop] = []
    /// What the hops before this one took.
    private var earlierDurations = PhaseDurations()
    private var hopStatus: Int?
    private var hopHSTSSeconds: Int64?
    private var retryAfterSeconds: Int?
    private var hasAskedIPv6 = false
    private var refusal: HandshakeRefusal?
    private var hasEnded = false

    init(
        endpoint: Endpoint, slot: Slot, assertions: CompiledAssertions,
        clientIdentity: ClientIdentity?, trustStore: TrustStore?, context: ProbeContext,
        onEnd: @escaping (ProbeResult) -> Void
    ) {
        self.endpoint = endpoint
        self.slot = slot
        self.assertions = assertions
        self.clientIdentity = clientIdentity
        self.trustStore =
            endpoint.probe.trustFile == nil
            ? context.configuration.trustStore : trustStore
        self.context = context
        self.onEnd = onEnd
        url = endpoint.url
    }

    /// Starts; the result comes later.
    func start() {
        startedAt = context.timekeeper.monotonicNanoseconds()
        phaseStart = startedAt
        latenessMicroseconds = max(
            0, (context.timekeeper.now() - slot.instant).nanoseconds / 1000)
        armTimer()
        resolve()
    }

    /// Stops without a result: the process is ending.
    func cancel() {
        hasEnded = true
        cleanUp()
    }

    // MARK: Phases

    func enter(_ next: Phase) {
        let now = context.timekeeper.monotonicNanoseconds()
        let spent = (now - phaseStart) / 1000
        switch phase {
        case .resolve: durations.resolveMicroseconds += spent
        case .connect: durations.connectMicroseconds += spent
        case .tls: durations.tlsMicroseconds += spent
        case .processing: durations.processingMicroseconds += spent
        case .transfer: durations.transferMicroseconds += spent
        }
        phase = next
        phaseStart = now
        armTimer()
    }

    /// One timer serves the limit of the phase and that of the whole probe.
    private func armTimer() {
        let limits = endpoint.probe.phaseTimeouts
        let phaseLimit: Duration? =
            switch phase {
            case .resolve: limits.resolve
            case .connect: limits.connect
            case .tls: limits.tls
            case .processing: limits.processing
            case .transfer: nil
            }
        let total = startedAt + endpoint.probe.timeout.nanoseconds
        let deadline = phaseLimit.map { min(total, phaseStart + $0.nanoseconds) } ?? total
        if let timer { context.loop.cancel(timer) }
        timer = context.loop.schedule(atMonotonicNanoseconds: deadline) { [weak self] in
            self?.timer = nil
            self?.timedOut()
        }
    }

    private func timedOut() {
        switch phase {
        case .resolve:
            if let query { context.resolver.cancel(query) }
            query = nil
            failUnlessBlind(.timeoutDNS, detail: "")
        case .connect: end(.timeoutConnect, "")
        case .tls: endUnlessBadCertificate(.timeoutTLS, "")
        case .processing:
            endUnlessBadCertificate(
                .timeoutProcessing, connection?.dialogue.map { "for \($0.expectation)" } ?? "")
        // The server had nothing to say against our certificate.
        case .transfer where connection != nil: secured()
        case .transfer:
            if let transfer { noteAnswer(of: transfer) }
            endUnlessBadCertificate(
                .timeoutTransfer, "\(transfer?.body.count ?? 0) bytes of the body read")
        }
    }

    /// Ends with the verdict on the certificate when that is bad, else with `reason`.
    func endUnlessBadCertificate(_ reason: Reason, _ detail: String) {
        guard let record = capture?.record, let verdict = record.verdict else {
            return end(reason, detail)
        }
        end(verdict, VerdictText.detail(of: record, host: url.host, now: judgedAt))
    }

    // MARK: Resolution

    private func resolve() {
        let override = context.configuration.connectOverrides.first {
            $0.applies(to: url.host, port: url.port)
        }
        let host = override?.connectHost ?? url.host
        let port = override?.connectPort ?? url.port
        if AddressText.isAddress(host) {
            return connect(to: NetworkAddress(host), port: port)
        }
        query = context.resolver.resolve(
            host, isIPv6: endpoint.probe.addressFamily == .ipv6
        ) { [weak self] answer in
            self?.resolved(answer, host: host, port: port)
        }
    }

    private func resolved(_ answer: Resolver.Answer, host: String, port: UInt16) {
        query = nil
        switch answer {
        case .addresses(let addresses):
            // Redirects lead anywhere: only what the catalogue names is worth a question.
            if redirects == 0 { context.nameServers.learn(host) }
            connect(to: chosen(from: addresses), port: port)
        case .failure(.dnsNoAddress, _)
        where endpoint.probe.addressFamily == .any && !hasAskedIPv6:
            hasAskedIPv6 = true
            query = context.resolver.resolve(host, isIPv6: true) { [weak self] answer in
                self?.resolved(answer, host: host, port: port)
            }
        case .failure(.dnsServfail, let detail): failUnlessBlind(.dnsServfail, detail: detail)
        case .failure(let reason, let detail): end(reason, detail)
        }
    }

    /// Takes the addresses in turn, slot by slot, so that each is seen; a confirmation, which has
    /// the same slot, looks at the same address again.
    private func chosen(from addresses: [NetworkAddress]) -> NetworkAddress {
        let turn = slot.milliseconds / max(1, endpoint.probe.interval.wholeMilliseconds)
        return addresses[Int(turn) % addresses.count]
    }

    /// Reports `reason`, or that the monitor is blind when no name server answers.
    private func failUnlessBlind(_ reason: Reason, detail: String) {
        if let timer { context.loop.cancel(timer) }
        timer = nil
        context.resolverCheck.run { [weak self] isReachable in
            guard let self else { return }
            if isReachable {
                end(reason, detail)
            } else {
                end(.monitorNoResolver, "no answer from \(context.resolverCheck.serverNames)")
            }
        }
    }

    // MARK: Connection

    private func connect(to address: NetworkAddress, port: UInt16) {
        self.address = address
        enter(.connect)
        guard let trustStore else {
            return endLater(.monitorError, "the trusted roots are not loaded")
        }
        // The callbacks are called inside libcurl and must not call it; moving to the next phase
        // only touches the loop's timers.
        capture =
            url.scheme != .http
            ? HandshakeCapture(
                host: url.host, isAddress: AddressText.isAddress(url.host),
                trustStore: trustStore, certificates: context.certificates,
                verdicts: context.verdicts, revocationLists: context.revocationLists,
                verificationTime: judgedAt,
                onEvent: { [unowned self] event in if event == .started { self.enter(.tls) } })
            : nil
        capture?.isTolerant = refusal != nil
        // What may be a secret goes to the endpoint's own origin only.
        let isSameOrigin =
            url.host == endpoint.url.host && url.port == endpoint.url.port
            && url.scheme == endpoint.url.scheme
        if isSameOrigin, refusal == nil, endpoint.probe.clientCertificate != nil {
            guard let clientIdentity else {
                return endLater(.monitorError, "the client certificate is not loaded")
            }
            capture?.clientIdentity = clientIdentity
        }
        guard url.scheme.isHTTP else { return openDoor(at: address, port: port) }
        guard let transfer = context.takeTransfer() else {
            return endLater(.monitorNoMemory, "")
        }
        self.transfer = transfer
        transfer.prepare(
            Transfer.Request(
                url: url, address: address, port: port, method: endpoint.probe.method,
                httpVersion: endpoint.probe.httpVersion,
                headers: isSameOrigin ? endpoint.probe.requestHeaders : [],
                userAgent: context.configuration.userAgent),
            capture: capture,
            mayRequest: { [unowned self] in
                // A request with headers of its own may carry a secret: it is sent only to a
                // server whose certificate is good.
                self.endpoint.probe.requestHeaders.isEmpty
                    || (self.capture?.record.verdict == nil && self.refusal == nil)
            },
            onProgress: { [unowned self] progress in
                self.enter(progress == .requesting ? .processing : .transfer)
            },
            onFinish: { [unowned self] code in self.finished(code: code) })
        context.add(transfer)
    }

    /// The instant at which certificates are judged.
    private var judgedAt: Timestamp {
        context.configuration.verificationTime ?? context.timekeeper.now()
    }

    private func finished(code: CURLcode) {
        guard let transfer else { return }
        enter(phase)
        noteAnswer(of: transfer)
        if capture?.record.verdict != nil { return endUnlessBadCertificate(.monitorError, "") }
        if code == CURLE_OK && transfer.status > 0 && !transfer.isHeaderComplete {
            // libcurl takes an end within the headers for the end of an empty answer.
            return end(.httpTruncated, "in the headers")
        }
        if code == CURLE_OK || transfer.isBodyCut { return judge(transfer) }
        let failure = TransferFailure(
            code: code, phase: phase, socketErrorNumber: transfer.socketErrorNumber,
            systemErrorNumber: transfer.systemErrorNumber,
            hasRoute: address.map { AddressText.hasRoute(to: $0.text) } ?? true,
            alertReceived: capture?.alertReceived,
            isClientCertificateRequested: capture?.isClientCertificateRequested ?? false,
            isClientCertificateAtHand: capture?.clientIdentity != nil,
            tlsReasonNumber: capture?.failureReasonNumber ?? 0,
            isHeaderTooLarge: transfer.isHeaderTooLarge)
        let (reason, detail) = failure.reason
        if reason == .tlsProtocol, phase == .tls, refusal == nil {
            return lookAgain(after: HandshakeRefusal(detail: detail, durations: durations))
        }
        end(reason, detail)
    }

    /// Connects once more, offering what no client should, to tell what the server does speak.
    private func lookAgain(after refusal: HandshakeRefusal) {
        guard let address, let port = transfer?.port else {
            return end(.tlsProtocol, refusal.detail)
        }
        self.refusal = refusal
        removeTransfer()
        connect(to: address, port: port)
    }

    // MARK: Answer

    /// Keeps what is known of the answer; an interim one (RFC 9110 §15.2) is none.
    private func noteAnswer(of transfer: Transfer) {
        guard transfer.status >= 200 else { return }
        hopStatus = transfer.status
        let headers = HeaderBlock(transfer.headerBytes)
        answer = HTTPAnswer(
            status: transfer.status, version: transfer.httpVersion, redirects: redirects,
            contentLengthBytes: transfer.contentLengthBytes, bodyBytes: transfer.body.count,
            isBodyCut: transfer.isBodyCut,
            lastModified: headers.value(of: "last-modified").flatMap(HTTPDate.instant),
            url: url.withoutQuery)
        // Without TLS browsers take no notice of it (RFC 6797 §8.1).
        hopHSTSSeconds =
            url.scheme == .https
            ? headers.value(of: "strict-transport-security").flatMap(
                StrictTransportSecurity.maxAgeSeconds) : nil
        retryAfterSeconds = headers.value(of: "retry-after").flatMap {
            RetryAfter.seconds($0, now: context.timekeeper.now())
        }
    }

    private func judge(_ transfer: Transfer) {
        // What the server does with a client that is too tolerant is described, never judged.
        if refusal != nil { return end(nil, "") }
        let policy = endpoint.probe.redirects
        if policy.isFollowing, (300...399).contains(transfer.status),
            let location = transfer.redirectURL
        {
            let decision = context.redirectJudge.decide(
                from: url, to: location, endpointHost: endpoint.url.host, followed: redirects,
                policy: policy)
            switch decision {
            case .follow(let next): return follow(next)
            // An endpoint may well be meant to redirect away: then its own status is listed.
            case .refuse
            where !endpoint.probe.assertions.statuses.isEmpty
                && endpoint.probe.assertions.accepts(status: transfer.status):
                break
            case .refuse(let reason, let detail): return end(reason, detail)
            }
        }
        let total = (context.timekeeper.monotonicNanoseconds() - startedAt) / 1000
        let judgement = ResponseJudge.judge(
            status: transfer.status, headers: HeaderBlock(transfer.headerBytes),
            body: transfer.body, isBodyCut: transfer.isBodyCut, totalMicroseconds: total,
            by: assertions)
        end(judgement.reason, judgement.detail)
    }

    private func follow(_ next: ProbeURL) {
        closeHop()
        removeTransfer()
        capture = nil
        address = nil
        hopStatus = nil
        hopHSTSSeconds = nil
        redirects += 1
        url = next
        hasAskedIPv6 = false
        enter(.resolve)
        resolve()
    }

    /// Keeps what the connection showed.
    private func closeHop() {
        hops.append(
            ProbeHop(
                url: url.withoutQuery, address: address, status: hopStatus,
                tls: capture.flatMap { $0.isStarted ? $0.record : nil },
                hstsSeconds: hopHSTSSeconds,
                phases: durations.since(earlierDurations)))
        earlierDurations = durations
    }

    // MARK: End

    /// Ends at the next turn of the loop, for ends found inside `start`.
    func endLater(_ reason: Reason, _ detail: String) {
        context.loop.schedule(atMonotonicNanoseconds: 0) { [weak self] in
            self?.end(reason, detail)
        }
    }

    func end(_ reason: Reason?, _ detail: String) {
        guard !hasEnded else { return }
        hasEnded = true
        enter(phase)
        let total = (context.timekeeper.monotonicNanoseconds() - startedAt) / 1000
        var reason = reason
        var detail = detail
        if let refusal {
            reason = .tlsProtocol
            detail = refusal.detail(seen: capture?.record)
            durations = refusal.durations
        }
        closeHop()
        durations.totalMicroseconds = total
        // A hop whose name was not found made no connection.
        let last = hops.last { $0.address != nil }
        let result = ProbeResult(
            endpoint: endpoint.id, vantage: context.configuration.vantage, slot: slot,
            latenessMicroseconds: latenessMicroseconds, finishedAt: context.timekeeper.now(),
            reason: reason, detail: detail.cut(toBytes: Limits.labelValueBytes),
            phases: durations, http: answer, address: last?.address, tls: last?.tls, hops: hops,
            nameServers: nameServers(for: reason), retryAfterSeconds: retryAfterSeconds)
        cleanUp()
        onEnd(result)
    }

    /// Who could not, or did not, answer for the endpoint's name; empty when that is not the reason.
    private func nameServers(for reason: Reason?) -> [String] {
        switch reason {
        case .dnsServfail, .dnsBogus, .timeoutDNS:
            redirects == 0 ? context.nameServers.servers(of: url.host) : []
        default: []
        }
    }

    private func cleanUp() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
        if let query { context.resolver.cancel(query) }
        query = nil
        removeTransfer()
        if let connection { context.dismiss(connection) }
        connection = nil
    }

    private func removeTransfer() {
        guard let transfer else { return }
        context.remove(transfer)
        self.transfer = nil
    }
}
