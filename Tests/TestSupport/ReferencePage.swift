import Foundation

/// A page of `docs/reference`, which is made from the program so that it cannot lag behind it.
///
/// The tests that make the pages compare them with the files; `make reference` runs the same tests
/// with `VITAAL_WRITE_REFERENCE` set, and then they write the files instead.
public struct ReferencePage: Sendable {
    private let name: String
    private var text: String

    /// Begins a page.
    ///
    /// - Parameters:
    ///   - name: The file, such as `cli.md`.
    ///   - title: Its first heading.
    ///   - about: What a reader should know first, in Markdown.
    public init(_ name: String, title: String, about: String) {
        self.name = name
        text = """
            <!-- Made from the program by `make reference`: change the program, not this file. -->

            # \(title)

            \(about)

            """
    }

    /// Adds paragraphs, each with an empty line before it; nil and empty ones are left out.
    public mutating func add(_ paragraphs: String?...) {
        for case let paragraph? in paragraphs where !paragraph.isEmpty {
            text += "\n\(paragraph)\n"
        }
    }

    /// Adds a table; without rows nothing.
    ///
    /// A column that is empty in every row is left out.
    public mutating func add(columns: [String], rows: [[String]]) {
        guard !rows.isEmpty else { return }
        let used = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
        let lines = [columns, columns.map { _ in "---" }] + rows
        add(
            lines.map { line in
                let cells = used.map {
                    line[$0].replacing("\n", with: " ").replacing("|", with: "\\|")
                }
                return "| \(cells.joined(separator: " | ")) |"
            }.joined(separator: "\n"))
    }

    /// Whether a text stands on the page.
    public func contains(_ words: String) -> Bool { text.contains(words) }

    /// Compares the page with the file of the project, or writes it there when that is asked for.
    ///
    /// - Throws: `TestError` when they differ, with the first lines that do.
    public func check() throws {
        let path = "docs/reference/\(name)"
        if ProcessInfo.processInfo.environment["VITAAL_WRITE_REFERENCE"] != nil {
            let file = Repository.root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
            return
        }
        let written = (try? Repository.text(path)) ?? ""
        guard written != text else { return }
        let lines = zip(written.split(separator: "\n"), text.split(separator: "\n"))
        let (old, new) = lines.first { $0 != $1 } ?? ("the end", "more, or less")
        throw TestError("\(path) lags behind: run make reference\n- \(old)\n+ \(new)")
    }
}
