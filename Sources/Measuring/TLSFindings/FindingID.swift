/// What can be found: a closed list of names that never change, for metrics, JSON and filters.
public enum FindingID: String, Sendable, Hashable, CaseIterable {
    case validityTooLong = "validity_too_long"
    case sanMissing = "san_missing"
    case sanNameMalformed = "san_name_malformed"
    case sanUnderscore = "san_underscore"
    case sanPublicSuffixWildcard = "san_public_suffix_wildcard"
    case sanCritical = "san_critical"
    case sanOtherKind = "san_other_kind"
    case commonNameNotInSAN = "common_name_not_in_san"
    case ekuMissing = "eku_missing"
    case ekuNoServerAuthentication = "eku_no_server_auth"
    case ekuAny = "eku_any"
    case ekuForbidden = "eku_forbidden"
    case ekuCritical = "eku_critical"
    case ekuClientAuthentication = "eku_client_auth"
    case rootExtendedKeyUsage = "root_extended_key_usage"
    case policyMissing = "policy_missing"
    case policyAmbiguous = "policy_ambiguous"
    case keyTooSmall = "key_too_small"
    case keySizeUneven = "key_size_uneven"
    case keyKindForbidden = "key_kind_forbidden"
    case keyCurveExplicit = "key_curve_explicit"
    case serialNotPositive = "serial_not_positive"
    case serialTooLong = "serial_too_long"
    case signatureWeak = "signature_weak"
    case timestampsMissing = "ct_timestamps_missing"
    case timestampsTooFew = "ct_timestamps_too_few"
    case stapleMissing = "staple_missing"
    case stapleUnusable = "staple_unusable"
    case chainDuplicate = "chain_duplicate"
    case chainRootSent = "chain_root_sent"
    case chainUnneeded = "chain_unneeded"
    case chainExpiredSent = "chain_expired_sent"
    case chainMisordered = "chain_misordered"
    case authorityKeyMissing = "authority_key_missing"
    case authorityKeyForm = "authority_key_form"
    case authorityKeyMismatch = "authority_key_mismatch"
    case subjectKeyMissing = "subject_key_missing"
    case versionOld = "version_old"
    case leafIsAuthority = "leaf_is_authority"
    case leafSignsCertificates = "leaf_signs_certificates"
    case nameConstraintsInLeaf = "name_constraints_in_leaf"
    case nameConstraintsNotCritical = "name_constraints_not_critical"
    case nameConstraintsForm = "name_constraints_form"
    case extensionMalformed = "extension_malformed"
    case extensionDuplicate = "extension_duplicate"
    case extensionCritical = "extension_critical"
    case issuerAddressMissing = "issuer_address_missing"
    case revocationAddressMissing = "revocation_address_missing"
    case oldVersionAccepted = "old_version_accepted"
    case insufficientSuiteAccepted = "insufficient_suite_accepted"
    case postQuantumMissing = "post_quantum_missing"

    /// How much the finding matters.
    public var severity: Finding.Severity {
        switch self {
        case .validityTooLong, .sanMissing, .ekuNoServerAuthentication, .keyTooSmall,
            .keyKindForbidden, .keyCurveExplicit, .signatureWeak, .timestampsMissing,
            .timestampsTooFew, .stapleMissing:
            .critical
        case .sanNameMalformed, .sanUnderscore, .sanPublicSuffixWildcard, .sanCritical,
            .sanOtherKind, .commonNameNotInSAN, .ekuMissing, .ekuAny, .ekuForbidden,
            .ekuCritical, .policyMissing, .policyAmbiguous, .keySizeUneven, .serialNotPositive,
            .serialTooLong, .chainExpiredSent, .authorityKeyMissing, .authorityKeyMismatch,
            .versionOld, .leafIsAuthority, .leafSignsCertificates, .nameConstraintsInLeaf,
            .nameConstraintsForm, .extensionMalformed, .extensionDuplicate, .extensionCritical,
            .revocationAddressMissing, .stapleUnusable, .oldVersionAccepted,
            .insufficientSuiteAccepted:
            .warning
        case .ekuClientAuthentication, .rootExtendedKeyUsage, .chainDuplicate, .chainRootSent,
            .chainUnneeded, .chainMisordered, .authorityKeyForm, .subjectKeyMissing,
            .nameConstraintsNotCritical, .issuerAddressMissing, .postQuantumMissing:
            .info
        }
    }

    /// Where the rule is written: document and section.
    public var source: String {
        switch self {
        case .validityTooLong:
            "CA/Browser Forum BR 2.2.6 §6.3.2"
        case .sanMissing, .sanUnderscore, .sanCritical, .sanOtherKind:
            "CA/Browser Forum BR 2.2.6 §7.1.2.7.12"
        case .sanNameMalformed:
            "RFC 5280 §4.2.1.6"
        case .sanPublicSuffixWildcard:
            "CA/Browser Forum BR 2.2.6 §3.2.2.6"
        case .commonNameNotInSAN:
            "CA/Browser Forum BR 2.2.6 §7.1.4.3"
        case .ekuMissing, .ekuCritical:
            "CA/Browser Forum BR 2.2.6 §7.1.2.7.6"
        case .ekuNoServerAuthentication, .ekuAny, .ekuForbidden:
            "CA/Browser Forum BR 2.2.6 §7.1.2.7.10"
        case .ekuClientAuthentication:
            "Chrome Root Program Policy 1.8"
        case .rootExtendedKeyUsage:
            "CA/Browser Forum BR 2.2.6 §7.1.2.1.2"
        case .policyMissing, .policyAmbiguous:
            "CA/Browser Forum BR 2.2.6 §7.1.6.1"
        case .keyTooSmall, .keySizeUneven, .keyKindForbidden:
            "CA/Browser Forum BR 2.2.6 §6.1.5"
        case .keyCurveExplicit:
            "CA/Browser Forum BR 2.2.6 §7.1.3.1.2"
        case .serialNotPositive, .serialTooLong:
            "RFC 5280 §4.1.2.2"
        case .signatureWeak:
            "CA/Browser Forum BR 2.2.6 §7.1.3.2"
        case .timestampsMissing, .timestampsTooFew:
            "Chrome Certificate Transparency Policy; RFC 6962 §3.3"
        case .stapleMissing:
            "RFC 7633 §4.2.3.1"
        case .stapleUnusable:
            "RFC 6960 §3.2"
        case .oldVersionAccepted:
            "RFC 8996; NCSC-NL TLS 2025-05 §3.3.1"
        case .insufficientSuiteAccepted:
            "NCSC-NL TLS 2025-05 appendix B"
        case .postQuantumMissing:
            "NCSC-NL TLS 2025-05 §3.3.3"
        case .chainDuplicate, .chainRootSent, .chainUnneeded:
            "RFC 8446 §4.4.2"
        case .chainExpiredSent:
            "RFC 8446 §4.4.2"
        case .chainMisordered:
            "RFC 5246 §7.4.2"
        case .authorityKeyMissing, .authorityKeyMismatch, .extensionCritical:
            "RFC 5280 §4.2.1.1"
        case .authorityKeyForm:
            "CA/Browser Forum BR 2.2.6 §7.1.2.11.1"
        case .subjectKeyMissing:
            "RFC 5280 §4.2.1.2"
        case .versionOld:
            "CA/Browser Forum BR 2.2.6 §7.1.1"
        case .leafIsAuthority:
            "CA/Browser Forum BR 2.2.6 §7.1.2.7.8"
        case .leafSignsCertificates:
            "CA/Browser Forum BR 2.2.6 §7.1.2.7.11"
        case .nameConstraintsInLeaf, .nameConstraintsNotCritical, .nameConstraintsForm:
            "RFC 5280 §4.2.1.10"
        case .extensionMalformed, .extensionDuplicate:
            "RFC 5280 §4.2"
        case .issuerAddressMissing:
            "CA/Browser Forum BR 2.2.6 §7.1.2.7.7"
        case .revocationAddressMissing:
            "CA/Browser Forum BR 2.2.6 §7.1.2.11.2"
        }
    }
}
