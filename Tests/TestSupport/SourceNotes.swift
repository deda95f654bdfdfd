import Foundation

/// What the documentation comments of the program say of its types and their parts.
///
/// Reads the sources as `swift format` leaves them: what stands within a type is four columns to
/// the right of it.
public struct SourceNotes {
    /// A stored property, or a case of an enumeration.
    public struct Part: Sendable {
        /// Its name in Swift.
        public var name: String
        /// Its type as it is written; empty for a case.
        public var type: String
        /// What is said of it, one line for each paragraph and each item of a list.
        public var note: String
    }

    /// What is said of each type, by its full name; one line for each paragraph.
    public private(set) var types: [String: [String]] = [:]
    /// The public properties and the cases of each type, in order.
    public private(set) var parts: [String: [Part]] = [:]

    /// Reads the files of the project with these names below one of its directories.
    public init(_ directory: String, _ files: [String]) throws {
        for file in files { read(try Repository.text("\(directory)/\(file).swift")) }
    }

    /// What is said of one part; empty when nothing is.
    public func note(of part: String, in type: String) -> String {
        parts[type]?.first { $0.name == part }?.note ?? ""
    }

    /// The full name of a type as it is written within another; nil when it is none of these.
    public func resolve(_ name: String, within type: String) -> String? {
        var scope = type.split(separator: ".").map(String.init)
        while true {
            let full = (scope + [name]).joined(separator: ".")
            if parts[full] != nil { return full }
            if scope.popLast() == nil { return nil }
        }
    }

    private mutating func read(_ text: String) {
        var scope: [(indent: Int, name: String)] = []
        var note: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let indent = line.prefix { $0 == " " }.count
            let code = line.dropFirst(indent)
            if code.hasPrefix("///") {
                let words = code.dropFirst(3).drop { $0 == " " }
                if words.isEmpty || words.hasPrefix("- ") || note.isEmpty {
                    note.append(String(words))
                } else {
                    note[note.count - 1] += (note.last == "" ? "" : " ") + words
                }
                continue
            }
            if !code.isEmpty {
                while let last = scope.last, last.indent >= indent { scope.removeLast() }
            }
            declare(code, at: indent, note, &scope)
            if !code.hasPrefix("@") { note = [] }
        }
    }

    private mutating func declare(
        _ code: Substring, at indent: Int, _ note: [String],
        _ scope: inout [(indent: Int, name: String)]
    ) {
        let type = /^(?:public |package |private )?(?:struct|enum|extension|protocol) ([\w.]+)/
        if let match = code.firstMatch(of: type) {
            scope.append((indent, String(match.1)))
            let name = scope.map(\.name).joined(separator: ".")
            if !note.isEmpty { types[name] = note }
            return
        }
        guard let last = scope.last, indent == last.indent + 4 else { return }
        let name = scope.map(\.name).joined(separator: ".")
        let words = note.joined(separator: "\n")
        if let match = code.firstMatch(of: /^public (?:var|let) (\w+): ([^={]+)( = .*)?$/) {
            let written = match.2.trimmingCharacters(in: .whitespaces)
            parts[name, default: []].append(
                Part(name: String(match.1), type: written, note: words))
        } else if let match = code.firstMatch(of: /^case (\w.*)$/) {
            for one in match.1.split(separator: ", ") {
                let label = one.prefix { $0.isLetter || $0.isNumber }
                parts[name, default: []].append(Part(name: String(label), type: "", note: words))
            }
        }
    }
}
