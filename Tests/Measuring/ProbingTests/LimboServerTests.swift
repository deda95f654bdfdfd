import COpenSSL
import Foundation
import HealthModel
import LabTLS
import TLSInspection
import Testing

/// The server cases of C2SP/x509-limbo over real TLS servers: a probe must say what files say.
@Suite struct LimboServerTests {
    /// One case, as far as it is used here (limbo-schema.json).
    struct Case: Decodable {
        struct Name: Decodable {
            let kind: String
            let value: String
        }
        let id: String
        let validation_kind: String
        let trusted_certs: [String]
        let untrusted_intermediates: [String]
        let peer_certificate: String
        let peer_certificate_key: String?
        let validation_time: String?
        let expected_peer_name: Name?
        let max_chain_depth: Int?
        let crls: [String]
    }

    private struct Suite: Decodable { let testcases: [Case] }

    /// A case that can be asked for over a connection.
    private struct Question {
        var chain: [String]
        var key: String
        var roots: String
        var lists: String
        var name: String
        var instant: Timestamp
        var host: String
    }

    /// Keys that today's clients do not offer to understand (RFC 8446 §4.2.3, §4.2.7): servers
    /// refuse the handshake, so that no verdict is reached and nothing is trusted.
    private static let unspoken: Set<String> = [
        "webpki::forbidden-p192-leaf", "webpki::forbidden-dsa-leaf",
    ]

    private static let path = ProcessInfo.processInfo.environment["VITAAL_LIMBO"]

    @Test(
        .enabled(
            if: path != nil,
            "set VITAAL_LIMBO to the path of limbo.json (github.com/C2SP/x509-limbo) to run this"),
        .timeLimit(.minutes(5)))
    func aProbeSaysWhatFilesSay() async throws {
        let path = try #require(Self.path)
        let suite = try JSONDecoder().decode(
            Suite.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        let cases = suite.testcases.filter { $0.validation_kind == "SERVER" }
        var served = 0
        var revoked: [String] = []
        var left: [String: [String]] = [:]
        for one in cases {
            switch try Self.question(one) {
            case .failure(let cause): left[cause.text, default: []].append(one.id)
            case .success(let question):
                let context: TLSServerContext
                do {
                    context = try Self.context(question)
                } catch {
                    left["OpenSSL does not serve it", default: []].append(one.id)
                    continue
                }
                served += 1
                let reason = try await Self.ask(question, context, id: one.id)
                if reason == .tlsRevoked { revoked.append(one.id) }
            }
        }
        print("limbo: \(served) of \(cases.count) served")
        for (cause, ids) in left.sorted(by: { $0.key < $1.key }) {
            print("limbo: \(ids.count) not: \(cause): \(ids.joined(separator: " "))")
        }
        #expect(served == 168 && revoked == ["crl::revoked-certificate-with-crl"])
    }

    private struct Cause: Error { var text: String }

    private static func question(_ one: Case) throws -> Result<Question, Cause> {
        func no(_ text: String) -> Result<Question, Cause> { .failure(Cause(text: text)) }
        guard let key = one.peer_certificate_key else { return no("no private key") }
        guard let name = one.expected_peer_name else { return no("no name to connect to") }
        guard one.max_chain_depth == nil else { return no("a path limit of the test's own") }
        let chain = [one.peer_certificate] + one.untrusted_intermediates
        guard chain.count <= Limits.chainCertificates else { return no("longer than is read") }
        let instant = try one.validation_time.map { try #require(Self.instant(of: $0)) }
        return .success(
            Question(
                chain: chain, key: key, roots: one.trusted_certs.joined(), lists: one.crls.joined(),
                name: name.value,
                instant: instant ?? MachineClock().now(),
                host: name.value.contains(":") ? "[\(name.value)]" : name.value))
    }

    private static func ask(
        _ question: Question, _ context: TLSServerContext, id: String
    ) async throws -> Reason? {
        let roots = try TemporaryFile(question.roots)
        let wanted = try wanted(question)
        let result = try await withServer(
            tls: context, script: { $0.answer(httpAnswer(status: "201 Created")) }
        ) { server in
            try await withEngine(
                overrides: [everything(to: server.port)], trustFile: roots.path,
                verificationTime: question.instant, revocationLists: lists(question)
            ) { await $0.probe(endpoint("https://\(question.host)/")) }
        }
        if unspoken.contains(id) {
            #expect(result.reason == .tlsProtocol, "\(id): \(result.detail)")
            return result.reason
        }
        let tls = try #require(result.tls, "\(id): \(result.reason.map(\.rawValue) ?? "")")
        #expect(tls.verdict == wanted.path.verdict, "\(id)")
        #expect(tls.errors == wanted.path.errors, "\(id)")
        #expect(tls.chainBuilt == wanted.path.path, "\(id)")
        #expect(result.reason == wanted.path.verdict, "\(id): \(result.detail)")
        // Whatever the verdict, the answer behind it is seen.
        #expect(result.http?.status == 201, "\(id)")
        return result.reason
    }

    /// What files say, with the lists if they say revoked: on a connection nothing else in a list
    /// changes the verdict.
    private static func wanted(_ question: Question) throws -> OfflineVerification.Result {
        func judge(_ lists: [UInt8]?) throws -> OfflineVerification.Result {
            let offline = try OfflineVerification(
                chain: Array(question.chain.joined().utf8), roots: Array(question.roots.utf8),
                revocationLists: lists)
            return try #require(offline.run(name: question.name, at: question.instant))
        }
        guard !question.lists.isEmpty else { return try judge(nil) }
        let strict = try judge(Array(question.lists.utf8))
        return strict.path.verdict == .tlsRevoked ? strict : try judge(nil)
    }

    private static func lists(_ question: Question) throws -> RevocationLists? {
        question.lists.isEmpty ? nil : try RevocationLists(pem: Array(question.lists.utf8))
    }

    private static func context(_ question: Question) throws -> TLSServerContext {
        let chain = try question.chain.map { try certificate($0) }
        defer { for one in chain { X509_free(one) } }
        let key = try read(question.key) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
        defer { EVP_PKEY_free(key) }
        return try TLSServerContext(
            certificate: chain[0], key: key, chain: Array(chain.dropFirst()))
    }

    private static func certificate(_ pem: String) throws -> OpaquePointer {
        try read(pem) { PEM_read_bio_X509($0, nil, nil, nil) }
    }

    private static func read(
        _ pem: String, _ body: (OpaquePointer) -> OpaquePointer?
    ) throws -> OpaquePointer {
        let bytes = Array(pem.utf8)
        guard let memory = BIO_new_mem_buf(bytes, CInt(bytes.count)) else { throw LabTLSError() }
        defer { BIO_free(memory) }
        guard let value = body(memory) else { throw LabTLSError() }
        return value
    }

    private static func instant(of text: String) -> Timestamp? {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return (try? style.parse(text)).map {
            Timestamp(milliseconds: Int64(($0.timeIntervalSince1970 * 1000).rounded()))
        }
    }
}
