import Alerting
import Foundation
import Glibc
import HealthModel
import Routing
import Synchronization
import TestSupport
import Testing

@testable import Notifying

/// Programs as bad as they come; scripts stand for them.
@Suite struct CommandTests {
    private func run(
        _ script: String, _ words: [String] = [], input: String = "", variables: [String] = [],
        seconds: Int64 = 10
    ) -> DeliveryQueue.Outcome {
        run(
            ReceiverCommand(
                program: "/bin/sh", arguments: ["-c", script, "sh"] + words,
                timeLimit: .seconds(seconds)), input: input, variables: variables)
    }

    private func run(
        _ command: ReceiverCommand, input: String = "", variables: [String] = []
    ) -> DeliveryQueue.Outcome {
        let isStopping = Atomic<Bool>(false)
        return CommandRunner(timekeeper: SteadyClock()).run(
            command, variables: variables, input: Array(input.utf8), isStopping: isStopping)
    }

    private func failed(_ words: String) -> DeliveryQueue.Outcome {
        .failed(words, retryAfter: nil)
    }

    @Test(arguments: [
        ("true", DeliveryQueue.Outcome.delivered), ("echo fine", .delivered),
        ("exit 64", .refused("exit code 64")),
        ("echo no such flag >&2; exit 65", .refused("exit code 65: no such flag")),
        ("exit 75", .failed("exit code 75", retryAfter: nil)),
        ("exit 1", .failed("exit code 1", retryAfter: nil)),
        ("/nowhere 2>&-", .failed("exit code 127", retryAfter: nil)),
        ("kill -9 $$", .failed("ended by signal 9", retryAfter: nil)),
        // The errors say more than the output; white space and controls say nothing.
        (
            "echo starting; printf '\\n \\033\\n no\\033[31m line\\r\\nmore' >&2; exit 3",
            .failed("exit code 3: no [31m line", retryAfter: nil)
        ),
        ("echo said; exit 3", .failed("exit code 3: said", retryAfter: nil)),
    ])
    func everyEndMeansSomething(script: String, expected: DeliveryQueue.Outcome) {
        #expect(run(script) == expected)
    }

    @Test func theFirstLineIsCut() {
        let line = String(repeating: "x", count: CommandRunner.quotedBytes)
        #expect(run("echo $1 >&2; exit 1", [line]) == failed("exit code 1: \(line)"))
        let longer = run("echo $1 >&2; exit 1", [line + "y"])
        #expect(longer == failed("exit code 1: " + (line + "y").cut(toBytes: 200)))
        #expect(longer != failed("exit code 1: \(line)y"))
    }

    @Test func whatCannotBeStartedIsAFailure() {
        #expect(
            run(ReceiverCommand(program: "/nowhere/at-all"))
                == failed("/nowhere/at-all cannot be started: No such file or directory"))
        #expect(
            run(ReceiverCommand(program: "/tmp"))
                == failed("/tmp cannot be started: Permission denied"))
    }

    /// The words, the input and the variables are what was given, whatever is in them; nothing of
    /// ours is there, and it can be killed by whom it likes.
    @Test func getsExactlyWhatIsGiven() {
        let text = "'; exit 9; \" $(exit 9) `exit 9` \\ é\n"
        #expect(
            run("test \"$1\" = \"$X\" && test $# = 1", [text], variables: ["X=\(text)"])
                == .delivered)
        #expect(run("test \"$(cat; echo .)\" = \"$1.\"", [text], input: text) == .delivered)
        #expect(
            run(
                "env | grep -v -E '^(X=7|PWD=/|_=|SHLVL=|OLDPWD=)' >&2; test $(pwd) = / || exit 8",
                variables: ["X=7"]) == .delivered)
        #expect(run("echo $(env | grep -c HOME); exit 1") == failed("exit code 1: 0"))
        let ours = open("/dev/null", O_RDONLY)
        defer { close(ours) }
        #expect(ours > 2 && ours < 200)
        let numbers = (3..<200).map { "\($0)" }.joined(separator: " ")
        #expect(
            run("for n in \(numbers); do test -e /proc/$$/fd/$n && exit $n; done; true")
                == .delivered)
        #expect(run("kill -PIPE $$; sleep 5") == failed("ended by signal 13"))
        #expect(
            run("grep ^SigBlk /proc/$$/status | tr '\\t' ' '; exit 1")
                == failed("exit code 1: SigBlk: 0000000000000000"))
    }

    /// Much more than a pipe holds, read, not read, or refused.
    @Test(arguments: ["cat >/dev/null", "exec <&-; sleep 0.1", "true"])
    func theInputMayBeReadOrNot(script: String) {
        #expect(run(script, input: String(repeating: "x", count: 1_000_000)) == .delivered)
    }

    @Test func asMuchOutputAsTheLimitAndNoMore() {
        let limit = CommandRunner.outputBytes
        #expect(run("head -c \(limit) /dev/zero; head -c \(limit) /dev/zero >&2") == .delivered)
        for end in ["", " >&2"] {
            #expect(
                run("head -c \(limit + 1) /dev/zero\(end); sleep 5")
                    == failed("wrote more than 65536 bytes"))
        }
    }

    /// Ten gigabytes, a grandchild that keeps the pipes, one that keeps them and forks on: none
    /// takes longer than the limit, and nothing of the group is left.
    @Test(
        arguments: [
            ("exec cat /dev/zero", "wrote more than 65536 bytes", 3),
            ("sleep 600 & echo hi", nil, 3),
            (
                "trap '' TERM INT HUP; echo busy; while true; do sleep 600; done",
                "did not end within 1s: busy", 3
            ),
            (
                "(sleep 600 & sleep 600) & (sleep 600 | cat) & sleep 600",
                "did not end within 1s", 3
            ),
            ("kill -STOP $$", "did not end within 1s", 3),
            ("exec >&- 2>&- <&-; sleep 600", "did not end within 1s", 3),
        ] as [(String, String?, Int)])
    func nobodyWaitsForOneThatHangs(script: String, words: String?, seconds: Int) throws {
        let mark = "vitaal-\(UUID().uuidString)"
        let start = ContinuousClock.now
        // Who ends by itself has time for it on a busy machine too.
        let limit: Int64 = words?.hasPrefix("did not end") == true ? 1 : 10
        let outcome = run(script, [mark], variables: ["MARK=\(mark)"], seconds: limit)
        let expected = words.map(failed) ?? .delivered
        let isMute =
            words == "did not end within 1s: busy" && outcome == failed("did not end within 1s")
        #expect(outcome == expected || isMute)
        #expect(ContinuousClock.now - start < .seconds(Int64(seconds) + limit))
        // Killed is not gone yet: the parent of a grandchild is init.
        for _ in 0..<100 where processes(with: mark) > 0 { usleep(20_000) }
        #expect(processes(with: mark) == 0)
    }

    /// How many processes have a text in their environment.
    private func processes(with mark: String) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { name in
            guard Int(name) != nil, let file = fopen("/proc/\(name)/environ", "r") else {
                return false
            }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 16_384)
            let count = fread(&bytes, 1, bytes.count, file)
            return String(decoding: bytes[..<count], as: UTF8.self).contains(mark)
        }.count
    }

    @Test func noDescriptorIsLeft() {
        func open() -> Int {
            ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
        }
        _ = run("true")
        let before = open()
        for script in ["true", "exit 1", "cat", "exec cat /dev/zero"] {
            _ = run(script, input: "x")
        }
        _ = run(ReceiverCommand(program: "/nowhere"))
        // Other suites open descriptors meanwhile, but not that many.
        #expect(open() < before + 12)
    }

    @Test func aStopEndsItAtOnce() {
        let isStopping = Flag()
        let start = ContinuousClock.now
        Thread.detachNewThread {
            usleep(200_000)
            isStopping.value.store(true, ordering: .relaxed)
        }
        let outcome = CommandRunner(timekeeper: SteadyClock()).run(
            ReceiverCommand(program: "/bin/sleep", arguments: ["600"]), variables: [], input: [],
            isStopping: isStopping.value)
        #expect(outcome == .cancelled)
        #expect(ContinuousClock.now - start < .seconds(3))
    }

    private final class Flag: Sendable {
        let value = Atomic<Bool>(false)
    }

    @Test func theFactsAreVariables() {
        var one = notification("digid")
        one.items[0].alert.summary = LocalizedText(
            dutch: "weg\nLD_PRELOAD=x", english: String(repeating: "é", count: 3000))
        one.items[0].alert.incident = IncidentID("INC-2026-0001")
        let dutch = CommandVariables.of(one, in: .dutch)
        #expect(
            dutch == [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG=C.UTF-8", "VITAAL_NOTIFICATION=\(one.id)", "VITAAL_OCCASION=change",
                "VITAAL_RECEIVER=on-call", "VITAAL_STATE=firing", "VITAAL_LEVEL=page",
                "VITAAL_RULE=r", "VITAAL_SUBJECT_KIND=service", "VITAAL_SUBJECT=digid",
                "VITAAL_SERVICE=digid", "VITAAL_SUMMARY=weg LD_PRELOAD=x",
                "VITAAL_HEADLINE=PAGE: weg", "VITAAL_TEXT=regel", "VITAAL_ALERTS=1",
                "VITAAL_REASON=connect_refused", "VITAAL_INCIDENT=INC-2026-0001",
                "VITAAL_AT=1970-01-01T00:01:40.000Z", "VITAAL_SINCE=1970-01-01T00:01:40.000Z",
            ])
        let english = CommandVariables.of(one, in: .english).filter {
            $0.hasPrefix("VITAAL_SUMMARY=")
        }
        #expect(english.map { $0.utf8.count - 15 <= CommandVariables.valueBytes } == [true])
        #expect(english.map { $0.utf8.count - 15 > CommandVariables.valueBytes - 8 } == [true])
    }
}
