import CPublicSuffix

/// The public suffix list that libpsl has built in.
public enum PublicSuffix {
    /// Whether anybody may register a name below `name`, as with `nl` and `co.uk`.
    ///
    /// - Parameter name: A domain name in ASCII, lower case, without a final dot.
    /// - Returns: False for an ordinary name, and for all when libpsl has no list.
    public static func contains(_ name: String) -> Bool {
        guard let list = psl_builtin() else { return false }
        return name.withCString { psl_is_public_suffix(list, $0) == 1 }
    }

    /// The part of a name that someone registered, such as `digid.nl`; nil for an address or a
    /// public suffix.
    ///
    /// - Parameter host: A domain name in ASCII, lower case, without a final dot.
    /// - Returns: The registered part.
    public static func registrableDomain(of host: String) -> String? {
        guard let list = psl_builtin(), !AddressText.isAddress(host) else { return nil }
        // The answer points into the text that was asked about: it must be read while that lives.
        return host.withCString { text in
            psl_registrable_domain(list, text).map { String(cString: $0) }
        }
    }
}
