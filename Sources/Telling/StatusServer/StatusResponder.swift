import Alerting
import Exposition
package import HTTPTypes
import HealthModel
import Hummingbird
import HummingbirdCore
import NIOCore
import Routing

/// What a handler may know of the connection.
struct StatusContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Closes the connection once all that was written has left.
    let close: @Sendable () -> Void

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        let channel = source.channel
        close = { channel.close(promise: nil) }
    }
}

/// Answers each request.
///
/// A fixed set of paths (`StatusPath`) needs no router: all of them are in one switch.
struct StatusResponder: HTTPResponder {
    let reader: any MonitorReading
    let listeningHost: String

    func respond(to request: Request, context: StatusContext) async throws -> Response {
        var request = request
        let body: [UInt8]
        switch await takeBody(of: &request) {
        case .taken(let bytes): body = bytes
        case .refused(let refusal): return refusal.closing(context)
        }
        let answer = await answer(to: request.head, uri: request.uri, body: body)
        return request.method == .head ? answer.response.createHeadResponse() : answer.response
    }

    private enum Body: Sendable {
        case taken([UInt8])
        case refused(Answer)
    }

    /// Takes the body in, within limits: a rest would block the connection.
    private func takeBody(of request: inout Request) async -> Body {
        let headers = request.headers
        guard headers[.contentLength] != nil || headers[.transferEncoding] != nil else {
            return .taken([])
        }
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > Limits.requestBytes {
            return .refused(.text(.contentTooLarge, "the request body is too large"))
        }
        let body = request.body
        return await withTaskGroup(of: Body.self) { group in
            group.addTask {
                do {
                    let buffer = try await body.collect(upTo: Limits.requestBytes)
                    return .taken(Array(buffer.readableBytesView))
                } catch {
                    return .refused(
                        .text(.contentTooLarge, "the request body is too large or broken"))
                }
            }
            group.addTask {
                do {
                    try await Task.sleep(for: .seconds(StatusServer.bodySeconds))
                    return .refused(.text(.requestTimeout, "the request body took too long"))
                } catch {
                    return .taken([])
                }
            }
            let first = await group.next() ?? .taken([])
            group.cancelAll()
            return first
        }
    }

    private func answer(to head: HTTPRequest, uri: URI, body: [UInt8]) async -> Answer {
        let path = StatusPath(rawValue: uri.path)
        let methods = path?.methods ?? "GET, HEAD"
        guard methods.split(separator: ", ").contains(head.method.rawValue[...]) else {
            return .methodNotAllowed(allowing: methods)
        }
        switch path {
        case .orders: return await order(head, body)
        case .reload: return await reload(head)
        case let path?: return read(path, uri)
        case nil: return .text(.notFound, "no such page")
        }
    }

    /// What a path answers, by which nothing changes.
    private func read(_ path: StatusPath, _ uri: URI) -> Answer {
        switch path {
        case .page:
            let language = uri.queryParameters["lang"].flatMap {
                StatusLanguage(rawValue: String($0))
            }
            return .page(
                StatusPage.html(of: StatusDocument(reading: reader), language: language ?? .nl))
        case .style:
            return Answer(.ok, type: "text/css; charset=utf-8", Array(StatusPage.style.utf8))
        case .metrics:
            return Answer(
                .ok, type: "text/plain; version=0.0.4; charset=utf-8",
                HealthMetrics.text(
                    of: reader.snapshot(), counters: reader.counters(), version: reader.version))
        case .healthy:
            return .text(.ok, "healthy")
        case .ready:
            return reader.isReady
                ? .text(.ok, "ready") : .text(.serviceUnavailable, "probing has not started")
        case .status:
            return status(uri)
        case .statusText:
            return statusText(uri)
        case .monitor:
            return .json { try MonitorDocument(reading: reader).json() }
        case .alerts:
            return .json {
                let status = StatusDocument(reading: reader)
                return try AlertsDocument(takenAt: status.takenAt, alerts: status.alerts).json()
            }
        case .objectives:
            return .json { try ObjectivesDocument(StatusDocument(reading: reader)).json() }
        case .why:
            guard let name = uri.queryParameters["subject"].map(String.init), !name.isEmpty else {
                return .text(.badRequest, "say of what: /api/v1/why?subject=ID")
            }
            guard let explanation = reader.explain(name) else {
                return .text(.notFound, "no service, endpoint or incident has this name")
            }
            return .json {
                try WhyDocument(explanation, at: reader.snapshot().takenAt).json()
            }
        case .actions:
            return .json { try ActionsDocument(StatusDocument(reading: reader)).json() }
        case .incidents:
            return .json { try IncidentsDocument(StatusDocument(reading: reader)).json() }
        case .reload, .orders:
            return .methodNotAllowed(allowing: path.methods)
        }
    }

    /// What was asked for; nil when that is too much.
    private func ids(_ uri: URI) -> [String]? {
        let ids = uri.queryParameters.getAll("id").map { String($0) }
        return ids.count <= StatusAnswer.idsMax ? ids : nil
    }

    private static let tooManyIDs = Answer.text(
        .badRequest, "at most \(StatusAnswer.idsMax) ids at once")

    /// The whole status, with the verdict on what was asked for.
    private func status(_ uri: URI) -> Answer {
        guard let ids = ids(uri) else { return Self.tooManyIDs }
        return .json { try StatusDocument(reading: reader, ids: ids).json() }
    }

    /// The status as `vitaal status` prints it.
    private func statusText(_ uri: URI) -> Answer {
        let query = uri.queryParameters
        guard let ids = ids(uri) else { return Self.tooManyIDs }
        let language = query["lang"].flatMap { StatusLanguage(rawValue: String($0)) }
        return .json {
            try StatusAnswer(
                reading: reader, ids: ids,
                width: query["width"].flatMap { Int($0) } ?? 80,
                isColored: query["color"] == "1", language: language ?? .en
            ).json()
        }
    }

    private func reload(_ head: HTTPRequest) async -> Answer {
        guard mayChange(head, listeningHost: listeningHost) else {
            return .text(.forbidden, "a reload is not taken from a web page or by a foreign name")
        }
        switch await reader.reload() {
        case .applied:
            return .text(.ok, "reloaded")
        case .refused(let mistakes):
            return .text(.badRequest, mistakes.joined(separator: "\n"))
        }
    }
}

extension StatusResponder {
    /// Carries out what an operator asks for.
    private func order(_ head: HTTPRequest, _ body: [UInt8]) async -> Answer {
        guard mayChange(head, listeningHost: listeningHost) else {
            return .text(.forbidden, "an order is not taken from a web page or by a foreign name")
        }
        guard let token = reader.operatorToken,
            isSame(head.headerFields[.authorization] ?? "", "Bearer \(token)")
        else {
            var answer = Answer.text(
                .unauthorized,
                "an order needs the token of the data directory: Authorization: Bearer TOKEN")
            answer.headers[.wwwAuthenticate] = "Bearer"
            return answer
        }
        let order: OperatorOrder
        do throws(OrderDocument.Malformed) {
            order = try OrderDocument(json: body).order(origin: "api")
        } catch {
            return .text(.badRequest, error.description)
        }
        switch await reader.perform(order) {
        case .refused(let words): return .text(.unprocessableContent, words)
        case .done(let answer, let isDurable):
            return .json { try OrderAnswer(answer, isDurable: isDurable).json() }
        }
    }
}

/// Whether two texts are the same, in a time that does not tell how much of them is.
func isSame(_ left: String, _ right: String) -> Bool {
    let (first, second) = (Array(left.utf8), Array(right.utf8))
    guard first.count == second.count else { return false }
    return zip(first, second).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
}

/// Tells whether a request that changes something comes from a program rather than a web page.
///
/// A page in a browser on the operator's machine could send one too. Browsers mark it with
/// `Origin` or `Sec-Fetch-Site`; and against DNS rebinding the Host must be an address,
/// `localhost` or the name we listen on, since an attacker's page needs a name of its own.
package func mayChange(_ head: HTTPRequest, listeningHost: String) -> Bool {
    guard let secFetchSite = HTTPField.Name("Sec-Fetch-Site"), head.headerFields[.origin] == nil,
        head.headerFields[secFetchSite] == nil, let authority = head.authority
    else { return false }
    var host = authority[...]
    if let close = host.lastIndex(of: "]") {
        host = host[...close]
    } else if let colon = host.lastIndex(of: ":") {
        host = host[..<colon]
    }
    let name = host.lowercased()
    if name == "localhost" || name == listeningHost.lowercased() { return true }
    if name.hasPrefix("["), name.hasSuffix("]") {
        return (try? SocketAddress(ipAddress: String(name.dropFirst().dropLast()), port: 0)) != nil
    }
    return (try? SocketAddress(ipAddress: name, port: 0)) != nil
}

/// One answer before it becomes a response.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]

    init(_ status: HTTPResponse.Status, type: String, _ body: [UInt8]) {
        self.status = status
        self.body = body
        headers = [
            .contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
        ]
    }

    /// One or more lines of plain text.
    static func text(_ status: HTTPResponse.Status, _ text: String) -> Answer {
        Answer(status, type: "text/plain; charset=utf-8", Array((text + "\n").utf8))
    }

    /// A page that may load our own style sheet and nothing else.
    static func page(_ html: String) -> Answer {
        var answer = Answer(.ok, type: "text/html; charset=utf-8", Array(html.utf8))
        answer.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'"
        return answer
    }

    /// A document; one that cannot be written is our own fault.
    static func json(_ bytes: () throws -> [UInt8]) -> Answer {
        do {
            return Answer(.ok, type: "application/json", try bytes())
        } catch {
            return .text(.internalServerError, "the document cannot be written: \(error)")
        }
    }

    static func methodNotAllowed(allowing methods: String) -> Answer {
        var answer = text(.methodNotAllowed, "allowed here: \(methods)")
        answer.headers[.allow] = methods
        return answer
    }

    var response: Response {
        Response(
            status: status, headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    /// The response after which the connection ends, because the rest of a body is still coming.
    func closing(_ context: StatusContext) -> Response {
        var headers = headers
        headers[.connection] = "close"
        let bytes = ByteBuffer(bytes: body)
        return Response(
            status: status, headers: headers,
            body: ResponseBody(contentLength: body.count) { writer in
                try await writer.write(bytes)
                try await writer.finish(nil)
                context.close()
            })
    }
}
