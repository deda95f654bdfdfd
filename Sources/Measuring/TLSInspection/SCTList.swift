public import HealthModel

/// The list of transparency timestamps in a certificate (RFC 6962 §3.3).
///
/// Counts and names the logs. The signatures are not verified: that takes the keys of the logs.
public struct SCTList: Sendable, Hashable {
    /// The timestamps of version 1 in their order, at most `Limits.certificateTimestamps`.
    public var timestamps: [SignedCertificateTimestamp]
    /// How many there are in all, of later versions too.
    public var count: Int

    /// Octets of version, log id, timestamp and the length of the extensions (RFC 6962 §3.2).
    private static let fixedOctets = 1 + 32 + 8 + 2

    /// Reads a TLS-encoded SignedCertificateTimestampList; nil when a length does not fit.
    ///
    /// Never reads past the end; takes time in proportion to the bytes. An entry of a later
    /// version is counted and skipped, as RFC 6962 §3.3 allows for.
    public init?(_ bytes: ArraySlice<UInt8>) {
        timestamps = []
        count = 0
        var reader = VectorReader(rest: bytes)
        guard var list = reader.vector().map(VectorReader.init), reader.rest.isEmpty,
            !list.rest.isEmpty
        else { return nil }
        while !list.rest.isEmpty {
            guard let entry = list.vector(), let version = entry.first else { return nil }
            count += 1
            guard version == 0 else { continue }
            guard let timestamp = Self.timestamp(entry) else { return nil }
            if timestamps.count < Limits.certificateTimestamps { timestamps.append(timestamp) }
        }
    }

    private static func timestamp(_ entry: ArraySlice<UInt8>) -> SignedCertificateTimestamp? {
        guard entry.count >= fixedOctets else { return nil }
        let start = entry.startIndex
        let milliseconds = entry[start + 33..<start + 41].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        var reader = VectorReader(rest: entry[(start + 41)...])
        // Extensions, hash and signature algorithm, signature; and nothing after that.
        guard reader.vector() != nil, reader.skip(2), reader.vector()?.isEmpty == false,
            reader.rest.isEmpty
        else { return nil }
        let instant =
            milliseconds > UInt64(Int64.max / 1_000_000)
            ? Timestamp(nanoseconds: .max) : Timestamp(milliseconds: Int64(milliseconds))
        return SignedCertificateTimestamp(
            log: CertificateText.hexadecimal(entry[start + 1..<start + 33]), instant: instant)
    }
}

/// Reads vectors with a length of two octets (RFC 8446 §3.4).
private struct VectorReader {
    var rest: ArraySlice<UInt8>

    mutating func vector() -> ArraySlice<UInt8>? {
        guard rest.count >= 2 else { return nil }
        let start = rest.startIndex + 2
        let length = Int(rest[start - 2]) << 8 | Int(rest[start - 1])
        guard rest.endIndex - start >= length else { return nil }
        defer { rest = rest[(start + length)...] }
        return rest[start..<start + length]
    }

    mutating func skip(_ count: Int) -> Bool {
        guard rest.count >= count else { return false }
        rest = rest.dropFirst(count)
        return true
    }
}
