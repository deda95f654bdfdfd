extension PathWarning {
    /// A stable name: `needs_backtracking`, `missing_issuer`, `distrusted_after` or
    /// `search_cut_short`.
    public var code: String {
        switch self {
        case .needsBacktracking: "needs_backtracking"
        case .missingIssuer: "missing_issuer"
        case .distrustedAfter: "distrusted_after"
        case .searchCutShort: "search_cut_short"
        }
    }

    /// What is wrong and what to do, in English.
    public var text: String {
        switch self {
        case .needsBacktracking(let offender, let code, let isSent):
            "only clients that try a second path trust this chain: \(offender.subject) leads "
                + "astray (\(code)); "
                + (isSent
                    ? "leave it out of what the server sends"
                    : "it is a root of this trust store, no certificate that the server sends")
        case .missingIssuer(let issuer, let url):
            "the certificate of \(issuer) is missing: have the server send it"
                + (url.map { ", it is at \($0)" } ?? "")
        case .distrustedAfter(let root, let date):
            "\(root.subject) is trusted only for certificates issued until "
                + "\(date.dateAndTime) UTC: have the certificate issued by another authority"
        case .searchCutShort:
            "there are too many possible paths to try them all: send fewer certificates"
        }
    }

    /// What is wrong and what to do, in Dutch.
    public var dutchText: String {
        switch self {
        case .needsBacktracking(let offender, let code, let isSent):
            "alleen clients die een tweede pad proberen vertrouwen deze keten: "
                + "\(offender.subject) leidt op een dwaalspoor (\(code)); "
                + (isSent
                    ? "laat het weg uit wat de server stuurt"
                    : "het is een root van deze trust store, niet iets dat de server stuurt")
        case .missingIssuer(let issuer, let url):
            "het certificaat van \(issuer) ontbreekt: laat de server het meesturen"
                + (url.map { ", het staat op \($0)" } ?? "")
        case .distrustedAfter(let root, let date):
            "\(root.subject) wordt alleen vertrouwd voor certificaten die zijn uitgegeven tot en met "
                + "\(date.dateAndTime) UTC: neem een certificaat van een andere uitgever"
        case .searchCutShort:
            "er zijn te veel mogelijke paden om ze alle te proberen: stuur minder certificaten"
        }
    }
}
