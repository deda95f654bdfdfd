import Foundation
import Glibc
import Synchronization

/// A plain HTTP server that keeps what it is sent and answers as it is told.
final class Webhook: Sendable {
    /// One request.
    struct Request: Sendable {
        var path: String
        var key: String
        var body: String
        var at: Date
    }

    let port: UInt16
    private let descriptor: Int32
    private let state: Mutex<(status: Int, requests: [Request])>

    init(status: Int = 200) throws {
        (descriptor, port) = try Sockets.listener()
        state = Mutex((status, []))
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                serve(client)
                close(client)
            }
        }
    }

    /// The status of the answers from now on.
    func answer(_ status: Int) { state.withLock { $0.status = status } }

    /// What was sent and answered with 200, in order.
    var requests: [Request] { state.withLock { $0.requests } }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private func serve(_ client: Int32) {
        var limit = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while Self.missing(in: received) {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return }
            received += buffer[..<count]
        }
        let text = String(decoding: received, as: UTF8.self)
        let head = text.components(separatedBy: "\r\n\r\n")[0]
        let key = head.split(separator: "\r\n")
            .first { $0.lowercased().hasPrefix("idempotency-key:") }
        let status = state.withLock { state in
            if state.status == 200 {
                state.requests.append(
                    Request(
                        path: head.split(separator: " ").dropFirst().first.map(String.init) ?? "",
                        key: key.map { String($0.dropFirst(16)).filter { !"\" ".contains($0) } }
                            ?? "",
                        // CR LF is one character.
                        body: String(text.dropFirst(head.count + 2)), at: Date()))
            }
            return state.status
        }
        Sockets.send(
            "HTTP/1.1 \(status) Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", to: client)
    }

    private static func missing(in received: [UInt8]) -> Bool {
        let text = String(decoding: received, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return true }
        let length = text.lowercased().components(separatedBy: "content-length: ").dropFirst()
            .first.flatMap { Int($0.prefix { $0.isNumber }) }
        return text[end.upperBound...].utf8.count < (length ?? 0)
    }
}
