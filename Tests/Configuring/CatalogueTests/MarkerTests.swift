import HealthModel
import PatternMatching
import Testing
import YAMLReading

@testable import Catalogue

@Suite struct MarkerTests {
    let busy: [Pattern]
    let maintenance: [Pattern]

    init() throws {
        let files = SourceDirectory.files(in: shipped("probes"), MistakeLog())
        let catalogue = try CatalogueReader.read(files).catalogue
        let assertions = try #require(
            catalogue.endpoint(EndpointID("digid-www"))?.probe.assertions)
        busy = try assertions.busyMarkers.map { try Pattern($0) }
        maintenance = try assertions.maintenanceMarkers.map { try Pattern($0) }
    }

    @Test(arguments: [
        "Tijdelijk niet bereikbaar",
        "Tijdelijk niet beschikbaar | Belastingdienst",
        "Mijn Belastingdienst is tijdelijk niet bereikbaar",
        "DigiD is op dit moment tijdelijk beperkt toegankelijk.",
        "DigiD is tijdelijk niet bereikbaar: maximale aantal bereikt",
        "Het is te druk",
        "Helaas, het is op dit moment te druk!",
        "Het is momenteel erg druk op de website",
        "Het maximale aantal bezoekers is bereikt",
        "Probeer het later nog een keer",
        "Oeps. Probeert u het over enkele minuten opnieuw.",
        "Wachtrij – DigiD",
        "U staat in de wachtrij",
        "Waiting room",
        "Er is een storing",
        "503 Service Unavailable",
        "Service Temporarily Unavailable",
    ])
    func `a page that says it is busy is busy`(heading: String) {
        for body in pages(heading) {
            #expect(busy.contains { $0.matches(body) })
            #expect(!maintenance.contains { $0.matches(body) })
        }
    }

    @Test(arguments: [
        "Onderhoud",
        "Gepland onderhoud | DigiD",
        "DigiD is wegens onderhoud gesloten",
        "Wegens gepland onderhoud is Mijn DUO tijdelijk niet beschikbaar",
        "Wegens onderhoud tijdelijk gesloten",
        "Wij voeren onderhoud uit",
        "Down for maintenance",
    ])
    func `a page that announces maintenance is in maintenance`(heading: String) {
        for body in pages(heading) {
            #expect(maintenance.contains { $0.matches(body) })
            #expect(!busy.contains { $0.matches(body) })
        }
    }

    @Test(arguments: [
        "DigiD tijdelijk niet bereikbaar door storing",
        "Website van gemeente is tijdelijk niet bereikbaar na aanval",
        "Er is een storing bij DigiD",
        "Wachtrij bij gemeente groeit",
        "Weer te druk op het spoor",
        "Het is te druk in de trein, vinden reizigers",
        "Onderhoud aan uw auto",
        "Onderhoud A12: omleidingen",
        "Maximale aantal asielzoekers bereikt",
        "Service unavailable: what a 503 means",
        "Welkom bij DigiD",
    ])
    func `an ordinary page is neither`(heading: String) {
        for body in pages(heading) {
            #expect(!(busy + maintenance).contains { $0.matches(body) })
        }
    }

    @Test func `running text, links and lower headings do not count`() {
        let body = """
            <html><head><title>Nieuws</title></head><body><h1>Nieuws</h1>
            <h2>Tijdelijk niet bereikbaar</h2><p>Er is een storing</p>
            <a href="/x">Gepland onderhoud</a><p>Het is te druk</p></body></html>
            """
        #expect(!(busy + maintenance).contains { $0.matches(body) })
    }

    /// The heading as a title, as a first heading and within elements of it, in other cases too.
    private func pages(_ heading: String) -> [String] {
        [
            "<html><head><title>\(heading)</title></head><body>x</body></html>",
            "<html><title>DigiD</title><body><h1 class=\"x\">\(heading)</h1></body></html>",
            "<H1>\n  <span class='y'>\(heading)\n</span></H1>",
            "<TITLE>\(heading.uppercased())</TITLE>",
        ]
    }
}
