import HealthModel
import NIOCore

/// The lab's name server: it knows the hosts of the lab and denies every other name.
final class NameServerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let core: LabCore
    private var delayedCount = 0

    init(core: LabCore) { self.core = core }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let bytes = [UInt8](envelope.data.readableBytesView)
        guard let (response, delay) = Self.answer(bytes, core: core) else { return }
        let reply = AddressedEnvelope(
            remoteAddress: envelope.remoteAddress,
            data: context.channel.allocator.buffer(bytes: response.bytes))
        guard delay > .zero else {
            context.writeAndFlush(wrapOutboundOut(reply), promise: nil)
            return
        }
        guard delayedCount < core.limits.delayedAnswers else { return }
        delayedCount += 1
        context.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay.nanoseconds)) {
            self.delayedCount -= 1
            context.writeAndFlush(self.wrapOutboundOut(reply), promise: nil)
        }
    }

    /// The answer to a datagram and how long it waits; nil when there is none.
    private static func answer(
        _ bytes: [UInt8], core: LabCore
    ) -> (response: DNSResponse, delay: Duration)? {
        let query: DNSQuery
        switch DNSQuery.read(bytes) {
        case .ignored: return nil
        case .refused(let id, let code):
            return (DNSResponse(id: id, query: nil, code: code), .zero)
        case .query(let read): query = read
        }
        var response = DNSResponse(id: query.id, query: query, code: .success)
        if let version = query.ednsVersion, version > 0 {
            response.code = .badVersion
            return (response, .zero)
        }
        guard query.recordClass == 1 || query.recordClass == DNSRecordType.any else {
            response.code = .refused
            return (response, .zero)
        }
        guard let host = core.host(named: query.name) else {
            response.code = core.isAncestor(query.name) ? .success : .nameError
            return (response, .zero)
        }
        host.counters.queries += 1
        switch host.fault {
        case .silentDNS: return nil
        case .nxdomain: response.code = .nameError
        case .servfail: response.code = .serverFailure
        default:
            if query.type == DNSRecordType.a || query.type == DNSRecordType.any {
                response.address = host.address.split(separator: ".").compactMap { UInt8($0) }
            }
        }
        if case .slowDNS(let delay) = host.fault { return (response, delay) }
        return (response, .zero)
    }
}
