import HealthModel
import NIOCore
import NIOHTTP1

/// Answers the requests of one connection as the fault in force has it.
///
/// It writes bytes, not response parts, because half of the faults are answers that a well-behaved
/// encoder refuses to write.
final class HTTPFaultHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// Requests on one connection.
    static let requestsLimit = 100
    /// Bytes of a request body that are read and forgotten.
    static let requestBodyLimit = 64 * 1024
    /// Bytes written at a time of an answer without end.
    static let chunkBytes = 16 * 1024
    /// Time between two chunks of an answer without end: 16 MB/s at most, so that a client that
    /// reads it all does not take the processor from the other hosts.
    static let chunkPause = TimeAmount.milliseconds(1)
    /// Time between the body's first half and its reset, so that the client reads the half.
    static let resetDelay = TimeAmount.milliseconds(50)

    private enum Phase {
        /// Waits for a request or reads one.
        case reading
        /// Answers, or hangs.
        case answering
        /// Writes without end.
        case pouring(chunk: ByteBuffer)
    }

    private let core: LabCore
    private let host: PlayedHost
    private let isTLS: Bool
    private var phase = Phase.reading
    private var head: HTTPRequestHead?
    private var bodyBytes = 0
    private var requestCount = 0
    private var isPouring = false
    private var scheduled: Scheduled<Void>?

    init(core: LabCore, host: PlayedHost, isTLS: Bool) {
        self.core = core
        self.host = host
        self.isTLS = isTLS
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A second request before the answer to the first: nobody who probes does this.
        guard case .reading = phase else {
            if case .head = unwrapInboundIn(data) { context.close(promise: nil) }
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            bodyBytes = 0
            core.extend(context.channel, isIdle: false)
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.requestBodyLimit { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            self.head = nil
            requestCount += 1
            host.counters.requests += 1
            phase = .answering
            answer(head, context: context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        scheduled?.cancel()
        scheduled = nil
        phase = .answering
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pour(context: context)
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError, case .reading = phase else {
            context.close(promise: nil)
            return
        }
        // As a web server does when TLS comes to its plain port.
        phase = .answering
        let page = HTTPAnswer.page(title: "Bad Request", text: "Dit is geen HTTP-verzoek.")
        let text = """
            HTTP/1.1 400 Bad Request\r
            Content-Type: text/html; charset=utf-8\r
            Content-Length: \(page.utf8.count)\r
            Connection: close\r
            \r

            """
        write(text + page, context: context, then: .close)
    }

    // MARK: Answering

    private func answer(_ request: HTTPRequestHead, context: ChannelHandlerContext) {
        switch host.fault {
        case .down: break
        case .refused, .reset(.connect), .reset(.handshake), .reset(.request):
            resetConnection(context)
        case .renegotiation where isTLS:
            // The answer waits until the client has done it.
            context.triggerUserOutboundEvent(TLSHandler.RenegotiationWish(), promise: nil)
            send(request, context: context)
        case .slow(let delay):
            schedule(.nanoseconds(delay.nanoseconds), context: context) { handler, context in
                handler.send(request, context: context)
            }
        case .endlessHeaders:
            let line = "X-Endless: \(String(repeating: "x", count: 1000))\r\n"
            begin("HTTP/1.1 200 OK\r\n", pouring: line, context: context)
        case .endlessBody:
            let line = String(repeating: "endless ", count: 128) + "\n"
            begin(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n",
                pouring: line, context: context)
        default: send(request, context: context)
        }
    }

    private func send(_ request: HTTPRequestHead, context: ChannelHandlerContext) {
        let fault = host.fault
        let answer = HTTPAnswer(
            fault: fault, host: host.host, isTLS: isTLS, target: request.uri,
            elapsed: core.elapsed)
        let isWhole = !(fault == .truncated || fault == .reset(.body) || fault == .trickle)
        let isKeptAlive =
            isWhole && request.isKeepAlive && requestCount < Self.requestsLimit
            && fault != .garbage
        let head = answer.headText(isKeptAlive: isKeptAlive)
        let body = request.method == .HEAD || !answer.hasBody ? "" : answer.body
        switch fault {
        case .trickle: trickle(Array((head + body).utf8)[...], context: context)
        case .truncated:
            write(head + body.prefix(body.count / 2), context: context, then: .close)
        case .reset(.body):
            write(head + body.prefix(body.count / 2), context: context, then: .reset)
        default: write(head + body, context: context, then: isKeptAlive ? .read : .close)
        }
    }

    /// What follows an answer.
    private enum Sequel {
        case read
        case close
        case reset
    }

    private func write(_ text: String, context: ChannelHandlerContext, then sequel: Sequel) {
        let buffer = context.channel.allocator.buffer(string: text)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in
            let (handler, context) = bound.value
            switch sequel {
            case .read:
                handler.phase = .reading
                handler.core.extend(context.channel, isIdle: true)
            case .close: context.close(promise: nil)
            case .reset:
                handler.schedule(Self.resetDelay, context: context) { _, context in
                    resetConnection(context)
                }
            }
        }
    }

    /// Writes the first of `bytes` now and the rest at one a second.
    private func trickle(_ bytes: ArraySlice<UInt8>, context: ChannelHandlerContext) {
        guard let first = bytes.first else {
            context.close(promise: nil)
            return
        }
        let buffer = context.channel.allocator.buffer(bytes: [first])
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
        schedule(.seconds(1), context: context) { handler, context in
            handler.trickle(bytes.dropFirst(), context: context)
        }
    }

    private func begin(_ head: String, pouring line: String, context: ChannelHandlerContext) {
        let buffer = context.channel.allocator.buffer(string: head)
        context.write(wrapOutboundOut(buffer), promise: nil)
        let repeated = String(repeating: line, count: Self.chunkBytes / line.utf8.count)
        phase = .pouring(chunk: context.channel.allocator.buffer(string: repeated))
        pour(context: context)
    }

    /// Writes a chunk, and the next one after a pause if the client has taken it.
    private func pour(context: ChannelHandlerContext) {
        guard case .pouring(let chunk) = phase, !isPouring, context.channel.isWritable else {
            return
        }
        isPouring = true
        context.writeAndFlush(wrapOutboundOut(chunk), promise: nil)
        schedule(Self.chunkPause, context: context) { handler, context in
            handler.isPouring = false
            handler.pour(context: context)
        }
    }

    private func schedule(
        _ delay: TimeAmount, context: ChannelHandlerContext,
        _ work: @escaping (HTTPFaultHandler, ChannelHandlerContext) -> Void
    ) {
        scheduled = context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
            work(self, context)
        }
    }
}
