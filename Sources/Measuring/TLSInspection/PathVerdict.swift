public import HealthModel

/// What the verification of one chain found.
public struct PathVerdict: Sendable, Hashable {
    /// Why the chain is not trusted; nil when it is.
    public var verdict: Reason?
    /// Every error of the path with its depth; empty exactly when the chain is trusted.
    public var errors: [VerificationError]
    /// Whether the leaf is valid for the name asked.
    public var isNameMatching: Bool
    /// The path from the leaf to the trust anchor; partial when none was found.
    public var path: [Certificate]
    /// What is worth mending, whatever the verdict.
    public var warnings: [PathWarning]
    /// What the lists say of each certificate of `path` but the last; empty without lists.
    public var revocation: [RevocationStatus]
    /// What OpenSSL's strict profile of RFC 5280 says beyond the verdict; empty unless asked for.
    public var strictErrors: [VerificationError] = []
}
