import CCurl
import HealthModel
import PollLoop

/// One GET of one revocation list.
///
/// Belongs to the loop's thread; `onEnd` is called once, outside libcurl, unless it is cancelled.
final class RevocationFetch {
    private let address: String
    private let context: ProbeContext
    private let onEnd: ([UInt8]?) -> Void
    private var transfer: Transfer?
    private var query: Resolver.Query?
    private var timer: PollLoop.TimerID?
    private var hasAskedIPv6 = false
    private var hasEnded = false

    init(_ address: String, context: ProbeContext, onEnd: @escaping ([UInt8]?) -> Void) {
        self.address = address
        self.context = context
        self.onEnd = onEnd
    }

    /// Starts; the end comes later.
    func start() {
        let now = context.timekeeper.monotonicNanoseconds()
        guard let url = ProbeURL(address), url.scheme == .http else {
            timer = context.loop.schedule(atMonotonicNanoseconds: now) { [weak self] in
                self?.end(nil)
            }
            return
        }
        timer = context.loop.schedule(
            atMonotonicNanoseconds: now + RevocationCollector.timeout.nanoseconds
        ) { [weak self] in
            self?.timer = nil
            self?.end(nil)
        }
        let override = context.configuration.connectOverrides.first {
            $0.applies(to: url.host, port: url.port)
        }
        let host = override?.connectHost ?? url.host
        let port = override?.connectPort ?? url.port
        if AddressText.isAddress(host) {
            return connect(url, to: NetworkAddress(host), port: port)
        }
        resolve(url, host: host, port: port)
    }

    /// Stops without a word.
    func cancel() {
        hasEnded = true
        cleanUp()
    }

    private func resolve(_ url: ProbeURL, host: String, port: UInt16) {
        query = context.resolver.resolve(host, isIPv6: hasAskedIPv6) { [weak self] answer in
            guard let self else { return }
            query = nil
            switch answer {
            case .addresses(let addresses): connect(url, to: addresses[0], port: port)
            case .failure where !hasAskedIPv6:
                hasAskedIPv6 = true
                resolve(url, host: host, port: port)
            case .failure: end(nil)
            }
        }
    }

    private func connect(_ url: ProbeURL, to address: NetworkAddress, port: UInt16) {
        guard let transfer = context.takeTransfer() else { return end(nil) }
        self.transfer = transfer
        transfer.prepare(
            Transfer.Request(
                url: url, address: address, port: port, method: .get, httpVersion: .http1,
                headers: [], userAgent: context.configuration.userAgent,
                bodyBytesMax: RevocationCollector.listBytesMax),
            capture: nil, mayRequest: { true }, onProgress: { _ in },
            onFinish: { [unowned self] code in self.finished(code) })
        context.add(transfer)
    }

    private func finished(_ code: CURLcode) {
        guard let transfer, code == CURLE_OK, transfer.status == 200, !transfer.isBodyCut else {
            return end(nil)
        }
        end(transfer.body)
    }

    private func end(_ body: [UInt8]?) {
        guard !hasEnded else { return }
        hasEnded = true
        cleanUp()
        onEnd(body)
    }

    private func cleanUp() {
        if let timer { context.loop.cancel(timer) }
        timer = nil
        if let query { context.resolver.cancel(query) }
        query = nil
        guard let transfer else { return }
        context.remove(transfer)
        self.transfer = nil
    }
}
