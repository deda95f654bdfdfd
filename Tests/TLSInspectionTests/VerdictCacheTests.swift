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

    /// A verdict lasts between the two ends of validity around it, and not a moment longer.
    @Test(arguments: [
        (99, false), (100, false), (101, true), (150, true), (199, true), (200, false),
        (201, false), (1000, false),
    ])
    func lastsUntilTheNextEnd(second: Int64, isKnown: Bool) {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 100, to: 300), Self.certificate(from: 0, to: 200)]
        let key = VerdictCache.Key(chain: ["a"], host: "a.test")
        cache.store(path: path, for: key, at: Timestamp(seconds: 150))
        let found = cache.path(for: key, at: Timestamp(seconds: second))
        #expect(found == (isKnown ? path : nil))
    }

    @Test func chainAndNameAreTheKey() {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 0, to: 200)]
        let now = Timestamp(seconds: 100)
        cache.store(path: path, for: VerdictCache.Key(chain: ["a"], host: "a.test"), at: now)
        #expect(cache.path(for: VerdictCache.Key(chain: ["a"], host: "b.test"), at: now) == nil)
        #expect(cache.path(for: VerdictCache.Key(chain: ["b"], host: "a.test"), at: now) == nil)
        #expect(
            cache.path(for: VerdictCache.Key(chain: ["a", "b"], host: "a.test"), at: now) == nil)
    }

    @Test func isBounded() {
        let cache = VerdictCache()
        let path = [Self.certificate(from: 0, to: 200)]
        let now = Timestamp(seconds: 100)
        let keys = (0...VerdictCache.limit).map {
            VerdictCache.Key(chain: ["\($0)"], host: "a.test")
        }
        for key in keys.dropLast() { cache.store(path: path, for: key, at: now) }
        #expect(cache.path(for: keys[0], at: now) != nil)
        cache.store(path: path, for: keys[VerdictCache.limit], at: now)
        #expect(cache.path(for: keys[0], at: now) == nil)
        #expect(cache.path(for: keys[VerdictCache.limit], at: now) != nil)
    }
}
