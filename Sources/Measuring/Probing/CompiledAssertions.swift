import HealthModel
import PatternMatching

/// The assertions of one endpoint with their patterns compiled, shared between endpoints.
struct CompiledAssertions: Sendable {
    /// A compiled pattern on one header.
    struct HeaderCheck: Sendable {
        var name: String
        var pattern: Pattern
        var isOptional: Bool
    }

    let assertions: Assertions
    let headersMatching: [HeaderCheck]
    let headersNotMatching: [HeaderCheck]
    let bodyMatching: [Pattern]
    let bodyNotMatching: [Pattern]
    /// The page says busy when any of these matches.
    let busy: [Pattern]
    /// The page announces maintenance when any of these matches.
    let maintenance: [Pattern]

    /// Compiles what the catalogue has checked; a pattern that does not compile is a mistake of
    /// the programmer by now.
    init(_ assertions: Assertions, cache: inout PatternCache) {
        func compiled(_ text: String) -> Pattern {
            guard let pattern = cache.pattern(text) else {
                preconditionFailure("unchecked pattern: \(text)")
            }
            return pattern
        }
        func check(_ header: HeaderPattern) -> HeaderCheck {
            HeaderCheck(
                name: header.name.lowercased(), pattern: compiled(header.pattern),
                isOptional: header.isOptional)
        }
        self.assertions = assertions
        headersMatching = assertions.headersMatching.map(check)
        headersNotMatching = assertions.headersNotMatching.map(check)
        bodyMatching = assertions.bodyMatching.map(compiled)
        bodyNotMatching = assertions.bodyNotMatching.map(compiled)
        busy = cache.anyOf(assertions.busyMarkers)
        maintenance = cache.anyOf(assertions.maintenanceMarkers)
    }
}
