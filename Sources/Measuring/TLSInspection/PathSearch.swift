import COpenSSL
import CProbeShims
import HealthModel

/// Enumerates the paths from a leaf to the trusted roots, because OpenSSL tries only one.
///
/// OpenSSL picks one issuer for each certificate and never comes back to the choice; browsers do.
/// The search walks from the leaf over the certificates sent, depth first, never the same one
/// twice on a path, and follows only signatures that fit. A server decides what it sends, and with
/// n certificates there may be n! paths: so everything is counted, and the search ends when a
/// budget is used up.
final class PathSearch {
    /// What one search may cost.
    struct Budget: Sendable, Hashable {
        /// Certificates above the leaf on one path, the anchor among them.
        var issuersMax = 10
        /// Steps from a certificate to a possible issuer.
        var nodesMax = 2_000
        /// Paths that are verified in full.
        var verificationsMax = 200
        /// Signatures checked along the way: what costs most.
        var signaturesMax = 200
    }

    /// Certificates sent that are looked at; a certificate message of 100 kB holds about 300.
    static let certificatesMax = 1_000

    /// Whether a budget ended the search before every path was seen.
    private(set) var isCutShort = false
    /// Paths that were verified in full.
    private(set) var verificationCount = 0

    private let leaf: OpaquePointer
    /// The certificates that may be intermediates, each once, in the order sent.
    private let sent: [OpaquePointer]
    private let trustStore: TrustStore
    private let instant: Timestamp
    private let budget: Budget
    private var nodeCount = 0
    private var signatureCount = 0
    /// What is known of each certificate of `leaf` + `sent`, by index.
    private var issuers: [[Int]?]
    private var anchors: [[OpaquePointer]?]
    private var anchorStacks: [OpaquePointer] = []
    private let lookup: OpaquePointer?

    /// Makes a search; `sent` is a stack of certificates, the leaf possibly among them.
    init(
        leaf: OpaquePointer, sent: OpaquePointer?, trustStore: TrustStore, instant: Timestamp,
        budget: Budget = Budget()
    ) {
        self.leaf = leaf
        self.trustStore = trustStore
        self.instant = instant
        self.budget = budget
        self.sent = Self.distinct(sent, except: leaf)
        isCutShort = sent.map { shim_certificate_count($0) > Self.certificatesMax } ?? false
        issuers = Array(repeating: nil, count: self.sent.count + 1)
        anchors = Array(repeating: nil, count: self.sent.count + 1)
        let lookup = X509_STORE_CTX_new()
        if let lookup, X509_STORE_CTX_init(lookup, trustStore.store, leaf, nil) != 1 {
            X509_STORE_CTX_free(lookup)
            self.lookup = nil
        } else {
            self.lookup = lookup
        }
    }

    deinit {
        for stack in anchorStacks { shim_certificates_release(stack) }
        X509_STORE_CTX_free(lookup)
    }

    /// Hands every path to `isEnough`, leaf first, until it returns true or a budget is used up.
    ///
    /// The certificates handed over live as long as the search.
    func run(_ isEnough: ([OpaquePointer]) -> Bool) {
        var path = [0]
        _ = visit(&path, isEnough)
    }

    /// True when the search is over.
    private func visit(_ path: inout [Int], _ isEnough: ([OpaquePointer]) -> Bool) -> Bool {
        guard let last = path.last else { return true }
        nodeCount += 1
        guard nodeCount <= budget.nodesMax else { return cutShort() }
        for anchor in anchors(of: last) {
            guard verificationCount < budget.verificationsMax else { return cutShort() }
            verificationCount += 1
            if isEnough(path.map(certificate) + [anchor]) { return true }
        }
        let next = issuers(of: last).filter { !path.contains($0) }
        // With the leaf left out and the anchor added, `path.count` is the number of issuers.
        guard path.count < budget.issuersMax else {
            if !next.isEmpty { isCutShort = true }
            return false
        }
        for issuer in next {
            path.append(issuer)
            if visit(&path, isEnough) { return true }
            path.removeLast()
        }
        return false
    }

    private func cutShort() -> Bool {
        isCutShort = true
        return true
    }

    private func certificate(_ index: Int) -> OpaquePointer { index == 0 ? leaf : sent[index - 1] }

    /// The sent certificates that signed one, those valid now first.
    private func issuers(of index: Int) -> [Int] {
        if let known = issuers[index] { return known }
        let subject = certificate(index)
        let found = (1..<(sent.count + 1)).filter {
            $0 != index && didSign(certificate($0), subject)
        }
        let ordered =
            found.filter { isValidNow(certificate($0)) }
            + found.filter { !isValidNow(certificate($0)) }
        issuers[index] = ordered
        return ordered
    }

    /// The trusted certificates that signed one, those valid now first.
    private func anchors(of index: Int) -> [OpaquePointer] {
        if let known = anchors[index] { return known }
        let subject = certificate(index)
        var found: [OpaquePointer] = []
        if let lookup,
            let stack = X509_STORE_CTX_get1_certs(lookup, X509_get_issuer_name(subject))
        {
            anchorStacks.append(stack)
            found = (0..<Int(shim_certificate_count(stack)))
                .compactMap { shim_certificate(stack, CInt($0)) }
                .filter { X509_cmp($0, subject) != 0 && didSign($0, subject) }
        }
        let ordered = found.filter(isValidNow) + found.filter { !isValidNow($0) }
        anchors[index] = ordered
        return ordered
    }

    /// Whether name, key identifier, key usage and signature all say so.
    private func didSign(_ issuer: OpaquePointer, _ subject: OpaquePointer) -> Bool {
        guard X509_check_issued(issuer, subject) == X509_V_OK else { return false }
        guard signatureCount < budget.signaturesMax else {
            isCutShort = true
            return false
        }
        signatureCount += 1
        return X509_verify(subject, X509_get0_pubkey(issuer)) == 1
    }

    private func isValidNow(_ certificate: OpaquePointer) -> Bool {
        let now = time_t(instant.seconds)
        guard let start = X509_get0_notBefore(certificate),
            let end = X509_get0_notAfter(certificate)
        else { return false }
        // -2 says that the date cannot be read.
        return [0, -1].contains(ASN1_TIME_cmp_time_t(start, now))
            && [0, 1].contains(ASN1_TIME_cmp_time_t(end, now))
    }

    private static func distinct(
        _ stack: OpaquePointer?, except leaf: OpaquePointer
    ) -> [OpaquePointer] {
        guard let stack else { return [] }
        var found: [OpaquePointer] = []
        for index in 0..<min(Int(shim_certificate_count(stack)), certificatesMax) {
            guard let one = shim_certificate(stack, CInt(index)), X509_cmp(one, leaf) != 0,
                !found.contains(where: { X509_cmp($0, one) == 0 })
            else { continue }
            found.append(one)
        }
        return found
    }
}
