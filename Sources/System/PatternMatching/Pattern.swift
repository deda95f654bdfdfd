import CRegex
import HealthModel

// Safety: the pointee never changes after it was compiled and RE2 matches from any number of
// threads at once; the pointer is freed in deinit only, when no reference is left.
/// A regular expression in RE2 syntax, the one Go uses: matching takes linear time, always.
public final class Pattern: @unchecked Sendable {
    /// The text it was compiled from.
    public let text: String
    private let regex: OpaquePointer

    /// Why a pattern cannot be used.
    public struct Refusal: Error, Sendable, Hashable {
        /// The reason in RE2's words, such as `missing ): (abc`.
        public var reason: String

        /// Makes a refusal with RE2's reason.
        public init(reason: String) { self.reason = reason }
    }

    /// Bytes kept of RE2's reason, which quotes the pattern.
    private static let reasonBytes = 512

    /// Compiles `text`.
    ///
    /// - Throws: `Refusal` when it is no RE2 syntax, is longer than `Limits.patternBytes` or
    ///   needs more memory than a pattern may have.
    public init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Limits.patternBytes else {
            throw Refusal(
                reason: "\(text.utf8.count) bytes are more than \(Limits.patternBytes)")
        }
        self.text = text
        var text = text
        var reason = [CChar](repeating: 0, count: Self.reasonBytes)
        let compiled = text.withUTF8 { pattern in
            // Safety: both buffers outlive the call, which keeps neither pointer.
            pattern.withMemoryRebound(to: CChar.self) { pattern -> OpaquePointer? in
                guard let start = pattern.baseAddress else {
                    return vitaal_regex_compile(
                        "", 0, Int64(vitaal_regex_memory_bytes), &reason, reason.count)
                }
                return vitaal_regex_compile(
                    start, pattern.count, Int64(vitaal_regex_memory_bytes), &reason,
                    reason.count)
            }
        }
        guard let compiled else {
            let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw Refusal(reason: String(decoding: bytes, as: UTF8.self))
        }
        regex = compiled
    }

    deinit { vitaal_regex_free(regex) }

    /// Tells whether the pattern matches anywhere in `text`.
    public func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            // Safety: the buffer outlives the call, which keeps no pointer.
            bytes.withMemoryRebound(to: CChar.self) {
                vitaal_regex_matches(regex, $0.baseAddress, $0.count)
            }
        }
    }

    /// Tells whether the pattern matches anywhere in `bytes`, which need not be UTF-8.
    public func matches(_ bytes: [UInt8]) -> Bool { matches(bytes[...]) }

    /// Tells whether the pattern matches anywhere in `bytes`, which need not be UTF-8.
    public func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { raw in
            // Safety: the buffer outlives the call, which keeps no pointer.
            let text = raw.bindMemory(to: CChar.self)
            return vitaal_regex_matches(regex, text.baseAddress, text.count)
        }
    }
}
