import COpenSSL
import FoundationEssentials
import HealthModel
import Routing

/// What tells a receiver that a webhook is ours, and of now: the header fields of Standard Webhooks
/// (github.com/standard-webhooks, version 1.0.0), for which libraries exist in most languages.
enum Signature {
    /// The prefix of a secret that is written in base64.
    private static let prefix = "whsec_"

    /// The header fields for a body.
    ///
    /// - Parameters:
    ///   - body: What is sent.
    ///   - id: The notification; holds no full stop, so that what is signed has one meaning.
    ///   - date: The present, so that a receiver can refuse what was recorded earlier.
    ///   - secret: The secret: `whsec_` and base64, or the bytes themselves.
    /// - Returns: Three fields, each as `name: value`.
    static func fields(
        of body: [UInt8], id: String, at date: Timestamp, secret: Secret
    ) -> [String] {
        let signed = Array("\(id).\(date.seconds).".utf8) + body
        let code = authenticationCode(of: signed, key: key(secret))
        return [
            "webhook-id: \(id)", "webhook-timestamp: \(date.seconds)",
            "webhook-signature: v1,\(Data(code).base64EncodedString())",
        ]
    }

    /// HMAC with SHA-256 (RFC 2104): 32 bytes.
    static func authenticationCode(of bytes: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let made = HMAC(EVP_sha256(), key, CInt(key.count), bytes, bytes.count, &code, nil)
        precondition(made != nil, "SHA-256 is in every OpenSSL, and nothing else can fail")
        return code
    }

    private static func key(_ secret: Secret) -> [UInt8] {
        let text = String(decoding: secret.bytes, as: UTF8.self)
        guard text.hasPrefix(prefix),
            let data = Data(base64Encoded: String(text.dropFirst(prefix.count)))
        else { return secret.bytes }
        return Array(data)
    }
}
