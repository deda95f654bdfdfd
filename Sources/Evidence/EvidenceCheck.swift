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
        var rest: (bytes: [UInt8], place: LinePlace)?
        for file in files.sorted(by: EvidenceFiles.isBefore) {
            if let rest { verifier.take(rest.bytes, at: rest.place) }
            rest = nil
            guard let reader = LineReader(path: file.path) else {
                throw ReadError(description: "\(file.path): \(LineReader.systemWords)")
            }
            func place(_ number: Int) -> LinePlace { LinePlace(file: file.name, line: number) }
            while let line = reader.next() {
                switch line {
                case .whole(let bytes): verifier.take(bytes, at: place(reader.lineNumber))
                case .tooLong: verifier.takeTooLong(at: place(reader.lineNumber))
                }
            }
            if !reader.rest.isEmpty { rest = (reader.rest, place(reader.lineNumber + 1)) }
        }
        let last = try known()
        if let rest {
            // A line that is being written, or that a crash cut, still stands in the ledger.
            let next = (verifier.last?.seq ?? 0) + 1
            let isWaiting = last.map { known in
                next <= known.head.seq && known.waitingFrom.map { $0 <= next } ?? false
            }
            if isWaiting != true || ChainLink(rest.bytes)?.isWhole == true {
                verifier.take(rest.bytes, at: rest.place)
            }
        }
        waiting = verifier.finish(head: last?.head, waitingFrom: last?.waitingFrom)
        self.verifier = verifier
        self.files = files.count
    }
}

extension EvidenceFiles.File {
    /// What changes when files are renamed.
    fileprivate var place: String { "\(name) \(firstSeq ?? 0)" }
}
