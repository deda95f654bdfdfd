import HealthModel

/// The extensions (RFC 5280 §4.2).
extension CertificateParser {
    mutating func readExtensions(_ list: DERReader) {
        var list = list
        while var parts = list.next(DERReader.Tag.sequence)?.reader {
            guard let identifier = parts.next()?.objectIdentifier else { continue }
            let isCritical = parts.next(DERReader.Tag.boolean)?.boolean ?? false
            let value = parts.next(DERReader.Tag.octetString)
            guard profile.extensions.count < Limits.certificateExtensions else { return }
            profile.extensions.append(
                CertificateExtension(identifier: identifier, isCritical: isCritical))
            if !read(identifier, value?.contents ?? []) {
                profile.malformedExtensions.append(identifier)
            }
        }
    }

    /// Reads one extension; false when its form is known and this is not it.
    private mutating func read(_ identifier: String, _ value: ArraySlice<UInt8>) -> Bool {
        switch identifier {
        case ExtensionIdentifier.subjectKeyIdentifier:
            let octets = DERReader.only(DERReader.Tag.octetString, in: value)?.contents
            // Longer than any digest: not kept, since nobody would compare it.
            guard let octets, octets.count <= 64 else { return false }
            profile.subjectKeyIdentifier = CertificateText.hexadecimal(octets)
            return true
        case ExtensionIdentifier.keyUsage: return readKeyUsage(value)
        case ExtensionIdentifier.subjectAlternativeName: return readAlternativeNames(value)
        case ExtensionIdentifier.basicConstraints: return readBasicConstraints(value)
        case ExtensionIdentifier.nameConstraints: return readNameConstraints(value)
        case ExtensionIdentifier.revocationListPoints: return readRevocationLists(value)
        case ExtensionIdentifier.certificatePolicies: return readPolicies(value)
        case ExtensionIdentifier.authorityKeyIdentifier: return readAuthorityKey(value)
        case ExtensionIdentifier.extendedKeyUsage: return readExtendedKeyUsage(value)
        case ExtensionIdentifier.authorityInformationAccess: return readAccess(value)
        case ExtensionIdentifier.tlsFeature: return readFeatures(value)
        case ExtensionIdentifier.timestampList:
            // The TLS encoding is wrapped in an octet string of its own (RFC 6962 §3.3).
            let octets = DERReader.only(DERReader.Tag.octetString, in: value)?.contents
            guard let list = octets.flatMap(SCTList.init) else { return false }
            profile.timestamps = list.timestamps
            return true
        default: return true
        }
    }

    private mutating func readKeyUsage(_ value: ArraySlice<UInt8>) -> Bool {
        guard let bits = DERReader.only(DERReader.Tag.bitString, in: value)?.bitString,
            bits.octets.count <= 2
        else { return false }
        var usage: UInt16 = 0
        for (index, octet) in bits.octets.enumerated() {
            for bit in 0..<8 where octet & (0x80 >> bit) != 0 { usage |= 1 << (8 * index + bit) }
        }
        profile.keyUsage = KeyUsage(rawValue: usage)
        return true
    }

    private mutating func readBasicConstraints(_ value: ArraySlice<UInt8>) -> Bool {
        guard var parts = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        let isAuthority = parts.next(DERReader.Tag.boolean)?.boolean ?? false
        let length = parts.next(DERReader.Tag.integer)
        guard parts.isAtEnd, length == nil || length?.smallInteger != nil else { return false }
        profile.basicConstraints = BasicConstraints(
            isAuthority: isAuthority, pathLength: length?.smallInteger)
        return true
    }

    private mutating func readAlternativeNames(_ value: ArraySlice<UInt8>) -> Bool {
        guard var list = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        var facts = AlternativeNameFacts()
        while let name = list.next() {
            switch name.tag {
            case DERReader.Tag.context(2):
                facts.dnsCount += 1
                readDNSName(name.contents, into: &facts)
            case DERReader.Tag.context(7):
                facts.addressCount += 1
                guard name.contents.count == 4 || name.contents.count == 16 else { return false }
                if !commonNamesMissing.isEmpty {
                    commonNamesMissing.remove(AddressText.text(Array(name.contents)))
                }
            default: facts.otherCount += 1
            }
        }
        profile.alternativeNames = facts
        return list.isAtEnd
    }

    private mutating func readDNSName(
        _ bytes: ArraySlice<UInt8>, into facts: inout AlternativeNameFacts
    ) {
        let isWildcard = bytes.contains(UInt8(ascii: "*"))
        let isUnderscored = bytes.contains(UInt8(ascii: "_"))
        let isOdd = !HostNameForm.isValid(bytes)
        // Most of ten thousand names are plain and never become a string.
        guard isWildcard || isUnderscored || isOdd || !commonNamesMissing.isEmpty else { return }
        let text = CertificateText.printable(bytes.prefix(Limits.certificateNameBytes))
        commonNamesMissing.remove(text)
        if isWildcard, facts.wildcards.count < Limits.certificateNames {
            facts.wildcards.append(text)
        }
        if isUnderscored, facts.underscores.count < Limits.certificateOddNames {
            facts.underscores.append(text)
        }
        if isOdd, facts.malformed.count < Limits.certificateOddNames {
            facts.malformed.append(text)
        }
    }

    private mutating func readNameConstraints(_ value: ArraySlice<UInt8>) -> Bool {
        guard var parts = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        var facts = NameConstraintFacts()
        var isWellFormed = true
        for number in UInt8(0)...1 {
            guard var subtrees = parts.next(DERReader.Tag.constructed(number))?.reader else {
                continue
            }
            while var subtree = subtrees.next(DERReader.Tag.sequence)?.reader {
                guard let base = subtree.next() else { return false }
                if number == 0 { facts.permittedCount += 1 } else { facts.excludedCount += 1 }
                if base.tag == DERReader.Tag.context(2),
                    facts.dnsSubtrees.count < Limits.certificateNames
                {
                    facts.dnsSubtrees.append(
                        CertificateText.printable(base.contents.prefix(Limits.certificateNameBytes))
                    )
                }
                if base.tag == DERReader.Tag.context(7), !Self.isAddressSubtree(base.contents) {
                    facts.isAddressMaskInvalid = true
                }
            }
            isWellFormed = isWellFormed && subtrees.isAtEnd
        }
        profile.nameConstraints = facts
        return isWellFormed && parts.isAtEnd
    }

    /// Whether this is an address and a mask of ones followed by zeros (RFC 5280 §4.2.1.10).
    private static func isAddressSubtree(_ contents: ArraySlice<UInt8>) -> Bool {
        guard contents.count == 8 || contents.count == 32 else { return false }
        let mask = contents.suffix(contents.count / 2)
        let rest = mask.drop { $0 == 0xFF }
        guard let edge = rest.first else { return true }
        return (~edge &+ 1) & ~edge == 0 && rest.dropFirst().allSatisfy { $0 == 0 }
    }

    private mutating func readPolicies(_ value: ArraySlice<UInt8>) -> Bool {
        guard var list = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        while var policy = list.next(DERReader.Tag.sequence)?.reader {
            guard let identifier = policy.next()?.objectIdentifier else { return false }
            if profile.policies.count < Limits.certificateIdentifiers {
                profile.policies.append(identifier)
            }
        }
        return list.isAtEnd && !profile.policies.isEmpty
    }

    private mutating func readExtendedKeyUsage(_ value: ArraySlice<UInt8>) -> Bool {
        guard var list = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        var usages: [String] = []
        while let element = list.next() {
            guard let usage = element.objectIdentifier else { return false }
            if usages.count < Limits.certificateIdentifiers { usages.append(usage) }
        }
        profile.extendedKeyUsages = usages
        return list.isAtEnd && !usages.isEmpty
    }

    private mutating func readAuthorityKey(_ value: ArraySlice<UInt8>) -> Bool {
        guard var parts = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        var facts = AuthorityKeyFacts()
        if let identifier = parts.next(DERReader.Tag.context(0)) {
            guard identifier.contents.count <= 64 else { return false }
            facts.keyIdentifier = CertificateText.hexadecimal(identifier.contents)
        }
        facts.hasIssuer = parts.next(DERReader.Tag.constructed(1)) != nil
        facts.hasSerialNumber = parts.next(DERReader.Tag.context(2)) != nil
        profile.authorityKey = facts
        return parts.isAtEnd
    }

    private mutating func readAccess(_ value: ArraySlice<UInt8>) -> Bool {
        guard var list = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        var count = 0
        while var description = list.next(DERReader.Tag.sequence)?.reader {
            guard let method = description.next()?.objectIdentifier, let place = description.next()
            else { return false }
            count += 1
            switch method {
            case "1.3.6.1.5.5.7.48.1": Self.add(place, to: &profile.ocspURLs)
            case "1.3.6.1.5.5.7.48.2": Self.add(place, to: &profile.issuerURLs)
            default: break
            }
        }
        return list.isAtEnd && count > 0
    }

    private mutating func readRevocationLists(_ value: ArraySlice<UInt8>) -> Bool {
        guard var list = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        while var point = list.next(DERReader.Tag.sequence)?.reader {
            // DistributionPoint, in it DistributionPointName, in it fullName.
            guard var name = point.next(DERReader.Tag.constructed(0))?.reader,
                var places = name.next(DERReader.Tag.constructed(0))?.reader
            else { continue }
            while let place = places.next() { Self.add(place, to: &profile.revocationListURLs) }
        }
        return list.isAtEnd
    }

    private mutating func readFeatures(_ value: ArraySlice<UInt8>) -> Bool {
        guard var list = DERReader.only(DERReader.Tag.sequence, in: value)?.reader else {
            return false
        }
        while let feature = list.next(DERReader.Tag.integer) {
            // 5 is status_request, the number of the TLS extension (RFC 7633 §4.2.3.1).
            if feature.smallInteger == 5 { profile.isStapleRequired = true }
        }
        return list.isAtEnd
    }

    /// Keeps an address when it is an HTTP one and not too long.
    private static func add(_ place: DERReader.Element, to list: inout [String]) {
        guard place.tag == DERReader.Tag.context(6), list.count < Limits.certificateAddresses,
            place.contents.count <= Limits.certificateAddressBytes
        else { return }
        let text = CertificateText.printable(place.contents)
        let scheme = text.prefix(8).lowercased()
        if scheme.hasPrefix("http://") || scheme == "https://" { list.append(text) }
    }
}

/// The form of a host name in a certificate.
enum HostNameForm {
    /// Whether the bytes are labels of letters, digits, hyphens and underscores (RFC 1034 §3.5,
    /// and the underscore that has a finding of its own), with a whole `*` as first label at most.
    ///
    /// A last label of digits makes an address in the wrong place (RFC 1123 §2.1).
    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard (1...253).contains(bytes.count) else { return false }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for (index, label) in labels.enumerated() {
            if index == 0, label.elementsEqual([UInt8(ascii: "*")]), labels.count > 1 { continue }
            guard (1...63).contains(label.count), label.first != UInt8(ascii: "-"),
                label.last != UInt8(ascii: "-"), label.allSatisfy(isLetter)
            else { return false }
        }
        return labels.last.map { !$0.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) }
            ?? false
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
