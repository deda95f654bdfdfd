extension Scenario {
    /// The scenarios that ship inside the program, in the order in which they are listed.
    public static let builtIn: [Scenario] = builtInTexts.map { name, text in
        do {
            return try ScenarioReader.read(text, file: "built-in/\(name)")
        } catch {
            preconditionFailure("the built-in scenario \(name) is wrong:\n\(error)")
        }
    }

    /// The built-in scenario with this name; nil when there is none.
    public static func builtIn(named name: String) -> Scenario? {
        builtIn.first { $0.name == name }
    }

    /// The YAML of the built-in scenarios by name: examples for people who write their own.
    public static let builtInTexts: [(name: String, text: String)] = [
        ("calm", calmText), ("demonstration", demonstrationText), ("digid-ddos", digidDDoSText),
        ("nafin", nafinText), ("uplink-lost", uplinkLostText), ("tax-throttle", taxThrottleText),
        ("diginotar", diginotarText),
        ("expired", expiredText), ("flapping", flappingText), ("kitchen-sink", kitchenSinkText),
    ]
}
