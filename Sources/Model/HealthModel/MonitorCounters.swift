/// What the monitor counts about itself, since it started.
public struct MonitorCounters: Sendable, Hashable {
    /// When the process started.
    public var startedAt: Timestamp
    /// Probes finished.
    public var probes: Int = 0
    /// Slots whose probe could not start before the next slot of the same endpoint was due.
    public var missedSlots: Int = 0
    /// Confirmation probes made after a first failure.
    public var confirmations: Int = 0
    /// Results dropped because the monitor could not keep up.
    public var droppedResults: Int = 0
    /// Probes in flight now.
    public var probesInFlight: Int = 0
    /// The largest lateness of a probe start since the last snapshot, in microseconds.
    public var latenessMicrosecondsMax: Int64 = 0
    /// Evidence lines written.
    public var evidenceLines: Int = 0
    /// Failed attempts to write evidence lines.
    public var evidenceErrors: Int = 0
    /// Evidence lines that wait because the disk refuses them.
    public var evidenceWaiting: Int = 0
    /// Evidence lines lost because too many waited.
    public var evidenceLost: Int = 0
    /// Results dropped before the inventory of certificates took them.
    public var inventoryDropped: Int = 0
    /// Transactions of the ledger of alerts.
    public var ledgerWrites: Int = 0
    /// Failed attempts to write to the ledger.
    public var ledgerErrors: Int = 0
    /// Alerts whose change is not in the ledger yet.
    public var ledgerWaiting: Int = 0
    /// Transitions that nobody was told of because too many waited.
    public var lostTransitions: Int = 0
    /// What each receiver has taken, by its name.
    public var receivers: [ReceiverID: ReceiverCounters] = [:]
    /// New sightings of certificates written to the inventory.
    public var inventoryWritten: Int = 0
    /// Failed attempts to write the inventory.
    public var inventoryErrors: Int = 0
    /// New sightings that wait for the inventory's disk.
    public var inventoryWaiting: Int = 0
    /// Results kept by the store.
    public var storeAppended: Int = 0
    /// Results that the store refused because they came too late or their hour was full.
    public var storeRefused: Int = 0
    /// Results that were lost because the disk refused them for too long or the store was behind.
    public var storeLost: Int = 0
    /// Results that wait to be made durable.
    public var storeWaiting: Int = 0
    /// Failed file operations of the store.
    public var storeErrors: Int = 0
    /// Bytes that the store takes on disk.
    public var storeBytes: Int = 0
    /// Revocation lists fetched and read.
    public var revocationFetches: Int = 0
    /// Fetches that brought no revocation list.
    public var revocationFailures: Int = 0
    /// Revocation lists at hand.
    public var revocationLists: Int = 0
    /// Bytes of these as they were fetched.
    public var revocationBytes: Int = 0
    /// How old the trusted roots are; nil when that is not known.
    public var trustStoreDate: TrustStoreDate?
    /// How many trusted roots there are.
    public var trustStoreCertificates: Int = 0
    /// Reloads that succeeded.
    public var reloads: Int = 0
    /// What was wrong with the files at the last reload; nil when it, or the start, succeeded.
    public var refusal: ConfigurationRefusal?
    /// When the configuration in force was read.
    public var configurationReadAt: Timestamp
    /// CPU seconds used by the process, user and system.
    public var cpuSeconds: Double = 0
    /// Resident memory in bytes.
    public var residentBytes: Int = 0
    /// Open file descriptors.
    public var openDescriptors: Int = 0
    /// The soft limit of file descriptors.
    public var descriptorLimit: Int = 0
    /// Threads of the process.
    public var threads: Int = 0

    /// Whether the last reload, or the start, succeeded.
    public var isConfigurationCurrent: Bool { refusal == nil }

    /// Makes counters that start at zero.
    public init(startedAt: Timestamp) {
        self.startedAt = startedAt
        configurationReadAt = startedAt
    }
}

/// A configuration on disk that a reload did not take, so that the next start will not either.
public struct ConfigurationRefusal: Sendable, Hashable {
    /// When it was refused first; later attempts that fail too do not change it.
    public var since: Timestamp
    /// How many mistakes the last attempt found.
    public var mistakes: Int

    /// Makes a refusal.
    public init(since: Timestamp, mistakes: Int) {
        self.since = since
        self.mistakes = mistakes
    }
}
