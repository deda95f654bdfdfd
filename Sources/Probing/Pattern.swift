import CRegex
import HealthModel

// Safety: a compiled RE2 is immutable and may be used from any thread (re2.h).
/// One compiled regular expression (RE2: linear time, Go's syntax).
final class Pattern: @unchecked Sendable {
    /// The text it was compiled from.
    let text: String
    private let compiled: OpaquePointer

    /// Compiles `text`; nil when it is not valid, which the catalogue has ruled out.
    init?(_ text: String) {
        var source = text
        let compiled = source.withUTF8 { utf8 in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
                utf8.withMemoryRebound(to: CChar.self) { bytes -> OpaquePointer? in
                    guard let base = bytes.baseAddress, let messageBase = message.baseAddress
                    else { return nil }
                    return vitaal_regex_compile(
                        base, bytes.count, Int64(vitaal_regex_memory_bytes), messageBase,
                        message.count)
                }
            }
        }
        guard let compiled else { return nil }
        self.text = text
        self.compiled = compiled
    }

    deinit { vitaal_regex_free(compiled) }

    /// Whether it matches anywhere in `bytes`.
    func matches(_ bytes: [UInt8]) -> Bool {
        matches(bytes[...])
    }

    /// Whether it matches anywhere in `bytes`.
    func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { raw in
            let text = raw.bindMemory(to: CChar.self)
            return vitaal_regex_matches(compiled, text.baseAddress, text.count)
        }
    }
}

/// Compiles each pattern text once, since a thousand endpoints share the same markers.
struct PatternCache {
    private var patterns: [String: Pattern] = [:]

    /// Makes an empty cache.
    init() {}

    /// The compiled form of `text`; nil when it is not valid.
    mutating func pattern(_ text: String) -> Pattern? {
        if let known = patterns[text] { return known }
        let pattern = Pattern(text)
        patterns[text] = pattern
        return pattern
    }

    /// Patterns of which one matches when any of `texts` does: a single one unless that grows past
    /// the memory bound; empty for none.
    mutating func anyOf(_ texts: [String]) -> [Pattern] {
        if texts.isEmpty { return [] }
        if let joined = pattern(texts.map { "(?:\($0))" }.joined(separator: "|")) {
            return [joined]
        }
        return texts.compactMap { pattern($0) }
    }
}
