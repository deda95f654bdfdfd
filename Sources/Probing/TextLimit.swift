/// Cuts text that came from outside.
enum TextLimit {
    /// The text, at most `bytes` long in UTF-8 and cut between characters, with an ellipsis when
    /// something is missing.
    static func cut(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var kept = ""
        var count = 3  // "…" takes three bytes.
        for character in text {
            count += character.utf8.count
            guard count <= bytes else { break }
            kept.append(character)
        }
        return kept + "…"
    }
}
