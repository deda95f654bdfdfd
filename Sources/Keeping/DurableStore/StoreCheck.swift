import HealthModel
import Observing
import ResultFormat

/// What a look at every byte of a store found.
public struct StoreCheck: Sendable {
    /// Files that were read.
    public private(set) var files = 0
    /// Blocks whose checksum and contents were checked.
    public private(set) var blocks = 0
    /// Results in them and in the journals.
    public private(set) var results = 0
    /// What is damaged, a line each; at most `problemsLimit`.
    public private(set) var problems: [String] = []
    /// Problems that are told; a disk that returns nonsense has a million.
    public static let problemsLimit = 1000

    /// Checks every block of a store; one damaged block does not hide the others.
    public init(_ store: DurableStore) {
        problems = store.problems
        results = store.view.unsealedCount
        for segment in store.view.segments {
            files += 1
            do throws(StoreFileError) {
                let file = try store.files.open(segment.path)
                for entry in try segment.entries(in: file) {
                    check(entry, of: segment, in: file)
                }
            } catch {
                note(error.description)
            }
        }
    }

    private mutating func check(
        _ entry: SegmentLayout.Entry, of segment: Segment, in file: any StoreReading
    ) {
        blocks += 1
        do throws(StoreFileError) {
            let block = try segment.block(entry, in: file)
            if segment.facts.level == .raw {
                results += try segment.results(in: block.payload).results.count
            } else {
                _ = try segment.summaries(in: block.payload)
            }
        } catch {
            note("\(error.description) (block at byte \(entry.offset))")
        }
    }

    private mutating func note(_ problem: String) {
        if problems.count < Self.problemsLimit { problems.append(problem) }
    }
}
