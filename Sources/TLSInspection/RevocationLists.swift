import COpenSSL
import CProbeShims
import HealthModel
import Synchronization

// Safety: the lists are never changed after init; OpenSSL sorts their entries under a lock and
// counts references atomically. What is known of signatures stands behind a mutex.
/// Certificate revocation lists (RFC 5280 §5), parsed once.
///
/// OpenSSL's own check is not used: it cannot be combined with trusted intermediates
/// (openssl#5081), and it makes a missing list an error, while here only a revoked certificate
/// is one.
public final class RevocationLists: @unchecked Sendable {
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
    public static let listsMax = 1_000

    /// Signatures remembered before all are forgotten.
    static let knownSignaturesMax = 10_000

    private struct Signature: Hashable {
        var list: Int
        var issuer: [UInt8]
    }

    /// Tells one set from another: the SHA-256 over those of all lists.
    let identity: String
    /// The instants at which what the lists say may change.
    let boundaries: [Timestamp]

    private let lists: [OpaquePointer]
    /// Whether an issuer signed a list; a long one costs milliseconds to check.
    private let signatures = Mutex<[Signature: Bool]>([:])

    /// Reads every list of PEM text.
    ///
    /// - Throws: `ReadError` when one cannot be read, there is none, or there are too many.
    public convenience init(pem: [UInt8]) throws(ReadError) {
        OpenSSLProcess.prepare()
        var lists: [OpaquePointer] = []
        do {
            try PEMText.read(pem, kind: "revocation list", limit: Self.listsMax) { memory in
                guard let one = PEM_read_bio_X509_CRL(memory, nil, nil, nil) else { return false }
                lists.append(one)
                return true
            }
        } catch {
            for one in lists { X509_CRL_free(one) }
            throw ReadError(problem: error.problem)
        }
        self.init(taking: lists)
    }

    /// Reads lists in DER form, as they are fetched (RFC 5280 §4.2.1.13).
    ///
    /// - Throws: `ReadError` when one cannot be read or there are too many.
    public convenience init(der: [[UInt8]]) throws(ReadError) {
        OpenSSLProcess.prepare()
        guard der.count <= Self.listsMax else {
            throw ReadError(problem: "more than \(Self.listsMax) lists")
        }
        var lists: [OpaquePointer] = []
        for (index, bytes) in der.enumerated() {
            let list = bytes.withUnsafeBufferPointer { buffer in
                var position = buffer.baseAddress
                let list = d2i_X509_CRL(nil, &position, buffer.count)
                // What follows the list is not part of it, and so not signed.
                guard position != buffer.baseAddress.map({ $0 + buffer.count }) else { return list }
                X509_CRL_free(list)
                return nil
            }
            guard let list else {
                for one in lists { X509_CRL_free(one) }
                ERR_clear_error()
                throw ReadError(problem: "revocation list \(index + 1) cannot be read")
            }
            lists.append(list)
        }
        self.init(taking: lists)
    }

    private init(taking lists: [OpaquePointer]) {
        self.lists = lists
        identity = CertificateText.hexadecimal(Self.digest(of: lists.flatMap(Self.digest(of:))))
        boundaries = lists.flatMap { list in
            [X509_CRL_get0_lastUpdate(list), X509_CRL_get0_nextUpdate(list)]
                .compactMap { $0 }.compactMap(Self.instant)
        }
    }

    deinit { for one in lists { X509_CRL_free(one) } }

    /// What the lists say of a certificate; `issuer` is the next one on its path.
    func status(
        of certificate: OpaquePointer, issuer: OpaquePointer, at instant: Timestamp
    ) -> Finding {
        var found: [Verdict] = []
        for (index, list) in lists.enumerated()
        where X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_issuer_name(certificate)) == 0
            && isSigned(index, by: issuer)
        {
            found.append(Self.verdict(of: list, on: certificate, issuer: issuer, at: instant))
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

    private func isSigned(_ index: Int, by issuer: OpaquePointer) -> Bool {
        let signature = Signature(
            list: index,
            issuer: Self.digest { X509_digest(issuer, EVP_sha256(), $0, $1) })
        if let known = signatures.withLock({ $0[signature] }) { return known }
        let isSigned = X509_CRL_verify(lists[index], X509_get0_pubkey(issuer)) == 1
        signatures.withLock { known in
            if known.count >= Self.knownSignaturesMax { known.removeAll() }
            known[signature] = isSigned
        }
        return isSigned
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

    private static func digest(of list: OpaquePointer) -> [UInt8] {
        digest { X509_CRL_digest(list, EVP_sha256(), $0, $1) }
    }

    private static func digest(of bytes: [UInt8]) -> [UInt8] {
        digest { EVP_Digest(bytes, bytes.count, $0, $1, EVP_sha256(), nil) }
    }

    /// The SHA-256 that OpenSSL writes; zeros when memory is short.
    private static func digest(
        _ write: (UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<CUnsignedInt>?) -> CInt
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length: CUnsignedInt = 0
        _ = bytes.withUnsafeMutableBufferPointer { write($0.baseAddress, &length) }
        return bytes
    }

    private static func instant(of time: UnsafePointer<ASN1_TIME>) -> Timestamp? {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var days: CInt = 0
        var seconds: CInt = 0
        guard ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return nil }
        // A timestamp ends in 2262 (106,751 days after the epoch).
        return days < 106_000
            ? Timestamp(seconds: Int64(days) * 86_400 + Int64(seconds))
            : Timestamp(nanoseconds: .max)
    }
}
