import Foundation
import TestSupport
import Testing

/// What holds of every document: links lead somewhere, and the short ones stay short.
struct DocumentTests {
    /// Every document, by its path below the root.
    static let documents: [String] = {
        let files = FileManager.default
        let root = (try? files.contentsOfDirectory(atPath: Repository.root.path)) ?? []
        let below = files.subpaths(atPath: Repository.root.path + "/docs") ?? []
        return (root + below.map { "docs/" + $0 }).filter { $0.hasSuffix(".md") }.sorted()
    }()

    /// How long a document may be, in bytes: these are read whole.
    static let bytesMax = ["README.md": 9_000, "ARCHITECTURE.md": 15_000]

    @Test func theShortOnesAreShort() throws {
        for (name, limit) in Self.bytesMax {
            #expect(try Repository.text(name).utf8.count <= limit, "\(name)")
        }
        #expect(Self.documents.count > 20)
    }

    /// Links to other hosts are not followed.
    @Test(arguments: documents) func everyLinkLeadsSomewhere(document: String) throws {
        let folder = Repository.root.appending(path: document).deletingLastPathComponent()
        for target in Self.links(in: try Repository.text(document)) {
            let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let file =
                parts[0].isEmpty
                ? Repository.root.appending(path: document)
                : folder.appending(path: String(parts[0])).standardizedFileURL
            #expect(FileManager.default.fileExists(atPath: file.path), "\(document): \(target)")
            guard parts.count == 2 else { continue }
            let anchors = Self.anchors(in: try String(contentsOf: file, encoding: .utf8))
            #expect(anchors.contains(String(parts[1])), "\(document): \(target)")
        }
    }

    /// Paths of source files that are named without a link, from the root or from `Sources`.
    @Test(arguments: documents) func everyNamedFileIsThere(document: String) throws {
        let text = Self.prose(try Repository.text(document)).joined(separator: "\n")
        for match in text.matches(of: /`([A-Za-z.][^`\s*]*\/[^`\s*]*\.(?:swift|json|yml|md))`/) {
            let path = String(match.1)
            let places = [path, "Sources/" + path].map { Repository.root.appending(path: $0).path }
            let isThere = places.contains { FileManager.default.fileExists(atPath: $0) }
            #expect(isThere || Self.invented.contains(path), "\(document): \(path)")
        }
    }

    /// Files that examples make.
    private static let invented: Set = [
        "probes/mine.yml", "alerts/mine.yml", "alerts/mine.test.yml",
    ]

    /// A word in capitals on its own line, or at the end of one, is a place that nobody filled in.
    @Test(arguments: documents) func nothingIsLeftToFillIn(document: String) throws {
        for line in Self.prose(try Repository.text(document)) {
            #expect(line.firstMatch(of: /(?:^|\. )[A-Z]{6,}$/) == nil, "\(document): \(line)")
        }
    }

    /// The targets of `[text](target)` outside of code.
    private static func links(in text: String) -> [String] {
        prose(text).flatMap { line in
            line.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
        }.filter { !$0.contains("://") && !$0.hasPrefix("mailto:") }
    }

    /// What headings are called in a link, as forges make it of their words.
    private static func anchors(in text: String) -> Set<String> {
        Set(
            prose(text).filter { $0.hasPrefix("#") }.map { line in
                line.drop { $0 == "#" || $0 == " " }.lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .replacing(" ", with: "-")
            })
    }

    private static func prose(_ text: String) -> [Substring] {
        var isCode = false
        return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            guard line.hasPrefix("```") else { return !isCode }
            isCode.toggle()
            return false
        }
    }
}
