import ArgumentParser

/// A number of bytes as people write it: `500MB`, `20GB`.
struct ByteCount: ExpressibleByArgument {
    /// The least that makes sense: a day of a hundred endpoints has about 3 MB.
    static let least = 1_000_000

    let bytes: Int

    init?(argument: String) {
        let units = [
            ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ]
        for (unit, factor) in units where argument.hasSuffix(unit) {
            guard let count = Int(argument.dropLast(2)), count > 0 else { return nil }
            let (bytes, overflow) = count.multipliedReportingOverflow(by: factor)
            guard !overflow, bytes >= Self.least else { return nil }
            self.bytes = bytes
            return
        }
        return nil
    }
}
