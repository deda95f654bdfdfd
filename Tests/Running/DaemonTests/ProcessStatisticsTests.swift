import Glibc
import Testing

@testable import Daemon

struct ProcessStatisticsTests {
    @Test func theNumbersAreThoseOfThisProcess() {
        let first = ProcessStatistics.read()
        #expect(first.cpuSeconds > 0)
        // A Swift program with these libraries needs more than 1 MB and, in a test, less than 8 GB.
        #expect((1_000_000..<8_000_000_000).contains(first.residentBytes))
        #expect(first.threads >= 1)
        // Standard input, output and error at least.
        #expect(first.openDescriptors >= 3)
        #expect(first.openDescriptors <= first.descriptorLimit)
        let second = ProcessStatistics.read()
        #expect(second.cpuSeconds >= first.cpuSeconds)
    }

    @Test func theLimitOfDescriptorsIsRaisedToTheHardOne() {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #expect(getrlimit(resource, &limit) == 0)
        ProcessStatistics.raiseDescriptorLimit()
        #expect(ProcessStatistics.read().descriptorLimit == Int(clamping: limit.rlim_max))
    }
}

struct DescriptorShareTests {
    /// What is open, the limit, and how many probes may be in flight.
    @Test(arguments: [
        (10, 10, 1), (20, 10, 1), (10, 74, 1), (10, 75, 1), (10, 78, 1), (10, 82, 2),
        (24, 342, 63), (24, 344, 64), (24, 346, 65), (200, 1040, 324),
    ])
    func probesLeaveRoomForTheMonitor(open: Int, limit: Int, expected: Int) {
        #expect(VitaalDaemon.probesInFlight(open: open, limit: limit) == expected)
    }
}
