import Foundation
import HealthModel
import Observing
import Probing
import ResultFormat
import TLSInspection

/// The parsers that read what strangers send, as libFuzzer calls them: one program, and the
/// variable VITAAL_FUZZ_TARGET names the parser.
enum FuzzTarget: String, CaseIterable {
    case certificate
    case timestamps
    case revocationList = "revocation-list"
    case staple
    case chain
    case starttls
    case serverReply = "server-reply"
    case storeChunk = "store-chunk"
    case storeJournal = "store-journal"
    case storeSummary = "store-summary"

    /// The one that is asked for; a wrong name ends the program, since nothing would be tried.
    static let chosen: FuzzTarget = {
        let name = ProcessInfo.processInfo.environment["VITAAL_FUZZ_TARGET"] ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            fatalError("VITAAL_FUZZ_TARGET is one of \(allCases.map(\.rawValue))")
        }
        return target
    }()

    func run(_ bytes: [UInt8]) {
        switch self {
        case .certificate: _ = CertificateParser(bytes[...])
        case .timestamps: _ = SCTList(bytes[...])
        case .revocationList:
            guard let list = try? RevocationList(bytes) else { return }
            var verifier = Fixture.verifier
            verifier.revocationLists = RevocationLists([list])
            _ = verifier.verify(chain: Fixture.chain, certificates: CertificateReader())
        case .staple: _ = OCSPStaple.status(of: bytes, on: Fixture.chain, at: Fixture.instant)
        case .chain: runChain(bytes)
        case .starttls: runDialogue(bytes)
        case .storeChunk:
            guard let chunk = try? ResultChunk(decoding: bytes[...]) else { return }
            // What was read can be written, and is read the same.
            let again = try? ResultChunk(decoding: chunk.encoded()[...])
            precondition(again?.results.count == chunk.results.count, "changed")
        case .storeJournal:
            if let contents = try? JournalContents(of: bytes) {
                precondition(contents.lostBytes <= bytes.count, "more lost than there was")
            }
            _ = try? JournalBatch(decoding: bytes[...])
        case .storeSummary:
            var reader = ByteReader(bytes)
            guard let summary = try? ResultSummary(from: &reader) else { return }
            var writer = ByteWriter()
            summary.write(to: &writer)
            var again = ByteReader(writer.bytes)
            precondition((try? ResultSummary(from: &again)) == summary, "changed")
        case .serverReply:
            guard let first = bytes.first else { return }
            let reply = ServerReply.read(Array(bytes.dropFirst()), isClosed: first & 1 == 1)
            // An end always decides, and so does enough.
            let mustDecide = first & 1 == 1 || bytes.count > ServerReply.byteLimit
            precondition(reply != nil || !mustDecide, "undecided")
        }
    }

    /// Certificates with two bytes of length before each.
    private func runChain(_ bytes: [UInt8]) {
        var rest = bytes[...]
        var encodings: [[UInt8]] = []
        while rest.count >= 2, encodings.count < 8 {
            let count = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            encodings.append(Array(rest.dropFirst(2).prefix(count)))
            rest = rest.dropFirst(2 + count)
        }
        guard !encodings.isEmpty,
            let chain = CertificatePool(der: encodings).chain(Array(encodings.indices))
        else { return }
        _ = Fixture.verifier.verify(chain: chain, certificates: CertificateReader())
    }

    private func runDialogue(_ bytes: [UInt8]) {
        guard let first = bytes.first else { return }
        let doors = StartTLSDialogue.Door.allCases
        var dialogue = StartTLSDialogue(door: doors[Int(first) % doors.count], clientName: "a.test")
        _ = dialogue.receive(bytes.dropFirst())
        dialogue.close()
        _ = dialogue.expectation
    }
}

/// What is verified against: made once, so that every run tries the same.
enum Fixture {
    static let instant = Timestamp(seconds: 1_800_000_000)
    static let chain = list(leaf + root)
    static let verifier = PathVerifier(
        trustStore: store, name: ServerName("a.test"), instant: instant)

    private static let store: TrustStore = {
        do { return try TrustStore(pem: Array(root.utf8), name: "root") } catch {
            fatalError("\(error)")
        }
    }()

    private static func list(_ pem: String) -> CertificateList {
        do { return try CertificateList(pem: Array(pem.utf8)) } catch { fatalError("\(error)") }
    }

    private static let leaf = """
        -----BEGIN CERTIFICATE-----
        MIICWDCCAf2gAwIBAgIBKjAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlGdXp6IFJv
        b3QwHhcNMjYxMTI0MDM0MDMzWhcNMzYxMTIxMDM0MDMzWjAUMRIwEAYDVQQDDAls
        ZWFmLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQc4+4qd9d8jE0K8SwV
        eZOn5kNo9bbO2D5JWgf8itf2TXfbu0mMkSZDyE6lNS+67SoMD4J/tYE4qyMxN4ji
        +Z18o4IBPjCCATowMwYDVR0RBCwwKoIGYS50ZXN0gggqLmIudGVzdIcEfwAAAYcQ
        AAAAAAAAAAAAAAAAAAAAATAdBgNVHSUEFjAUBggrBgEFBQcDAQYIKwYBBQUHAwIw
        DgYDVR0PAQH/BAQDAgeAMBMGA1UdIAQMMAowCAYGZ4EMAQIBMCQGA1UdHwQdMBsw
        GaAXoBWGE2h0dHA6Ly9hLnRlc3QvMS5jcmwwRgYIKwYBBQUHAQEEOjA4MBoGCCsG
        AQUFBzABhg5odHRwOi8vby50ZXN0LzAaBggrBgEFBQcwAoYOaHR0cDovL2kudGVz
        dC8wEQYIKwYBBQUHARgEBTADAgEFMB8GA1UdIwQYMBaAFGDOWZ/OrvVTDtL4GYA1
        mZb1pE4nMB0GA1UdDgQWBBQ1e3rnDC2zwZYMaDyEghiA+DTXhjAKBggqhkjOPQQD
        AgNJADBGAiEA+An8F+Y8AnYI5GUFxlsYz3S/ieWLiFLEHXH+hrx/hFgCIQC436kz
        jqsdkLvShtgK0MqqsKBwtPxuqguo3NmUikHU1Q==
        -----END CERTIFICATE-----
        """ + "\n"

    private static let root = """
        -----BEGIN CERTIFICATE-----
        MIIBbDCCARKgAwIBAgIUGHZ3QsXMQNWPDNs5lNs60LusyVowCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJRnV6eiBSb290MB4XDTI2MTEyNDAzNDAzM1oXDTQ2MTExOTAz
        NDAzM1owFDESMBAGA1UEAwwJRnV6eiBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAEmog2v0/U37ysc2owIX2pzPA9Qpu3KNxu4k8YKrNrUzzaKQA+14dA2Rjf
        VaiPCxk9sdeltPiNycFnBssJGxgjsKNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNV
        HQ8BAf8EBAMCAQYwHQYDVR0OBBYEFGDOWZ/OrvVTDtL4GYA1mZb1pE4nMAoGCCqG
        SM49BAMCA0gAMEUCICV97JnImpJgOrnexg//fAZux6/qO/lmkyI6Ovw+bmSTAiEA
        tQKOSQ3HSfl6H9FbrpcUv5gvYBjTGkCc+d1KvcwJ3Yo=
        -----END CERTIFICATE-----
        """ + "\n"
}

/// Called by libFuzzer for every input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    FuzzTarget.chosen.run(Array(UnsafeBufferPointer(start: data, count: count)))
    return 0
}
