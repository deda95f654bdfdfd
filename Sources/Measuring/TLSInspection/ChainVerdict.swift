import COpenSSL
public import HealthModel

/// Turns OpenSSL's verification errors into one reason.
public enum ChainVerdict {
    /// The reason that tells most about `errors`; `tlsInvalid` for an empty list.
    ///
    /// Trust comes first, since nothing else in an untrusted certificate means anything; then
    /// revocation, the dates, the name, and weak keys.
    public static func reason(for errors: [VerificationError]) -> Reason {
        let numbers = Set(errors.map { CInt($0.number) })
        func has(_ wanted: CInt...) -> Bool { wanted.contains { numbers.contains($0) } }
        if has(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT) { return .tlsSelfSigned }
        // The leaf's own issuer is missing: the server did not send the intermediate.
        if errors.contains(where: {
            $0.depth == 0
                && CInt($0.number) == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        }) {
            return .tlsIncompleteChain
        }
        if has(
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_UNTRUSTED,
            // The issuer's name is known here, its key is another: a root made anew.
            X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_CERT_REJECTED)
        {
            return .tlsUntrusted
        }
        if has(X509_V_ERR_CERT_REVOKED) { return .tlsRevoked }
        if has(X509_V_ERR_CERT_HAS_EXPIRED) { return .tlsExpired }
        if has(X509_V_ERR_CERT_NOT_YET_VALID) { return .tlsNotYetValid }
        if errors.contains(where: { isNameError($0.number) }) { return .tlsHostnameMismatch }
        if has(
            X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK)
        {
            return .tlsWeak
        }
        return .tlsInvalid
    }

    /// Whether an error number is about the name rather than the chain.
    static func isNameError(_ number: Int) -> Bool {
        CInt(number) == X509_V_ERR_HOSTNAME_MISMATCH
            || CInt(number) == X509_V_ERR_IP_ADDRESS_MISMATCH
    }

    /// Whether an error number says that no trusted root was reached.
    static func isTrustError(_ number: Int) -> Bool {
        [
            X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_CERT_SIGNATURE_FAILURE,
            X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_REJECTED,
        ].contains(CInt(number))
    }

    /// Whether another path from the same leaf might be free of an error.
    ///
    /// Not so for what is wrong with the leaf itself: it stands on every path.
    static func mayDifferOnAnotherPath(_ error: VerificationError) -> Bool {
        error.depth != 0
            || ![
                X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH,
                X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID,
                X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD,
                X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD, X509_V_ERR_CERT_REVOKED,
                X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_INVALID_PURPOSE,
                X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION,
            ].contains(CInt(error.number))
    }

    /// The name of an error number in lower case without its prefix; `error_N` for the rare ones.
    static func code(of number: Int) -> String {
        codes[CInt(number)] ?? "error_\(number)"
    }

    private static let codes: [CInt: String] = [
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT: "unable_to_get_issuer_cert",
        X509_V_ERR_UNABLE_TO_GET_CRL: "unable_to_get_crl",
        X509_V_ERR_CERT_SIGNATURE_FAILURE: "cert_signature_failure",
        X509_V_ERR_CERT_NOT_YET_VALID: "cert_not_yet_valid",
        X509_V_ERR_CERT_HAS_EXPIRED: "cert_has_expired",
        X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD: "error_in_cert_not_before_field",
        X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD: "error_in_cert_not_after_field",
        X509_V_ERR_OUT_OF_MEM: "out_of_mem",
        X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: "depth_zero_self_signed_cert",
        X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: "self_signed_cert_in_chain",
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "unable_to_get_issuer_cert_locally",
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: "unable_to_verify_leaf_signature",
        X509_V_ERR_CERT_CHAIN_TOO_LONG: "cert_chain_too_long",
        X509_V_ERR_CERT_REVOKED: "cert_revoked",
        X509_V_ERR_INVALID_CA: "invalid_ca",
        X509_V_ERR_PATH_LENGTH_EXCEEDED: "path_length_exceeded",
        X509_V_ERR_INVALID_PURPOSE: "invalid_purpose",
        X509_V_ERR_CERT_UNTRUSTED: "cert_untrusted",
        X509_V_ERR_CERT_REJECTED: "cert_rejected",
        X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION: "unhandled_critical_extension",
        X509_V_ERR_INVALID_NON_CA: "invalid_non_ca",
        X509_V_ERR_INVALID_EXTENSION: "invalid_extension",
        X509_V_ERR_PERMITTED_VIOLATION: "permitted_violation",
        X509_V_ERR_EXCLUDED_VIOLATION: "excluded_violation",
        X509_V_ERR_UNSUPPORTED_NAME_SYNTAX: "unsupported_name_syntax",
        X509_V_ERR_HOSTNAME_MISMATCH: "hostname_mismatch",
        X509_V_ERR_IP_ADDRESS_MISMATCH: "ip_address_mismatch",
        X509_V_ERR_SUBJECT_NAME_EMPTY: "subject_name_empty",
        X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER: "missing_authority_key_identifier",
        X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER: "missing_subject_key_identifier",
        X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL: "empty_subject_san_not_critical",
        X509_V_ERR_CA_BCONS_NOT_CRITICAL: "ca_bcons_not_critical",
        X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA: "ku_key_cert_sign_invalid_for_non_ca",
        X509_V_ERR_CA_CERT_MISSING_KEY_USAGE: "ca_cert_missing_key_usage",
        X509_V_ERR_UNSPECIFIED: "unspecified",
        X509_V_ERR_EE_KEY_TOO_SMALL: "ee_key_too_small",
        X509_V_ERR_CA_KEY_TOO_SMALL: "ca_key_too_small",
        X509_V_ERR_CA_MD_TOO_WEAK: "ca_md_too_weak",
    ]
}
