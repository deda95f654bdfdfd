import HealthModel
import Testing

@testable import Probing

/// StartTLS in LDAP: one message each way, in BER.
@Suite struct LDAPSpeakerTests {
    /// An ExtendedResponse; `wide` writes each length in five bytes, as Active Directory does.
    static func response(
        id: UInt8 = 1, tag: UInt8 = 0x78, code: UInt8, text: String = "", wide: Bool = false,
        tail: [UInt8] = []
    ) -> [UInt8] {
        func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
            let count = content.count
            let length: [UInt8] =
                wide || count > 127
                ? [0x84, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)] : [UInt8(count)]
            return [tag] + length + content
        }
        let parts =
            element(0x0A, [code]) + element(0x04, []) + element(0x04, Array(text.utf8)) + tail
        return element(0x30, element(0x02, [id]) + element(tag, parts))
    }

    private func state(_ pieces: [[UInt8]]) -> StartTLSDialogue.State {
        var dialogue = StartTLSDialogue(door: .ldap, clientName: "")
        for piece in pieces { #expect(dialogue.receive(piece).isEmpty) }
        return dialogue.state
    }

    @Test func theRequestIsThatOfTheStandard() {
        let dialogue = StartTLSDialogue(door: .ldap, clientName: "")
        var outer = BERReader(dialogue.opening[...])
        var message = BERReader(outer.value(tag: 0x30) ?? [])
        #expect(outer.offset == dialogue.opening.count)
        #expect(message.value(tag: 0x02) == [1])
        var request = BERReader(message.value(tag: 0x77) ?? [])
        #expect(
            request.value(tag: 0x80).map { String(decoding: $0, as: UTF8.self) }
                == "1.3.6.1.4.1.1466.20037")
    }

    static let outcomes: [(String, [UInt8], StartTLSDialogue.State)] = [
        ("success", response(code: 0), .agreed),
        ("success with wide lengths", response(code: 0, wide: true), .agreed),
        ("success with a name", response(code: 0, tail: [0x8A, 1, 0x31]), .agreed),
        (
            "refused", response(code: 2, text: "no TLS"),
            .failed(.startTLSRefused, detail: "result code 2: no TLS")
        ),
        (
            "refused without words", response(code: 52),
            .failed(.startTLSRefused, detail: "result code 52")
        ),
        (
            "hanging up", response(id: 0, code: 52, text: "bye"),
            .failed(
                .startTLSRefused, detail: "notice of disconnection, result code 52: bye")
        ),
        (
            "another message", response(id: 2, code: 0),
            .failed(
                .startTLSProtocol,
                detail: "the answer to StartTLS is not LDAP: an answer to another message")
        ),
        (
            "another operation", response(tag: 0x61, code: 0),
            .failed(
                .startTLSProtocol,
                detail: "the answer to StartTLS is not LDAP: no extended response")
        ),
        (
            "text", Array("220 mx\r\n".utf8),
            .failed(
                .startTLSProtocol, detail: "the answer to StartTLS is not LDAP: no LDAP message")
        ),
        (
            "an indefinite length", [0x30, 0x80],
            .failed(
                .startTLSProtocol, detail: "the answer to StartTLS is not LDAP: a malformed length")
        ),
        (
            "injection", response(code: 0) + [0x30],
            .failed(
                .startTLSProtocol,
                detail: "bytes between the server's consent and TLS (injected?)")
        ),
        ("not whole", response(code: 0).dropLast(), .talking),
    ]

    @Test(arguments: outcomes) func outcome(
        name: String, bytes: [UInt8], wanted: StartTLSDialogue.State
    ) {
        #expect(state([bytes]) == wanted)
        #expect(state(bytes.map { [$0] }) == wanted)
        for cut in bytes.indices {
            #expect(state([Array(bytes[..<cut]), Array(bytes[cut...])]) == wanted)
        }
    }

    @Test func messagesAreLimited() {
        let room = LDAPSpeaker.messageBytesMax - Self.response(code: 1, wide: true).count
        let longest = Self.response(
            code: 1, text: String(repeating: "x", count: room), wide: true)
        #expect(longest.count == LDAPSpeaker.messageBytesMax)
        guard case .failed(.startTLSRefused, _) = state([longest]) else {
            Issue.record("the longest message is refused")
            return
        }
        // One more is refused at its length, before its content.
        let header: [UInt8] = [0x30, 0x84, 0, 0, 0x0F, 0xFB]
        #expect(
            state([header])
                == .failed(
                    .startTLSProtocol,
                    detail: "the answer to StartTLS is not LDAP: a message of more than 4096 bytes"
                ))
    }
}
