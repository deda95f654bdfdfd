import Hummingbird
public import Logging
import NIOCore
public import ServiceLifecycle

#if canImport(Glibc)
import Glibc
#endif

/// Serves metrics, status and reload over HTTP/1.1.
///
/// It runs as a service: `run()` returns after a graceful shutdown. It reads snapshots and never
/// changes the monitor, except that `POST /-/reload` asks for a reload.
public struct StatusServer: Service {
    /// Connections open at once; more wait in the kernel's queue.
    ///
    /// A scraper, some dashboards and
    /// a few people need far fewer, and at 100 kB each this bounds memory at 13 MB.
    public static let connectionsLimit = 128
    /// Bytes of all request headers together, and of one of them.
    public static let requestHeaderBytes = 16 * 1024
    /// Headers of one request.
    public static let requestHeaders = 100
    /// A connection without a whole request for so long is closed.
    ///
    /// Longer than the usual interval
    /// of a scrape, so that a Prometheus server keeps its connection.
    public static let idleSeconds: Int64 = 75
    /// The longest time in which a request body may arrive.
    public static let bodySeconds: Int64 = 10

    private let address: ListeningAddress
    private let application: Application<StatusResponder>

    /// Makes a server that is not listening yet.
    ///
    /// - Parameters:
    ///   - address: Where to listen; port 0 asks for any free one.
    ///   - reader: The monitor.
    ///   - logger: Receives what goes wrong.
    ///   - onListening: Called once with the real address before the first request is answered.
    public init(
        address: ListeningAddress = .standard, reader: any MonitorReading, logger: Logger,
        onListening: @escaping @Sendable (ListeningAddress) async -> Void = { _ in }
    ) {
        self.address = address
        application = Application(
            responder: StatusResponder(reader: reader, listeningHost: address.host),
            server: .http1(
                configuration: .init(
                    idleTimeout: .seconds(Self.idleSeconds),
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: Self.requestHeaderBytes,
                        maxHeaderListSize: Self.requestHeaderBytes,
                        maxHeaderFieldCount: Self.requestHeaders))),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: Int(address.port)), serverName: nil,
                availableConnectionsDelegate: .maximum(Self.connectionsLimit, logger: logger)),
            onServerRunning: { channel in
                let port = channel.localAddress?.port.map { UInt16(truncatingIfNeeded: $0) }
                await onListening(
                    ListeningAddress(host: address.host, port: port ?? address.port))
            }, logger: logger)
    }

    /// What answers, for tests that need no socket.
    var responder: StatusResponder { application.responder }

    /// Listens and answers until a graceful shutdown.
    ///
    /// - Throws: `StatusServerError` when it cannot listen.
    public func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw Self.explained(error, at: address)
        } catch let error as SocketAddressError {
            throw StatusServerError.cannotListen(address, why: "\(error)")
        }
    }

    private static func explained(
        _ error: IOError, at address: ListeningAddress
    ) -> StatusServerError {
        switch error.errnoCode {
        case EADDRINUSE: .portInUse(address)
        case EACCES, EPERM: .notPermitted(address)
        case EADDRNOTAVAIL: .addressNotLocal(address)
        default: .cannotListen(address, why: error.description)
        }
    }
}
