extension String {
    /// The text itself, or its longest beginning of whole characters that fits with an ellipsis.
    public func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        let ellipsis = "…"
        var kept = ""
        var bytes = ellipsis.utf8.count
        for character in self {
            bytes += character.utf8.count
            if bytes > limit { break }
            kept.append(character)
        }
        return kept + ellipsis
    }
}
