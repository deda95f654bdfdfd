import CUnbound
import Glibc
import HealthModel
import PollLoop

/// How names are resolved.
public struct ResolverConfiguration: Sendable, Hashable {
    /// Name servers to ask, as `ADDRESS` or `ADDRESS@PORT`; empty means those of `resolvConf`.
    public var forwarders: [String]
    /// The file that lists the system's name servers; nil means none.
    public var resolvConf: String?
    /// The file of static names; nil means none.
    public var hostsFile: String?
    /// The file with the DNSSEC root key; nil switches validation off.
    public var trustAnchorFile: String?
    /// The longest that an answer, also a negative one, is kept.
    ///
    /// At most the shortest interval, so that a repaired name is seen at the next probe.
    public var cacheSeconds: Int

    /// Makes a configuration; the default is that of the system without validation.
    public init(
        forwarders: [String] = [], resolvConf: String? = "/etc/resolv.conf",
        hostsFile: String? = "/etc/hosts", trustAnchorFile: String? = nil, cacheSeconds: Int = 0
    ) {
        self.forwarders = forwarders
        self.resolvConf = resolvConf
        self.hostsFile = hostsFile
        self.trustAnchorFile = trustAnchorFile
        self.cacheSeconds = cacheSeconds
    }
}

/// libunbound could not be set up.
public struct ResolverError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was being set up, and libunbound's words.
    public let description: String
}

/// Resolves names with libunbound on a loop, without ever blocking it.
///
/// libunbound works on a thread of its own and tells through a descriptor. Belongs to the loop's
/// thread.
final class Resolver {
    /// What became of a name.
    enum Answer: Sendable, Hashable {
        /// The addresses in the order of the answer, sorted, never empty.
        case addresses([NetworkAddress])
        /// Why there are none.
        case failure(Reason, detail: String)
    }

    /// What libunbound says of a question; the result is freed after the call.
    fileprivate enum Response {
        case result(UnsafeMutablePointer<ub_result>?, error: CInt)
        /// It was not asked.
        case refused(error: CInt)
    }

    /// One question in flight.
    final class Query {
        fileprivate var number: CInt = -1
        fileprivate var completion: ((Response) -> Void)?

        fileprivate init(completion: @escaping (Response) -> Void) {
            self.completion = completion
        }
    }

    private let loop: PollLoop
    private let context: OpaquePointer
    private var registration: PollLoop.Registration?

    /// Sets libunbound up and watches its descriptor.
    ///
    /// Call on the loop's thread.
    init(loop: PollLoop, configuration: ResolverConfiguration) throws(ResolverError) {
        loop.preconditionOnLoop()
        self.loop = loop
        guard let context = ub_ctx_create() else {
            throw ResolverError(description: "libunbound: out of memory or descriptors")
        }
        self.context = context
        // Everything is stored by now, so after a throw deinit frees the context.
        try Self.configure(context, with: configuration)
        // The first question starts libunbound's thread, and makes an event base on this one. Both
        // end the whole process when there is no descriptor left for them (libevent's event_err):
        // ask something local now, not then, and only when there are enough.
        guard Self.areFree(Self.descriptorsToStart, like: ub_fd(context)) else {
            throw ResolverError(description: "libunbound: out of descriptors")
        }
        ub_resolve_async(
            context, "localhost", 1, 1, nil,
            { _, _, result in if let result { ub_resolve_free(result) } }, nil)
        do {
            registration = try loop.watch(ub_fd(context), for: .readable) { [weak self] _ in
                guard let self else { return }
                ub_process(self.context)
            }
        } catch {
            throw ResolverError(description: error.description)
        }
    }

    /// Descriptors that have to be free at the start.
    ///
    /// An event base takes four, the thread a few more; other loops may start at the same time.
    static let descriptorsToStart = 32

    /// Whether so many descriptors can be opened; tried with copies of `descriptor`.
    private static func areFree(_ count: Int, like descriptor: CInt) -> Bool {
        var copies: [CInt] = []
        defer { for copy in copies { Glibc.close(copy) } }
        while copies.count < count {
            let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { return false }
            copies.append(copy)
        }
        return true
    }

    /// Ends every query without an answer.
    ///
    /// Call on the loop's thread before the last release.
    func close() {
        if let registration { loop.unwatch(registration) }
        registration = nil
    }

    deinit {
        precondition(registration == nil, "close() comes before the last release")
        ub_ctx_delete(context)
    }

    /// Asks for the addresses of one family.
    ///
    /// `completion` is called once on the loop's thread, never from inside this call, unless the
    /// query is cancelled.
    func resolve(
        _ name: String, isIPv6: Bool, completion: @escaping (Answer) -> Void
    ) -> Query {
        // A is type 1, AAAA is type 28 (RFC 1035 §3.2.2, RFC 3596 §2.1).
        ask(name, type: isIPv6 ? 28 : 1) { response in
            switch response {
            case .result(let result, let error):
                completion(Self.answer(of: result, error: error, isIPv6: isIPv6))
            case .refused(let error):
                completion(.failure(.monitorError, detail: "libunbound: \(Self.words(error))"))
            }
        }
    }

    /// Asks for the name servers of a domain.
    ///
    /// `completion` is called as that of `resolve`, with the names in order and in lower case; with
    /// none when the answer has none, or does not come.
    func nameServers(of domain: String, completion: @escaping ([String]) -> Void) -> Query {
        // NS is type 2 (RFC 1035 §3.2.2).
        ask(domain, type: 2) { response in
            guard case .result(let result, 0) = response else { return completion([]) }
            var names: Set<String> = []
            Self.eachRecord(of: result) {
                if let name = DomainName.text(ofBytes: $0) { names.insert(name) }
            }
            completion(Array(names.sorted().prefix(Limits.nameServersPerDomain)))
        }
    }

    private func ask(
        _ name: String, type: CInt, completion: @escaping (Response) -> Void
    ) -> Query {
        let query = Query(completion: completion)
        let raw = Unmanaged.passRetained(query).toOpaque()
        // IN is class 1 (RFC 1035 §3.2.4).
        let error = ub_resolve_async(
            context, name, type, 1, raw,
            { raw, error, result in
                guard let raw else { return }
                let query = Unmanaged<Query>.fromOpaque(raw).takeRetainedValue()
                let completion = query.completion
                query.completion = nil
                completion?(.result(result, error: error))
                if let result { ub_resolve_free(result) }
            }, &query.number)
        if error != 0 {
            Unmanaged<Query>.fromOpaque(raw).release()
            loop.schedule(atMonotonicNanoseconds: 0) {
                query.completion?(.refused(error: error))
                query.completion = nil
            }
        }
        return query
    }

    /// Forgets a query; its completion is not called.
    func cancel(_ query: Query) {
        guard query.completion != nil else { return }
        query.completion = nil
        // When the answer is already on its way the number is unknown: the callback then finds
        // no completion and only releases.
        if query.number >= 0, ub_cancel(context, query.number) == 0 {
            Unmanaged.passUnretained(query).release()
        }
    }

    private static func configure(
        _ context: OpaquePointer, with configuration: ResolverConfiguration
    ) throws(ResolverError) {
        let cacheSeconds = String(max(0, configuration.cacheSeconds))
        var options: [(String, String)] = [
            ("cache-max-ttl:", cacheSeconds), ("cache-max-negative-ttl:", cacheSeconds),
            ("cache-min-ttl:", "0"),
            // A name server that was away is asked again at once, not after 15 minutes.
            ("infra-host-ttl:", "1"), ("infra-keep-probing:", "yes"),
            ("msg-cache-size:", "1m"), ("rrset-cache-size:", "1m"), ("key-cache-size:", "1m"),
            ("neg-cache-size:", "256k"),
        ]
        if configuration.trustAnchorFile == nil { options.append(("module-config:", "iterator")) }
        if configuration.forwarders.contains(where: { $0.hasPrefix("127.") || $0.hasPrefix("::1") })
        {
            options.append(("do-not-query-localhost:", "no"))
        }
        for (name, value) in options {
            try check(ub_ctx_set_option(context, name, value), "option \(name)")
        }
        if configuration.forwarders.isEmpty {
            // 127.0.0.53 and its kind are usual there.
            try check(ub_ctx_set_option(context, "do-not-query-localhost:", "no"), "option")
            if let file = configuration.resolvConf {
                try check(ub_ctx_resolvconf(context, file), file)
            } else {
                // Without any forwarder libunbound would ask the root servers itself.
                try check(ub_ctx_set_fwd(context, NameServer.local.address), "name server")
            }
        }
        for forwarder in configuration.forwarders {
            try check(ub_ctx_set_fwd(context, forwarder), "name server \(forwarder)")
        }
        if let file = configuration.hostsFile, access(file, R_OK) == 0 {
            try check(ub_ctx_hosts(context, file), file)
        }
        if let file = configuration.trustAnchorFile {
            try check(ub_ctx_add_ta_file(context, file), file)
        }
        try check(ub_ctx_async(context, 1), "thread")
        if !configuration.forwarders.isEmpty {
            // libunbound denies this zone itself (RFC 6761 §6.2), but a name server that was named
            // on purpose may well serve it: it is what tests and laboratories are for.
            try check(ub_ctx_zone_add(context, "test.", "transparent"), "zone test.")
        }
    }

    private static func check(_ error: CInt, _ what: String) throws(ResolverError) {
        guard error != 0 else { return }
        throw ResolverError(description: "libunbound: \(what): \(words(error))")
    }

    private static func words(_ error: CInt) -> String {
        ub_strerror(error).map { String(cString: $0) } ?? "error \(error)"
    }

    /// The data of each record of an answer, up to a limit.
    private static func eachRecord(
        of result: UnsafeMutablePointer<ub_result>?, _ body: (UnsafeRawBufferPointer) -> Void
    ) {
        guard let result = result?.pointee else { return }
        for index in 0..<Limits.addressesPerName {
            guard let data = result.data?[index], let length = result.len?[index] else { break }
            body(UnsafeRawBufferPointer(start: data, count: Int(length)))
        }
    }

    private static func answer(
        of result: UnsafeMutablePointer<ub_result>?, error: CInt, isIPv6: Bool
    ) -> Answer {
        guard error == 0, let answer = result?.pointee else {
            return .failure(.dnsServfail, detail: "libunbound: \(words(error))")
        }
        if answer.bogus != 0 {
            let why = answer.why_bogus.map { String(cString: $0) } ?? ""
            return .failure(.dnsBogus, detail: String(why.prefix(200)))
        }
        // RCODE 3 is NXDOMAIN (RFC 1035 §4.1.1).
        if answer.nxdomain != 0 || answer.rcode == 3 {
            return .failure(.dnsNXDomain, detail: "")
        }
        if answer.rcode != 0 {
            return .failure(.dnsServfail, detail: "rcode \(answer.rcode)")
        }
        var addresses: [NetworkAddress] = []
        eachRecord(of: result) { bytes in
            if let text = AddressText.text(ofBytes: bytes) {
                addresses.append(NetworkAddress(text))
            }
        }
        if addresses.isEmpty {
            return .failure(.dnsNoAddress, detail: isIPv6 ? "no AAAA record" : "no A record")
        }
        return .addresses(addresses.sorted { $0.text < $1.text })
    }
}
