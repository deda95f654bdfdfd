import Alerting
import HealthModel
import Observing
import Routing
import Testing

@testable import StatusServer

/// Columns of a line whose characters are all one column wide.
private func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}

@Suite struct StatusTextTests {
    @Test func calm() throws {
        #expect(
            StatusText.render(Fixture.document(try Fixture.calm())) == """
                VITAAL 0.1.0  2026-11-23 14:07:31 UTC  last sample 2s old
                3 services: 2 up, 1 not probed
                ✔ ALL WELL  No alert, no outage at 2 endpoints.
                NEXT: nothing to do

                """)
    }

    /// Old roots stand on the first screen; those of a year do not.
    @Test func oldRootsAreTold() throws {
        func shown(daysOld: Int64, language: StatusLanguage) throws -> [String] {
            let date = TrustStoreDate(
                instant: Fixture.now - .seconds(daysOld * 86_400), source: .modified)
            let stub = StubMonitor(try Fixture.calm(), trustStoreDate: date)
            let document = StatusDocument(reading: stub)
            #expect(document.monitor.trustStore?.datedBy == "modified")
            return lines(StatusText.render(document, width: 120, language: language))
        }
        #expect(try shown(daysOld: 365, language: .en).count == 4)
        #expect(
            try shown(daysOld: 366, language: .en)[2]
                == "NOTE: the trusted roots are 366d old (date of the file): point --ca-file at "
                + "a newer bundle")
        #expect(
            try shown(daysOld: 366, language: .nl)[2].hasPrefix(
                "LET OP: de vertrouwde CA-certificaten zijn 366d oud"))
    }

    /// Whether the monitor sees comes first, and nothing is well when it does not.
    @Test func blindnessIsTold() throws {
        func document(
            _ controlReason: Reason?, about ids: [String] = []
        ) throws -> StatusDocument {
            var snapshot = try Fixture.calm()
            let url = try #require(ProbeURL("https://control.test/"))
            let control = Endpoint(
                id: EndpointID("control-test"), service: ServiceID("monitor"), url: url,
                probe: Probe())
            var monitor = HealthMonitor(
                catalogue: ServiceCatalogue(services: [], endpoints: [], controls: [control]),
                rules: .empty)
            let result = ProbeResult(
                endpoint: control.id, slot: Slot(milliseconds: 0), finishedAt: Fixture.now,
                reason: controlReason, detail: controlReason == nil ? "" : "no route")
            _ = monitor.admit([result])
            let seen = monitor.snapshot(at: Fixture.now)
            (snapshot.blindSince, snapshot.controls) = (seen.blindSince, seen.controls)
            return Fixture.document(snapshot, about: ids)
        }
        let sees = try document(nil)
        #expect(sees.verdict.exitCode == 0)
        #expect(sees.monitor.controls?.map(\.isUp) == [true])
        #expect(
            lines(StatusText.render(sees))[2...3] == [
                "✔ MEASUREMENT  controls 1/1", "✔ ALL WELL  No alert, no outage at 2 endpoints.",
            ])
        let blind = try document(.timeoutConnect)
        #expect(blind.verdict.exitCode == 3)
        #expect(try document(.timeoutConnect, about: ["digid"]).verdict.exitCode == 3)
        #expect(blind.monitor.controls?.map(\.reason) == ["timeout_connect"])
        let shown = lines(StatusText.render(blind, width: 120))
        #expect(
            shown[2].hasSuffix(
                "BLIND  The monitor sees nothing since 2026-11-23 14:07:31 UTC: all states are "
                    + "unknown."))
        // Why, in one line, and a command that leads further.
        #expect(
            shown[3...] == [
                "    1 of 1 control targets not reached: no connection in time (no route)",
                "NEXT: vitaal status monitor",
            ])
        #expect(StatusPage.html(of: blind, language: .nl).contains("De monitor ziet niets sinds"))
        #expect(!StatusPage.html(of: blind, language: .nl).contains("ALLES GOED"))
        #expect(!StatusPage.html(of: sees, language: .nl).contains("De monitor ziet niets"))
        #expect(StatusPage.html(of: sees, language: .nl).contains("ALLES GOED"))
        let asked = StatusText.render(
            try document(.timeoutConnect, about: ["monitor"]), ids: ["monitor"], width: 120)
        #expect(
            asked.contains(
                "control targets: 0 of 1 reached\n    https://control.test/: no connection in time "
                    + "(no route), since 2026-11-23 14:07:31 UTC\n"))
        #expect(!asked.contains("no service or endpoint"))
    }

    /// Alerts that reach nobody stand on the first screen, and nothing is well then.
    @Test func aFailingReceiverIsTold() throws {
        var failing = ReceiverCounters()
        failing.waiting = 2
        failing.failure = "HTTP 500"
        let receivers = [ReceiverID("on-call"): failing, ReceiverID("chat"): ReceiverCounters()]
        let document = StatusDocument(
            reading: StubMonitor(try Fixture.calm(), receivers: receivers))
        #expect(document.monitor.receivers?.map(\.id) == ["chat", "on-call"])
        #expect(document.verdict.exitCode == 1)
        #expect(
            StatusDocument(
                reading: StubMonitor(try Fixture.calm(), receivers: receivers), ids: ["digid"]
            ).verdict.exitCode == 0)
        #expect(
            lines(StatusText.render(document, width: 120)).dropFirst(2) == [
                "✖ NOT TOLD  Receiver on-call fails (HTTP 500); 2 wait.",
                "NEXT: call people by other means; see `receivers` in alerts/",
            ])
        #expect(
            lines(StatusText.render(document, width: 120, language: .nl))[2]
                == "✖ NIET VERTELD  Ontvanger on-call faalt (HTTP 500); er wachten 2.")
        #expect(
            StatusPage.html(of: document, language: .en).contains(
                "<p><strong>Receiver on-call fails (HTTP 500); 2 wait.</strong></p>"))
    }

    /// What people are told of the monitor itself stands on the first screen.
    @Test func theDoubtsOfTheMonitorAreTold() throws {
        var snapshot = try Fixture.calm()
        snapshot.clock = .known(
            ClockDiscipline.Reading(
                isSynchronised: false, offset: .zero, errorMax: .seconds(16),
                errorEstimate: .seconds(16)))
        let subjects: [Subject] = [.monitor, .receiver(ReceiverID("chat"))]
        snapshot.alerts = subjects.map { subject in
            Alert(
                key: AlertKey(rule: RuleID("r"), subject: subject),
                service: ServiceID("monitor"), level: .warning, state: .firing,
                activeSince: Fixture.now, firingSince: Fixture.now, reason: nil,
                summary: LocalizedText(dutch: "het is mis", english: "it is wrong"), runbook: nil)
        }
        let document = Fixture.document(snapshot)
        #expect(document.verdict.exitCode == 1)
        #expect(Fixture.document(snapshot, about: ["digid"]).verdict.exitCode == 0)
        // The subject of such an alert is no name of a service.
        #expect(StatusText.render(document).hasSuffix("NEXT: vitaal status monitor\n"))
        #expect(document.monitor.clock?.isSynchronised == false)
        #expect(document.monitor.clock?.errorMaxSeconds == 16)
        let shown = lines(StatusText.render(document))
        #expect(shown[2].hasSuffix("MONITOR  it is wrong"))
        #expect(shown[3].hasSuffix("MONITOR  receiver/chat: it is wrong"))
        #expect(!shown.contains { $0.contains("ALL WELL") })
        #expect(
            lines(StatusText.render(document, language: .nl))[2].hasSuffix("MONITOR  het is mis"))
    }

    @Test func outage() throws {
        let document = Fixture.document(try Fixture.outage(), scenario: "demo")
        #expect(
            StatusText.render(document) == """
                VITAAL 0.1.0  2026-11-23 14:07:31 UTC  last sample 2s old  lab: demo
                5 services: 1 up, 1 down, 2 impaired, 1 not probed

                ✖ DOWN  DigiD  9m12s  PAGE firing 7m12s  tier 0  Logius
                    digid-www: the TLS handshake did not finish in time (10s)
                    7 services depend on it: belastingdienst, cjib, duo, mijnoverheid and 3 more
                ! IMPAIRED  2 services because of digid
                    uwv, duo
                ! WARNING  knmi-www  firing 7m12s  certificate-running-out
                    the certificate of knmi-www runs out in 11d

                NEXT: vitaal status digid

                """)
    }

    @Test func everyHopIsShown() throws {
        var snapshot = try Fixture.calm()
        let leaf = Fixture.record()
        snapshot.endpoints[0].lastResult?.hops = [
            ProbeHop(
                url: "https://digid.nl/", status: 301,
                tls: Fixture.record(notAfter: Fixture.now + .seconds(86_400))),
            ProbeHop(url: "https://www.digid.nl/", status: 200, tls: leaf),
        ]
        let document = Fixture.document(snapshot)
        let id = try #require(document.services.first?.id)
        let shown = lines(StatusText.render(document, ids: [id]))
        let start = try #require(shown.firstIndex { $0.contains("→ https://digid.nl/ 301") })
        #expect(shown[start + 1].contains("1d left"))
        #expect(shown[start + 2].contains("→ https://www.digid.nl/ 200"))
        #expect(shown[start + 3].contains("61d left"))
        let hops = document.services.first?.endpoints.first?.last?.hops
        #expect(hops?.map(\.status) == [301, 200])
        #expect(hops?.first?.tls?.subject == leaf.leaf?.subject)
    }

    /// When renewal is expected, how late it is, and what the endpoint's habit says.
    @Test(
        arguments: [
            // Ninety days: expected with 30 left, late with 22.5, 15 and 7.
            (61.0, nil, .en, ["    renewal expected 2026-12-24 14:07:31 UTC (in 31d)"]),
            (
                30, nil, .en,
                [
                    "    renewal was expected 2026-11-23 14:07:31 UTC (0ms ago)",
                    "      WARNING from 2026-12-01 02:07:31 UTC",
                ]
            ),
            (
                22.5, 0, .nl,
                [
                    "    WAARSCHUWING: vernieuwing werd verwacht 2026-11-16 02:07:31 UTC (7d12h geleden)",
                    "      KRITIEK vanaf 2026-12-01 02:07:31 UTC",
                    "    wordt hier gewoonlijk eerder vernieuwd: te laat sinds 2026-11-23 14:07:31 UTC",
                ]
            ),
            (
                7, 1, .en,
                ["    PAGE: renewal was expected 2026-10-31 14:07:31 UTC (23d ago)"]
            ),
        ] as [(Double, Int64?, StatusLanguage, [String])])
    func renewalIsTold(
        daysLeft: Double, overdueIn: Int64?, language: StatusLanguage, wanted: [String]
    ) throws {
        var snapshot = try Fixture.calm()
        var tls = Fixture.record(notAfter: Fixture.now + .seconds(Int64(daysLeft * 86_400)))
        tls.chainSent[0].notBefore = tls.chainSent[0].notAfter - .seconds(90 * 86_400)
        snapshot.endpoints[0].lastTLS = tls
        snapshot.endpoints[0].lastResult?.tls = tls
        snapshot.endpoints[0].renewalOverdueAt = overdueIn.map { Fixture.now + .seconds($0) }
        let document = Fixture.document(snapshot)
        let text = StatusText.render(document, ids: ["digid"], width: 100, language: language)
        let first = try #require(wanted.first)
        let start = try #require(lines(text).firstIndex(of: first), "\(text)")
        #expect(Array(lines(text)[start..<(start + wanted.count)]) == wanted)
        // Nothing else is said of it.
        let next = lines(text)[start + wanted.count]
        #expect(next.contains("last ok") || next.contains("laatst goed"), "\(next)")
    }

    /// How an endpoint has done; a month of which no more is known than of a week is not repeated.
    @Test(arguments: [
        (
            StatusLanguage.en, "    24 hours: 99.99 % up, down 1s, p95 210ms, p99 1.2s",
            "    7 days: 99.90 % up, down 8m20s, unknown 1d, p95 210ms, p99 1.2s"
        ),
        (
            .nl, "    24 uur: 99,99 % op, uit 1s, p95 210ms, p99 1.2s",
            "    7 dagen: 99,90 % op, uit 8m20s, onbekend 1d, p95 210ms, p99 1.2s"
        ),
    ])
    func historiesAreTold(language: StatusLanguage, day: String, week: String) throws {
        var snapshot = try Fixture.calm()
        func window(_ days: Int, up: Int, down: Int, unknown: Int) -> EndpointHistory.Window {
            var availability = Availability()
            availability.up = .seconds(up)
            availability.down = .seconds(down)
            availability.unknown = .seconds(unknown)
            return EndpointHistory.Window(
                days: days, availability: availability, results: 100,
                p95: Quantile(microseconds: 210_000, count: 100),
                p99: Quantile(microseconds: 1_200_000, count: 100))
        }
        snapshot.endpoints[0].history = EndpointHistory(
            takenAt: Fixture.now,
            windows: [
                window(1, up: 86_399, down: 1, unknown: 0),
                window(7, up: 499_500, down: 500, unknown: 86_400),
                window(30, up: 499_500, down: 500, unknown: 2_073_600),
            ])
        let text = StatusText.render(
            Fixture.document(snapshot), ids: ["digid"], width: 120, language: language)
        let start = try #require(lines(text).firstIndex(of: day), "\(text)")
        #expect(lines(text)[start + 1] == week)
        #expect(!text.contains("30 da"))
        // The page says it of the longest window of which more is known than of a shorter one.
        let page = StatusPage.html(of: Fixture.document(snapshot), language: language)
        #expect(page.contains(language == .nl ? "99,90 % (7 dagen)" : "99.90 % (7 days)"))
        let history = Fixture.document(snapshot).services.flatMap(\.endpoints)
            .first { $0.history != nil }?.history
        #expect(history?.map(\.days) == [1, 7, 30])
        #expect(history?.last?.availabilityRatio == 0.999)
    }

    /// What the server accepts, and what to do about it.
    @Test func scansAreTold() throws {
        var snapshot = try Fixture.calm()
        var scan = TLSScan()
        scan.versions = [
            TLSScan.Version(name: "TLSv1.3", answer: .no),
            TLSScan.Version(name: "TLSv1.2", answer: .yes),
            TLSScan.Version(name: "TLSv1", answer: .yes),
        ]
        scan.isGivenUp = true
        snapshot.endpoints[0].scan = TLSScanRecord(scan: scan, finishedAt: Fixture.now)
        for (language, wanted) in [
            (
                StatusLanguage.en,
                [
                    "    accepts TLSv1.2, TLSv1 (asked 2026-11-23 14:07:31 UTC); the server stopped answering",
                    "      warning  the server accepts versions of TLS that are deprecated: TLSv1",
                    "        → switch these versions off on the server; nearly all speak TLS 1.2 or newer",
                    "      info  who records now may read along later with a quantum computer",
                ]
            ),
            (
                .nl,
                [
                    "    accepteert TLSv1.2, TLSv1 (gevraagd 2026-11-23 14:07:31 UTC); de server antwoordde niet meer",
                    "      waarschuwing  de server accepteert versies van TLS die zijn afgeschaft: TLSv1",
                ]
            ),
        ] {
            let text = StatusText.render(
                Fixture.document(snapshot), ids: ["digid"], width: 120, language: language)
            let start = try #require(lines(text).firstIndex(of: wanted[0]), "\(text)")
            #expect(Array(lines(text)[start..<(start + wanted.count)]) == wanted)
        }
    }

    /// Where no HTTP is spoken the way to TLS is part of TLS.
    @Test(arguments: [
        (Reason?.none, "dns ok 12ms | tcp ok 9ms | tls ok 145ms"),
        (.startTLSRefused, "dns ok 12ms | tcp ok 9ms | tls FAILED 145ms"),
        (.timeoutProcessing, "dns ok 12ms | tcp ok 9ms | tls FAILED 145ms"),
        (.connectRefused, "dns ok 12ms | tcp FAILED 9ms | tls ok 145ms"),
    ])
    func doorsHaveNoHTTPLayer(reason: Reason?, wanted: String) throws {
        var snapshot = try Fixture.calm()
        let old = snapshot.catalogue.endpoints[0]
        let door = Endpoint(
            id: old.id, service: old.service, url: try #require(ProbeURL("imap://mx.nl/")),
            probe: Probe())
        snapshot.catalogue = ServiceCatalogue(
            services: snapshot.catalogue.services,
            endpoints: [door] + snapshot.catalogue.endpoints.dropFirst())
        snapshot.endpoints[0].lastResult?.reason = reason
        snapshot.endpoints[0].lastResult?.http = nil
        let shown = StatusText.render(Fixture.document(snapshot), ids: [old.service.text])
        #expect(lines(shown).contains { $0.hasSuffix("    " + wanted) }, "\(shown)")
    }

    @Test func detail() throws {
        let document = Fixture.document(try Fixture.outage())
        #expect(
            StatusText.render(document, ids: ["digid"], language: .nl) == """
                ✖ NIET BEREIKBAAR  DigiD  9m12s  tier 0  Logius
                  OPROEP actief 7m12s  unreachable
                    DigiD antwoordt niet
                  ✖ NIET BEREIKBAAR  digid-www  9m12s  https://www.digid.nl/
                    dns ok 12ms | tcp ok 9ms | tls FOUT 9.9s | http -
                    de TLS-handshake was niet op tijd klaar (10s)
                    laatst goed 2026-11-23 13:57:31 UTC (10m geleden)
                    laatste metingen .......................~?xxxxx
                  hangt hiervan af (7): belastingdienst, cjib, duo, mijnoverheid, rvo, svb, uwv
                NU: bel Logius

                """)
    }

    @Test func everyLanguageAndWidthKeepsToItsColumns() throws {
        var hostile = Fixture.brokenDigid
        hostile.name = "日本語👩‍👩‍👧‍👦 \u{1B}[2J\r\n\u{202E}e\u{301}" + String(repeating: "漢", count: 99)
        hostile.owner = String(repeating: "W", count: 300)
        hostile.detail = "\u{7}\u{0}" + String(repeating: "ﬀ", count: 300)
        for snapshot in [try Fixture.outage(), try Fixture.calm(), try Fixture.snapshot([hostile])]
        {
            let document = Fixture.document(snapshot, scenario: "demo\u{1B}[31m")
            for language in StatusLanguage.allCases {
                for width in [40, 60, 80, 132] {
                    for ids in [[], ["digid"], ["digid-www"], ["\u{1B}[31mnone"]] {
                        let text = StatusText.render(
                            document, ids: ids, width: width, language: language)
                        #expect(lines(text).allSatisfy { TerminalText.columns(of: $0) <= width })
                        #expect(
                            text.unicodeScalars.allSatisfy {
                                $0 == "\n" || $0.properties.generalCategory != .control
                            })
                        #expect(!text.unicodeScalars.contains("\u{202E}"))
                    }
                }
            }
        }
    }

    @Test(arguments: [0, 1, 5, 6, 7, 100])
    func theOverviewFitsOneScreen(broken: Int) throws {
        let cases = (0..<broken).map { index in
            var item = Fixture.brokenDigid
            item.id = "service-\(index)"
            return item
        }
        let healthy = (0..<50).map {
            Case(
                id: "child-\($0)", name: "Child", effective: .impaired,
                causes: (0..<broken).map { "service-\($0)" })
        }
        let text = StatusText.render(Fixture.document(try Fixture.snapshot(cases + healthy)))
        #expect(lines(text).count <= StatusText.overviewLines)
        #expect(text.contains("more: vitaal status --json") == (broken > 5))
        #expect(lines(text).last?.hasPrefix("NEXT: ") == true)
    }

    @Test func theWorstComesFirst() throws {
        let slow = Case(id: "slow", name: "Slow", own: .degraded, reason: .tooSlow)
        let down = Case(id: "zz-down", name: "Down", tier: .tier3, own: .down, reason: .httpStatus)
        let paged = Case(id: "busy", name: "Busy", own: .busy, reason: .busy)
        let alert = Fixture.alert(
            "service-busy", .service(ServiceID("busy")), service: "busy", level: .critical)
        let text = StatusText.render(
            Fixture.document(try Fixture.snapshot([slow, down, paged], alerts: [alert])))
        let order = lines(text).filter { $0.hasPrefix("✖") || $0.hasPrefix("!") }
        #expect(
            order.map { $0.split(separator: " ")[2] } == ["Busy", "Down", "Slow"] as [Substring])
        #expect(text.contains("NEXT: vitaal status busy"))
    }

    @Test func aPendingAlertIsShown() throws {
        let document = Fixture.document(try Fixture.outage(state: .pending))
        #expect(StatusText.render(document).contains("PAGE pending 9m12s"))
    }

    @Test func theRunbookIsTheNextStep() throws {
        let document = Fixture.document(
            try Fixture.outage(runbook: "https://runbook.example/digid"))
        let text = StatusText.render(document, ids: ["digid"])
        #expect(lines(text).last == "NEXT: https://runbook.example/digid")
    }

    @Test func staleSamplesAreNotBelieved() throws {
        let text = StatusText.render(Fixture.document(try Fixture.calm(sampleAge: .seconds(3600))))
        #expect(text.contains("? MONITOR  the samples are too old"))
        #expect(!text.contains("ALL WELL"))
    }

    @Test func coloursSayNothingNew() throws {
        let document = Fixture.document(try Fixture.outage())
        let colored = StatusText.render(document, isColored: true)
        #expect(colored.contains("\u{1B}[1;31m✖ DOWN\u{1B}[0m"))
        #expect(
            colored.replacing(/\u{1B}\[[0-9;]*m/, with: "") == StatusText.render(document))
    }

    @Test(arguments: Reason.allCases)
    func everyReasonHasALayerAndASentence(reason: Reason) throws {
        var item = Fixture.brokenDigid
        item.reason = reason
        let document = Fixture.document(try Fixture.snapshot([item]))
        let english = StatusText.render(document, ids: ["digid"])
        let dutch = StatusText.render(document, ids: ["digid"], language: .nl)
        #expect(english.contains(reason.text.prefix(60)))
        #expect(english.contains("dns "))
        #expect(!dutch.contains(reason.text))
        let own: [Reason] = [.monitorNoDescriptors, .monitorNoMemory, .monitorError]
        #expect(english.contains("FAILED") == !own.contains(reason))
    }

    @Test func aBadCertificateDoesNotHideTheAnswerBehindIt() throws {
        let item = Case(
            id: "digid", name: "DigiD", own: .down, reason: .tlsExpired,
            tls: Fixture.record(verdict: .tlsExpired, notAfter: Fixture.now - .seconds(86_400)))
        let text = StatusText.render(Fixture.document(try Fixture.snapshot([item])), ids: ["digid"])
        #expect(text.contains("dns ok 12ms | tcp ok 9ms | tls FAILED 45ms | http 200 120ms"))
        #expect(text.contains("certificate ran out 1d ago; the certificate has expired"))
    }
}

@Suite struct TerminalTextTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("👍", 2), ("👩‍👩‍👧‍👦", 2),
        ("✖", 1), ("✔", 1), ("❤\u{FE0F}", 2), ("ｱ", 1), ("Ａ", 2), ("한글", 4),
    ])
    func columnsAreCounted(text: String, columns: Int) {
        #expect(TerminalText.columns(of: text) == columns)
    }

    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 5, "日本…"), ("日本語", 6, "日本語"),
        ("日本語", 4, "日…"), ("abc", 1, "…"), ("abc", 0, ""), ("", 0, ""),
    ])
    func textIsCutToItsColumns(text: String, columns: Int, expected: String) {
        #expect(TerminalText.cut(text, to: columns) == expected)
        #expect(TerminalText.columns(of: TerminalText.cut(text, to: columns)) <= columns)
    }

    @Test(arguments: [
        ("a\u{1B}[31mb", "a\u{FFFD}[31mb"), ("a\r\nb", "a\u{FFFD}\u{FFFD}b"),
        ("\u{202E}x\u{2069}", "\u{FFFD}x\u{FFFD}"), ("a\u{200B}\u{FEFF}b", "ab"),
        ("\u{9B}31m", "\u{FFFD}31m"), ("👩‍👧", "👩‍👧"), ("naïve", "naïve"),
    ])
    func whatSteersATerminalIsTakenOut(text: String, expected: String) {
        #expect(TerminalText.clean(text) == expected)
    }
}
