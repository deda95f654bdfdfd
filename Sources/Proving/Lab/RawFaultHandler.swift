import Glibc
import NIOCore

/// A connection that never gets as far as HTTP.
final class RawFaultHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What happens to the connection.
    enum Kind {
        /// Everything is read and nothing is answered.
        case hold
        /// A reset right after the connection.
        case resetAtOnce
        /// A reset after the first bytes.
        case resetAfterRead
        /// Bytes without meaning after the first bytes, then the end.
        case garbage
    }

    /// Bytes that begin neither a TLS record nor an HTTP answer.
    static let garbageBytes = [UInt8](
        (0..<512).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 0xC3) })

    private let kind: Kind
    private var isDone = false

    init(_ kind: Kind) { self.kind = kind }

    func channelActive(context: ChannelHandlerContext) {
        if kind == .resetAtOnce { resetConnection(context) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDone else { return }
        switch kind {
        case .hold, .resetAtOnce: break
        case .resetAfterRead:
            isDone = true
            resetConnection(context)
        case .garbage:
            isDone = true
            let buffer = context.channel.allocator.buffer(bytes: Self.garbageBytes)
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(buffer)).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

/// Closes the connection with a TCP RST, below TLS, so that no farewell is sent.
func resetConnection(_ context: ChannelHandlerContext) {
    let lowest =
        (try? context.pipeline.syncOperations.context(handlerType: TLSHandler.self))
        ?? context
    // A zero linger time turns close into a reset: socket(7), SO_LINGER.
    if let socket = context.channel as? any SocketOptionProvider {
        _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0))
    }
    lowest.close(promise: nil)
}
