import Glibc
import LabTLS
import NIOCore
import NIOHTTP1
import NIOPosix

extension LabCore {
    /// Connections that wait to be accepted, per listener.
    private static let backlog: CInt = 256

    /// Opens the listeners of all hosts, all TLS ones on one port and all plain ones on another.
    ///
    /// - Throws: `LabError.noCommonPort` through the future.
    func listen(attemptsLeft: Int = Lab.portAttempts) -> EventLoopFuture<Void> {
        tlsPort = 0
        httpPort = 0
        let start = loop.makeSucceededVoidFuture()
        let bound = NIOLoopBound(self, eventLoop: loop)
        let opened = hosts.indices.reduce(start) { previous, index in
            previous.flatMap { bound.value.open(bound.value.hosts[index]) }
        }
        return opened.flatMapError { error in
            let core = bound.value
            let closed = core.hosts.map { core.close($0) }
            return EventLoopFuture.andAllComplete(closed, on: core.loop).flatMap {
                guard attemptsLeft > 1, (error as? IOError)?.errnoCode == EADDRINUSE else {
                    return bound.eventLoop.makeFailedFuture(LabError.noCommonPort("\(error)"))
                }
                return bound.value.listen(attemptsLeft: attemptsLeft - 1)
            }
        }
    }

    /// Lets the listeners of all hosts follow the faults.
    func settleAll() -> EventLoopFuture<Void> {
        .andAllComplete(hosts.filter { !$0.isSettled }.map { settle($0) }, on: loop)
    }

    /// Lets the listeners of one host follow its fault, after earlier changes of the same host.
    func settle(_ host: PlayedHost) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound((self, host), eventLoop: loop)
        host.listenersSettled = host.listenersSettled.flatMap {
            let (core, host) = bound.value
            if host.isSettled || core.isStopping { return core.loop.makeSucceededVoidFuture() }
            let change = host.isListeningWanted ? core.open(host) : core.close(host)
            return change.recover { _ in }
        }
        return host.listenersSettled
    }

    /// Opens the name server on a port of the machine's choice.
    ///
    /// - Throws: `LabError.nameServerFailed` through the future.
    func listenForQueries() -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: loop)
        return DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                bound.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NameServerHandler(core: bound.value))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .map { bound.value.nameServer = $0 }
            .flatMapErrorThrowing { throw LabError.nameServerFailed("\($0)") }
    }

    private func open(_ host: PlayedHost) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound((self, host), eventLoop: loop)
        let tls = host.tlsListener.map { loop.makeSucceededFuture($0) } ?? bind(host, isTLS: true)
        return tls.flatMap { channel in
            let (core, host) = bound.value
            host.tlsListener = channel
            core.tlsPort = channel.localAddress?.port ?? core.tlsPort
            return core.bind(host, isTLS: false)
        }.map { channel in
            let (core, host) = bound.value
            host.httpListener = channel
            core.httpPort = channel.localAddress?.port ?? core.httpPort
            // Whoever stops the lab while a listener opens does not see it yet.
            if core.isStopping { _ = core.close(host) }
        }
    }

    private func close(_ host: PlayedHost) -> EventLoopFuture<Void> {
        let channels = [host.tlsListener, host.httpListener].compactMap(\.self)
        host.tlsListener = nil
        host.httpListener = nil
        return .andAllComplete(channels.map { $0.close().recover { _ in } }, on: loop)
    }

    private func bind(_ host: PlayedHost, isTLS: Bool) -> EventLoopFuture<any Channel> {
        let bound = NIOLoopBound((self, host), eventLoop: loop)
        do {
            let address = try SocketAddress(
                ipAddress: host.address, port: isTLS ? tlsPort : httpPort)
            return ServerBootstrap(group: loop)
                .serverChannelOption(.backlog, value: Self.backlog)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096)
                )
                .childChannelInitializer { channel in
                    let (core, host) = bound.value
                    return core.loop.makeCompletedFuture {
                        try core.serve(channel, host: host, isTLS: isTLS)
                    }
                }
                .bind(to: address)
        } catch {
            return loop.makeFailedFuture(error)
        }
    }

    /// Sets a new connection up as the fault in force has it.
    private func serve(_ channel: any Channel, host: PlayedHost, isTLS: Bool) throws {
        guard register(channel) else {
            channel.close(promise: nil)
            return
        }
        host.counters.connections += 1
        let pipeline = channel.pipeline.syncOperations
        switch host.fault {
        case .down: try pipeline.addHandler(RawFaultHandler(.hold))
        case .reset(.connect), .refused: try pipeline.addHandler(RawFaultHandler(.resetAtOnce))
        case .reset(.handshake): try pipeline.addHandler(RawFaultHandler(.resetAfterRead))
        case .garbage: try pipeline.addHandler(RawFaultHandler(.garbage))
        default:
            if isTLS && host.fault != .plainHTTP {
                let context = try certificates.context(
                    for: host.host.name, fault: host.fault, now: now)
                try pipeline.addHandler(
                    TLSHandler(
                        TLSSession(server: context),
                        isRenegotiationInfoHidden: host.fault == .noSecureRenegotiation))
            }
            try pipeline.addHandlers([
                ByteToMessageHandler(HTTPRequestDecoder()),
                HTTPFaultHandler(core: self, host: host, isTLS: isTLS),
            ])
        }
    }
}
