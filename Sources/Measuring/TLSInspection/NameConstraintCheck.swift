import COpenSSL
import CProbeShims
import HealthModel

/// What OpenSSL 3.0 overlooks when it holds names against name constraints (RFC 5280 §4.2.1.10).
///
/// It compares `*.example.com` with a constraint letter by letter, so an authority that may not
/// vouch for `secret.example.com` could do so by a wildcard (CVE-2025-61727 in Go). RFC 5280 does
/// not say what a wildcard means there; here it means every name that it stands for.
enum NameConstraintCheck {
    /// Wildcards times excluded names that are compared; beyond it the answer is "violated", as
    /// with OpenSSL's own bound for names and constraints.
    static let comparisonsMax = 1 << 16

    /// Whether a wildcard stands for a name that is excluded.
    ///
    /// Both are DNS names in ASCII. A constraint stands for itself and all names below it, one
    /// that begins with a dot only for those below. A wildcard stands for exactly one label.
    static func covers(wildcard: [UInt8], excluded: [UInt8]) -> Bool {
        guard wildcard.starts(with: [UInt8(ascii: "*"), UInt8(ascii: ".")]) else { return false }
        let base = wildcard.dropFirst(2).map(lowercased)
        var subtree = excluded.map(lowercased)
        if subtree.last == UInt8(ascii: ".") { subtree.removeLast() }
        // Everything is excluded.
        if subtree.isEmpty { return true }
        let isBelowOnly = subtree.first == UInt8(ascii: ".")
        let name = isBelowOnly ? Array(subtree.dropFirst()) : subtree
        // The base is the subtree's top or lies below it: all that the wildcard stands for does.
        if isEqualOrBelow(base, name) { return true }
        // The subtree's top is one label below the base: the wildcard stands for it.
        guard !isBelowOnly, isEqualOrBelow(name, base), name.count > base.count + 1 else {
            return false
        }
        return !name.dropLast(base.count + 1).contains(UInt8(ascii: "."))
    }

    /// Adds the violations on a built path to its errors.
    static func check(_ attempt: VerificationAttempt) {
        var isDNSConstrained = false
        var excluded: [[UInt8]] = []
        for depth in (0..<attempt.count).dropFirst() {
            guard let authority = attempt.certificate(at: depth),
                X509_get_ext_by_NID(authority, NID_name_constraints, -1) >= 0,
                // OpenSSL has refused constraints that cannot be read.
                let constraints = shim_name_constraints(authority)
            else { continue }
            defer { shim_name_constraints_free(constraints) }
            let forbidden = subtrees(constraints, shim_excluded_count, shim_excluded)
            let allowed = subtrees(constraints, shim_permitted_count, shim_permitted)
            // It says that names are constrained, and not how: the section forbids that.
            if forbidden.isEmpty && allowed.isEmpty {
                attempt.add(X509_V_ERR_INVALID_EXTENSION, depth: depth)
            }
            if (forbidden + allowed).contains(where: { shim_name_type($0) == GEN_DNS }) {
                isDNSConstrained = true
            }
            excluded += forbidden.compactMap(dnsName)
        }
        guard isDNSConstrained, let leaf = attempt.certificate(at: 0) else { return }
        let names = dnsNames(of: leaf)
        // What is no name lies in no subtree, permitted or not, whatever its letters.
        if names.contains(where: hasEmptyLabel) {
            attempt.add(X509_V_ERR_UNSUPPORTED_NAME_SYNTAX, depth: 0)
        }
        let wildcards = names.filter { $0.first == UInt8(ascii: "*") }
        if isAnyCovered(wildcards, by: excluded) {
            attempt.add(X509_V_ERR_EXCLUDED_VIOLATION, depth: 0)
        }
    }

    /// Whether a wildcard stands for an excluded name, or there are too many of both to tell.
    static func isAnyCovered(_ wildcards: [[UInt8]], by excluded: [[UInt8]]) -> Bool {
        guard !wildcards.isEmpty, !excluded.isEmpty else { return false }
        guard excluded.count <= comparisonsMax / wildcards.count else { return true }
        return wildcards.contains { wildcard in
            excluded.contains { covers(wildcard: wildcard, excluded: $0) }
        }
    }

    /// Whether a DNS name has a label without letters, such as `.example.com`; one dot at the end
    /// is none.
    static func hasEmptyLabel(_ name: [UInt8]) -> Bool {
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isRooted = labels.count > 1 && labels.last?.isEmpty == true
        return (isRooted ? labels.dropLast() : labels[...]).contains { $0.isEmpty }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    private static func isEqualOrBelow(_ name: [UInt8], _ top: [UInt8]) -> Bool {
        guard name.count > top.count else { return name == top }
        return name.suffix(top.count).elementsEqual(top)
            && name[name.count - top.count - 1] == UInt8(ascii: ".")
    }

    private static func dnsNames(of leaf: OpaquePointer) -> [[UInt8]] {
        guard let raw = X509_get_ext_d2i(leaf, NID_subject_alt_name, nil, nil) else { return [] }
        let names = OpaquePointer(raw)
        defer { shim_names_free(names) }
        return (0..<shim_name_count(names)).compactMap { shim_name(names, $0) }
            .compactMap(dnsName)
    }

    private static func subtrees(
        _ constraints: UnsafePointer<NAME_CONSTRAINTS>,
        _ count: (UnsafePointer<NAME_CONSTRAINTS>) -> CInt,
        _ base: (UnsafePointer<NAME_CONSTRAINTS>, CInt) -> UnsafeMutablePointer<GENERAL_NAME>?
    ) -> [UnsafeMutablePointer<GENERAL_NAME>] {
        (0..<count(constraints)).compactMap { base(constraints, $0) }
    }

    private static func dnsName(_ name: UnsafeMutablePointer<GENERAL_NAME>) -> [UInt8]? {
        guard shim_name_type(name) == GEN_DNS, let value = shim_name_value(name) else {
            return nil
        }
        return Array(
            UnsafeBufferPointer(
                start: ASN1_STRING_get0_data(value), count: Int(ASN1_STRING_length(value))))
    }
}
