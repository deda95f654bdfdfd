public import HealthModel

/// How the authority made sure who asked for a certificate.
///
/// CA/Browser Forum BR 2.2.6 §7.1.6.1: a leaf carries exactly one of four policies.
public enum PolicyIdentifier {
    /// How far the identity behind a certificate was checked.
    public enum Validation: String, Sendable, Hashable, CaseIterable {
        /// The domain only.
        case domain = "DV"
        /// The organisation.
        case organisation = "OV"
        /// A person.
        case individual = "IV"
        /// The organisation, by the rules for extended validation.
        case extended = "EV"
    }

    static let validations: [String: Validation] = [
        "2.23.140.1.2.1": .domain, "2.23.140.1.2.2": .organisation,
        "2.23.140.1.2.3": .individual, "2.23.140.1.1": .extended,
    ]

    /// The kind of validation; nil when the certificate names none or several.
    public static func validation(of profile: CertificateProfile) -> Validation? {
        let found = Set(profile.policies.compactMap { validations[$0] })
        return found.count == 1 ? found.first : nil
    }

    static func judge(_ chain: JudgedChain) -> [Finding] {
        guard let leaf = chain.publicLeaf,
            !leaf.profile.malformedExtensions.contains(ExtensionIdentifier.certificatePolicies)
        else { return [] }
        let found = leaf.profile.policies.compactMap { validations[$0]?.rawValue }
        if found.isEmpty { return [Finding(.policyMissing, at: leaf.place)] }
        if found.count > 1 {
            return [
                Finding(.policyAmbiguous, at: leaf.place, detail: found.joined(separator: ", "))
            ]
        }
        return []
    }
}
