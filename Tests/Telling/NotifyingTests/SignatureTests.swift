import Alerting
import HealthModel
import Routing
import Testing

@testable import Notifying

@Suite struct SignatureTests {
    private static let body = Array(#"{"event_type":"ping","data":{"success":true}}"#.utf8)

    private func signature(_ secret: String) -> [String] {
        Signature.fields(
            of: Self.body, id: "msg_loFOjxBNrRLzqYUf", at: Timestamp(seconds: 1_731_705_121),
            secret: Secret(Array(secret.utf8)))
    }

    /// The example in the documentation of Standard Webhooks.
    @Test func equalsTheExampleOfTheSpecification() {
        #expect(
            signature("whsec_plJ3nmyCDGBKInavdOK15jsl") == [
                "webhook-id: msg_loFOjxBNrRLzqYUf", "webhook-timestamp: 1731705121",
                "webhook-signature: v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
            ])
    }

    @Test func aSecretThatIsNotInBase64IsItsBytes() {
        let plain = signature("correct horse")
        #expect(plain != signature("whsec_plJ3nmyCDGBKInavdOK15jsl"))
        #expect(plain != signature("correct horsf"))
        #expect(signature("whsec_!") != signature("!"))
    }

    @Test func aSecretIsNeverShown() {
        let secret = Secret(Array("correct horse".utf8))
        var shown = "\(secret)" + String(reflecting: secret)
        dump(secret, to: &shown)
        dump([secret], to: &shown)
        #expect(!shown.contains("horse") && !shown.contains("\(UInt8(ascii: "h"))"))
    }
}
