import Glibc

/// Network addresses as text.
enum AddressText {
    /// An IPv4 or IPv6 address as people write it (RFC 5952); hexadecimal for another length.
    static func text(_ bytes: [UInt8]) -> String {
        let family: CInt
        switch bytes.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return CertificateText.hexadecimal(bytes.prefix(16))
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let base = buffer.baseAddress, inet_ntop(family, bytes, base, 64) != nil else {
                return ""
            }
            return String(cString: base)
        }
    }
}
