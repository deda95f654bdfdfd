import HealthModel
import Testing

/// DigiNotar, 3 September 2011: browsers stop trusting an authority, and everything that it has issued
/// is refused at once, whatever the sector.
@Suite struct DistrustTests {
    private static let sectors: Set<String> = [
        "income", "register", "mobility", "social", "education",
    ]

    /// One page for the authority, one update, one end.
    ///
    /// The distrust begins when three services of it are probed within ten seconds: then all three have
    /// failed (confirmed within 15 s) before the first has held for half a minute, and the first page
    /// names the authority. All are of tier 0 or 1, so that all are known when the one update may be
    /// told, five minutes later. The services are down too, and `unreachable` keeps silent of that.
    /// After two hours reserve certificates are in place: one end. That each endpoint has another
    /// issuer now is a warning for the desk by itself, for a day: who has replaced theirs is what
    /// operators asked for weeks in 2011.
    @Test func anAuthorityIsDistrusted() throws {
        let drill = try Drill()
        let hit = drill.catalogue.services.filter {
            Self.sectors.contains($0.sector) && $0.tier <= .tier1
                && !drill.catalogue.endpoints(of: $0.id).isEmpty
        }.map(\.id)
        try #require(hit.count >= 8)
        let endpoints = hit.flatMap { drill.catalogue.endpoints(of: $0) }
        let begin = try #require(
            (minutes(20)..<minutes(40)).first { second in
                Set(
                    endpoints.filter { drill.slot(of: $0, from: second) < second + 10 }
                        .map(\.service)
                ).count >= 3
            })
        drill.world = { endpoint, slot, _ in
            let isHit = hit.contains(endpoint.service)
            let isOut = isHit && (begin..<begin + minutes(120)).contains(slot)
            let verdict: Reason? = isOut ? .tlsUntrusted : nil
            let issuer = isHit && slot < begin + minutes(120) ? "O=DigiNotar" : "O=Other"
            return Drill.Answer(reason: verdict, tls: Self.record(issuer: issuer, verdict))
        }
        drill.play(until: begin + minutes(5))
        #expect(drill.states(of: "belastingdienst").own == .down)
        drill.play(until: begin + minutes(140))
        #expect(drill.phases("on-call") == ["page", "update", "partly", "over"])
        let replaced = "certificate-issuer-changed"
        func isReplaced(_ one: Drill.Heard) -> Bool {
            one.notification.alert.key.rule.text == replaced
        }
        #expect(
            drill.told("desk").filter { !isReplaced($0) }.map(\.line) == drill.lines("on-call"))
        #expect(
            drill.told("desk").filter(isReplaced).map(\.word)
                == Array(repeating: "warning", count: endpoints.count))
        #expect(
            drill.heard.allSatisfy {
                isReplaced($0) || $0.notification.alert.key.rule.text == "certificate-invalid"
            })
        // Machines count each endpoint by itself.
        #expect(drill.lines("machine").filter { $0.hasPrefix("page") }.count == endpoints.count)
        #expect(drill.causes.map(\.root.description) == ["issuer/O=DigiNotar"])
        #expect(Set(try #require(drill.causes.first).services) == Set(hit))
        let page = try #require(drill.told("on-call").first)
        #expect((begin + 35...begin + 60).contains(page.second))
        drill.expectBalance(leaving: [replaced])
    }

    private static func record(issuer: String, _ verdict: Reason?) -> TLSRecord {
        var record = TLSRecord()
        record.isHandshakeComplete = true
        let certificate = Certificate(
            fingerprintSHA256: issuer, subject: "CN=a", issuer: issuer, serialNumber: "1",
            names: [], nameCount: 0, notBefore: Drill.start - .seconds(86_400 * 30),
            notAfter: Drill.start + .seconds(86_400 * 60), key: "EC prime256v1",
            signatureAlgorithm: "ecdsa-with-SHA256")
        record.chainSent = [certificate]
        record.chainBuilt = verdict == nil ? [certificate] : []
        record.verdict = verdict
        return record
    }
}
