import HealthModel

/// The hash of an address as blackbox_exporter computes it: FNV-1a, 32 bits, over the 4 bytes of
/// an IPv4 address or the 16 of an IPv6 one; 0 for text that is neither.
///
/// An IPv4 address mapped into IPv6 hashes as the IPv4 address, as Go's `net.IP.To4` sees it.
func hash(of address: NetworkAddress) -> UInt32 {
    guard let bytes = address.isIPv6 ? ipv6Bytes(address.text) : ipv4Bytes(address.text) else {
        return 0
    }
    let isMapped =
        bytes.count == 16 && bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255])
    var hash: UInt32 = 2_166_136_261
    for byte in isMapped ? bytes[12...] : bytes[...] {
        hash = (hash ^ UInt32(byte)) &* 16_777_619
    }
    return hash
}

/// The four bytes of a dotted address; nil when `text` is none.
private func ipv4Bytes(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { UInt8($0) }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
}

/// The sixteen bytes of an IPv6 address (RFC 4291 §2.2), a zone left out; nil when `text` is none.
private func ipv6Bytes(_ text: String) -> [UInt8]? {
    let address = text.prefix { $0 != "%" }
    guard let gap = address.firstRange(of: "::") else {
        let bytes = groupBytes(address)
        return bytes?.count == 16 ? bytes : nil
    }
    guard let head = groupBytes(address[..<gap.lowerBound]),
        let tail = groupBytes(address[gap.upperBound...]), head.count + tail.count <= 14
    else { return nil }
    return head + Array(repeating: 0, count: 16 - head.count - tail.count) + tail
}

/// The bytes of groups joined by colons, the last of which may be a dotted IPv4 address.
private func groupBytes(_ text: Substring) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    var bytes: [UInt8] = []
    for group in text.split(separator: ":", omittingEmptySubsequences: false) {
        if let value = UInt16(group, radix: 16), group.utf8.count <= 4 {
            bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
        } else if group.endIndex == text.endIndex, let dotted = ipv4Bytes(group) {
            bytes += dotted
        } else {
            return nil
        }
    }
    return bytes
}
