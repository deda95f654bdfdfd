import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded

@testable import StatusServer

/// What a server answered.
struct ServerAnswer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body = ByteBuffer()
}

/// Asks a server without a socket.
struct ServerClient {
    let responder: StatusResponder

    /// Sends one request and hands the answer to `check`.
    func execute<Value>(
        uri: String, method: HTTPRequest.Method, headers: HTTPFields = [:],
        body: ByteBuffer = ByteBuffer(), _ check: (ServerAnswer) throws -> Value
    ) async throws -> Value {
        var headers = headers
        headers[.contentLength] = "\(body.readableBytes)"
        let request = Request(
            head: HTTPRequest(
                method: method, scheme: "http", authority: "localhost", path: uri,
                headerFields: headers),
            body: RequestBody(buffer: body))
        let source = ApplicationRequestContextSource(
            channel: NIOAsyncTestingChannel(), logger: quietLogger)
        let response = try await responder.respond(
            to: request, context: StatusContext(source: source))
        let (buffers, sink) = AsyncStream.makeStream(of: ByteBuffer.self)
        try await response.body.write(StreamedBody(sink: sink))
        sink.finish()
        var answer = ServerAnswer(status: response.status, headers: response.headers)
        for await buffer in buffers { answer.body.writeImmutableBuffer(buffer) }
        return try check(answer)
    }
}

private struct StreamedBody: ResponseBodyWriter {
    let sink: AsyncStream<ByteBuffer>.Continuation

    func write(_ buffer: ByteBuffer) { sink.yield(buffer) }
    func finish(_ trailingHeaders: HTTPFields?) {}
}

extension StatusServer {
    /// Lets `body` ask this server.
    func test<Value>(_ body: (ServerClient) async throws -> Value) async rethrows -> Value {
        try await body(ServerClient(responder: responder))
    }
}
