public import HealthModel

extension FindingID {
    /// What to do about it, in one sentence without a full stop.
    public var remedy: LocalizedText {
        // The tests see to it that no finding lacks an entry.
        Self.remedies[self] ?? LocalizedText(dutch: rawValue, english: rawValue)
    }

    private static let reportAndRenew = LocalizedText(
        dutch: "meld dit de uitgever en vernieuw het certificaat",
        english: "report this to the authority and renew the certificate")

    private static let report = LocalizedText(
        dutch: "meld dit de uitgever",
        english: "report this to the authority")

    private static let remedies: [FindingID: LocalizedText] = [
        .validityTooLong: LocalizedText(
            dutch: "vraag een nieuw certificaat aan met een toegestane looptijd",
            english: "have a new certificate issued with an allowed lifetime"),
        .sanMissing: LocalizedText(
            dutch: "vraag een nieuw certificaat aan met de hostnaam als alternatieve naam",
            english: "have a new certificate issued with the host name as alternative name"),
        .sanNameMalformed: LocalizedText(
            dutch:
                "laat de naam bij de volgende uitgifte weg of schrijf hem als geldige "
                + "hostnaam, met punycode waar nodig",
            english:
                "leave the name out at the next issue or write it as a valid host name, in "
                + "Punycode where needed"),
        .sanUnderscore: LocalizedText(
            dutch: "geef de host een naam zonder laag streepje",
            english: "give the host a name without underscores"),
        .sanPublicSuffixWildcard: LocalizedText(
            dutch: "vraag een certificaat aan voor de eigen namen alleen",
            english: "have a certificate issued for your own names only"),
        .sanCritical: reportAndRenew,
        .ekuCritical: reportAndRenew,
        .policyMissing: reportAndRenew,
        .policyAmbiguous: reportAndRenew,
        .serialNotPositive: reportAndRenew,
        .serialTooLong: reportAndRenew,
        .authorityKeyMissing: reportAndRenew,
        .nameConstraintsInLeaf: reportAndRenew,
        .extensionMalformed: reportAndRenew,
        .extensionDuplicate: reportAndRenew,
        .extensionCritical: reportAndRenew,
        .revocationAddressMissing: reportAndRenew,
        .sanOtherKind: LocalizedText(
            dutch: "laat alleen DNS-namen en adressen opnemen",
            english: "have only DNS names and addresses included"),
        .commonNameNotInSAN: LocalizedText(
            dutch: "laat de common name weg of neem hem letterlijk op als alternatieve naam",
            english: "leave the common name out or repeat it literally as alternative name"),
        .ekuMissing: LocalizedText(
            dutch: "vernieuw het certificaat met het gebruik serverAuth",
            english: "renew the certificate with the usage serverAuth"),
        .ekuNoServerAuthentication: LocalizedText(
            dutch: "gebruik een certificaat met het gebruik serverAuth",
            english: "use a certificate with the usage serverAuth"),
        .ekuAny: LocalizedText(
            dutch: "vernieuw het certificaat met alleen serverAuth",
            english: "renew the certificate with serverAuth only"),
        .ekuForbidden: LocalizedText(
            dutch: "gebruik voor elk doel een eigen certificaat",
            english: "use a certificate of its own for each purpose"),
        .ekuClientAuthentication: LocalizedText(
            dutch:
                "gebruik voor wederzijdse TLS een certificaat van een besloten uitgever, "
                + "zoals PKIoverheid privé, vóór de volgende vernieuwing",
            english:
                "use a certificate of a private authority, such as PKIoverheid private, for "
                + "mutual TLS before the next renewal"),
        .rootExtendedKeyUsage: report,
        .authorityKeyForm: report,
        .subjectKeyMissing: report,
        .nameConstraintsNotCritical: report,
        .nameConstraintsForm: report,
        .keyTooSmall: LocalizedText(
            dutch: "maak een nieuwe sleutel (RSA 3072 of EC P-256) en vernieuw het certificaat",
            english: "make a new key (RSA 3072 or EC P-256) and renew the certificate"),
        .keySizeUneven: LocalizedText(
            dutch: "maak een sleutel van 3072 of 4096 bits",
            english: "make a key of 3072 or 4096 bits"),
        .keyKindForbidden: LocalizedText(
            dutch: "maak een RSA-sleutel of een EC-sleutel op P-256 of P-384",
            english: "make an RSA key or an EC key on P-256 or P-384"),
        .keyCurveExplicit: LocalizedText(
            dutch: "maak een nieuwe sleutel op een kromme met naam, zoals P-256",
            english: "make a new key on a named curve, such as P-256"),
        .signatureWeak: LocalizedText(
            dutch:
                "vernieuw het certificaat, of stuur een tussencertificaat met een "
                + "SHA-2-handtekening mee",
            english: "renew the certificate, or send an intermediate with a SHA-2 signature"),
        .timestampsMissing: LocalizedText(
            dutch: "vraag een nieuw certificaat aan met ingebedde SCT's",
            english: "have a new certificate issued with embedded SCTs"),
        .timestampsTooFew: LocalizedText(
            dutch: "vraag een nieuw certificaat aan; de uitgever moet meer logboeken gebruiken",
            english: "have a new certificate issued; the authority has to use more logs"),
        .stapleMissing: LocalizedText(
            dutch: "zet OCSP-stapling aan, of vernieuw het certificaat zonder deze belofte",
            english: "switch OCSP stapling on, or renew the certificate without this promise"),
        .stapleUnusable: LocalizedText(
            dutch:
                "laat de server het OCSP-antwoord op tijd vernieuwen bij de uitgever van dit "
                + "certificaat",
            english:
                "have the server renew its OCSP response in time, from the issuer of this "
                + "certificate"),
        .oldVersionAccepted: LocalizedText(
            dutch: "zet deze versies op de server uit; vrijwel alles spreekt TLS 1.2 of nieuwer",
            english: "switch these versions off on the server; nearly all speak TLS 1.2 or newer"),
        .insufficientSuiteAccepted: LocalizedText(
            dutch: "haal deze suites uit de lijst van de server",
            english: "take these suites off the server's list"),
        .postQuantumMissing: LocalizedText(
            dutch: "zet X25519MLKEM768 aan zodra de software van de server het kent",
            english: "switch X25519MLKEM768 on as soon as the server's software knows it"),
        .chainDuplicate: LocalizedText(
            dutch: "haal de herhaling uit het ketenbestand",
            english: "remove the repetition from the chain file"),
        .chainRootSent: LocalizedText(
            dutch: "haal het wortelcertificaat uit het ketenbestand",
            english: "remove the root from the chain file"),
        .chainUnneeded: LocalizedText(
            dutch: "haal het certificaat uit het ketenbestand",
            english: "remove the certificate from the chain file"),
        .chainExpiredSent: LocalizedText(
            dutch: "haal het verlopen certificaat uit het ketenbestand",
            english: "remove the expired certificate from the chain file"),
        .chainMisordered: LocalizedText(
            dutch: "zet in het ketenbestand elk certificaat direct na dat wat het ondertekende",
            english:
                "put each certificate directly after the one that it signed in the chain file"),
        .authorityKeyMismatch: LocalizedText(
            dutch: "meld dit de uitgever; sommige clients vinden zo het pad niet",
            english: "report this to the authority; some clients miss the path because of it"),
        .versionOld: LocalizedText(
            dutch: "vernieuw het certificaat",
            english: "renew the certificate"),
        .leafIsAuthority: LocalizedText(
            dutch:
                "vervang het door een gewoon servercertificaat, en onderzoek waar de sleutel "
                + "nog meer voor is gebruikt",
            english:
                "replace it by an ordinary server certificate, and find out what else its key "
                + "was used for"),
        .leafSignsCertificates: LocalizedText(
            dutch: "vervang het door een gewoon servercertificaat",
            english: "replace it by an ordinary server certificate"),
        .issuerAddressMissing: LocalizedText(
            dutch: "meld dit de uitgever; stuur intussen altijd het tussencertificaat mee",
            english: "report this to the authority; always send the intermediate meanwhile"),
    ]
}
