import HealthModel
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct ControlTests {
    @Test func readsTargetsBesideTheServices() throws {
        let text = """
            defaults:
              controls: ['https://www.example.org/', 'tls://Mail.Example.net:993/']
            """
        let read = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        let controls = read.catalogue.controls
        #expect(controls.map(\.id.text) == ["control-www-example-org", "control-mail-example-net"])
        #expect(controls.map(\.probe.interval) == [.seconds(10), .seconds(10)])
        #expect(controls.allSatisfy { $0.probe.confirmation == nil })
        #expect(read.catalogue.endpoints.isEmpty)
        #expect(read.catalogue.probedEndpoints == controls)
        #expect(read.counts.endpoints == 0)
        let faster = read.catalogue.accelerated(by: 2).controls
        #expect(faster.map(\.probe.interval) == [.seconds(5), .seconds(5)])
        #expect(faster.map(\.probe.timeout) == [.milliseconds(2500), .milliseconds(2500)])
        // However fast the lab, a busy machine gets the time for a look.
        for (speed, interval, timeout) in [(10, 1000, 500), (20, 500, 500), (60, 500, 500)] {
            let fastest = read.catalogue.accelerated(by: Double(speed)).controls
            #expect(fastest.allSatisfy { $0.probe.interval == .milliseconds(interval) })
            #expect(fastest.allSatisfy { $0.probe.timeout == .milliseconds(timeout) })
        }
    }

    @Test func aDisabledFileHasNone() throws {
        let text = "enabled: false\ndefaults: {controls: ['https://a.example/']}\n"
        let read = try CatalogueReader.read([SourceFile(path: "f", text: text)])
        #expect(read.catalogue.controls.isEmpty)
    }

    @Test(arguments: [
        (
            "defaults: {controls: [a]}",
            "1:23: found the text `a`; expected a URL with http, https or tls, at most 8000 bytes"
        ),
        (
            "defaults: {controls: ['smtp://a.example/']}",
            """
            1:23: found the text `smtp://a.example/`; expected a URL with http, https or tls, at most 8000 \
            bytes
            """
        ),
        (
            "defaults: {controls: ['https://a.example/', 'https://a.example/x']}",
            """
            1:45: a second control target at `a.example`, the first is at f:1:23; expected targets \
            in different networks
            """
        ),
    ])
    func saysWhatIsWrong(text: String, line: String) {
        #expect(catalogueLines(text) == [line])
    }

    @Test(arguments: [8, 9]) func countsThem(count: Int) {
        let list = (0..<count).map { "'https://a\($0).example/'" }.joined(separator: ", ")
        let lines = catalogueLines("defaults: {controls: [\(list)]}")
        #expect(
            lines
                == (count == 8
                    ? [] : ["1:22: a list of 9 control targets; expected at most 8"]))
    }

    @Test func anEndpointMayNotHaveTheIDOfATarget() {
        let text = """
            sector: test
            defaults: {controls: ['https://a.example/']}
            services:
              - id: s
                name: {nl: S, en: S}
                owner: O
                tier: 1
                endpoints:
                  - {id: control-a-example, url: 'https://b.example/'}
            """
        #expect(
            catalogueLines(text) == [
                "2:23: the control target has the id `control-a-example`, as has the endpoint at "
                    + "f:9:14"
            ])
    }
}
