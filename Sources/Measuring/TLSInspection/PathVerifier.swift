import COpenSSL
import CProbeShims
public import HealthModel

/// Judges chains: the one place where a trust verdict is made, for live connections and files.
///
/// OpenSSL builds and checks a path; around it stand the corrections that a verdict like a
/// browser's needs. No common name counts as a name; a wildcard stands for one whole label; the
/// purpose is always that of a server; keys and signatures have 112 bits of strength; notAfter is
/// valid; what a wildcard covers must be allowed too; a trusted certificate is an anchor even if
/// it is not self-signed. When OpenSSL's path fails for a reason that another path might not
/// have, the others are tried, within bounds.
public struct PathVerifier: Sendable {
    /// The trusted roots.
    public var trustStore: TrustStore
    /// What the leaf must be valid for; nil asks for no name.
    public var name: ServerName?
    /// The instant at which validity is judged; only whole seconds count (RFC 5280 §4.1.2.5).
    public var instant: Timestamp
    /// The lists to look for revoked certificates in; nil when none were sought.
    public var revocationLists: RevocationLists?
    /// Whether a list that its issuer made wrongly is an error; otherwise it only is no help.
    public var refusesUnusableLists = false
    /// How many intermediates, self-issued ones not counted, a path may have; nil for no limit
    /// but OpenSSL's (100).
    public var intermediatesMax: Int?
    /// Whether to see also what OpenSSL's strict profile of RFC 5280 says of the path: two more runs.
    public var wantsStrictErrors = false
    var budget = PathSearch.Budget()

    /// Makes a verifier for one chain or more at one instant.
    public init(
        trustStore: TrustStore, name: ServerName?, instant: Timestamp,
        revocationLists: RevocationLists? = nil
    ) {
        self.trustStore = trustStore
        self.name = name
        self.instant = instant
        self.revocationLists = revocationLists
    }

    /// Judges a chain from a file, with further certificates that may help to reach a root.
    ///
    /// - Returns: nil when memory is short.
    public func verify(
        chain: CertificateList, others: CertificateList? = nil, certificates: CertificateReader
    ) -> PathVerdict? {
        guard let context = X509_STORE_CTX_new(), let untrusted = shim_certificates_new() else {
            return nil
        }
        defer {
            X509_STORE_CTX_free(context)
            shim_certificates_free(untrusted)
        }
        for list in [chain, others].compactMap({ $0 }) {
            for index in 0..<list.count { _ = shim_certificates_push(untrusted, list[index]) }
        }
        guard X509_STORE_CTX_init(context, trustStore.store, chain[0], untrusted) == 1 else {
            return nil
        }
        return withExtendedLifetime((chain, others)) { verify(context, certificates: certificates) }
    }

    /// Judges what a fresh context holds, such as the one that libssl made for a handshake.
    func verify(_ context: OpaquePointer, certificates: CertificateReader) -> PathVerdict {
        // Signatures that do not fit leave words in OpenSSL's queue that are no one's concern.
        ERR_set_mark()
        defer { ERR_pop_to_mark() }
        let first = VerificationAttempt(context: context, instant: instant)
        judge(first)
        guard first.errors.contains(where: ChainVerdict.mayDifferOnAnotherPath) else {
            return verdict(on: first, warnings: [], certificates: certificates)
        }
        let (best, isCutShort) = searchForBetter(than: first)
        var warnings: [PathWarning] = []
        if !best.errors.contains(where: ChainVerdict.mayDifferOnAnotherPath) {
            // A root that is distrusted here leads no client astray that does not distrust it.
            if first.distrustedAfter == nil,
                let warning = deadEnd(of: first, unlike: best, certificates: certificates)
            {
                warnings.append(warning)
            }
        } else {
            if let warning = missingIssuer(of: best, certificates: certificates) {
                warnings.append(warning)
            }
            if isCutShort { warnings.append(.searchCutShort) }
        }
        return verdict(on: best, warnings: warnings, certificates: certificates)
    }

    private func verdict(
        on attempt: VerificationAttempt, warnings: [PathWarning], certificates: CertificateReader
    ) -> PathVerdict {
        var warnings = warnings
        if let date = attempt.distrustedAfter,
            let root = attempt.certificate(at: attempt.count - 1),
            let facts = certificates.read(root)
        {
            warnings.insert(.distrustedAfter(root: facts, date: date), at: 0)
        }
        return PathVerdict(
            verdict: attempt.errors.isEmpty ? nil : ChainVerdict.reason(for: attempt.errors),
            errors: attempt.errors,
            isNameMatching: !attempt.errors.contains { ChainVerdict.isNameError($0.number) },
            path: certificates.read(attempt.path, limit: Limits.chainCertificates),
            warnings: warnings, revocation: attempt.revocation,
            strictErrors: wantsStrictErrors ? strictErrors(on: attempt) : [])
    }

    /// What OpenSSL's strict profile of RFC 5280 says beyond the verdict, on the path found.
    ///
    /// It is no part of the verdict: browsers accept what it refuses, such as an authority without
    /// a key identifier (openssl#26237).
    private func strictErrors(on judged: VerificationAttempt) -> [VerificationError] {
        let path = (0..<judged.count).compactMap(judged.certificate(at:))
        func errors(_ flags: CInt) -> [VerificationError] {
            guard let attempt = VerificationAttempt(path: path, instant: instant) else {
                return []
            }
            _ = prepare(attempt.context)
            X509_VERIFY_PARAM_set_flags(
                X509_STORE_CTX_get0_param(attempt.context), UInt(flags))
            attempt.run()
            return attempt.errors
        }
        let usual = Set(errors(0))
        return errors(X509_V_FLAG_X509_STRICT).filter { !usual.contains($0) }
    }

    // MARK: One path

    private func judge(_ attempt: VerificationAttempt) {
        let isNamePossible = prepare(attempt.context)
        attempt.run()
        if !isNamePossible { attempt.add(X509_V_ERR_HOSTNAME_MISMATCH, depth: 0) }
        NameConstraintCheck.check(attempt)
        for depth in (0..<attempt.count).dropFirst() {
            // An authority without a name vouches for everyone without one (RFC 5280 §4.1.2.6).
            if let authority = attempt.certificate(at: depth),
                X509_NAME_entry_count(X509_get_subject_name(authority)) == 0
            {
                attempt.add(X509_V_ERR_SUBJECT_NAME_EMPTY, depth: depth)
            }
        }
        if let intermediatesMax, attempt.intermediateCount > intermediatesMax {
            attempt.add(X509_V_ERR_CERT_CHAIN_TOO_LONG, depth: max(0, attempt.count - 1))
        }
        if let revocationLists { check(attempt, in: revocationLists) }
        checkDistrust(of: attempt)
    }

    /// Sets what the chain is judged by; false when no certificate can be valid for the name.
    private func prepare(_ context: OpaquePointer) -> Bool {
        let parameters = X509_STORE_CTX_get0_param(context)
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER)
        // libssl sets the level of the connection just before it calls us; 2 is 112 bits.
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        // Browsers ignore the common name and partial wildcards; OpenSSL must be told to. The
        // flags also keep it from holding a common name against the name constraints.
        X509_VERIFY_PARAM_set_hostflags(
            parameters,
            UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        X509_VERIFY_PARAM_set_time(parameters, time_t(instant.seconds))
        switch name {
        case nil: return true
        case .dns(let name):
            return X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count) == 1
        case .address(let text): return X509_VERIFY_PARAM_set1_ip_asc(parameters, text) == 1
        case .impossible: return false
        }
    }

    private func check(_ attempt: VerificationAttempt, in lists: RevocationLists) {
        for depth in 0..<max(0, attempt.count - 1) {
            guard let certificate = attempt.certificate(at: depth),
                let issuer = attempt.certificate(at: depth + 1)
            else { return }
            let finding = lists.status(of: certificate, issuer: issuer, at: instant)
            attempt.revocation.append(finding.status)
            if finding.status == .revoked {
                attempt.add(X509_V_ERR_CERT_REVOKED, depth: depth)
            } else if refusesUnusableLists && finding.isListRefused && finding.status != .good {
                attempt.add(X509_V_ERR_UNABLE_TO_GET_CRL, depth: depth)
            }
        }
    }

    // MARK: Other paths

    private func searchForBetter(
        than first: VerificationAttempt
    ) -> (best: VerificationAttempt, isCutShort: Bool) {
        guard let leaf = X509_STORE_CTX_get0_cert(first.context) else { return (first, false) }
        let search = PathSearch(
            leaf: leaf, sent: X509_STORE_CTX_get0_untrusted(first.context),
            trustStore: trustStore, instant: instant, budget: budget)
        var best = first
        search.run { path in
            guard let attempt = VerificationAttempt(path: path, instant: instant) else {
                return true
            }
            judge(attempt)
            if Self.rank(attempt) < Self.rank(best) { best = attempt }
            return Self.rank(best) == (0, 0)
        }
        // The search owns the anchors on its paths only until here; OpenSSL's path has its own
        // references.
        return (best, search.isCutShort)
    }

    /// Lower is better: first whether a trusted root is reached, then how much is wrong that
    /// another path might not have.
    private static func rank(_ attempt: VerificationAttempt) -> (Int, Int) {
        (
            attempt.errors.contains { ChainVerdict.isTrustError($0.number) } ? 1 : 0,
            attempt.errors.count(where: ChainVerdict.mayDifferOnAnotherPath)
        )
    }

    // MARK: What to mend

    /// The certificate that led OpenSSL's own path astray: the one at fault if the server sent
    /// it, else the first sent one that a better path goes around.
    private func deadEnd(
        of first: VerificationAttempt, unlike best: VerificationAttempt,
        certificates: CertificateReader
    ) -> PathWarning? {
        guard let error = first.errors.first(where: ChainVerdict.mayDifferOnAnotherPath) else {
            return nil
        }
        let sent = X509_STORE_CTX_get0_untrusted(first.context)
        let bestPath = X509_STORE_CTX_get0_chain(best.context)
        let suspects = ([error.depth] + Array(0..<first.count))
            .compactMap(first.certificate(at:)).filter { !Self.contains(bestPath, $0) }
        let sentSuspect = suspects.first { Self.contains(sent, $0) }
        guard let offender = sentSuspect ?? suspects.first, let facts = certificates.read(offender)
        else { return nil }
        return .needsBacktracking(
            offender: facts, code: error.code, isSent: sentSuspect != nil)
    }

    private static func contains(_ stack: OpaquePointer?, _ certificate: OpaquePointer) -> Bool {
        guard let stack else { return false }
        return (0..<shim_certificate_count(stack)).contains { index in
            shim_certificate(stack, index).map { X509_cmp($0, certificate) == 0 } ?? false
        }
    }

    private func missingIssuer(
        of attempt: VerificationAttempt, certificates: CertificateReader
    ) -> PathWarning? {
        let isMissing = attempt.errors.contains {
            CInt($0.number) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
                || CInt($0.number) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        }
        guard isMissing, let last = attempt.certificate(at: attempt.count - 1),
            let facts = certificates.read(last)
        else { return nil }
        return .missingIssuer(issuer: facts.issuer, url: Self.issuerURL(in: last))
    }

    /// Where a certificate says that its issuer's is; nil when it does not, or not in plain text.
    private static func issuerURL(in certificate: OpaquePointer) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
            guard let base = buffer.baseAddress,
                shim_issuer_url(certificate, base, buffer.count) == 1
            else { return nil }
            let url = String(cString: base)
            return url.utf8.allSatisfy { (0x21...0x7E).contains($0) } ? url : nil
        }
    }
}

extension VerificationAttempt {
    /// Intermediates on the path that are not self-issued (RFC 5280 §6.1).
    fileprivate var intermediateCount: Int {
        (0..<count).dropFirst().dropLast().count { depth in
            certificate(at: depth).map {
                X509_NAME_cmp(X509_get_subject_name($0), X509_get_issuer_name($0)) != 0
            } ?? false
        }
    }
}
