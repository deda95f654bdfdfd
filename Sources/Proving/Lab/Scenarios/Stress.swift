extension Scenario {
    /// Every host changes all the time: for soak tests and for the flapping rules.
    static let flappingText = """
        name: flapping
        summary:
          nl: Alle diensten wisselen voortdurend, elk op een eigen moment
          en: Every service keeps changing, each at its own moment
        speed: 12
        timeline:
          - at: 0s
            hosts: ['*']
            fault: {flapping: 40s}
        """

    /// Every fault that exists, each on another host, at once and for good.
    static let kitchenSinkText = """
        name: kitchen-sink
        summary:
          nl: Elke storing die het lab kent, elk op een andere dienst
          en: Every fault that the lab knows, each on another service
        speed: 12
        timeline:
          - {at: 2s, hosts: [www.digid.nl], fault: up}
          - {at: 2s, hosts: [mijn.digid.nl], fault: down}
          - {at: 2s, hosts: [machtigen.digid.nl], fault: refused}
          - {at: 2s, hosts: [www.eherkenning.nl], fault: {reset: connect}}
          - {at: 2s, hosts: [oinregister.logius.nl], fault: {reset: handshake}}
          - {at: 2s, hosts: [www.logius.nl], fault: {reset: request}}
          - {at: 2s, hosts: [www.kadaster.nl], fault: {reset: body}}
          - {at: 2s, hosts: [mijn.overheid.nl], fault: {slow: 2s}}
          - {at: 2s, hosts: [www.overheid.nl], fault: trickle}
          - {at: 2s, hosts: [www.rdw.nl], fault: expired}
          - {at: 2s, hosts: [www.uwv.nl], fault: not_yet_valid}
          - {at: 2s, hosts: [www.svb.nl], fault: wrong_name}
          - {at: 2s, hosts: [www.rivm.nl], fault: self_signed}
          - {at: 2s, hosts: [www.knmi.nl], fault: untrusted}
          - {at: 2s, hosts: [ind.nl], fault: incomplete_chain}
          - {at: 2s, hosts: [www.om.nl], fault: huge_chain}
          - {at: 2s, hosts: [www.cbs.nl], fault: weak_key}
          - {at: 2s, hosts: [www.igj.nl], fault: legacy_tls}
          - {at: 2s, hosts: [www.justis.nl], fault: only_tls_1_0}
          - {at: 2s, hosts: [www.kiesraad.nl], fault: no_secure_renegotiation}
          - {at: 2s, hosts: [www.medmij.nl], fault: renegotiation}
          - {at: 2s, hosts: [www.nvwa.nl], fault: {staple: revoked}}
          - {at: 2s, hosts: [www.nza.nl], fault: client_certificate}
          - {at: 2s, hosts: [duo.nl], fault: {expiring: 0.1}}
          - {at: 2s, hosts: [mijn.belastingdienst.nl], fault: throttle}
          - {at: 2s, hosts: [www.toeslagen.nl], fault: maintenance}
          - {at: 2s, hosts: [www.kvk.nl], fault: forbidden}
          - {at: 2s, hosts: [developers.kvk.nl], fault: {too_many_requests: 30s}}
          - {at: 2s, hosts: [www.cjib.nl], fault: {status: 500}}
          - {at: 2s, hosts: [www.nctv.nl], fault: {redirect: 'https://elsewhere.example/'}}
          - {at: 2s, hosts: [www.politie.nl], fault: {flapping: 40s}}
          - {at: 2s, hosts: [www.rijksoverheid.nl], fault: {slow_dns: 1s}}
          - {at: 2s, hosts: [www.government.nl], fault: nxdomain}
          - {at: 2s, hosts: [iplo.nl], fault: servfail}
          - {at: 2s, hosts: [www.ncsc.nl], fault: silent_dns}
          - {at: 2s, hosts: [www.pdok.nl], fault: plain_http}
          - {at: 2s, hosts: [www.vecozo.nl], fault: garbage}
          - {at: 2s, hosts: [www.hetcak.nl], fault: no_hsts}
          - {at: 2s, hosts: [waterinfo.rws.nl], fault: endless_headers}
          - {at: 2s, hosts: [www.rijkswaterstaat.nl], fault: endless_body}
          - {at: 2s, hosts: [www.uziregister.nl], fault: truncated}
        """
}
