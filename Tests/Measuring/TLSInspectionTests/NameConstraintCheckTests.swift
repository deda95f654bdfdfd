import Testing

@testable import TLSInspection

@Suite struct NameConstraintCheckTests {
    @Test(
        arguments: [
            ("*.example.com", "foo.example.com", true), ("*.example.com", "FOO.Example.COM", true),
            ("*.example.com", "foo.example.com.", true), ("*.example.com", "example.com", true),
            ("*.example.com", ".example.com", true), ("*.example.com", "com", true),
            ("*.example.com", "", true),
            // Two labels below, only what is below, another name, the end of a label.
            ("*.example.com", "bar.foo.example.com", false),
            ("*.example.com", ".foo.example.com", false), ("*.example.com", "foo.test", false),
            ("*.example.com", "fooexample.com", false), ("*.example.com", "ample.com", false),
            ("*.com", "example.com", true), ("*.foo.example.com", "foo.example.com", true),
            ("*.foo.example.com", "bar.example.com", false),
            // No wildcards.
            ("foo.example.com", "foo.example.com", false),
            ("f*.example.com", "foo.example.com", false),
            ("*", "example", false),
        ])
    func covers(wildcard: String, excluded: String, isCovered: Bool) {
        #expect(
            NameConstraintCheck.covers(
                wildcard: Array(wildcard.utf8), excluded: Array(excluded.utf8)) == isCovered)
    }

    /// Against all names of up to three labels over a small alphabet: a wildcard is covered when
    /// one of the names that it stands for is excluded.
    @Test func coversAgainstOracle() {
        let labels = ["a", "b", "ab"]
        let names =
            labels + labels.flatMap { x in labels.map { "\(x).\($0)" } }
            + labels.flatMap { x in labels.flatMap { y in labels.map { "\(x).\(y).\($0)" } } }
        for base in names {
            for top in names {
                for excluded in [top, "." + top] {
                    let oracle = labels.contains { label in
                        let name = "\(label).\(base)"
                        return (name == excluded) || name.hasSuffix("." + top)
                    }
                    let found = NameConstraintCheck.covers(
                        wildcard: Array("*.\(base)".utf8), excluded: Array(excluded.utf8))
                    #expect(found == oracle, "*.\(base) against \(excluded)")
                }
            }
        }
    }

    @Test(arguments: [(256, 256, false), (256, 257, true), (65_537, 1, true), (65_537, 0, false)])
    func comparisonLimit(wildcards: Int, excluded: Int, isViolated: Bool) {
        let found = NameConstraintCheck.isAnyCovered(
            Array(repeating: Array("*.a.test".utf8), count: wildcards),
            by: Array(repeating: Array("b.test".utf8), count: excluded))
        #expect(found == isViolated)
    }

    @Test(
        arguments: [
            ("a.test", false), ("a.test.", false), (".a.test", true), ("a..test", true), ("", true),
            (".", true), ("a..", true), ("*.a.test", false),
        ])
    func emptyLabels(name: String, hasOne: Bool) {
        #expect(NameConstraintCheck.hasEmptyLabel(Array(name.utf8)) == hasOne)
    }
}
