/// How old a set of trusted roots is, as far as can be told.
///
/// A monitor with old roots calls services trusted that browsers refuse, and the other way round.
public struct TrustStoreDate: Sendable, Hashable {
    /// How the date is known, the best first.
    public enum Source: String, Sendable, Hashable, CaseIterable {
        /// The file says in its head of when its data is, as curl's bundle does.
        case stated
        /// The package that the file was made from says so; the data may be older still.
        case packaged
        /// The file was written then; the data may be much older.
        case modified
    }

    /// Older sets are warned of: roots come and go several times a year.
    public static let ageMax: Duration = .seconds(365 * 86_400)

    /// The date.
    public var instant: Timestamp
    /// How it is known.
    public var source: Source

    /// Makes a date.
    public init(instant: Timestamp, source: Source) {
        self.instant = instant
        self.source = source
    }

    /// Whether the set is older than `ageMax` at `now`.
    public func isOld(at now: Timestamp) -> Bool { now - instant > Self.ageMax }

    /// One sentence of how old the set is, by what, and what to do about it.
    public func text(at now: Timestamp) -> LocalizedText {
        let age = (now - instant).shortText
        let (dutch, english) =
            switch source {
            case .stated: ("volgens het bestand zelf", "by the file's own word")
            case .packaged: ("datum van het pakket", "date of the package")
            case .modified: ("datum van het bestand", "date of the file")
            }
        return LocalizedText(
            dutch: "de vertrouwde CA-certificaten zijn \(age) oud (\(dutch)): "
                + "geef een nieuwere bundel met --ca-file",
            english: "the trusted roots are \(age) old (\(english)): "
                + "point --ca-file at a newer bundle")
    }
}
