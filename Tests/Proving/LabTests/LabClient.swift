import Foundation
import HealthModel
import LabTLS
import NIOCore
import NIOPosix

@testable import Lab

/// What one connection to the lab showed.
struct Exchange: Sendable {
    /// The certificates as sent, in DER, leaf first.
    var chain: [[UInt8]] = []
    /// The version of TLS, as OpenSSL names it; nil before the handshake is done.
    var version: String?
    /// The stapled OCSP response; empty when there is none.
    var staple: [UInt8] = []
    /// Handshakes after the first.
    var renegotiations = 0
    /// Everything received after TLS.
    var bytes: [UInt8] = []
    /// The first error.
    var error: String?
    /// Whether the client lost its patience.
    var isTimedOut = false

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var status: Int? {
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        return words.count > 1 && words[0] == "HTTP/1.1" ? Int(words[1]) : nil
    }
    var body: String { text.components(separatedBy: "\r\n\r\n").dropFirst().joined() }
    func header(_ name: String) -> String? {
        for line in text.components(separatedBy: "\r\n\r\n")[0].components(separatedBy: "\r\n") {
            if line.lowercased().hasPrefix(name.lowercased() + ": ") {
                return String(line.dropFirst(name.count + 2))
            }
        }
        return nil
    }
    var isReset: Bool { error?.contains("errno: \(ECONNRESET)") ?? false }
    var isRefused: Bool { error?.contains("errno: \(ECONNREFUSED)") ?? false }
}

/// How a test client connects.
struct ClientOptions: Sendable {
    /// TLS or plain HTTP.
    var isTLS = true
    /// Whether the chain must be right; otherwise everything is accepted and only looked at.
    var isVerifying = false
    /// Whether a stapled OCSP response is asked for.
    var asksForStaple = false
    /// Whether versions and servers of long ago are accepted.
    var acceptsLegacy = false
    var method = "GET"
    var target = "/"
    var isKeptAlive = false
    /// When the client gives up.
    var patience = TimeAmount.seconds(10)
    /// The client hangs up after this many bytes.
    var bytesLimit = 256 * 1024
}

/// Connects to a host of the lab, sends one request and reads to the end.
func exchange(
    _ lab: Lab, _ host: String, _ options: ClientOptions = ClientOptions()
) async throws -> Exchange {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let finished = loop.makePromise(of: Exchange.self)
    guard let address = lab.address(of: host) else { throw LabError.unknownHost(host) }
    let port = options.isTLS ? lab.tlsPort : lab.httpPort
    let caPEM = lab.caPEM
    do {
        _ = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                loop.makeCompletedFuture {
                    let collector = Collector(
                        host: host, options: options, finished: finished)
                    if options.isTLS {
                        let client = try TLSClient(
                            host: host, roots: options.isVerifying ? caPEM : nil,
                            asksForStaple: options.asksForStaple,
                            acceptsLegacy: options.acceptsLegacy)
                        collector.client = client
                        try channel.pipeline.syncOperations.addHandler(TLSHandler(client.session))
                    }
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(to: SocketAddress(ipAddress: address, port: port)).get()
    } catch {
        finished.succeed(Exchange(error: "\(error)"))
    }
    return try await finished.futureResult.get()
}

/// Sends the request when it can and collects what comes.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    var client: TLSClient?
    private var outcome = Exchange()
    private let host: String
    private let options: ClientOptions
    private let finished: EventLoopPromise<Exchange>
    private var deadline: Scheduled<Void>?

    init(host: String, options: ClientOptions, finished: EventLoopPromise<Exchange>) {
        self.host = host
        self.options = options
        self.finished = finished
    }

    func channelActive(context: ChannelHandlerContext) {
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: options.patience) {
            self.outcome.isTimedOut = true
            self.finish()
            context.close(promise: nil)
        }
        // Under TLS the request waits for the handshake.
        request(context)
    }

    private func request(_ context: ChannelHandlerContext) {
        let connection = options.isKeptAlive ? "keep-alive" : "close"
        let text =
            "\(options.method) \(options.target) HTTP/1.1\r\nHost: \(host)\r\n"
            + "Connection: \(connection)\r\n\r\n"
        context.writeAndFlush(
            wrapOutboundOut(context.channel.allocator.buffer(string: text)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        outcome.bytes += Array(unwrapInboundIn(data).readableBytesView)
        if outcome.bytes.count >= options.bytesLimit {
            finish()
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if outcome.error == nil { outcome.error = "\(error)" }
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { finish() }

    /// A promise may be kept once only.
    private func finish() {
        guard deadline != nil else { return }
        deadline?.cancel()
        deadline = nil
        client?.describe(in: &outcome)
        finished.succeed(outcome)
    }
}

/// Puts a fault on a host of a fresh lab and connects to it once.
func connected(
    to fault: Fault, _ options: ClientOptions = ClientOptions()
) async throws -> Exchange {
    let host = "www.digid.nl"
    var outcome = Exchange()
    try await withLab { (lab: Lab) async throws in
        try await lab.apply(fault, to: host)
        outcome = try await exchange(lab, host, options)
    }
    return outcome
}

/// A lab of some hosts in a temporary directory, stopped after `body`.
func withLab(
    hosts: [LabHost] = testHosts, scenario: Scenario = calm, clock: Lab.Clock = .manual,
    limits: LabLimits = LabLimits(), _ body: (Lab) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory
        .appendingPathComponent("vitaal-lab-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let lab = try await Lab.start(
        hosts: hosts, scenario: scenario, directory: directory, now: wallClock(), clock: clock,
        limits: limits)
    do {
        try await body(lab)
    } catch {
        await lab.stop()
        throw error
    }
    await lab.stop()
}

func wallClock() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}

let calm = Scenario(name: "calm", summary: LocalizedText(dutch: "rustig", english: "calm"))
let testHosts = [
    LabHost(
        name: "www.digid.nl", title: LocalizedText(dutch: "DigiD & <meer>", english: "DigiD"),
        services: [ServiceID("digid")]),
    LabHost(
        name: "mijn.digid.nl", title: LocalizedText(dutch: "Mijn DigiD", english: "My DigiD"),
        services: [ServiceID("digid")]),
    LabHost(
        name: "crl.pkioverheid.nl",
        title: LocalizedText(dutch: "PKIoverheid", english: "PKIoverheid"),
        services: [ServiceID("pkio")], isPlainHTTP: true),
]
