/// Bytes that are never shown: not in a log, not in a message, not in a debugger's text.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The bytes.
    public let bytes: [UInt8]

    /// Makes a secret.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Says that there is one.
    public var description: String { "(secret)" }
    /// Says that there is one.
    public var debugDescription: String { description }
    /// Shows no parts.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
