public import HealthModel

/// How an endpoint has done over the last day, week and month, as the durable store knows it.
public struct EndpointHistory: Sendable, Hashable {
    /// The windows in days, all ending at `takenAt`.
    public static let windowDays = [1, 7, 30]

    /// One window.
    public struct Window: Sendable, Hashable {
        /// Its length in days.
        public var days: Int
        /// How long each state lasted, exactly.
        public var availability: Availability
        /// Results of the hours that the window touches.
        public var results: Int
        /// Nineteen of twenty answered probes of those hours were at most this slow, to 0.8 %; nil
        /// when none was answered.
        public var p95: Quantile?
        /// Ninety-nine of a hundred were at most this slow.
        public var p99: Quantile?

        /// Makes a window.
        public init(
            days: Int, availability: Availability, results: Int, p95: Quantile?, p99: Quantile?
        ) {
            self.days = days
            self.availability = availability
            self.results = results
            self.p95 = p95
            self.p99 = p99
        }
    }

    /// The end of the windows.
    public var takenAt: Timestamp
    /// In the order of `windowDays`.
    public var windows: [Window]

    /// Makes a history.
    public init(takenAt: Timestamp, windows: [Window]) {
        self.takenAt = takenAt
        self.windows = windows
    }
}
