public import HealthModel

extension FindingID {
    /// What is wrong, in one sentence without a full stop.
    public var text: LocalizedText {
        // The tests see to it that no finding lacks an entry.
        Self.texts[self] ?? LocalizedText(dutch: rawValue, english: rawValue)
    }

    private static let texts: [FindingID: LocalizedText] = [
        .validityTooLong: LocalizedText(
            dutch: "het certificaat is langer geldig dan op de dag van uitgifte mocht",
            english: "the certificate is valid for longer than was allowed on its day of issue"),
        .sanMissing: LocalizedText(
            dutch:
                "het certificaat heeft geen alternatieve namen, en browsers kijken niet naar "
                + "de common name",
            english:
                "the certificate has no alternative names, and browsers ignore the common "
                + "name"),
        .sanNameMalformed: LocalizedText(
            dutch: "een alternatieve naam is geen geldige hostnaam",
            english: "an alternative name is no valid host name"),
        .sanUnderscore: LocalizedText(
            dutch: "een alternatieve naam bevat een laag streepje",
            english: "an alternative name contains an underscore"),
        .sanPublicSuffixWildcard: LocalizedText(
            dutch: "een jokernaam geldt voor alles onder een openbaar achtervoegsel",
            english: "a wildcard covers everything below a public suffix"),
        .sanCritical: LocalizedText(
            dutch: "de alternatieve namen zijn als kritiek gemerkt naast een gevuld onderwerp",
            english:
                "the alternative names are marked critical beside a subject that is not empty"),
        .sanOtherKind: LocalizedText(
            dutch: "er zijn alternatieve namen van een andere soort dan DNS-naam of adres",
            english: "there are alternative names of another kind than DNS name or address"),
        .commonNameNotInSAN: LocalizedText(
            dutch: "de common name staat niet letterlijk tussen de alternatieve namen",
            english: "the common name is not among the alternative names letter for letter"),
        .ekuMissing: LocalizedText(
            dutch: "het certificaat zegt niet waarvoor de sleutel dient",
            english: "the certificate does not say what its key is for"),
        .ekuNoServerAuthentication: LocalizedText(
            dutch: "het certificaat is niet voor servers bedoeld",
            english: "the certificate is not meant for servers"),
        .ekuAny: LocalizedText(
            dutch: "het certificaat staat elk gebruik van de sleutel toe",
            english: "the certificate allows every use of its key"),
        .ekuForbidden: LocalizedText(
            dutch:
                "het certificaat is ook bedoeld voor programmacode, post, tijdstempels of "
                + "OCSP",
            english: "the certificate is also meant for code, mail, time stamps or OCSP"),
        .ekuCritical: LocalizedText(
            dutch: "het uitgebreide sleutelgebruik is als kritiek gemerkt",
            english: "the extended key usage is marked critical"),
        .ekuClientAuthentication: LocalizedText(
            dutch:
                "het certificaat is ook voor clients bedoeld; openbare uitgevers houden "
                + "daarmee op",
            english: "the certificate is also meant for clients, which public authorities stop"),
        .rootExtendedKeyUsage: LocalizedText(
            dutch: "het wortelcertificaat beperkt het sleutelgebruik",
            english: "the root certificate restricts the key usage"),
        .policyMissing: LocalizedText(
            dutch:
                "het certificaat zegt niet hoe de aanvrager is gecontroleerd (DV, OV, IV of "
                + "EV)",
            english:
                "the certificate does not say how the applicant was validated (DV, OV, IV or "
                + "EV)"),
        .policyAmbiguous: LocalizedText(
            dutch: "het certificaat noemt meer dan één soort controle",
            english: "the certificate names more than one kind of validation"),
        .keyTooSmall: LocalizedText(
            dutch: "de sleutel is te klein",
            english: "the key is too small"),
        .keySizeUneven: LocalizedText(
            dutch: "de lengte van de RSA-sleutel is geen veelvoud van 8",
            english: "the size of the RSA key is no multiple of 8"),
        .keyKindForbidden: LocalizedText(
            dutch: "browsers aanvaarden dit soort sleutel niet",
            english: "browsers do not accept this kind of key"),
        .keyCurveExplicit: LocalizedText(
            dutch: "de kromme van de sleutel is uitgeschreven in plaats van genoemd",
            english: "the curve of the key is spelled out instead of named"),
        .serialNotPositive: LocalizedText(
            dutch: "het serienummer is nul of negatief",
            english: "the serial number is zero or negative"),
        .serialTooLong: LocalizedText(
            dutch: "het serienummer is langer dan 20 octetten",
            english: "the serial number is longer than 20 octets"),
        .signatureWeak: LocalizedText(
            dutch: "een handtekening op het pad gebruikt SHA-1 of ouder",
            english: "a signature on the path uses SHA-1 or older"),
        .timestampsMissing: LocalizedText(
            dutch:
                "het certificaat heeft geen bewijs van opname in logboeken; browsers weigeren "
                + "het",
            english: "the certificate has no proof of inclusion in logs; browsers refuse it"),
        .timestampsTooFew: LocalizedText(
            dutch:
                "het certificaat heeft te weinig bewijzen van opname in verschillende "
                + "logboeken",
            english: "the certificate has too few proofs of inclusion in different logs"),
        .stapleMissing: LocalizedText(
            dutch:
                "het certificaat belooft een bijgevoegd OCSP-antwoord, maar de server stuurt "
                + "er geen",
            english:
                "the certificate promises a stapled OCSP response, but the server sends none"),
        .stapleUnusable: LocalizedText(
            dutch: "het bijgevoegde OCSP-antwoord zegt niets over dit certificaat",
            english: "the stapled OCSP response says nothing about this certificate"),
        .oldVersionAccepted: LocalizedText(
            dutch: "de server accepteert versies van TLS die zijn afgeschaft",
            english: "the server accepts versions of TLS that are deprecated"),
        .insufficientSuiteAccepted: LocalizedText(
            dutch: "de server accepteert suites die de NCSC-richtlijn onvoldoende noemt",
            english: "the server accepts suites that the NCSC guideline calls insufficient"),
        .postQuantumMissing: LocalizedText(
            dutch: "wie nu meeluistert kan later met een kwantumcomputer meelezen",
            english: "who records now may read along later with a quantum computer"),
        .chainDuplicate: LocalizedText(
            dutch: "de server stuurt een certificaat twee keer",
            english: "the server sends a certificate twice"),
        .chainRootSent: LocalizedText(
            dutch: "de server stuurt het wortelcertificaat mee",
            english: "the server sends the root along"),
        .chainUnneeded: LocalizedText(
            dutch: "de server stuurt een certificaat mee dat niet nodig is",
            english: "the server sends a certificate that is not needed"),
        .chainExpiredSent: LocalizedText(
            dutch:
                "de server stuurt een verlopen certificaat mee; oudere clients vinden het "
                + "goede pad dan niet",
            english:
                "the server sends an expired certificate, with which older clients miss the "
                + "good path"),
        .chainMisordered: LocalizedText(
            dutch: "de certificaten staan niet op volgorde, wat TLS 1.2 wel eist",
            english: "the certificates are not in order, which TLS 1.2 demands"),
        .authorityKeyMissing: LocalizedText(
            dutch: "het certificaat zegt niet welke sleutel het ondertekende",
            english: "the certificate does not say which key signed it"),
        .authorityKeyForm: LocalizedText(
            dutch: "de verwijzing naar de sleutel van de uitgever heeft een verboden vorm",
            english: "the reference to the key of the issuer has a forbidden form"),
        .authorityKeyMismatch: LocalizedText(
            dutch: "de verwijzing naar de sleutel van de uitgever klopt niet met de uitgever",
            english: "the reference to the key of the issuer does not match the issuer"),
        .subjectKeyMissing: LocalizedText(
            dutch: "een certificaat van een uitgever noemt zijn eigen sleutel niet",
            english: "a certificate of an authority does not name its own key"),
        .versionOld: LocalizedText(
            dutch: "het certificaat is niet van versie 3",
            english: "the certificate is not of version 3"),
        .leafIsAuthority: LocalizedText(
            dutch: "het servercertificaat is tegelijk een certificaat van een uitgever",
            english: "the server certificate is a certificate of an authority as well"),
        .leafSignsCertificates: LocalizedText(
            dutch: "de sleutel van de server mag certificaten of intrekkingslijsten ondertekenen",
            english: "the key of the server may sign certificates or revocation lists"),
        .nameConstraintsInLeaf: LocalizedText(
            dutch: "het servercertificaat legt naambeperkingen op, wat alleen uitgevers mogen",
            english:
                "the server certificate imposes name constraints, which only authorities may"),
        .nameConstraintsNotCritical: LocalizedText(
            dutch: "de naambeperkingen zijn niet als kritiek gemerkt; oude clients slaan ze over",
            english: "the name constraints are not marked critical; old clients skip them"),
        .nameConstraintsForm: LocalizedText(
            dutch: "de naambeperkingen hebben een vorm die clients verschillend lezen",
            english: "the name constraints have a form that clients read differently"),
        .extensionMalformed: LocalizedText(
            dutch: "een uitbreiding van het certificaat is niet te lezen",
            english: "an extension of the certificate cannot be read"),
        .extensionDuplicate: LocalizedText(
            dutch: "een uitbreiding staat twee keer in het certificaat",
            english: "an extension is in the certificate twice"),
        .extensionCritical: LocalizedText(
            dutch: "een uitbreiding is als kritiek gemerkt terwijl dat niet mag",
            english: "an extension is marked critical although it must not be"),
        .issuerAddressMissing: LocalizedText(
            dutch: "het certificaat zegt niet waar dat van de uitgever te halen is",
            english: "the certificate does not say where that of its issuer can be had"),
        .revocationAddressMissing: LocalizedText(
            dutch: "het certificaat zegt niet waar intrekking te zien is",
            english: "the certificate does not say where revocation is published"),
    ]
}
