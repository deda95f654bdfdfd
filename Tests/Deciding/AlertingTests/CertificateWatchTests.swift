import Foundation
import HealthModel
import Testing

@testable import Alerting
@testable import Observing

@Suite struct CertificateWatchTests {
    private static let start = Timestamp(seconds: 1_795_000_000)
    private static let day = Duration.seconds(86_400)

    /// A leaf of ninety days that began at `start`.
    private static func leaf(
        _ fingerprint: String, authority: String? = "CA", issuer: String = "CN=R1",
        key: String = "k",
        names: [String] = ["a.example"], nameCount: Int? = nil, begins: Timestamp = start
    ) -> Certificate {
        var profile = CertificateProfile()
        profile.issuerOrganisation = authority
        profile.publicKeySHA256 = key
        return Certificate(
            fingerprintSHA256: fingerprint, subject: "CN=a", issuer: issuer, serialNumber: "1",
            names: names, nameCount: nameCount ?? names.count, notBefore: begins,
            notAfter: begins + day * 90, key: "EC prime256v1",
            signatureAlgorithm: "ecdsa-with-SHA256", profile: profile)
    }

    private static func sight(
        _ leaf: Certificate, address: String = "1", host: String = "a.example",
        endpoint: String = "e", after: Duration = .zero
    ) -> CertificateWatch.Sight {
        CertificateWatch.Sight(
            endpoint: EndpointID(endpoint), host: host, address: address, leaf: leaf,
            at: start + after)
    }

    /// A change that `next`, seen so many days after the first leaf, is told as.
    struct Row: Sendable {
        var next: Certificate
        var days: Double = 10
        var expected: [CertificateChange.Kind]
    }

    static let rows = [
        // The ordinary ones are silent.
        Row(next: leaf("2"), expected: []),
        Row(next: leaf("2", issuer: "CN=R2"), expected: []),
        Row(next: leaf("2", key: "other"), days: 60, expected: []),
        Row(next: leaf("2", names: ["b.example", "A.example", "*.c.example"]), expected: []),
        Row(next: leaf("2", names: ["*.example"]), expected: []),
        // The key: news above half of the lifetime only.
        Row(next: leaf("2", key: "other"), days: 44.99, expected: [.key]),
        Row(next: leaf("2", key: "other"), days: 45, expected: []),
        Row(next: leaf("2", key: ""), expected: []),
        // The authority, by its organisation, else by its name.
        Row(next: leaf("2", authority: "Other CA"), expected: [.authority]),
        Row(next: leaf("2", authority: nil), expected: [.authority]),
        Row(next: leaf("2", authority: "Evil", key: "other"), expected: [.authority, .key]),
        // Names.
        Row(next: leaf("2", names: ["b.example"]), expected: [.nameLost]),
        Row(next: leaf("2", names: ["*.a.example"]), expected: [.nameLost]),
        Row(next: leaf("2", names: ["b.example"], nameCount: 65), expected: []),
        Row(next: leaf("2", names: []), expected: [.nameLost]),
    ]

    @Test(arguments: rows)
    func aNewLeafIsToldOnlyWhenItIsNews(row: Row) {
        var watch = CertificateWatch()
        #expect(watch.note(Self.sight(Self.leaf("1"))) { _ in true }.isEmpty)
        let next = Self.sight(row.next, after: .seconds(86_400 * row.days))
        let changes = watch.note(next) { _ in true }
        #expect(changes.map(\.kind) == row.expected)
        #expect(changes.allSatisfy { $0.before.fingerprintSHA256 == "1" })
        // Once is enough, also when servers take turns.
        for leaf in [row.next, Self.leaf("1"), row.next] {
            #expect(watch.note(Self.sight(leaf, after: Self.day * 70)) { _ in true }.isEmpty)
        }
    }

    @Test func aStrangersNameIsNotOurs() {
        var watch = CertificateWatch()
        let shared = Self.leaf("1", names: ["a.example", "stranger.example"])
        _ = watch.note(Self.sight(shared)) { _ in true }
        let changes = watch.note(Self.sight(Self.leaf("2", names: ["x.example"]))) {
            $0 == "a.example"
        }
        #expect(changes.map(\.details) == [["a.example"]])
    }

    @Test func namesToldAreBounded() {
        var watch = CertificateWatch()
        let names = (0...CertificateWatch.namesToldMax).map { "n\($0).example" }
        _ = watch.note(Self.sight(Self.leaf("1", names: names))) { _ in true }
        let changes = watch.note(Self.sight(Self.leaf("2", names: ["x.example"]))) { _ in true }
        #expect(changes.first?.details.count == CertificateWatch.namesToldMax)
    }

    /// Plays who showed which leaf, one sight a minute, and tells when a difference was told.
    private func differences(_ sights: [(address: String, leaf: String)]) -> [Int] {
        var watch = CertificateWatch()
        return sights.indices.filter { index in
            let sight = Self.sight(
                Self.leaf(sights[index].leaf), address: sights[index].address,
                after: .seconds(60 * index))
            return watch.note(sight) { _ in true }.contains { $0.kind == .addressesDiffer }
        }
    }

    @Test func differentCertificatesOnTwoAddressesAreToldOnce() {
        let turns = (0..<20).map { ($0.isMultiple(of: 2) ? "A" : "B") }
        // Each has shown its own three times since B came up with the seventh sight.
        #expect(differences(turns.map { ($0, $0 == "A" ? "x" : "y") }) == [6])
        #expect(differences(turns.map { ($0, "x") }).isEmpty)
        // A roll-out that reaches the second address two rounds later.
        let rollOut = turns.enumerated().map { index, address in
            (address, index < 6 || (address == "B" && index < 10) ? "old" : "new")
        }
        #expect(differences(rollOut).isEmpty)
        // Two servers behind each address that take turns.
        let mixed = turns.enumerated().map { ($1, $0 % 4 < 2 ? "x" : "y") }
        #expect(differences(mixed).isEmpty)
    }

    @Test func aDifferenceThatCameBackIsToldAgain() {
        var sights: [(String, String)] = []
        for _ in 0..<4 { sights += [("A", "x"), ("B", "y")] }
        for _ in 0..<4 { sights += [("A", "x"), ("B", "x")] }
        for _ in 0..<4 { sights += [("A", "x"), ("B", "z")] }
        #expect(differences(sights) == [6, 22])
    }

    @Test func whatAnEarlierRunSawIsNoNewsAndIsComparedWith() {
        var watch = CertificateWatch()
        watch.remember([
            Self.sight(Self.leaf("1"), address: "A"), Self.sight(Self.leaf("2"), address: "B"),
        ])
        for minute in 0..<8 {
            for (address, leaf) in [("A", "1"), ("B", "2")] {
                let sight = Self.sight(
                    Self.leaf(leaf), address: address, after: .seconds(60 * minute))
                #expect(watch.note(sight) { _ in true }.isEmpty)
            }
        }
        let evil = Self.sight(Self.leaf("3", authority: "Evil"), address: "A")
        #expect(watch.note(evil) { _ in true }.map(\.kind) == [.authority])
        watch.keep(only: [])
        #expect(watch.note(Self.sight(Self.leaf("4", authority: "Else"))) { _ in true }.isEmpty)
    }

    @Test func hostsOfOneEndpointAreBounded() {
        var watch = CertificateWatch()
        let limit = CertificateWatch.hostsPerEndpoint
        func note(_ host: Int, _ leaf: Certificate, _ minute: Int) -> [CertificateChange] {
            watch.note(Self.sight(leaf, host: "h\(host)", after: .seconds(60 * minute))) { _ in true
            }
        }
        for host in 0..<limit { _ = note(host, Self.leaf("1"), host) }
        // At the limit the first one is still known.
        #expect(note(0, Self.leaf("2", authority: "Evil"), limit).count == 1)
        // One past it the one not seen for longest, the second, is forgotten.
        _ = note(limit, Self.leaf("1"), limit + 1)
        #expect(note(1, Self.leaf("2", authority: "Evil"), limit + 2).isEmpty)
    }

    @Test func aChangeIsOneLineOfEvidence() throws {
        var watch = CertificateWatch()
        _ = watch.note(Self.sight(Self.leaf("1"))) { _ in true }
        let changes = watch.note(
            Self.sight(Self.leaf("2", authority: "Evil"), after: Self.day)
        ) { _ in true }
        let record = EvidenceRecord(try #require(changes.first))
        let json = try JSONSerialization.jsonObject(with: Data(record.jsonLine.utf8))
        let object = try #require(json as? [String: String])
        #expect(object["action"] == "certificate.changed")
        #expect(object["object"] == "endpoint/e")
        #expect(object["change"] == "authority")
        #expect(object["issuer_before"] == "CA" && object["issuer"] == "Evil")
        #expect(object["fingerprint_before"] == "1" && object["fingerprint"] == "2")
        #expect(object["host"] == "a.example" && object["address"] == "1")
        #expect(object["summary_nl"]?.contains("komt nu van Evil, eerst van CA") == true)
        #expect(
            record.humanLine.hasSuffix(
                "-         CHANGED   endpoint/e  the certificate of a.example now comes from Evil, "
                    + "before from CA"), "\(record.humanLine)")
    }
}
