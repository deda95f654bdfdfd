import HealthModel
import PatternMatching
import Testing

@Suite struct PatternTests {
    @Test func `matches anywhere, in linear time syntax`() throws {
        let pattern = try Pattern("(?i)<h1>\\s*druk")
        #expect(pattern.matches("<html><H1>  Druk</H1>"))
        #expect(!pattern.matches("<html><h2>druk</h2>"))
        #expect(try Pattern("a\\x00b").matches("xa\u{0}by"))
        #expect(try Pattern("").matches(""))
        #expect(try Pattern("^$").matches(""))
    }

    @Test(arguments: [
        ("(abc", "missing ): (abc"),
        ("a(?=b)", "invalid perl operator: (?="),
        ("(a)\\1", "invalid escape sequence: \\1"),
        ("a{1001}", "invalid repetition size: {1001}"),
        ("((a{100}){100}){100}", "invalid repetition size: {100}"),
    ])
    func `refuses what RE2 refuses, in RE2's words`(text: String, reason: String) {
        #expect(throws: Pattern.Refusal(reason: reason)) { try Pattern(text) }
    }

    @Test func `takes patterns up to the limit and none beyond`() throws {
        let longest = String(repeating: "a", count: Limits.patternBytes)
        #expect(try Pattern(longest).matches("b" + longest))
        #expect(throws: Pattern.Refusal(reason: "4097 bytes are more than 4096")) {
            try Pattern(longest + "a")
        }
    }

    @Test func `refuses a pattern that needs too much memory`() {
        #expect(throws: Pattern.Refusal(reason: "pattern too large - compile failed")) {
            try Pattern("(\\pL{500}){2}\\pL{900}")
        }
    }

    @Test func `one pattern serves many threads at once`() async throws {
        let pattern = try Pattern("x.*y.*z")
        let answers = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<64 {
                group.addTask {
                    pattern.matches("x\(index)y\(index)z") && !pattern.matches("z\(index)y x")
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(answers)
    }
}
