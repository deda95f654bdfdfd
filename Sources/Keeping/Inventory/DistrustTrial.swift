import Dispatch
public import HealthModel
import Synchronization
public import TLSInspection

/// Judges chains again as if an authority were trusted no more.
///
/// The verdicts are those of `PathVerifier`, which makes them for live connections too; other
/// paths than the first are tried as there. Only what the server sends helps to build a path,
/// since that is what clients have.
public struct DistrustTrial: Sendable {
    /// One chain to judge: a chain as sent, for a name, by a set of roots.
    public struct Question: Sendable, Hashable {
        /// Positions in the pool, leaf first.
        public var chain: [Int]
        /// The name or address that the leaf must be valid for.
        public var host: String
        /// Position of the roots in `stores`.
        public var store: Int

        /// Makes a question.
        public init(chain: [Int], host: String, store: Int = 0) {
            self.chain = chain
            self.host = host
            self.store = store
        }
    }

    /// What becomes of a chain.
    public enum Outcome: Sendable, Hashable {
        /// Its path, which ends at this root, does not use the authority.
        case unaffected(root: Certificate)
        /// Its path used the authority, and another path holds, which ends at this root.
        case survives(root: Certificate)
        /// No path is left, for this reason.
        case breaks(Reason)
        /// It was not trusted before, for this reason.
        case untrustedBefore(Reason)
    }

    /// The certificates of all chains.
    public var pool: CertificatePool
    /// SHA-256 of each certificate of the pool, in its order.
    public var fingerprints: [String]
    /// The trusted roots that chains are judged by.
    public var stores: [TrustStore]
    /// The authority to distrust.
    public var target: DistrustTarget
    /// Only leaves whose validity begins after this lose trust; nil means all.
    public var issuedAfter: Timestamp?
    /// The instant at which validity is judged.
    public var instant: Timestamp

    /// Makes a trial.
    ///
    /// - Precondition: `fingerprints` has one entry for each certificate of `pool`.
    public init(
        pool: CertificatePool, fingerprints: [String], stores: [TrustStore],
        target: DistrustTarget, issuedAfter: Timestamp? = nil, instant: Timestamp
    ) {
        precondition(fingerprints.count == pool.count, "a fingerprint for each certificate")
        self.pool = pool
        self.fingerprints = fingerprints
        self.stores = stores
        self.target = target
        self.issuedAfter = issuedAfter
        self.instant = instant
    }

    /// Answers questions, each distinct one once, on several threads.
    ///
    /// - Parameters:
    ///   - questions: chains with names; positions must be inside the pool and the stores.
    ///   - workers: threads to use, at least 1.
    /// - Returns: An answer for each question, in order.
    /// - Throws: `TrustStore.LoadError` when memory is short.
    public func run(
        _ questions: [Question], workers: Int
    ) throws(TrustStore.LoadError) -> [Outcome] {
        let reduced = try reducedStores()
        var positions: [Question: Int] = [:]
        var distinct: [Question] = []
        for question in questions where positions[question] == nil {
            positions[question] = distinct.count
            distinct.append(question)
        }
        let work = distinct
        let next = Atomic<Int>(0)
        let answers = Mutex<[Outcome?]>(Array(repeating: nil, count: work.count))
        DispatchQueue.concurrentPerform(iterations: max(1, workers)) { _ in
            let judge = Judge(trial: self, reduced: reduced)
            var own: [(Int, Outcome)] = []
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < work.count else { break }
                own.append((index, judge.answer(work[index])))
            }
            answers.withLock { answers in
                for (index, outcome) in own { answers[index] = outcome }
            }
        }
        let found = answers.withLock { $0 }
        return questions.map { question in
            positions[question].flatMap { found[$0] } ?? .untrustedBefore(.tlsInvalid)
        }
    }

    private func reducedStores() throws(TrustStore.LoadError) -> [TrustStore] {
        var reduced: [TrustStore] = []
        for store in stores { reduced.append(try store.without(target.fingerprints)) }
        return reduced
    }
}

/// The work of one thread.
private struct Judge {
    let trial: DistrustTrial
    let reduced: [TrustStore]
    private let reader = CertificateReader()
    private let distrusted: Set<String>

    init(trial: DistrustTrial, reduced: [TrustStore]) {
        self.trial = trial
        self.reduced = reduced
        distrusted = trial.target.fingerprints
    }

    func answer(_ question: DistrustTrial.Question) -> DistrustTrial.Outcome {
        let before = verdict(question.chain, question, by: trial.stores)
        guard let before, before.verdict == nil, let root = before.path.last else {
            return .untrustedBefore(before?.verdict ?? .tlsInvalid)
        }
        guard isAffected(question, path: before.path) else {
            return .unaffected(root: root)
        }
        let chain =
            trial.target.kind == .issuer
            ? question.chain.prefix(1)
                + question.chain.dropFirst().filter {
                    !distrusted.contains(trial.fingerprints[$0])
                } : question.chain
        let after = verdict(Array(chain), question, by: reduced)
        guard let after, after.verdict == nil, let root = after.path.last else {
            return .breaks(after?.verdict ?? .tlsInvalid)
        }
        return .survives(root: root)
    }

    /// Whether the path uses the authority, so that it has to be sought anew.
    ///
    /// A path without it stays the first one found when there is less to choose from.
    private func isAffected(_ question: DistrustTrial.Question, path: [Certificate]) -> Bool {
        if let issuedAfter = trial.issuedAfter,
            let leaf = trial.pool.facts(question.chain[0], by: reader),
            leaf.notBefore <= issuedAfter
        {
            return false
        }
        // Of a longer path the root is not among the facts.
        if path.count >= Limits.chainCertificates { return true }
        let used = trial.target.kind == .issuer ? path[...] : path.suffix(1)
        return used.contains { distrusted.contains($0.fingerprintSHA256) }
    }

    private func verdict(
        _ chain: [Int], _ question: DistrustTrial.Question, by stores: [TrustStore]
    ) -> PathVerdict? {
        guard let list = trial.pool.chain(chain) else { return nil }
        let verifier = PathVerifier(
            trustStore: stores[question.store], name: ServerName(question.host),
            instant: trial.instant)
        return verifier.verify(chain: list, certificates: reader)
    }
}
