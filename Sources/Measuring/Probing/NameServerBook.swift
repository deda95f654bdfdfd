import HealthModel

/// Which name servers answer for the domains that are probed, learnt while they still do.
///
/// When names of several domains cannot be resolved, it tells whether these have a name server in
/// common. A domain is asked for once a day at most, after one of its names was resolved. Belongs
/// to the loop's thread.
final class NameServerBook {
    /// How long what was learnt counts as fresh.
    static let freshNanoseconds: Int64 = 86_400_000_000_000
    /// When a domain that gave no answer is asked for again.
    static let retryNanoseconds: Int64 = 3_600_000_000_000

    private struct Entry {
        var servers: [String] = []
        var askAtNanoseconds = Int64.min
        /// Drops the question that is under way; nil without one.
        var cancel: (() -> Void)?
    }

    /// Asks for the name servers of a domain and gives what drops the question; none are given when
    /// there is no answer.
    typealias Ask = (_ domain: String, _ completion: @escaping ([String]) -> Void) -> () -> Void

    private let ask: Ask
    private let timekeeper: any Timekeeper
    private var entries: [String: Entry] = [:]

    /// Makes an empty book; `ask` calls back later, never from inside the call.
    init(timekeeper: any Timekeeper, ask: @escaping Ask) {
        self.ask = ask
        self.timekeeper = timekeeper
    }

    /// What is known of the domain of a host; empty when nothing is.
    func servers(of host: String) -> [String] {
        PublicSuffix.registrableDomain(of: host).flatMap { entries[$0]?.servers } ?? []
    }

    /// Asks for the name servers of a host that was resolved, unless they are known.
    func learn(_ host: String) {
        guard let domain = PublicSuffix.registrableDomain(of: host) else { return }
        let now = timekeeper.monotonicNanoseconds()
        var entry = entries[domain] ?? Entry()
        guard entry.cancel == nil, now >= entry.askAtNanoseconds,
            entries[domain] != nil || entries.count < Limits.nameServerDomains
        else { return }
        entry.cancel = ask(domain) { [weak self] servers in self?.note(servers, of: domain) }
        entries[domain] = entry
    }

    private func note(_ servers: [String], of domain: String) {
        let wait = servers.isEmpty ? Self.retryNanoseconds : Self.freshNanoseconds
        entries[domain]?.cancel = nil
        entries[domain]?.askAtNanoseconds = timekeeper.monotonicNanoseconds() + wait
        // What was known before is better than nothing.
        if !servers.isEmpty { entries[domain]?.servers = servers }
    }

    /// Drops what is in flight.
    func close() {
        for entry in entries.values { entry.cancel?() }
        entries = [:]
    }
}
