import COpenSSL
import HealthModel
import LabTLS
import Testing

@testable import Lab

/// What a client sees of a server's TLS, beside its certificate.
@Suite struct TLSFaultTests {
    @Test(arguments: [
        (Fault.up, "TLSv1.3"), (.legacyTLS, "TLSv1.1"), (.onlyTLS10, "TLSv1"),
        (.renegotiation, "TLSv1.2"), (.weakKey, "TLSv1.3"),
    ])
    func versions(fault: Fault, version: String) async throws {
        let outcome = try await connected(to: fault, ClientOptions(acceptsLegacy: true))
        #expect(outcome.version == version)
        #expect(outcome.status == 200)
    }

    @Test(arguments: [Fault.legacyTLS, .onlyTLS10, .noSecureRenegotiation])
    func aClientOfTodayIsSentAway(fault: Fault) async throws {
        let outcome = try await connected(to: fault)
        #expect(outcome.version == nil)
        #expect(outcome.error != nil)
        #expect(outcome.bytes.isEmpty)
    }

    /// Another handshake is done, and the answer still comes.
    @Test func renegotiationIsDone() async throws {
        #expect(try await connected(to: .up).renegotiations == 0)
        let outcome = try await connected(to: .renegotiation)
        #expect(outcome.renegotiations == 1)
        #expect(outcome.status == 200)
    }

    /// What keeps the client from going on is the missing extension, not something else.
    @Test func renegotiationIsNotSafe() async throws {
        let strict = try await connected(to: .noSecureRenegotiation)
        #expect(strict.error?.contains("unsafe legacy renegotiation disabled") == true)
        #expect(strict.chain.isEmpty)
        let lenient = try await connected(
            to: .noSecureRenegotiation, ClientOptions(acceptsLegacy: true))
        #expect(!lenient.chain.isEmpty)
    }

    @Test(arguments: [
        (Fault.Staple.good, V_OCSP_CERTSTATUS_GOOD), (.revoked, V_OCSP_CERTSTATUS_REVOKED),
        (.stale, V_OCSP_CERTSTATUS_GOOD),
    ])
    func staples(staple: Fault.Staple, status: CInt) async throws {
        let unasked = try await connected(to: .staple(staple))
        #expect(unasked.staple.isEmpty)
        let outcome = try await connected(to: .staple(staple), ClientOptions(asksForStaple: true))
        #expect(outcome.status == 200)
        let response = try #require(
            outcome.staple.withUnsafeBufferPointer { buffer in
                var position = buffer.baseAddress
                return d2i_OCSP_RESPONSE(nil, &position, buffer.count)
            })
        defer { OCSP_RESPONSE_free(response) }
        let basic = try #require(OCSP_response_get1_basic(response))
        defer { OCSP_BASICRESP_free(basic) }
        let single = try #require(OCSP_resp_get0(basic, 0))
        var end: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        #expect(OCSP_single_get0_status(single, nil, nil, nil, &end) == status)
        let remaining = X509_cmp_current_time(end)
        #expect((remaining < 0) == (staple == .stale))
    }

    @Test func aHugeChainArrivesWhole() async throws {
        let outcome = try await connected(to: .hugeChain)
        #expect(outcome.chain.count == CertificateStore.hugeChainRepeats + 1)
        #expect(outcome.chain.reduce(0) { $0 + $1.count } > 1_000_000)
        #expect(outcome.status == 200)
    }

    /// A page of 200 kB and more goes through TLS whole and in order.
    @Test func muchIsSentInOrder() async throws {
        let outcome = try await connected(to: .endlessBody, ClientOptions(isVerifying: true))
        let line = String(repeating: "endless ", count: 128) + "\n"
        let repeated = String(repeating: line, count: outcome.body.count / line.count + 1)
        #expect(outcome.body.count > 200 * 1024)
        #expect(repeated.hasPrefix(outcome.body))
    }
}

@Suite struct ServerHelloEditingTests {
    /// A ServerHello with these extensions, each with bytes of its own, and a message after it.
    private func flight(_ extensions: [(kind: UInt16, bytes: [UInt8])]) -> [UInt8] {
        func two(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xFF)] }
        let list = extensions.flatMap { two(Int($0.kind)) + two($0.bytes.count) + $0.bytes }
        let hello =
            [3, 3] + [UInt8](repeating: 7, count: 32) + [2, 9, 9] + [0xC0, 0x2F, 0]
            + two(list.count) + list
        let message = [2, 0] + two(hello.count) + hello
        return [22, 3, 3] + two(message.count) + message + [22, 3, 3, 0, 1, 14]
    }

    @Test func theExtensionLeavesAndNothingElse() {
        let others: [(kind: UInt16, bytes: [UInt8])] = [(0, []), (11, [1, 0]), (23, [])]
        for place in 0...others.count {
            var all = others
            all.insert((0xFF01, [0]), at: place)
            #expect(
                ServerHelloEditing.withoutSecureRenegotiation(flight(all)) == flight(others))
        }
    }

    @Test func whatHasNoneStaysAsItIs() {
        let none = flight([(0, []), (11, [1, 0])])
        #expect(ServerHelloEditing.withoutSecureRenegotiation(none) == none)
    }

    /// However a flight is cut or changed, nothing is read or written outside it.
    @Test func noiseStaysWithinItsBounds() {
        var generator = SplitMix64(seed: 4)
        let whole = flight([(0, []), (0xFF01, [0]), (11, [1, 0])])
        for length in 0..<whole.count {
            let cut = Array(whole.prefix(length))
            #expect(ServerHelloEditing.withoutSecureRenegotiation(cut).count <= length)
        }
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] =
                    UInt8.random(in: 0...255, using: &generator)
            }
            #expect(ServerHelloEditing.withoutSecureRenegotiation(bytes).count <= bytes.count)
        }
    }
}
