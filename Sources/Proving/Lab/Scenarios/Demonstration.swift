extension Scenario {
    /// Nothing goes wrong.
    static let calmText = """
        name: calm
        summary:
          nl: Alles werkt
          en: Everything works
        """

    /// Everything a newcomer should see, over within two minutes.
    static let demonstrationText = """
        name: demonstration
        summary:
          nl: DigiD valt uit en komt terug, en nog drie storingen, binnen twee minuten
          en: DigiD fails and recovers, and three more outages, within two minutes
        # At this speed a service of tier 0 is probed every 5 s and alerts after 10 s.
        speed: 12
        timeline:
          - at: 15s
            services: [digid]
            fault: down
            for: 40s
          - at: 20s
            hosts: [www.svb.nl]
            fault: refused
            for: 50s
          - at: 25s
            hosts: [www.rdw.nl]
            fault: expired
            for: 50s
          - at: 40s
            hosts: [mijn.belastingdienst.nl]
            fault: throttle
            for: 40s
        """
}
