import LabTLS
import NIOCore

/// TLS between a channel and the handlers after it.
final class TLSHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// An outbound event: the client is asked for another handshake, and what is written waits
    /// until it is done.
    struct RenegotiationWish: Sendable {}

    private let session: TLSSession
    /// Whether the first flight leaves out the extension of RFC 5746.
    private var isRenegotiationInfoHidden: Bool
    /// What was written and has not gone through TLS yet; the handlers after this one write only
    /// while the channel is writable or a few kilobytes an answer.
    private var waiting: [(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)] = []
    private var isClosed = false

    init(_ session: TLSSession, isRenegotiationInfoHidden: Bool = false) {
        self.session = session
        self.isRenegotiationInfoHidden = isRenegotiationInfoHidden
    }

    // MARK: From the network

    func channelActive(context: ChannelHandlerContext) {
        // A client speaks first; a server has nothing to say yet.
        advance(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        unwrapInboundIn(data).withUnsafeReadableBytes { session.receive($0) }
        advance(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !session.isEstablished && !isClosed { context.fireErrorCaught(ChannelError.eof) }
        isClosed = true
        failWaiting(with: ChannelError.eof)
        context.fireChannelInactive()
    }

    private func advance(_ context: ChannelHandlerContext) {
        if !session.isEstablished {
            let step = session.handshake()
            send(context)
            guard case .done = step else {
                end(context, after: step)
                return
            }
        }
        while !isClosed {
            var bytes: [UInt8] = []
            let step = session.read(into: &bytes)
            // A renegotiation is answered while reading.
            send(context)
            guard case .done = step else {
                end(context, after: step)
                break
            }
            context.fireChannelRead(wrapInboundOut(context.channel.allocator.buffer(bytes: bytes)))
        }
        context.fireChannelReadComplete()
        flush(context: context)
    }

    private func end(_ context: ChannelHandlerContext, after step: TLSSession.Step) {
        switch step {
        case .done, .waiting: break
        case .ended: close(context: context, mode: .all, promise: nil)
        case .failed(let error):
            isClosed = true
            context.fireErrorCaught(error)
            context.close(promise: nil)
        }
    }

    /// Sends what TLS has to say.
    private func send(_ context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        var bytes = session.takeOutput()
        guard !bytes.isEmpty else {
            promise?.succeed()
            return
        }
        if isRenegotiationInfoHidden {
            isRenegotiationInfoHidden = false
            bytes = ServerHelloEditing.withoutSecureRenegotiation(bytes)
        }
        context.writeAndFlush(
            wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: promise)
    }

    // MARK: To the network

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosed else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        waiting.append((unwrapOutboundIn(data), promise))
    }

    func flush(context: ChannelHandlerContext) {
        while session.isEstablished, !isClosed, let first = waiting.first {
            switch first.bytes.withUnsafeReadableBytes({ session.write($0) }) {
            case .done:
                waiting.removeFirst()
                send(context, promise: first.promise)
            case .waiting, .ended: return
            case .failed(let error): end(context, after: .failed(error))
            }
        }
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is RenegotiationWish else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        let step = session.askForRenegotiation()
        send(context)
        if case .failed = step { end(context, after: step) }
        promise?.succeed()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if !isClosed {
            flush(context: context)
            isClosed = true
            if session.isEstablished {
                session.sayGoodbye()
                send(context)
            }
        }
        failWaiting(with: ChannelError.ioOnClosedChannel)
        context.close(mode: mode, promise: promise)
    }

    private func failWaiting(with error: ChannelError) {
        let unsent = waiting
        waiting = []
        for one in unsent { one.promise?.fail(error) }
    }
}
