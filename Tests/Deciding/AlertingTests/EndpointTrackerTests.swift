import Alerting
import HealthModel
import Observing
import Testing

@Suite struct EndpointTrackerTests {
    private func tracker(_ results: [ProbeResult]) -> EndpointTracker {
        var tracker = EndpointTracker(id: EndpointID("a"))
        for one in results { tracker.apply(one, interval: .seconds(60)) }
        return tracker
    }

    @Test(
        arguments: [
            (nil, .up), (.tooSlow, .degraded), (.busy, .busy), (.maintenance, .maintenance),
            (.httpBlocked, .blocked), (.connectRefused, .down), (.tlsExpired, .down),
            (.monitorNoRoute, .unknown),
        ] as [(Reason?, HealthState)])
    func oneResultDecidesTheState(reason: Reason?, state: HealthState) {
        // From up, from down and from nothing.
        for before in [[], [result("a", 0)], [result("a", 0, .timeoutTLS)]] {
            #expect(tracker(before + [result("a", 60, reason)]).status.state == state)
        }
    }

    @Test func sinceMovesOnlyWhenTheStateChanges() {
        let results = [
            result("a", 0), result("a", 60), result("a", 120, .timeoutTLS),
            result("a", 180, .connectRefused),
        ]
        #expect(tracker([]).status.since == nil)
        #expect(tracker(Array(results[...1])).status.since == at(0))
        #expect(tracker(results).status.since == at(120))
    }

    @Test func countsFollowTheResultsAndSpareTheMonitorsFaults() {
        let status = tracker([
            result("a", 0), result("a", 60, .busy), result("a", 120, .monitorNoRoute),
            result("a", 180, .timeoutTLS),
        ]).status
        #expect(status.consecutiveFailures == 2)
        #expect(status.successCount == 1)
        #expect(status.failureCounts == [.busy: 1, .monitorNoRoute: 1, .timeoutTLS: 1])
        #expect(status.lastSuccessAt == at(0))
        #expect(status.lastFailureAt == at(180))
        let blind = tracker([result("a", 0, .timeoutTLS), result("a", 60, .monitorError)]).status
        #expect(blind.lastFailureAt == at(0))
        #expect(blind.consecutiveFailures == 1)
        #expect(
            tracker([result("a", 0, .timeoutTLS), result("a", 60)]).status
                .consecutiveFailures == 0)
    }

    @Test func theSameResultTwiceCountsOnce() {
        let one = result("a", 0, .timeoutTLS)
        #expect(tracker([one, one]).status == tracker([one]).status)
    }

    /// A failed probe that does not get as far leaves the later hops as they were.
    @Test func theHopsSeenLastAreKept() {
        func hop(_ url: String, _ days: Int64?) -> ProbeHop {
            ProbeHop(url: url, tls: days.map { tls(to: $0 * 86_400) })
        }
        func probe(_ second: Int64, _ reason: Reason?, _ hops: [ProbeHop]) -> ProbeResult {
            var one = result("a", second, reason, tls: hops.last?.tls)
            one.hops = hops
            return one
        }
        let both = [hop("https://a/", 1), hop("https://b/", 2)]
        let seen = probe(0, nil, both)
        #expect(tracker([seen]).status.lastHops == both)
        let stuck = probe(60, .timeoutConnect, [hop("https://a/", nil)])
        #expect(tracker([seen, stuck]).status.lastHops == both)
        let renewed = probe(60, .dnsServfail, [hop("https://a/", 3), hop("https://b/", nil)])
        #expect(
            tracker([seen, renewed]).status.lastHops == [hop("https://a/", 3), both[1]])
        let elsewhere = probe(60, .timeoutTLS, [hop("https://c/", nil)])
        #expect(
            tracker([seen, elsewhere]).status.lastHops == [hop("https://c/", nil), both[1]])
        let alone = probe(60, nil, [hop("https://a/", 3)])
        #expect(tracker([seen, alone]).status.lastHops == alone.hops)
        #expect(tracker([seen]).status.runsOutFirst == both[0].tls?.leaf)
        #expect(tracker([seen]).status.tlsRecords.count == 2)
        let none = tracker([result("a", 0, nil, tls: tls(to: 1000))]).status
        #expect(none.lastHops.isEmpty)
        #expect(none.tlsRecords == [tls(to: 1000)])
    }

    @Test func theLastCertificatesSeenAreKept() {
        let seen = tls(to: 1000)
        let withTLS = result("a", 0, nil, tls: seen)
        #expect(tracker([withTLS, result("a", 60, .timeoutConnect)]).status.lastTLS == seen)
        let empty = result("a", 60, .timeoutTLS, tls: TLSRecord())
        #expect(tracker([withTLS, empty]).status.lastTLS == seen)
        #expect(tracker([empty]).status.lastTLS == TLSRecord())
        let newer = tls(to: 2000)
        #expect(tracker([withTLS, result("a", 60, nil, tls: newer)]).status.lastTLS == newer)
    }

    @Test(
        arguments: [
            (nil, nil, 180), (.timeoutTLS, nil, 900), (.httpBlocked, nil, 10_800),
            (.busy, nil, 180), (.httpStatus, 120, 1020), (.busy, 100_000, 3780),
        ] as [(Reason?, Int?, Int64)])
    func silenceBecomesUnknownAfterThreeIntervalsOrBackOff(
        reason: Reason?, retryAfterSeconds: Int?, seconds: Int64
    ) {
        let one = result("a", 0, reason, retryAfterSeconds: retryAfterSeconds)
        var tracker = tracker([one])
        let before = tracker.status.state
        tracker.age(at: at(seconds))
        #expect(tracker.status.state == before)
        tracker.age(at: at(seconds) + .nanoseconds(1))
        #expect(tracker.status.state == .unknown)
        #expect(tracker.status.since == at(seconds))
        #expect(tracker.status.lastResult == one)
        tracker.apply(result("a", seconds + 1), interval: .seconds(60))
        #expect(tracker.status.state == .up)
    }

    @Test func backOffIsShorterInTheLab() {
        var tracker = EndpointTracker(id: EndpointID("a"))
        tracker.apply(result("a", 0, .timeoutTLS), interval: .seconds(6), acceleration: 10)
        #expect(tracker.staleAt == at(90))
    }
}

@Suite struct ServiceStateTests {
    private func state(_ states: [HealthState?]) -> HealthState {
        HealthState(
            ofServiceWith: states.map { state in
                var status = EndpointStatus(id: EndpointID("a"))
                guard let state else { return status }
                status.state = state
                status.lastResult = result("a", 0)
                return status
            })
    }

    @Test(
        arguments: [
            ([], .unknown), ([nil], .unknown), ([.unknown], .unknown), ([.up], .up),
            ([.down], .down), ([.down, .down], .down), ([.down, .unknown], .down),
            ([.down, nil], .degraded), ([.down, .busy], .down), ([.down, .up], .degraded),
            ([.down, .maintenance], .degraded), ([.down, .blocked], .degraded),
            ([.degraded, .up], .degraded), ([.degraded, .degraded], .degraded),
            ([.busy, .up], .busy), ([.busy, .busy], .busy), ([.busy, .maintenance], .busy),
            ([.maintenance, .up], .maintenance), ([.maintenance], .maintenance),
            ([.blocked, .blocked], .blocked), ([.blocked, .up], .up), ([.up, .unknown], .up),
            ([.blocked, .unknown], .blocked), ([.up, nil], .up),
            ([.flapping], .flapping), ([.flapping, .flapping], .flapping),
            ([.flapping, .down], .flapping), ([.flapping, .busy], .flapping),
            ([.flapping, .unknown], .flapping), ([.flapping, nil], .degraded),
            ([.flapping, .up], .degraded), ([.flapping, .maintenance], .degraded),
        ] as [([HealthState?], HealthState)])
    func theEndpointsDecideTheService(endpoints: [HealthState?], expected: HealthState) {
        #expect(state(endpoints) == expected)
        #expect(state(endpoints.reversed()) == expected)
    }
}
