extension Scenario {
    /// After the attacks of January and March 2025 on Logius: short waves, several services.
    static let digidDDoSText = """
        name: digid-ddos
        summary:
          nl: Golven van een DDoS-aanval op DigiD en andere diensten van Logius
          en: Waves of a DDoS attack on DigiD and other services of Logius
        speed: 12
        repeat_after: 3m
        timeline:
          - at: 10s
            services: [digid, mijnoverheid]
            fault: {slow: 2s}
            for: 80s
          - at: 20s
            services: [digid, machtigen]
            fault: {flapping: 16s}
            for: 1m
          - at: 35s
            services: [digid]
            fault: down
            for: 30s
          - at: 45s
            services: [mijnoverheid]
            fault: {reset: handshake}
            for: 20s
          - at: 2m
            services: [digid]
            fault: {reset: connect}
            for: 20s
        """

    /// After 28 August 2024: a fault in the Defence network takes unlike services with it.
    static let nafinText = """
        name: nafin
        summary:
          nl: Een fout in een gedeeld netwerk treft ongelijksoortige diensten tegelijk
          en: A fault in a shared network hits unlike services at once
        speed: 12
        timeline:
          - at: 10s
            services: [defensie, ncsc, rijksoverheid]
            fault: down
            for: 4m
          - at: 15s
            hosts: [mijn.digid.nl]
            fault: {slow: 2s}
            for: 3m
          - at: 20s
            hosts: [mijn.digid.nl]
            fault: down
            for: 2m
          - at: 25s
            services: [politie]
            fault: down
            for: 2m
        """

    /// After the opening of the tax season in March 2023: busy pages, then real trouble.
    static let taxThrottleText = """
        name: tax-throttle
        summary:
          nl: De aangifteperiode begint en de toegang wordt gedoseerd
          en: The tax season opens and access is throttled
        speed: 12
        timeline:
          - at: 10s
            hosts: [mijn.belastingdienst.nl]
            fault: {slow: 1500ms}
            for: 20s
          - at: 30s
            hosts: [mijn.belastingdienst.nl, mijn.toeslagen.nl]
            fault: throttle
            for: 2m
          - at: 1m
            services: [digid]
            fault: {slow: 1s}
            for: 1m
          - at: 70s
            hosts: [mijn.belastingdienst.nl]
            fault: {status: 503}
            for: 30s
        """

    /// After the summer of 2011: one certificate authority loses the trust of all.
    static let diginotarText = """
        name: diginotar
        summary:
          nl: Een certificaatuitgever is niet meer te vertrouwen; diensten vervangen hem
          en: A certificate authority is no longer trusted; services replace it one by one
        speed: 12
        timeline:
          - at: 15s
            services: [digid, mijnoverheid, belastingdienst, rdw, kvk, pkio]
            fault: untrusted
          - at: 1m
            services: [digid]
            fault: up
          - at: 80s
            services: [mijnoverheid, belastingdienst]
            fault: up
          - at: 110s
            services: [rdw, kvk]
            fault: up
          - at: 150s
            services: [pkio]
            fault: up
        """

    /// What is no outage of anybody else: the line of the monitor itself is lost, control targets
    /// included, and comes back.
    static let uplinkLostText = """
        name: uplink-lost
        summary:
          nl: De eigen verbinding valt weg; alle toestanden zijn onbekend en dat is één melding
          en: The own line is lost; all states are unknown, and that is one page
        speed: 12
        timeline:
          - at: 30s
            hosts: ['*']
            fault: down
            for: 1m
        """
}
