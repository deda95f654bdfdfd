import Foundation
import HealthModel
import LabTLS

/// A certificate that signed itself, and its key.
final class TestCertificate: Sendable {
    private let identity: MintedIdentity
    /// A file of trusted roots with this certificate alone.
    let trustFile: String

    var certificate: OpaquePointer { identity.certificate }
    var key: OpaquePointer { identity.key }

    /// Makes one for `names`, such as `IP:127.0.0.1`, that ends so many seconds from now.
    init(names: String = "IP:127.0.0.1", endsIn seconds: Int64 = 3600) throws {
        let now = Timestamp(seconds: Int64(Date().timeIntervalSince1970))
        var wish = CertificateWish(
            names: names, notBefore: now - .seconds(7200), notAfter: now + .seconds(seconds))
        wish.commonName = "test"
        // It is the root and the server.
        wish.isAuthority = true
        wish.authorityKeyUsage = nil
        identity = try Minting.mint(wish)
        trustFile = NSTemporaryDirectory() + "vitaal-trust-\(UUID().uuidString).pem"
        try identity.pem.write(toFile: trustFile, atomically: true, encoding: .utf8)
    }

    deinit { unlink(trustFile) }
}
