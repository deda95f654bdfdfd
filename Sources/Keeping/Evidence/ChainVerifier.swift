/// Follows a chain line by line and says what is wrong with it, and where.
///
/// Nothing is found only when every line is whole and follows the one before it. What is found is
/// named by the smallest thing that explains it: a line that nobody else misses is inserted, one
/// that turns up elsewhere is reordered. A pure value: lines come in, findings come out.
public struct ChainVerifier: Sendable {
    /// Where the lines are to begin.
    public enum Start: Sendable, Hashable {
        /// Anywhere: some files out of many.
        case anywhere
        /// Directly after this place, or before it.
        case after(ChainHead)
    }

    /// Findings that are kept; more are counted.
    static let findingsMax = 1000
    /// Lines out of place that are remembered, so that they are not missed where they belong.
    static let straysMax = 100_000

    /// Lines from before the chain began.
    public private(set) var earlierCount = 0
    /// Lines of the chain that stand where they belong and are whole.
    public private(set) var lineCount = 0
    /// The first line of the chain.
    public private(set) var first: ChainHead?
    /// How many things are wrong.
    public var findingCount: Int { kept.count { $0 != nil } + uncounted }
    /// The first things that are wrong, in the order of their places in the log.
    public var findings: [ChainFinding] { kept.compactMap(\.self) }
    /// The last line of the chain.
    public var last: ChainHead? { good?.head }

    private struct Node {
        var head: ChainHead
        var previousHash: String
        /// Nil for what is known of a line that is not here.
        var place: LinePlace?
    }

    /// Lines that were missed, and what of them turned up later.
    private struct Gap {
        var range: ClosedRange<Int64>
        var finding: Int?
        var found: Set<Int64>
    }

    private let start: Start
    private var hasBegun = false
    private var good: Node?
    /// A line too far ahead; the next one tells whether it or the chain is out of place.
    private var ahead: Node?
    /// Lines that are not whole, since the last one that is.
    private var suspects: [LinePlace] = []
    private var suspectCount = 0
    private var strays: [Int64: (node: Node, finding: Int?)] = [:]
    private var gaps: [Gap] = []
    /// Another line with the number of `good`.
    private var rival: (head: ChainHead, finding: Int?)?
    private var kept: [ChainFinding?] = []
    private var uncounted = 0
    private var lastPlace = LinePlace(file: EvidenceFiles.activeName, line: 0)
    private var beyond: LinePlace?
    private let known: ChainHead?
    private var atKnown: Node?

    /// Makes a verifier that has seen nothing.
    ///
    /// - Parameters:
    ///   - start: Where the lines are to begin.
    ///   - known: The last line that the ledger knows before the first line is read; nil when that
    ///     is not known.
    public init(start: Start = .after(.beginning), known: ChainHead? = nil) {
        self.start = start
        self.known = known
    }

    /// Takes the next line, without its line feed.
    public mutating func take(_ line: [UInt8], at place: LinePlace) {
        lastPlace = place
        guard let link = ChainLink(line) else {
            guard hasBegun else {
                earlierCount += 1
                return
            }
            suspect(place)
            return
        }
        hasBegun = true
        guard link.isWhole else {
            suspect(place)
            return
        }
        let node = Node(head: link.head, previousHash: link.previousHash, place: place)
        if let waiting = ahead {
            ahead = nil
            if node.head.seq > waiting.head.seq {
                jump(to: waiting)
            } else if node.head.seq > good?.head.seq ?? 0 {
                stray(waiting)
            } else {
                ahead = waiting
                late(node)
                return
            }
        }
        step(node)
    }

    /// Takes a line that was too long to be one of the log.
    public mutating func takeTooLong(at place: LinePlace) { take([], at: place) }

    /// Ends the chain.
    ///
    /// - Parameters:
    ///   - head: The last line that the ledger knows after the last line was read; nil when it is
    ///     not known.
    ///   - waitingFrom: The first line that still stands in the ledger as well; a line that waits
    ///     there is not missing.
    /// - Returns: How many lines wait in the ledger for the file.
    @discardableResult public mutating func finish(
        head: ChainHead?, waitingFrom: Int64? = nil
    ) -> Int64 {
        if let waiting = ahead {
            ahead = nil
            jump(to: waiting)
        }
        if case .after(let before) = start, before.seq > 0, (good?.head.seq ?? 0) < before.seq {
            note(lastPlace, .cut, "line \(before.seq), which is known, is not here")
        }
        if good == nil, case .after(let before) = start, hasBegun || head?.seq ?? 0 > 0 {
            good = Node(head: before, previousHash: "", place: nil)
        }
        while let seq = good?.head.seq, let next = strays.removeValue(forKey: seq + 1)?.node {
            follow(next)
        }
        guard let head, let end = good else {
            settleSuspects(between: nil)
            return 0
        }
        if let node = atKnown, let known, node.head != known { endsOtherwise(node, known) }
        let absent = head.seq - end.head.seq
        if absent < 0 {
            settleSuspects(between: 0)
            let place = head.seq == known?.seq ? beyond : nil
            note(
                place ?? lastPlace, .inserted, "the ledger knows lines up to \(head.seq) only")
            return 0
        }
        if absent == 0, end.head != head, head != known { endsOtherwise(end, head) }
        let isWaiting = waitingFrom.map { $0 <= end.head.seq + 1 } ?? false
        let damaged = Int64(suspectCount)
        settleSuspects(between: isWaiting ? min(absent, damaged) : absent)
        if isWaiting { return absent }
        if absent > damaged {
            note(
                lastPlace, .cut,
                "the ledger knows \(Self.lines(absent - damaged)) more, up to \(head.seq)")
        }
        return 0
    }

    // MARK: One line

    private mutating func step(_ node: Node) {
        if good == nil {
            first = node.head
            if case .after(let head) = start, node.head.seq > head.seq {
                good = Node(head: head, previousHash: "", place: nil)
            } else {
                settleSuspects(between: nil)
                accept(node)
                return
            }
        }
        guard let before = good else { return }
        let absent = node.head.seq - before.head.seq - 1
        if absent < 0 {
            late(node)
        } else if suspectCount > 0 {
            settleSuspects(between: absent)
            if absent == 0 {
                follow(node)
            } else {
                let missing = absent - Int64(suspectCountSettled)
                if missing > 0 {
                    miss(before.head.seq + 1...node.head.seq - 1, missing, before: node)
                }
                accept(node)
            }
        } else if absent == 0 {
            follow(node)
        } else if strays.isEmpty || !isFilledByStrays(before.head.seq + 1...node.head.seq - 1) {
            ahead = node
        } else {
            jump(to: node)
        }
    }

    private func isFilledByStrays(_ range: ClosedRange<Int64>) -> Bool {
        range.count <= strays.count && range.allSatisfy { strays[$0] != nil }
    }

    /// Goes on with the line that stands where it belongs.
    private mutating func follow(_ node: Node) {
        if let before = good, node.previousHash != before.head.hash {
            if let rival, rival.head.hash == node.previousHash {
                move(rival.finding, to: before.place)
            } else if let place = before.place {
                note(
                    place, .changed,
                    "line \(before.head.seq) is not the one that the next line was written after")
            } else {
                note(
                    node.place ?? lastPlace, .changed,
                    "line \(node.head.seq) was not written after what is known of line "
                        + "\(before.head.seq)")
            }
        }
        if let copy = strays.removeValue(forKey: node.head.seq) {
            amend(copy.finding, .inserted, "line \(node.head.seq) stands here and at its own place")
        }
        accept(node)
    }

    private mutating func accept(_ node: Node) {
        rival = nil
        good = node
        lineCount += 1
        if first == nil { first = node.head }
        if case .after(let head) = start, head.seq == node.head.seq, head.hash != node.head.hash {
            note(
                node.place ?? lastPlace, .changed,
                "line \(node.head.seq) has another hash than is known of it")
        }
        guard let known else { return }
        if node.head.seq == known.seq { atKnown = node }
        if node.head.seq > known.seq, beyond == nil { beyond = node.place }
    }

    /// Goes on beyond lines that are not there, or that stood elsewhere.
    private mutating func jump(to node: Node) {
        guard let before = good else { return }
        guard node.head.seq > before.head.seq + 1 else {
            follow(node)
            return
        }
        let range = before.head.seq + 1...node.head.seq - 1
        if isFilledByStrays(range) {
            for seq in range {
                guard let next = strays.removeValue(forKey: seq)?.node else { continue }
                follow(next)
            }
            follow(node)
            return
        }
        let elsewhere = strays.keys.count { range.contains($0) }
        miss(range, Int64(range.count - elsewhere), before: node)
        accept(node)
    }

    private mutating func miss(_ range: ClosedRange<Int64>, _ count: Int64, before node: Node) {
        let what =
            range.count == 1
            ? "line \(range.lowerBound)"
            : count == range.count
                ? "lines \(range.lowerBound) to \(range.upperBound)"
                : "\(Self.lines(count)) of \(range.lowerBound) to \(range.upperBound)"
        let index = note(node.place ?? lastPlace, .missing, "\(what), before this one")
        let found = Set(strays.keys.filter { range.contains($0) })
        found.forEach { strays[$0] = nil }
        gaps.append(Gap(range: range, finding: index, found: found))
        gaps.removeFirst(max(0, gaps.count - Self.findingsMax))
    }

    /// A line that belongs further on.
    private mutating func stray(_ node: Node) {
        let index = note(
            node.place ?? lastPlace, .reordered,
            "line \(node.head.seq) stands after line \(good?.head.seq ?? 0)")
        if strays.count < Self.straysMax { strays[node.head.seq] = (node, index) }
    }

    /// A line that belongs before this place.
    private mutating func late(_ node: Node) {
        guard let before = good else { return }
        let (seq, place) = (node.head.seq, node.place ?? lastPlace)
        if let index = gaps.firstIndex(where: { $0.range.contains(seq) && !$0.found.contains(seq) })
        {
            note(place, .reordered, "line \(seq) stands after line \(before.head.seq)")
            gaps[index].found.insert(seq)
            if gaps[index].found.count == gaps[index].range.count, let old = gaps[index].finding {
                kept[old] = nil
            }
            return
        }
        let isOther = seq == before.head.seq && node.head.hash != before.head.hash
        let index = note(
            place, .inserted,
            isOther
                ? "another line \(seq) stands before it"
                : "line \(seq) stands here again, after line \(before.head.seq)")
        if isOther { rival = (node.head, index) }
    }

    // MARK: Lines that are not whole

    private mutating func suspect(_ place: LinePlace) {
        if let waiting = ahead {
            ahead = nil
            jump(to: waiting)
        }
        suspectCount += 1
        if suspects.count < Self.findingsMax { suspects.append(place) }
    }

    private var suspectCountSettled = 0

    /// Says what the lines that are not whole were, now that it is known how many belong here; nil
    /// when it is not.
    private mutating func settleSuspects(between absent: Int64?) {
        for (number, place) in suspects.enumerated() {
            if absent == 0 {
                note(place, .inserted, "no line of the chain belongs here")
            } else if let absent, absent >= suspectCount, let before = good {
                let seq = before.head.seq + 1 + Int64(number)
                note(
                    place, .changed,
                    absent == suspectCount
                        ? "line \(seq) does not fit its hash" : "the line does not fit its hash")
            } else {
                note(place, .changed, "the line does not fit its hash, or was inserted")
            }
        }
        uncounted += suspectCount - suspects.count
        suspectCountSettled = suspectCount
        suspects = []
        suspectCount = 0
    }

    private mutating func endsOtherwise(_ end: Node, _ known: ChainHead) {
        if let rival, rival.head.hash == known.hash {
            move(rival.finding, to: end.place)
            return
        }
        note(
            end.place ?? lastPlace, .changed,
            "line \(end.head.seq) is not the one that the ledger knows")
    }

    // MARK: Findings

    @discardableResult private mutating func note(
        _ place: LinePlace, _ kind: ChainFinding.Kind, _ text: String
    ) -> Int? {
        guard kept.count < Self.findingsMax else {
            uncounted += 1
            return nil
        }
        kept.append(ChainFinding(place: place, kind: kind, text: text))
        return kept.count - 1
    }

    private mutating func amend(_ index: Int?, _ kind: ChainFinding.Kind, _ text: String) {
        guard let index else { return }
        kept[index]?.kind = kind
        kept[index]?.text = text
    }

    private mutating func move(_ index: Int?, to place: LinePlace?) {
        guard let index, let place else { return }
        kept[index]?.place = place
        kept[index]?.text = "the lines after it do not follow it"
    }

    private static func lines(_ count: Int64) -> String {
        count == 1 ? "1 line" : "\(count) lines"
    }
}
