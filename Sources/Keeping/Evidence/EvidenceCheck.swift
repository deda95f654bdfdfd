/// Verifies the files of a log, also while it is written.
public struct EvidenceCheck: Sendable {
    /// The log cannot be read.
    public struct ReadError: Error, Sendable, Hashable, CustomStringConvertible {
        /// The path and what is wrong.
        public let description: String
    }

    /// What the ledger knows.
    public struct Known: Sendable, Hashable {
        /// The last line.
        public var head: ChainHead
        /// The first line that the ledger still holds; nil when it holds none.
        public var waitingFrom: Int64?

        /// Makes what the ledger knows.
        public init(head: ChainHead, waitingFrom: Int64?) {
            self.head = head
            self.waitingFrom = waitingFrom
        }
    }

    /// How often the files are read anew because they were renamed meanwhile.
    static let attemptsMax = 3

    /// What was found.
    public let verifier: ChainVerifier
    /// How many files were read.
    public let files: Int
    /// Lines that wait in the ledger for the file.
    public let waiting: Int64

    /// Verifies the files of a data directory.
    ///
    /// - Parameters:
    ///   - directory: The data directory.
    ///   - start: Where the chain is to begin.
    ///   - known: Asks the ledger; called before the first line is read and after the last one.
    ///     Nil when there is no ledger.
    /// - Throws: `ReadError` when a file cannot be read, or what `known` throws.
    public init(
        directory: String, start: ChainVerifier.Start, known: () throws -> Known?
    ) throws {
        for attempt in 1... {
            let files = EvidenceFiles.list(in: directory)
            let check = try EvidenceCheck(files: files, start: start, known: known)
            let isSame = EvidenceFiles.list(in: directory).map(\.place) == files.map(\.place)
            if check.verifier.findingCount == 0 || isSame || attempt == Self.attemptsMax {
                self = check
                return
            }
        }
        preconditionFailure("the loop ends by its limit")
    }

    /// Verifies files in the order of their lines.
    public init(
        files: [EvidenceFiles.File], start: ChainVerifier.Start, known: () throws -> Known?
    ) throws {
        var verifier = ChainVerifier(start: start, known: try known()?.head)
        var open: OpenFile?
        for file in files.sorted(by: EvidenceFiles.isBefore) {
            open?.takeRest(&verifier)
            guard let reader = LineReader(path: file.path) else {
                throw ReadError(description: "\(file.path): \(LineReader.systemWords)")
            }
            open = OpenFile(reader: reader, name: file.name)
            open?.takeLines(&verifier)
        }
        let last = try known()
        // Lines that came between the end of the file and the look into the ledger.
        if let head = last?.head { open?.takeLines(&verifier, until: head.seq) }
        if let open, !open.reader.rest.isEmpty {
            // A line that is being written, or that a crash cut, still stands in the ledger.
            let next = (verifier.last?.seq ?? 0) + 1
            let isWaiting = last.map { known in
                next <= known.head.seq && known.waitingFrom.map { $0 <= next } ?? false
            }
            if isWaiting != true || ChainLink(open.reader.rest)?.isWhole == true {
                open.takeRest(&verifier)
            }
        }
        waiting = verifier.finish(head: last?.head, waitingFrom: last?.waitingFrom)
        self.verifier = verifier
        self.files = files.count
    }
}

/// A file that is being read.
private struct OpenFile {
    let reader: LineReader
    let name: String

    private func place(_ number: Int) -> LinePlace { LinePlace(file: name, line: number) }

    /// Reads on to the end, or to the line with this number.
    func takeLines(_ verifier: inout ChainVerifier, until seq: Int64 = .max) {
        while verifier.last?.seq ?? 0 < seq, let line = reader.next() {
            switch line {
            case .whole(let bytes): verifier.take(bytes, at: place(reader.lineNumber))
            case .tooLong: verifier.takeTooLong(at: place(reader.lineNumber))
            }
        }
    }

    /// Takes a last line without a line feed.
    func takeRest(_ verifier: inout ChainVerifier) {
        guard !reader.rest.isEmpty else { return }
        verifier.take(reader.rest, at: place(reader.lineNumber + 1))
    }
}

extension EvidenceFiles.File {
    /// What changes when files are renamed.
    fileprivate var place: String { "\(name) \(firstSeq ?? 0)" }
}
