/// The named limits of Vitaal.
///
/// Each is tested at the limit and one past it.
public enum Limits {
    /// Bytes in an id: the longest DNS label, so that an id fits wherever a host label does.
    public static let identifierBytes = 63
    /// Bytes in a label value of the exposition; longer text is cut and marked with an ellipsis.
    public static let labelValueBytes = 256

    /// Bytes read of one response body.
    ///
    /// What a status page says fits in far less.
    public static let bodyBytes = 64 * 1024
    /// Bytes of one header block, all lines together.
    public static let headerBytes = 64 * 1024
    /// Name servers kept of one domain; the largest have eight or so.
    public static let nameServersPerDomain = 8
    /// Domains of which the name servers are kept; those that come later have none.
    public static let nameServerDomains = 10_000
    /// Redirects followed in one probe.
    public static let redirects = 5
    /// Certificates looked at in one chain as sent.
    public static let chainCertificates = 16
    /// Bytes of one certificate message.
    ///
    /// OpenSSL's own 100 kB would call a server broken whose certificate has 10,000 names (210 kB),
    /// which browsers accept.
    public static let chainBytes = 256 * 1024
    /// Names kept of one certificate's subject alternative names.
    public static let certificateNames = 64
    /// Bytes kept of one distinguished name or alternative name.
    public static let certificateNameBytes = 256
    /// Extensions kept of one certificate; ordinary ones have ten.
    public static let certificateExtensions = 64
    /// Common names and organisations kept of one subject.
    public static let certificateSubjectParts = 8
    /// Alternative names kept because their form is odd.
    public static let certificateOddNames = 8
    /// Object identifiers kept of one list: policies or extended key usages.
    public static let certificateIdentifiers = 32
    /// Addresses kept of one kind: issuer, OCSP or revocation lists.
    public static let certificateAddresses = 4
    /// Bytes of such an address; a longer one is left out, since a part of it leads elsewhere.
    public static let certificateAddressBytes = 1024
    /// Embedded transparency timestamps kept; browsers want two or three.
    public static let certificateTimestamps = 16
    /// Verification errors kept of one chain.
    public static let verificationErrors = 32

    /// Probes in flight to one host name, so that a monitor never becomes a load.
    public static let probesInFlightPerHost = 1
    /// Probes in flight in one process.
    ///
    /// With 100 kB each for TLS this is 400 MB; if every server sent the largest chain, 1.4 GB.
    public static let probesInFlight = 4096
    /// Addresses kept of one name.
    public static let addressesPerName = 32
    /// Finished results that may wait for the monitor before the oldest is dropped and counted.
    public static let resultQueue = 65_536

    /// Bytes in one YAML file.
    public static let yamlBytes = 4 * 1024 * 1024
    /// Nodes in one YAML file after aliases are resolved, against exponential alias expansion.
    public static let yamlNodes = 200_000
    /// Nesting depth in one YAML file.
    public static let yamlDepth = 32
    /// Mistakes reported in one validation; more are counted.
    public static let reportedMistakes = 1000
    /// Services in one catalogue.
    public static let services = 20_000
    /// Endpoints in one catalogue.
    public static let endpoints = 50_000
    /// Control targets of one catalogue: two or three in different networks tell enough.
    public static let controls = 8
    /// Dependencies of one service.
    public static let dependenciesPerService = 64
    /// Tags of one service.
    public static let tagsPerService = 16
    /// Bytes in one regular expression.
    public static let patternBytes = 4096
    /// Rules in one rule set.
    public static let rules = 256
    /// Receivers in one rule set: a team and its fallback for each of thirty organisations.
    ///
    /// Each has a thread, which needs some 100 kB while it waits, and in the worst case
    /// `waitingNotifications` of half a kilobyte: 7 MB for all, 640 MB when none of them takes
    /// anything for days.
    public static let receivers = 64
    /// Transitions that wait for the ledger before the oldest is lost and counted; at 1 kB each
    /// that is 20 MB.
    public static let waitingTransitions = 20_000
    /// Silences, acknowledgements, maintenance and states of dark services that are not over.
    public static let operatorActions = 1000
    /// Names in the scope of one silence, and services in one maintenance.
    public static let scopeNames = 1000
    /// Bytes of the reason that an operator gives, and of a note on an incident.
    public static let operatorReasonBytes = 480
    /// Bytes of the name of an operator.
    public static let operatorNameBytes = 64
    /// The longest silence, and the longest maintenance: what is meant for ever is a change of rules.
    public static let silenceDuration: Duration = .seconds(90 * 86_400)
    /// The longest time that an acknowledgement keeps reminders back.
    public static let acknowledgementDuration: Duration = .seconds(7 * 86_400)
    /// The longest time that an operator may say how a dark service is without looking again.
    public static let darkStateDuration: Duration = .seconds(7 * 86_400)
    /// How far ahead something may be planned.
    public static let planningDuration: Duration = .seconds(366 * 86_400)

    /// Notifications that wait for one receiver in memory; the others wait in the ledger.
    public static let waitingNotifications = 20_000
    /// Bytes of one API request body.
    public static let requestBytes = 1024 * 1024
    /// Results with certificates that may wait for the inventory before the oldest is dropped and
    /// counted.
    public static let inventoryQueue = 16_384
    /// Evidence lines that may wait while the disk refuses them.
    public static let evidenceQueue = 10_000
    /// Results kept per endpoint in the rolling window in memory.
    public static let resultsPerEndpoint = 360
}
