import HealthModel

/// The form of serial numbers, on the path without its root.
///
/// RFC 5280 §4.1.2.2: positive and at most 20 octets; CA/Browser Forum BR 2.2.6 §7.1. A root is
/// taken as it is (RFC 5280 §6.1.1), and some old ones have the number zero.
enum SerialNumber {
    /// Octets of the longest serial number, a leading sign octet included.
    static let octetsMost = 20

    static func judge(_ chain: JudgedChain) -> [Finding] {
        chain.members.filter { $0.role != .root }.flatMap { member -> [Finding] in
            var findings: [Finding] = []
            if !member.profile.isSerialPositive {
                findings.append(
                    Finding(
                        .serialNotPositive, at: member.place,
                        detail: member.certificate.serialNumber))
            }
            if member.profile.serialOctets > octetsMost {
                findings.append(
                    Finding(
                        .serialTooLong, at: member.place,
                        detail: "\(member.profile.serialOctets) octets, at most \(octetsMost)"))
            }
            return findings
        }
    }
}
