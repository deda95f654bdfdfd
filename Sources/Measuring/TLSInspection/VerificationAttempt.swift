import COpenSSL
import CProbeShims
import HealthModel

/// One run of X509_verify_cert, with the errors that it reports on the way.
///
/// Belongs to one thread; OpenSSL calls back into it while it runs.
final class VerificationAttempt {
    /// Every error once, at most `Limits.verificationErrors`.
    private(set) var errors: [VerificationError] = []
    /// What the lists say of each certificate of the path but the last.
    var revocation: [RevocationStatus] = []
    /// Until when certificates had to be issued to be trusted by way of the root of this path; nil
    /// when the leaf is not too young for it.
    var distrustedAfter: Timestamp?
    /// The context that ran; it owns the built path.
    let context: OpaquePointer

    private let instant: Timestamp
    private let forcedPath: [OpaquePointer]
    /// The store of an attempt of our own; the context does not hold it itself.
    private let ownStore: OpaquePointer?

    /// An attempt on a context of someone else's, such as libssl's.
    init(context: OpaquePointer, instant: Timestamp) {
        self.context = context
        self.instant = instant
        forcedPath = []
        ownStore = nil
    }

    /// An attempt on exactly one path, from the leaf to an anchor; nil when memory is short.
    ///
    /// The certificates must outlive the attempt.
    init?(path: [OpaquePointer], instant: Timestamp) {
        guard let leaf = path.first, let anchor = path.last, let store = X509_STORE_new() else {
            return nil
        }
        guard let context = X509_STORE_CTX_new() else {
            X509_STORE_free(store)
            return nil
        }
        let between = shim_certificates_new()
        if let between {
            for one in path.dropFirst().dropLast() { _ = shim_certificates_push(between, one) }
        }
        X509_STORE_set_check_issued(store, Self.isNextOnPath)
        guard X509_STORE_add_cert(store, anchor) == 1,
            X509_STORE_CTX_init(context, store, leaf, between) == 1
        else {
            shim_certificates_free(between)
            X509_STORE_CTX_free(context)
            X509_STORE_free(store)
            return nil
        }
        self.context = context
        self.instant = instant
        forcedPath = path
        ownStore = store
    }

    deinit {
        guard let ownStore else { return }
        let between = X509_STORE_CTX_get0_untrusted(context)
        X509_STORE_CTX_free(context)
        shim_certificates_free(between)
        X509_STORE_free(ownStore)
    }

    /// The built path: a stack of certificates that belongs to the context.
    var path: OpaquePointer? { X509_STORE_CTX_get0_chain(context) }

    /// The certificate at a depth of the built path; nil when the path is shorter.
    func certificate(at depth: Int) -> OpaquePointer? {
        guard let path, depth >= 0, depth < Int(shim_certificate_count(path)) else { return nil }
        return shim_certificate(path, CInt(depth))
    }

    /// How many certificates the built path has.
    var count: Int { path.map { Int(shim_certificate_count($0)) } ?? 0 }

    /// Runs X509_verify_cert once and keeps all errors.
    func run() {
        X509_STORE_CTX_set_ex_data(
            context, Self.index, Unmanaged.passUnretained(self).toOpaque())
        defer { X509_STORE_CTX_set_ex_data(context, Self.index, nil) }
        X509_STORE_CTX_set_verify_cb(context) { isGood, context in
            if isGood == 0, let context { VerificationAttempt.of(context)?.noteError() }
            // Always go on: all errors are wanted, not the first.
            return 1
        }
        let isVerified = X509_verify_cert(context) == 1
        // OpenSSL leaves this one out where trusted intermediates are allowed.
        if count == 1, errors.contains(where: Self.isIssuerOfLeafMissing) {
            add(X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, depth: 0)
        }
        // Some failures, such as memory or names without end, come without a call.
        if !isVerified && errors.isEmpty {
            let number = X509_STORE_CTX_get_error(context)
            add(
                number == X509_V_OK ? X509_V_ERR_UNSPECIFIED : number,
                depth: max(0, Int(X509_STORE_CTX_get_error_depth(context))))
        }
    }

    /// Adds an error of our own checks.
    func add(_ number: CInt, depth: Int) {
        guard errors.count < Limits.verificationErrors else { return }
        let error = VerificationError(
            depth: depth, number: Int(number), code: ChainVerdict.code(of: Int(number)))
        if !errors.contains(error) { errors.append(error) }
    }

    private static func isIssuerOfLeafMissing(_ error: VerificationError) -> Bool {
        error.depth == 0
            && CInt(error.number) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
    }

    private static let index: CInt = shim_new_store_context_index()

    private static func of(_ context: OpaquePointer) -> VerificationAttempt? {
        X509_STORE_CTX_get_ex_data(context, index).map {
            Unmanaged<VerificationAttempt>.fromOpaque($0).takeUnretainedValue()
        }
    }

    private func noteError() {
        let number = X509_STORE_CTX_get_error(context)
        if number == X509_V_ERR_CERT_HAS_EXPIRED, isInLastSecond() { return }
        add(number, depth: Int(X509_STORE_CTX_get_error_depth(context)))
    }

    /// Whether the certificate looked at ends in this very second.
    ///
    /// OpenSSL calls that expired; RFC 5280 §4.1.2.5 counts notAfter as valid.
    private func isInLastSecond() -> Bool {
        guard let certificate = X509_STORE_CTX_get_current_cert(context),
            let end = X509_get0_notAfter(certificate)
        else { return false }
        return ASN1_TIME_cmp_time_t(end, time_t(instant.seconds)) == 0
    }

    /// Lets OpenSSL build no path but the forced one, whatever other issuers would fit.
    private static let isNextOnPath: X509_STORE_CTX_check_issued_fn = { context, subject, issuer in
        guard let context, let subject, let issuer, let attempt = of(context) else { return 0 }
        if subject == issuer { return X509_check_issued(issuer, subject) == X509_V_OK ? 1 : 0 }
        let path = attempt.forcedPath
        for index in path.indices.dropLast()
        where path[index] == subject && path[index + 1] == issuer { return 1 }
        return 0
    }
}
