package import HealthModel

/// The keys of a text in two languages.
package enum LocalizedTextKey: String, FieldKey {
    case dutch = "nl"
    case english = "en"
    package static let mappingName = "a text in Dutch and English"
}

extension YAMLNode {
    /// A mapping with `nl` and `en`; nil after a mistake was reported.
    ///
    /// - Parameters:
    ///   - log: Takes the mistakes.
    ///   - check: Looks at each text and where it stands.
    /// - Returns: Both texts.
    package func localizedText(
        _ log: MistakeLog, check: (String, SourcePosition) -> Void = { _, _ in }
    ) -> LocalizedText? {
        guard let fields = Fields<LocalizedTextKey>(self, log) else { return nil }
        func text(_ key: LocalizedTextKey) -> String? {
            guard let node = fields.required(key), let text = node.text(log) else { return nil }
            check(text, node.position)
            return text
        }
        // Both are read, so that mistakes in both are told.
        let (dutch, english) = (text(.dutch), text(.english))
        guard let dutch, let english else { return nil }
        return LocalizedText(dutch: dutch, english: english)
    }
}
