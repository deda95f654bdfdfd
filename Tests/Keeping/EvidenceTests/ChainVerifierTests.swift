import Foundation
import HealthModel
import Testing

@testable import Evidence

/// A chain of `count` lines, without line feeds.
func chain(_ count: Int, after head: ChainHead = .beginning) -> [[UInt8]] {
    var head = head
    return (0..<count).map { number in
        let line = head.seal("{\"ts\":\"2026-11-27T10:00:00.000Z\",\"action\":\"a\(number)\"}\n")
        head = line.head
        return Array(line.text.utf8.dropLast())
    }
}

/// The last line that `lines` end with.
func head(of lines: [[UInt8]]) -> ChainHead? {
    lines.last.flatMap { ChainLink($0)?.head }
}

func verify(
    _ lines: [[UInt8]], start: ChainVerifier.Start = .after(.beginning), known: ChainHead?,
    waitingFrom: Int64? = nil
) -> (verifier: ChainVerifier, waiting: Int64) {
    var verifier = ChainVerifier(start: start, known: known)
    for (index, line) in lines.enumerated() {
        verifier.take(line, at: LinePlace(file: "f", line: index + 1))
    }
    let waiting = verifier.finish(head: known, waitingFrom: waitingFrom)
    return (verifier, waiting)
}

/// `7 changed` for each finding.
private func found(_ lines: [[UInt8]], _ original: [[UInt8]]) -> [String] {
    verify(lines, known: head(of: original)).verifier.findings.map {
        "\($0.place.line) \($0.kind.rawValue)"
    }
}

struct ChainVerifierTests {
    /// Computed with sha256sum, so that anybody can.
    @Test func theFormIsFixed() {
        let line = ChainHead.beginning.seal("{\"a\":\"b\"}\n")
        let zeros = String(repeating: "0", count: 64)
        // printf '%s' '{"a":"b","seq":1,"prev_hash":"000…0"}' | sha256sum
        let hash = "313264d94f8bbd1e3a77d32a3ebfb636345d1b544dbbfd06a5785ce627e7dce6"
        #expect(
            line.text
                == "{\"a\":\"b\",\"seq\":1,\"prev_hash\":\"\(zeros)\",\"hash\":\"\(hash)\"}\n")
        #expect(line.seq == 1)
        #expect(line.hash == hash)
        #expect(
            line.head.seal("{\"a\":1}").text.hasPrefix("{\"a\":1,\"seq\":2,\"prev_hash\":\"\(hash)")
        )
    }

    @Test(arguments: [
        ("", false), ("{}", false), ("{\"ts\":1}", false),
        ("S", true), ("S ", false), ("S}", false), (" S", false),
    ])
    func onlyOneSpellingIsALine(form: String, isLine: Bool) throws {
        let good = String(decoding: chain(1)[0], as: UTF8.self)
        let line = form.replacingOccurrences(of: "S", with: good)
        #expect((ChainLink(Array(line.utf8)) != nil) == isLine)
    }

    @Test(arguments: [
        ("\"seq\":1", "\"seq\":01"), ("\"seq\":1", "\"seq\":0"), ("\"seq\":1", "\"seq\": 1"),
        ("\"seq\":1", "\"seq\":1234567890123456789"), ("\"seq\":1", "\"seq\":-1"),
        ("\"prev_hash\":\"0", "\"prev_hash\":\"A"), ("\"prev_hash\":\"0", "\"prev_hash\":\""),
        ("\"hash\"", "\"Hash\""),
    ])
    func otherSpellingsAreNone(from: String, to: String) {
        let good = String(decoding: chain(1)[0], as: UTF8.self)
        let bad = good.replacingOccurrences(of: from, with: to)
        #expect(bad != good)
        #expect(ChainLink(Array(bad.utf8)) == nil)
    }

    @Test func theLongestNumberIsRead() {
        let end = ChainHead(seq: 999_999_999_999_999_998, hash: ChainHead.beginning.hash)
        let line = end.seal("{\"a\":1}")
        #expect(ChainLink(Array(line.text.utf8.dropLast()))?.seq == 999_999_999_999_999_999)
        let over = line.head.seal("{\"a\":1}")
        #expect(ChainLink(Array(over.text.utf8.dropLast())) == nil)
    }

    @Test(arguments: [0, 1, 2, 50]) func anUntouchedChainIsIntact(count: Int) {
        let lines = chain(count)
        let result = verify(lines, known: head(of: lines)).verifier
        #expect(result.findings.isEmpty)
        #expect(result.lineCount == count)
        #expect(result.earlierCount == 0)
        #expect(result.last == head(of: lines))
    }

    @Test func linesFromBeforeTheChainAreCounted() {
        let lines = chain(3)
        let earlier = ["{\"ts\":\"x\"}", "", "{\"ts"].map { Array($0.utf8) }
        let result = verify(earlier + lines, known: head(of: lines)).verifier
        #expect(result.findings.isEmpty)
        #expect(result.earlierCount == 3)
        // Afterwards there are none.
        #expect(
            found(Array(lines[..<2]) + [earlier[0]] + Array(lines[2...]), lines) == ["3 inserted"])
    }

    /// Each kind of tampering, at every place.
    @Test(arguments: 0..<7) func oneChangeIsFoundAndNamed(at index: Int) throws {
        let lines = chain(7)
        let (place, isLast) = (index + 1, index == 6)

        var changed = lines
        changed[index][20] ^= 1
        #expect(found(changed, lines) == ["\(place) changed"])

        // Changed and hashed anew.
        var hashed = lines
        let before = index == 0 ? .beginning : try #require(head(of: Array(lines[..<index])))
        hashed[index] = Array(before.seal("{\"action\":\"forged\"}").text.utf8.dropLast())
        #expect(found(hashed, lines) == ["\(place) changed"])

        var missing = lines
        missing.remove(at: index)
        #expect(found(missing, lines) == [isLast ? "6 cut" : "\(place) missing"])

        var inserted = lines
        inserted.insert(Array("{\"ts\":\"2026\"}".utf8), at: index)
        #expect(
            found(inserted, lines) == (index == 0 ? [] : ["\(place) inserted"]),
            "before the chain it is an earlier line")

        // Forged so that it follows the line before it.
        var forged = lines
        forged.insert(hashed[index], at: index)
        #expect(found(forged, lines) == ["\(place) inserted"])
        forged = lines
        forged.insert(hashed[index], at: index + 1)
        #expect(found(forged, lines) == ["\(place + 1) inserted"])

        for other in 0..<7 {
            var doubled = lines
            doubled.insert(lines[other], at: index)
            // Of two equal lines side by side nobody can tell which is the copy.
            let expected = other == index ? place + 1 : place
            #expect(found(doubled, lines) == ["\(expected) inserted"], "\(other) at \(index)")
        }
    }

    @Test func cutsAreFound() {
        let lines = chain(9)
        for count in 0..<9 {
            let result = verify(Array(lines[..<count]), known: head(of: lines)).verifier
            #expect(result.findings.map(\.kind) == [.cut])
            #expect(result.findings.first?.place.line == count)
            #expect(
                result.findings.first?.text.contains(count == 8 ? "1 line " : "\(9 - count) lines ")
                    == true)
        }
        // In the midst of a line.
        for bytes in 1..<lines[8].count {
            let torn = lines[..<8] + [Array(lines[8][..<bytes])]
            #expect(found(Array(torn), lines) == ["9 changed"])
        }
    }

    @Test func everySwapIsFoundAtItsPlaces() {
        let lines = chain(8)
        for first in 0..<8 {
            for second in first + 1..<8 {
                var swapped = lines
                swapped.swapAt(first, second)
                let findings = found(swapped, lines)
                #expect(!findings.isEmpty)
                let places = findings.compactMap { Int($0.prefix { $0.isNumber }) }
                #expect(findings.allSatisfy { $0.hasSuffix("reordered") }, "\(findings)")
                #expect(places.first == first + 1 && places.count <= 2, "\(findings)")
                // Of three lines turned around nobody can tell which two were moved.
                let isTold = places.last == second + 1 || second - first <= 2
                #expect(isTold, "\(first) \(second): \(findings)")
            }
        }
    }

    @Test func aLineMovedElsewhereIsReordered() {
        let lines = chain(8)
        for from in 0..<8 {
            for to in 0..<8 where abs(from - to) > 1 {
                var moved = lines
                moved.insert(moved.remove(at: from), at: to)
                #expect(found(moved, lines) == ["\(to + 1) reordered"], "\(from) to \(to)")
            }
        }
    }

    /// Whatever is done: what is not the chain is never called intact, and the first finding is not
    /// before the first change.
    @Test(arguments: 0..<200) func randomChangesAreFound(seed: UInt64) {
        var dice = SplitMix64(seed: seed)
        let lines = chain(Int.random(in: 1...30, using: &dice))
        var tampered = lines
        for _ in 0..<Int.random(in: 1...5, using: &dice) {
            guard !tampered.isEmpty else { break }
            let index = Int.random(in: 0..<tampered.count, using: &dice)
            let other = Int.random(in: 0..<tampered.count, using: &dice)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: tampered.remove(at: index)
            case 1: tampered.insert(tampered[other], at: index)
            case 2: tampered.swapAt(index, other)
            case 3:
                let byte = Int.random(in: 0..<tampered[index].count, using: &dice)
                tampered[index][byte] ^= UInt8.random(in: 1...255, using: &dice)
            case 4: tampered.removeLast(tampered.count - index)
            default:
                let before = ChainLink(tampered[index])?.head ?? .beginning
                tampered[index] = Array(before.seal("{\"forged\":1}").text.utf8.dropLast())
            }
        }
        let result = verify(tampered, known: head(of: lines)).verifier
        // What stands before the first line of the chain is from before the chain.
        let begins = tampered.firstIndex { ChainLink($0) != nil } ?? tampered.count
        guard Array(tampered[begins...]) != lines else {
            #expect(result.findings.isEmpty)
            return
        }
        #expect(!result.findings.isEmpty)
        let same = zip(tampered, lines).prefix { $0 == $1 }.count
        #expect(result.findings.map(\.place.line).min() ?? 0 >= same)
    }

    @Test func linesThatWaitInTheLedgerAreNotMissing() {
        let lines = chain(9)
        let six = Array(lines[..<6])
        let waiting = verify(six, known: head(of: lines), waitingFrom: 7)
        #expect(waiting.verifier.findings.isEmpty)
        #expect(waiting.waiting == 3)
        #expect(verify(six, known: head(of: lines), waitingFrom: 3).waiting == 3)
        let cut = verify(six, known: head(of: lines), waitingFrom: 8)
        #expect(cut.verifier.findings.map(\.kind) == [.cut])
        #expect(cut.waiting == 0)
    }

    /// The monitor writes while somebody reads.
    @Test func whatIsWrittenMeanwhileIsTaken() {
        let lines = chain(9)
        for known in 1...9 {
            for end in known...9 {
                var verifier = ChainVerifier(known: head(of: Array(lines[..<known])))
                for (index, line) in lines[..<end].enumerated() {
                    verifier.take(line, at: LinePlace(file: "f", line: index + 1))
                }
                verifier.finish(head: head(of: Array(lines[..<end])))
                #expect(verifier.findings.isEmpty)
            }
        }
    }

    /// Whoever makes log and ledger anew, and shorter, cannot make the line that was kept elsewhere.
    @Test(arguments: [(9, true), (8, false), (0, false)])
    func aLogThatEndsBeforeAKnownLineIsCut(count: Int, isIntact: Bool) throws {
        let lines = chain(9)
        let known = try #require(head(of: lines))
        let kept = Array(lines.prefix(count))
        for ledger in [nil, head(of: kept)] {
            let findings = verify(kept, start: .after(known), known: ledger).verifier.findings
            #expect(findings.isEmpty == isIntact)
            #expect(isIntact || findings.contains { $0.kind == .cut && $0.text.contains("line 9") })
        }
    }

    @Test func linesThatTheLedgerDoesNotKnowAreInserted() {
        let lines = chain(9)
        #expect(found(lines, Array(lines[..<6])) == ["7 inserted"])
    }

    @Test func someFilesOutOfManyAreVerified() {
        let lines = chain(9)
        let some = Array(lines[3...6])
        #expect(verify(some, start: .anywhere, known: nil).verifier.findings.isEmpty)
        let result = verify(some, known: nil).verifier
        #expect(
            result.findings.map(\.description) == ["f:1: missing: lines 1 to 3, before this one"])
        let third = ChainLink(lines[2])?.head ?? .beginning
        let fifth = ChainLink(lines[4])?.head ?? .beginning
        for place in [third, fifth] {
            #expect(verify(some, start: .after(place), known: nil).verifier.findings.isEmpty)
            let other = ChainHead(seq: place.seq, hash: ChainHead.beginning.hash)
            #expect(
                verify(some, start: .after(other), known: nil).verifier.findings.map(\.kind)
                    == [.changed])
        }
    }

    @Test func findingsAreBounded() {
        let lines = chain(1)
        let noise = Array(repeating: Array("x".utf8), count: ChainVerifier.findingsMax + 7)
        let result = verify(lines + noise, known: head(of: lines)).verifier
        #expect(result.findings.count == ChainVerifier.findingsMax)
        #expect(result.findingCount == ChainVerifier.findingsMax + 7)
        let fewer = verify(lines + noise.dropFirst(7), known: head(of: lines)).verifier
        #expect(fewer.findingCount == ChainVerifier.findingsMax)
    }
}
