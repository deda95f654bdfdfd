/// A strict reader of the Prometheus text format, version 0.0.4: anything doubtful is an error.
struct StrictParser {
    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
        var value: String
    }

    struct Family {
        var name: String
        var type: String
        var help: String
        var samples: [Sample] = []

        /// What its samples may be called.
        var sampleNames: [String] {
            type == "histogram" ? ["_bucket", "_sum", "_count"].map { name + $0 } : [name]
        }
    }

    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var families: [Family] = []

    /// Reads a whole text.
    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Refusal(description: "not UTF-8")
        }
        guard text.utf8.last == UInt8(ascii: "\n") || text.isEmpty else {
            throw Refusal(description: "the last line does not end")
        }
        // Splitting bytes keeps a carriage return inside a value from being taken for a line end.
        for line in bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            try read(String(decoding: line, as: UTF8.self))
        }
        for family in families where family.samples.isEmpty {
            throw Refusal(description: "family \(family.name) is empty")
        }
        let samples = families.flatMap(\.samples)
        let identities = samples.map { Sample(name: $0.name, labels: $0.labels, value: "") }
        guard Set(identities).count == samples.count else {
            throw Refusal(description: "a sample twice")
        }
    }

    /// The samples of one family; empty when there is none.
    func samples(_ name: String) -> [Sample] {
        families.first { $0.name == name }?.samples ?? []
    }

    private mutating func read(_ line: String) throws {
        if line.hasPrefix("# HELP ") {
            let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
            guard words.count == 4, !families.contains(where: { $0.name == words[2] }) else {
                throw Refusal(description: "family opened twice: \(line)")
            }
            families.append(
                Family(
                    name: String(words[2]), type: "", help: try unescaped(words[3], quotes: false)))
        } else if line.hasPrefix("# TYPE ") {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 4, let last = families.indices.last,
                families[last].name == words[2], families[last].type.isEmpty,
                families[last].samples.isEmpty,
                ["counter", "gauge", "histogram"].contains(words[3])
            else { throw Refusal(description: "misplaced: \(line)") }
            families[last].type = String(words[3])
        } else {
            let sample = try readSample(line)
            guard let last = families.indices.last, !families[last].type.isEmpty,
                families[last].sampleNames.contains(sample.name)
            else { throw Refusal(description: "outside its family: \(line)") }
            families[last].samples.append(sample)
        }
    }

    private func readSample(_ line: String) throws -> Sample {
        var rest = Substring(line)
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.unicodeScalars.first == "{" {
            rest = Substring(rest.unicodeScalars.dropFirst())
            while true {
                let label = rest.prefix { $0.isASCII && ($0.isLetter || $0 == "_" || $0.isNumber) }
                var scalars = rest.dropFirst(label.count).unicodeScalars
                guard !label.isEmpty, scalars.popFirst() == "=", scalars.popFirst() == "\"" else {
                    throw Refusal(description: "bad label: \(line)")
                }
                var raw = String.UnicodeScalarView()
                while let scalar = scalars.popFirst(), scalar != "\"" {
                    raw.append(scalar)
                    if scalar == "\\", let next = scalars.popFirst() { raw.append(next) }
                }
                guard
                    labels.updateValue(
                        try unescaped(Substring(String(raw)), quotes: true), forKey: String(label))
                        == nil
                else { throw Refusal(description: "a label twice: \(line)") }
                let separator = scalars.popFirst()
                rest = Substring(scalars)
                if separator == "}" { break }
                guard separator == "," else { throw Refusal(description: "bad end: \(line)") }
            }
        }
        guard rest.first == " ", !name.isEmpty else { throw Refusal(description: "bad: \(line)") }
        let value = String(rest.dropFirst())
        guard ["NaN", "+Inf", "-Inf"].contains(value) || Double(value)?.isFinite == true else {
            throw Refusal(description: "bad value: \(line)")
        }
        return Sample(name: String(name), labels: labels, value: value)
    }

    private func unescaped(_ text: Substring, quotes: Bool) throws -> String {
        var scalars = text.unicodeScalars
        var result = String.UnicodeScalarView()
        while let scalar = scalars.popFirst() {
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            switch scalars.popFirst() {
            case "\\": result.append("\\")
            case "n": result.append("\n")
            case "\"" where quotes: result.append("\"")
            default: throw Refusal(description: "bad escape: \(text)")
            }
        }
        return String(result)
    }
}
