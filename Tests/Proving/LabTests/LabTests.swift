import Foundation
import HealthModel
import NIOCore
import Testing

@testable import Lab

@Suite struct LabTests {
    private func hosts(_ count: Int) -> [LabHost] {
        (0..<count).map {
            LabHost(
                name: "host-\($0).example.nl", title: LocalizedText(dutch: "H", english: "H"))
        }
    }

    @Test func aWholeCatalogueStartsFast() async throws {
        let start = ContinuousClock.now
        try await withLab(hosts: hosts(120)) { (lab: Lab) async throws in
            let duration = ContinuousClock.now - start
            // It takes 0.1 s; the rest is room for a busy machine.
            #expect(duration < .seconds(5))
            #expect(lab.address(of: "host-119.example.nl") == "127.64.0.120")
            #expect(try await exchange(lab, "host-0.example.nl").status == 200)
            #expect(try await exchange(lab, "host-119.example.nl").status == 200)
        }
    }

    @Test func addressesSkipTheEnds() async throws {
        try await withLab(hosts: hosts(256)) { (lab: Lab) async throws in
            #expect(lab.address(of: "host-253.example.nl") == "127.64.0.254")
            #expect(lab.address(of: "host-254.example.nl") == "127.64.1.1")
            #expect(lab.address(of: "nobody.example.nl") == nil)
            #expect(Set(lab.hosts.compactMap { lab.address(of: $0.name) }).count == 256)
        }
    }

    @Test func tellsHowToFindIt() async throws {
        try await withLab { (lab: Lab) async throws in
            #expect(lab.dnsServer == "127.0.0.1@\(lab.dnsPort)")
            #expect(lab.connectOverrides == [":443::\(lab.tlsPort)", ":80::\(lab.httpPort)"])
            #expect(lab.portMap == [443: UInt16(lab.tlsPort), 80: UInt16(lab.httpPort)])
            #expect(Set([lab.tlsPort, lab.httpPort]).count == 2)
            #expect(lab.tlsPort > 1023)
            #expect(try String(contentsOfFile: lab.caFilePath, encoding: .utf8) == lab.caPEM)
            #expect(lab.caPEM.hasPrefix("-----BEGIN CERTIFICATE-----"))
        }
    }

    private let scenario = Scenario(
        name: "steps", summary: LocalizedText(dutch: "", english: ""),
        steps: [
            Scenario.Step(start: .zero, hosts: ["mijn.digid.nl"], fault: .refused),
            Scenario.Step(
                start: .seconds(10), services: [ServiceID("digid")], fault: .status(503),
                length: .seconds(5)),
        ])

    @Test func playsTheTimeline() async throws {
        try await withLab(scenario: scenario) { (lab: Lab) async throws in
            #expect(try await exchange(lab, "mijn.digid.nl").isRefused)
            #expect(try await exchange(lab, "www.digid.nl").status == 200)
            try await lab.advance(to: .seconds(10))
            #expect(try await exchange(lab, "mijn.digid.nl").status == 503)
            #expect(try await exchange(lab, "www.digid.nl").status == 503)
            #expect(try await exchange(lab, "crl.pkioverheid.nl").status == 200)
            try await lab.advance(to: .seconds(15))
            #expect(try await exchange(lab, "mijn.digid.nl").isRefused)
            #expect(try await exchange(lab, "www.digid.nl").status == 200)
            await lab.stop()
            var lines: [String] = []
            for await event in lab.events { lines.append("\(event.elapsed) \(event)") }
            #expect(
                lines == [
                    "0.0 seconds mijn.digid.nl refused", "10.0 seconds www.digid.nl status 503",
                    "10.0 seconds mijn.digid.nl status 503", "15.0 seconds www.digid.nl up",
                    "15.0 seconds mijn.digid.nl refused",
                ])
        }
    }

    @Test func aFaultByHandGoesFirst() async throws {
        try await withLab(scenario: scenario) { (lab: Lab) async throws in
            try await lab.apply(.forbidden, to: "WWW.digid.nl")
            try await lab.advance(to: .seconds(10))
            #expect(try await lab.fault(of: "www.digid.nl") == .forbidden)
            #expect(try await exchange(lab, "www.digid.nl").status == 403)
            try await lab.clear("www.digid.nl")
            #expect(try await lab.fault(of: "www.digid.nl") == .status(503))
            await #expect(throws: LabError.unknownHost("x.nl")) {
                try await lab.apply(.down, to: "x.nl")
            }
        }
    }

    @Test func theClockRunsByItself() async throws {
        let scenario = Scenario(
            name: "soon", summary: LocalizedText(dutch: "", english: ""),
            steps: [
                Scenario.Step(start: .milliseconds(50), hosts: ["www.digid.nl"], fault: .forbidden)
            ])
        try await withLab(scenario: scenario, clock: .running) { (lab: Lab) async throws in
            var events = lab.events.makeAsyncIterator()
            let event = await events.next()
            #expect(event?.description == "www.digid.nl forbidden")
            #expect(try await exchange(lab, "www.digid.nl").status == 403)
            #expect(try await lab.elapsed() >= .milliseconds(50))
        }
    }

    @Test func stoppingClosesEverything() async throws {
        try await withLab { (lab: Lab) async throws in
            await lab.stop()
            await lab.stop()
            #expect(try await exchange(lab, "www.digid.nl").isRefused)
            await #expect(throws: LabError.stopped) {
                try await lab.apply(.down, to: "www.digid.nl")
            }
            await #expect(throws: LabError.stopped) { try await lab.elapsed() }
        }
    }

    @Test func connectionsHaveALimit() async throws {
        try await withLab(limits: LabLimits(connections: 2)) { (lab: Lab) async throws in
            try await lab.apply(.down, to: "www.digid.nl")
            let options = ClientOptions(patience: .seconds(3))
            async let first = exchange(lab, "www.digid.nl", options)
            async let second = exchange(lab, "www.digid.nl", options)
            while try await lab.connectionCount() < 2 {
                try await Task.sleep(for: .milliseconds(2))
            }
            let third = try await exchange(lab, "mijn.digid.nl")
            #expect(third.status == nil)
            #expect(!third.isTimedOut)
            #expect(try await [first, second].allSatisfy(\.isTimedOut))
        }
    }

    @Test(arguments: [Fault.down, .trickle, .up])
    func connectionsHaveALifetime(fault: Fault) async throws {
        let limits = LabLimits(connectionTime: .milliseconds(200), idleTime: .milliseconds(100))
        try await withLab(limits: limits) { (lab: Lab) async throws in
            try await lab.apply(fault, to: "www.digid.nl")
            let options = ClientOptions(isKeptAlive: true)
            let outcome = try await exchange(lab, "www.digid.nl", options)
            #expect(!outcome.isTimedOut)
        }
    }

    @Test func badStartsLeaveNothing() async throws {
        await #expect(throws: LabError.invalidHost("www.digid.nl")) {
            try await withLab(hosts: testHosts + testHosts) { _ in }
        }
        await #expect(throws: LabError.invalidHost("a b")) {
            let host = LabHost(name: "a b", title: LocalizedText(dutch: "", english: ""))
            try await withLab(hosts: [host]) { _ in }
        }
        await #expect(throws: LabError.tooManyHosts(Lab.hostsLimit + 1)) {
            try await withLab(hosts: hosts(Lab.hostsLimit + 1)) { _ in }
        }
        await #expect(throws: LabError.self) {
            _ = try await Lab.start(
                hosts: testHosts, scenario: calm, directory: "/proc/none", now: wallClock())
        }
    }

    @Test func hostsComeFromTheCatalogue() throws {
        func endpoint(_ id: String, _ service: String, _ url: String) throws -> Endpoint {
            Endpoint(
                id: EndpointID(id), service: ServiceID(service),
                url: try #require(ProbeURL(url)), probe: Probe())
        }
        func service(_ id: String) -> Service {
            Service(
                id: ServiceID(id), name: LocalizedText(dutch: "De \(id)", english: "The \(id)"),
                owner: "o", sector: "s", tier: .tier1)
        }
        let catalogue = ServiceCatalogue(
            services: [service("a"), service("b")],
            endpoints: [
                try endpoint("a-1", "a", "https://one.nl/"),
                try endpoint("a-2", "a", "https://one.nl/path"),
                try endpoint("b-1", "b", "http://one.nl./"),
                try endpoint("b-2", "b", "https://two.nl:8443/"),
                try endpoint("b-3", "b", "https://192.0.2.1/"),
                try endpoint("b-4", "b", "https://[2001:db8::1]/"),
                try endpoint("b-5", "b", "https://three.nl/"),
                try endpoint("b-6", "b", "tls://four.nl:636/"),
                try endpoint("b-7", "b", "smtp://five.nl/"),
            ])
        let hosts = LabHost.hosts(of: catalogue)
        #expect(hosts.map(\.name) == ["one.nl", "three.nl", "four.nl"])
        #expect(hosts.map(\.title.dutch) == ["De a", "De b", "De b"])
        #expect(
            hosts.map(\.services) == [
                [ServiceID("a"), ServiceID("b")], [ServiceID("b")], [ServiceID("b")],
            ])
        #expect(hosts.map(\.isPlainHTTP) == [true, false, false])
    }
}
