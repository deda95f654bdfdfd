import COpenSSL
import CProbeShims
import HealthModel

/// The revocation lists at hand, found by the name of their issuer.
///
/// OpenSSL's own check is not used: it cannot be combined with trusted intermediates
/// (openssl#5081), and it makes a missing list an error, while here only a revoked certificate
/// is one.
public final class RevocationLists: Sendable {
    /// The text could not be read.
    public struct ReadError: Error, Sendable, Hashable {
        /// What is wrong, and with which list.
        public let problem: String
    }

    /// What the lists say of one certificate.
    struct Finding: Hashable {
        var status: RevocationStatus
        /// Whether its issuer signed a list that may not be used as it is.
        var isListRefused = false
    }

    /// Lists in one set.
    public static let listsMax = 10_000

    private let byIssuer: [String: [RevocationList]]

    /// Makes a set; it may be empty.
    ///
    /// - Precondition: at most `listsMax` lists.
    public init(_ lists: [RevocationList]) {
        precondition(lists.count <= Self.listsMax, "too many revocation lists")
        byIssuer = Dictionary(grouping: lists, by: \.issuer)
    }

    /// Reads every list of PEM text.
    ///
    /// - Throws: `ReadError` when one cannot be read, there is none, or there are too many.
    public convenience init(pem: [UInt8]) throws(ReadError) {
        OpenSSLProcess.prepare()
        var lists: [RevocationList] = []
        do {
            try PEMText.read(pem, kind: "revocation list", limit: Self.listsMax) { memory in
                guard let one = PEM_read_bio_X509_CRL(memory, nil, nil, nil) else { return false }
                lists.append(RevocationList(taking: one))
                return true
            }
        } catch {
            throw ReadError(problem: error.problem)
        }
        self.init(lists)
    }

    /// Tells what is at hand about the issuers of a chain from any other state of it; empty when
    /// there is nothing.
    func identity(for chain: [Certificate]) -> String {
        let lists = lists(for: chain)
        guard !lists.isEmpty else { return "" }
        return CertificateText.hexadecimal(SHA256Digest.of(lists.flatMap(\.digest)))
    }

    /// The instants at which what is said of a chain may change.
    func boundaries(for chain: [Certificate]) -> [Timestamp] {
        lists(for: chain).flatMap { [$0.thisUpdate, $0.nextUpdate].compactMap { $0 } }
    }

    private func lists(for chain: [Certificate]) -> [RevocationList] {
        guard !byIssuer.isEmpty else { return [] }
        var issuers: [String] = []
        for one in chain where !issuers.contains(one.issuer) { issuers.append(one.issuer) }
        return issuers.flatMap { byIssuer[$0] ?? [] }
    }

    /// What the lists say of a certificate; `issuer` is the next one on its path.
    func status(
        of certificate: OpaquePointer, issuer: OpaquePointer, at instant: Timestamp
    ) -> Finding {
        var found: [Verdict] = []
        let name = X509_get_issuer_name(certificate)
        for one in byIssuer[CertificateReader.text(of: name)] ?? []
        where X509_NAME_cmp(X509_CRL_get_issuer(one.list), name) == 0
            && one.isSigned(by: issuer)
        {
            found.append(Self.verdict(of: one.list, on: certificate, issuer: issuer, at: instant))
        }
        let isListRefused = found.contains(.refused)
        let order: [(Verdict, RevocationStatus)] = [
            (.revoked, .revoked), (.good, .good), (.stale, .stale),
        ]
        if let (_, status) = order.first(where: { found.contains($0.0) }) {
            return Finding(status: status, isListRefused: isListRefused)
        }
        let namesList = X509_get_ext_by_NID(certificate, NID_crl_distribution_points, -1) >= 0
        return Finding(
            status: namesList || isListRefused ? .unavailable : .none, isListRefused: isListRefused)
    }

    private enum Verdict {
        case good
        case revoked
        case stale
        /// It does not cover the certificate.
        case outOfScope
        /// Its issuer made it so that it may not be used.
        case refused
    }

    private static func verdict(
        of list: OpaquePointer, on certificate: OpaquePointer, issuer: OpaquePointer,
        at instant: Timestamp
    ) -> Verdict {
        // RFC 5280 §6.3.3 (f): without the extension every use is allowed.
        guard X509_get_key_usage(issuer) & UInt32(KU_CRL_SIGN) != 0 else { return .refused }
        guard areCriticalExtensionsKnown(list) else { return .refused }
        let scope = scope(of: list, for: certificate)
        guard scope == .whole || scope == .someReasons else {
            return scope == .unreadable ? .refused : .outOfScope
        }
        var entry: OpaquePointer?
        let isListed = X509_CRL_get0_by_cert(list, &entry, certificate) == 1
        guard let isCurrent = isCurrent(list, at: instant) else { return .outOfScope }
        if isListed {
            // A hold can be lifted by the next list; anything else is for ever (§5.3.1).
            return isCurrent || !isHold(entry) ? .revoked : .stale
        }
        if !isCurrent { return .stale }
        // A list of some reasons cannot say that there is no other reason.
        return scope == .whole ? .good : .outOfScope
    }

    /// Whether the list holds at an instant; nil when it is from later.
    private static func isCurrent(_ list: OpaquePointer, at instant: Timestamp) -> Bool? {
        let now = time_t(instant.seconds)
        guard let start = X509_CRL_get0_lastUpdate(list),
            [0, -1].contains(ASN1_TIME_cmp_time_t(start, now))
        else { return nil }
        // RFC 5280 §5.1.2.5 demands the next update; without it a list says nothing about today.
        guard let end = X509_CRL_get0_nextUpdate(list) else { return false }
        return [0, 1].contains(ASN1_TIME_cmp_time_t(end, now))
    }

    private static func isHold(_ entry: OpaquePointer?) -> Bool {
        guard let entry,
            let raw = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, nil, nil)
        else { return false }
        let reason = raw.assumingMemoryBound(to: ASN1_ENUMERATED.self)
        defer { ASN1_ENUMERATED_free(reason) }
        return ASN1_ENUMERATED_get(reason) == Int(CRL_REASON_CERTIFICATE_HOLD)
    }

    /// RFC 5280 §5.2: a list with a critical extension that is not understood must not be used.
    ///
    /// Only the issuing distribution point is: neither delta lists nor a list number that is
    /// critical against §5.2.3.
    private static func areCriticalExtensionsKnown(_ list: OpaquePointer) -> Bool {
        (0..<X509_CRL_get_ext_count(list)).allSatisfy { index in
            let one = X509_CRL_get_ext(list, index)
            return X509_EXTENSION_get_critical(one) == 0
                || OBJ_obj2nid(X509_EXTENSION_get_object(one)) == NID_issuing_distribution_point
        } && X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0
    }

    // MARK: Scope

    private enum Scope {
        case whole
        case someReasons
        case other
        case unreadable
    }

    /// Whether a list covers a certificate (RFC 5280 §5.2.5).
    private static func scope(of list: OpaquePointer, for certificate: OpaquePointer) -> Scope {
        var presence: CInt = 0
        guard let point = shim_issuing_point(list, &presence) else {
            // -1 says that there is none; else it is there twice or cannot be read.
            return presence == -1 ? .whole : .unreadable
        }
        defer { shim_issuing_point_free(point) }
        let isAuthority = X509_check_ca(certificate) == 1
        // Lists for other issuers' certificates are not supported: none of the public ones is.
        if point.pointee.indirectCRL > 0 || point.pointee.onlyattr > 0 { return .other }
        if point.pointee.onlyuser > 0 && isAuthority { return .other }
        if point.pointee.onlyCA > 0 && !isAuthority { return .other }
        if let place = point.pointee.distpoint {
            // A shard: it counts only for certificates that name it.
            guard let names = shim_full_names(place) else { return .other }
            let urls = urls(in: names)
            guard !urls.isDisjoint(with: listURLs(of: certificate)) else { return .other }
        }
        return point.pointee.onlysomereasons == nil ? .whole : .someReasons
    }

    private static func listURLs(of certificate: OpaquePointer) -> Set<[UInt8]> {
        guard let points = shim_crl_points(certificate) else { return [] }
        defer { shim_crl_points_free(points) }
        return (0..<shim_crl_point_count(points)).reduce(into: []) { urls, index in
            if let names = shim_crl_point_names(points, index) {
                urls.formUnion(Self.urls(in: names))
            }
        }
    }

    private static func urls(in names: OpaquePointer) -> Set<[UInt8]> {
        Set(
            (0..<shim_name_count(names)).compactMap { shim_name(names, $0) }
                .compactMap { shim_name_uri($0) }
                .map {
                    Array(
                        UnsafeBufferPointer(
                            start: ASN1_STRING_get0_data($0), count: Int(ASN1_STRING_length($0))))
                })
    }
}
