import Glibc
import HealthModel
import LabTLS
import Testing

@testable import Probing

/// What the engine takes and gives back.
///
/// Each test has a process of its own, since descriptors,
/// threads and memory are shared by everything in one.
@Suite struct ResourceTests {
    @Test func noDescriptorsLeft() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.answer(httpAnswer()) }
            let names = try ScriptedNameServer { question in
                question.type == 1 ? .addresses([[127, 0, 0, 1]]) : .code(0)
            }
            let engine = try TestEngine(resolver: names.configuration)
            let literal = endpoint("http://127.0.0.1:\(server.port)/")
            let named = endpoint("http://a.vitaal.internal:\(server.port)/", timeout: .seconds(2))
            #expect(await engine.probe(literal).reason == nil)
            // A descriptor freed below the limit would be one left.
            while server.open > 0 { usleep(1000) }
            let old = Process.limitDescriptors()
            let blind = await engine.probe(literal)
            #expect(blind.reason == .monitorNoDescriptors)
            #expect(blind.detail == "Too many open files")
            // A name that cannot be looked up for lack of a socket is never the name's fault.
            #expect(await engine.probe(named).reason?.meaning == .monitor)
            Process.setDescriptorLimit(old)
            #expect(await engine.probe(literal).reason == nil)
            let deadline = MachineClock().monotonicNanoseconds() + 10_000_000_000
            var isNamedUp = false
            while !isNamedUp && MachineClock().monotonicNanoseconds() < deadline {
                isNamedUp = await engine.probe(named).reason == nil
            }
            #expect(isNamedUp)
            engine.engine.stop()
            server.stop()
            names.stop()
        }
    }

    /// Thread Sanitizer needs descriptors to name the locks that it is told to leave out.
    @Test(.disabled(if: getenv("TSAN_OPTIONS") != nil, "Thread Sanitizer needs descriptors"))
    func engineWithoutDescriptorsDoesNotStart() async {
        await #expect(processExitsWith: .success) {
            _ = try TestAuthority.shared.get()
            try TestEngine().engine.stop()
            let trust = try TestAuthority.shared.get().trustFile.path
            for spare in 1...3 * Resolver.descriptorsToStart {
                let old = Process.limitDescriptors(spare: spare)
                do {
                    try TestEngine(trustFile: trust, loops: 2).engine.stop()
                } catch {}
                Process.setDescriptorLimit(old)
            }
            try TestEngine().engine.stop()
        }
    }

    /// Two thousand probes of every outcome leave everything as it was.
    @Test func nothingLeaks() async {
        await #expect(processExitsWith: .success) {
            let context = try TestAuthority.shared.get().server()
            let expired = try TestAuthority.shared.get().server(CertificateWish(hours: -1))
            let servers = try [
                ScriptedServer { $0.answer(httpAnswer(String(repeating: "x", count: 70_000))) },
                ScriptedServer(tls: context) { $0.answer(httpAnswer()) },
                ScriptedServer(tls: expired) { $0.answer(httpAnswer()) },
                ScriptedServer {
                    $0.readRequest()
                    $0.reset()
                },
                ScriptedServer {
                    _ = $0.read()
                    $0.write("garbage")
                },
            ]
            let threads = Process.threads
            let engine = try TestEngine(overrides: [
                ConnectOverride(
                    host: "localhost.test", port: nil, connectHost: "127.0.0.1", connectPort: nil)
            ])
            let endpoints = servers.enumerated().map { number, server in
                let scheme = number == 1 || number == 2 || number == 4 ? "https" : "http"
                return endpoint("\(scheme)://localhost.test:\(server.port)/")
            }
            func round(_ count: Int) async {
                for number in 0..<count { _ = await engine.probe(endpoints[number % 5]) }
            }
            await round(500)
            let descriptors = Process.descriptors
            let memory = Process.residentBytes
            await round(2000)
            #expect(Process.descriptors <= descriptors + 4)
            #expect(Process.isSanitized || Process.residentBytes - memory < 8_000_000)
            engine.engine.stop()
            for server in servers { server.stop() }
            // The last server threads may still be on their way out.
            for _ in 0..<1000 where Process.threads > threads { usleep(1000) }
            #expect(Process.threads <= threads)
        }
    }

    @Test func stopGivesEverythingBack() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer { $0.awaitClose() }
            let names = try ScriptedNameServer { _ in .silence }
            try TestEngine(resolver: names.configuration).engine.stop()
            let threads = Process.threads
            let descriptors = Process.descriptors
            for _ in 0..<5 {
                let engine = try TestEngine(resolver: names.configuration, loops: 3)
                let before = server.accepted
                for number in 0..<30 {
                    engine.engine.probeOnce(endpoint("http://n\(number).vitaal.internal/")) { _ in }
                    engine.engine.probeOnce(
                        endpoint("https://127.0.0.1:\(server.port)/")
                    ) { _ in }
                }
                while server.accepted < before + 30 { usleep(1000) }
                engine.engine.stop()
            }
            server.stop()
            for _ in 0..<1000 where Process.threads > threads { usleep(1000) }
            // The acceptor and the listener of the server are gone as well.
            #expect(Process.threads <= threads)
            // The runtime opens an epoll instance of its own when it runs for long; five engines
            // that leak would leave five or more.
            #expect(Process.descriptors <= descriptors + 4)
            names.stop()
        }
    }
}

/// What this process uses.
enum Process {
    /// Open descriptors, that of the count included.
    static var descriptors: Int { entries(of: "/proc/self/fd") }
    static var threads: Int { entries(of: "/proc/self/task") }

    /// Whether a sanitizer is there, which keeps freed memory on purpose.
    static var isSanitized: Bool {
        dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
    }

    static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        let words = String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }

    /// Leaves `spare` descriptors to be opened; returns the limit that was.
    static func limitDescriptors(spare: Int = 0) -> rlim_t {
        let lowest = dup(0)
        close(lowest)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let old = limit.rlim_cur
        setDescriptorLimit(rlim_t(lowest) + rlim_t(spare))
        return old
    }

    static func setDescriptorLimit(_ number: rlim_t) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = number
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func entries(of path: String) -> Int {
        guard let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count - 2
    }
}
