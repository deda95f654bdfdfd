import HealthModel
import Testing

@testable import TLSInspection

@Suite struct VerdictCacheTests {
    private static func certificate(from start: Int64, to end: Int64) -> Certificate {
        Certificate(
            fingerprintSHA256: "\(start)-\(end)", subject: "", issuer: "", serialNumber: "",
            names: [], nameCount: 0, notBefore: Timestamp(seconds: start),
            notAfter: Timestamp(seconds: end), key: "", signatureAlgorithm: "")
    }

    private static func verdict(_ path: [Certificate]) -> PathVerdict {
        PathVerdict(
            verdict: nil, errors: [], isNameMatching: true, path: path, warnings: [],
            revocation: [])
    }

    /// A verdict lasts between the two ends of validity around it, and not a moment longer.
    @Test(arguments: [
        (99, false), (100, false), (101, true), (150, true), (199, true), (200, false),
        (201, false), (1000, false),
    ])
    func lastsUntilTheNextEnd(second: Int64, isKnown: Bool) {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 100, to: 300), Self.certificate(from: 0, to: 200)]
        let key = VerdictCache.Key(chain: ["a"], host: "a.test")
        cache.store(Self.verdict(path), for: key, at: Timestamp(seconds: 150))
        let found = cache.verdict(for: key, at: Timestamp(seconds: second))
        #expect(found == (isKnown ? Self.verdict(path) : nil))
    }

    @Test func chainAndNameAreTheKey() {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 0, to: 200)]
        let now = Timestamp(seconds: 100)
        cache.store(
            Self.verdict(path), for: VerdictCache.Key(chain: ["a"], host: "a.test"), at: now)
        #expect(cache.verdict(for: VerdictCache.Key(chain: ["a"], host: "b.test"), at: now) == nil)
        #expect(cache.verdict(for: VerdictCache.Key(chain: ["b"], host: "a.test"), at: now) == nil)
        #expect(
            cache.verdict(for: VerdictCache.Key(chain: ["a", "b"], host: "a.test"), at: now) == nil)
    }

    /// A verdict does not outlive the revocation list it rests on, nor count for another one.
    @Test func listsAreInTheKeyAndBoundTheTime() {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 0, to: 200)]
        let key = VerdictCache.Key(chain: ["a"], host: "a.test", lists: "x")
        cache.store(
            Self.verdict(path), for: key, at: Timestamp(seconds: 100),
            boundaries: [Timestamp(seconds: 90), Timestamp(seconds: 110)])
        for (second, isKnown) in [(90, false), (91, true), (109, true), (110, false)] {
            let found = cache.verdict(for: key, at: Timestamp(seconds: Int64(second)))
            #expect((found != nil) == isKnown)
        }
        let other = VerdictCache.Key(chain: ["a"], host: "a.test", lists: "y")
        #expect(cache.verdict(for: other, at: Timestamp(seconds: 100)) == nil)
    }

    @Test func isBounded() {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 0, to: 200)]
        let now = Timestamp(seconds: 100)
        let keys = (0...VerdictCache.limit).map {
            VerdictCache.Key(chain: ["\($0)"], host: "a.test")
        }
        for key in keys.dropLast() { cache.store(Self.verdict(path), for: key, at: now) }
        #expect(cache.verdict(for: keys[0], at: now) != nil)
        cache.store(Self.verdict(path), for: keys[VerdictCache.limit], at: now)
        #expect(cache.verdict(for: keys[0], at: now) == nil)
        #expect(cache.verdict(for: keys[VerdictCache.limit], at: now) != nil)
    }
}
