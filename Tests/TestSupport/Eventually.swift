/// What went wrong in a test, in words.
public struct TestError: Error, CustomStringConvertible {
    /// The words.
    public let description: String

    /// Makes an error of these words.
    public init(_ description: String) { self.description = description }
}

/// Asks again and again until there is an answer.
///
/// The limit is for a machine that is busy with other tests: what must be quick measures itself.
///
/// - Throws: `TestError` when there is none within `limit`.
@discardableResult public func eventually<Value>(
    _ what: @autoclosure () -> String, within limit: Duration = .seconds(60),
    _ answer: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if let value = try await answer() { return value }
        guard clock.now < deadline else { throw TestError("not within \(limit): \(what())") }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// Asks again and again until the answer is yes.
///
/// - Throws: `TestError` when it is not within `limit`.
public func eventually(
    _ what: @autoclosure () -> String, within limit: Duration = .seconds(60),
    _ holds: () async throws -> Bool
) async throws {
    try await eventually(what(), within: limit) { try await holds() ? () : nil }
}
