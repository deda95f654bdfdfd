extension Scenario {
    /// Every fault of a certificate, each on a service of its own.
    static let expiredText = """
        name: expired
        summary:
          nl: Certificaten die verlopen, verlopen zijn of niet kloppen
          en: Certificates that run out, have run out or are wrong
        speed: 12
        timeline:
          - {at: 5s, hosts: [www.kvk.nl], fault: {expiring: 0.2}}
          - {at: 5s, hosts: [duo.nl], fault: {expiring: 0.05}}
          - {at: 10s, hosts: [www.rdw.nl], fault: expired, for: 2m}
          - {at: 15s, hosts: [www.uwv.nl], fault: not_yet_valid, for: 2m}
          - {at: 20s, hosts: [www.svb.nl], fault: wrong_name, for: 2m}
          - {at: 25s, hosts: [www.rivm.nl], fault: self_signed, for: 2m}
          - {at: 30s, hosts: [www.knmi.nl], fault: untrusted, for: 2m}
          - {at: 35s, hosts: [ind.nl], fault: incomplete_chain, for: 2m}
        """
}
