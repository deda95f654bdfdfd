import ArgumentParser
import Catalogue
import Daemon
import Evidence
import Glibc
import HealthModel
import Ledger
import StatusServer

/// `vitaal log`: the evidence log.
struct LogCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "The evidence log: show what happened, follow it, verify that nobody changed it.",
        discussion: """
            Reads the files that `vitaal run` keeps in its data directory, also while it runs. Files \
            are never removed; what is packed (.gz) is not read.
            """,
        subcommands: [LogShow.self, LogVerify.self], defaultSubcommand: LogShow.self)
}

/// Where the log is.
struct LogOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Data directory of the daemon. Default: the XDG state directory, /var/lib/vitaal for root.",
            valueName: "dir"))
    var dataDir: String?

    var directory: String { dataDir ?? Paths.dataDirectory }

    /// Says that there is no log and exits with 3.
    func complainThatThereIsNone() -> ExitCode {
        StandardError.complain(
            "\(directory): there is no evidence log; vitaal run makes it in its data directory, "
                + "which --data-dir names")
        return PluginExit.unknown
    }
}

/// `vitaal log show`.
struct LogShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "What happened, a line each, the newest last.",
        discussion: """
            The last 50 lines, or all since --since, unless --lines says otherwise. --follow waits \
            for more until it is interrupted.
            """)

    /// Lines shown unless told otherwise.
    private static let linesShown = 50
    /// Lines that may be asked for; that many are in memory at once.
    private static let linesMax = 1_000_000
    /// How long a look for new lines is put off.
    private static let lookMicroseconds: useconds_t = 200_000
    /// Lines that are no record that are told one by one.
    private static let problemsTold = 10

    @OptionGroup var options: LogOptions
    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: "How many lines, the last ones.")
    var lines: Int?

    @Option(
        help: ArgumentHelp(
            "From when: how long ago, such as 30m, 2h or 7d, or an instant such as 2026-11-27T10:00Z.",
            valueName: "time"))
    var since: SinceOption?

    @Option(
        help: ArgumentHelp(
            "What is about this service, its endpoints, or incidents that touched it.",
            valueName: "id"))
    var service: String?

    @Flag(help: "Print the lines as they stand in the files.")
    var json = false

    @Flag(name: [.short, .long], help: "Wait for more.")
    var follow = false

    func validate() throws {
        if let lines, !(1...Self.linesMax).contains(lines) {
            throw ValidationError("--lines takes 1 to \(Self.linesMax)")
        }
    }

    func run() throws {
        // Whoever has read enough, or interrupts, is no mistake.
        for number in [SIGPIPE, SIGINT, SIGTERM] { signal(number) { _ in _exit(0) } }
        let directory = options.directory
        if EvidenceFiles.list(in: directory).isEmpty, !(follow && Paths.isDirectory(directory)) {
            throw options.complainThatThereIsNone()
        }
        let start = since?.instant(at: SystemTimekeeper().now())
        let known = catalogue
        let endpoints = known?.endpoints.filter { $0.service.text == service }.map(\.id.text)
        var filter = EvidenceFilter(
            since: start, service: service, endpoints: Set(endpoints ?? []))
        var reading = EvidenceReading(directory: directory)
        var problems = 0
        func show(_ item: EvidenceItem) { self.show(item, &problems) }
        let count = lines ?? (start == nil ? Self.linesShown : nil)
        reading.last(count, &filter, since: start, show: show)
        if follow {
            let follower = EvidenceFollower(directory: directory, after: reading.lastSeq)
            while !isOutputClosed {
                for item in follower.poll() where filter.wants(item) { show(item) }
                usleep(Self.lookMicroseconds)
            }
            return
        }
        if problems > Self.problemsTold {
            StandardError.complain("\(problems - Self.problemsTold) more lines are no record")
        }
        if let service, !filter.hasSeenService {
            let isKnown = known?.services.contains { $0.id.text == service } ?? false
            StandardError.complain("the log has nothing about a service '\(service)'")
            if !isKnown { throw PluginExit.unknown }
        }
    }

    /// The catalogue, for the endpoints of the service; nil when it is not wanted or not readable.
    private var catalogue: ServiceCatalogue? {
        guard service != nil else { return nil }
        return try? ConfigurationLoader.load(
            probesDirectory: configuration.probesDirectory,
            alertsDirectory: configuration.alertsDirectory
        ).catalogue
    }

    private func show(_ item: EvidenceItem, _ problems: inout Int) {
        switch item {
        case .record(let entry, let line): Console.say(json ? line : entry.humanLine)
        case .problem(let place, let words):
            problems += 1
            if problems <= Self.problemsTold {
                StandardError.complain(TerminalText.clean("\(place): \(words)"))
            }
        }
    }

    /// Whether nobody reads the output any more.
    private var isOutputClosed: Bool {
        var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&output, 1, 0) > 0 && output.revents & Int16(POLLERR) != 0
    }
}

/// A time that is given as an instant or as how long ago.
struct SinceOption: ExpressibleByArgument {
    private enum Time {
        case ago(Duration)
        case instant(Timestamp)
    }

    private let time: Time

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let unit = argument.last.flatMap({ units[$0] }) {
            // A hundred years in each unit.
            guard let number = Int64(argument.dropLast()), number >= 0,
                number <= 3_155_760_000 / unit
            else { return nil }
            time = .ago(.seconds(number * unit))
            return
        }
        // Seconds and the time of day may be left out.
        for text in [argument, argument.dropLast() + ":00Z", argument + "T00:00:00Z"] {
            if let instant = Instant(rfc3339: text) {
                time = .instant(instant.timestamp)
                return
            }
        }
        return nil
    }

    /// The instant, seen from now.
    func instant(at now: Timestamp) -> Timestamp {
        switch time {
        case .ago(let duration): now - duration
        case .instant(let instant): instant
        }
    }
}

/// `vitaal log verify`.
struct LogVerify: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract:
            "Check that no line was changed, removed, inserted or moved. Exit 2 when one was.",
        discussion: """
            Without files those of the data directory, from the first line to the last one that the \
            ledger knows. With files only these, in the order of their lines. Who can change the log \
            and the ledger can make both anew: keep the last line that is printed elsewhere, and \
            give it to --after later.
            """)

    /// What is wrong that is told one by one.
    private static let findingsTold = 10

    @OptionGroup var options: LogOptions

    @Argument(help: "Files; those of the data directory unless given.")
    var files: [String] = []

    @Option(
        help: ArgumentHelp(
            "A line that is known from before, as it was printed; what stands before it may be kept elsewhere.",
            valueName: "number:hash"))
    var after: KnownLine?

    func run() throws {
        let check: EvidenceCheck
        do {
            check = files.isEmpty ? try checkDirectory() : try checkFiles()
        } catch let exit as ExitCode {
            throw exit
        } catch {
            StandardError.complain("\(error)")
            throw PluginExit.unknown
        }
        let verifier = check.verifier
        if verifier.earlierCount > 0 {
            Console.say("\(Self.lines(verifier.earlierCount)) from before the chain began")
        }
        if check.waiting > 0 {
            Console.say(
                "\(Self.lines(Int(check.waiting))) in the ledger that the file has not got yet")
        }
        let count = verifier.findingCount
        // Whoever changed the log may have given its files names that steer a terminal.
        for finding in verifier.findings.prefix(Self.findingsTold) {
            Console.say(TerminalText.clean("\(finding)"))
        }
        if count > Self.findingsTold { Console.say("and \(count - Self.findingsTold) more") }
        let size =
            "\(Self.lines(verifier.lineCount)) in \(check.files) file\(check.files == 1 ? "" : "s")"
        guard count == 0 else {
            tellPacked()
            Console.say("\(size): not as they were written")
            throw PluginExit.critical
        }
        guard let last = verifier.last, let first = verifier.first else {
            Console.say("no line of a chain yet")
            return
        }
        Console.say("\(size), \(first.seq) to \(last.seq): as they were written")
        Console.say("the last one is \(last.seq):\(last.hash)")
    }

    private func checkDirectory() throws -> EvidenceCheck {
        let directory = options.directory
        // Without any file all that the ledger knows is gone.
        if EvidenceFiles.list(in: directory).isEmpty,
            try EvidenceState.read(dataDirectory: directory).map({ $0.head.seq == 0 }) ?? true
        {
            throw options.complainThatThereIsNone()
        }
        let check = try EvidenceCheck(
            directory: directory, start: .after(after?.head ?? .beginning)
        ) {
            try EvidenceState.read(dataDirectory: directory).map {
                EvidenceCheck.Known(head: $0.head, waitingFrom: $0.waitingFrom)
            }
        }
        if check.verifier.first != nil, try EvidenceState.read(dataDirectory: directory) == nil {
            Console.say("\(Ledger.name): missing: without it a cut at the end cannot be seen")
            throw PluginExit.critical
        }
        return check
    }

    private func checkFiles() throws -> EvidenceCheck {
        let read = try files.map { path in
            guard let file = EvidenceFiles.file(path, path: path) else {
                StandardError.complain("\(path): cannot be read, or is no file")
                throw PluginExit.unknown
            }
            return file
        }
        return try EvidenceCheck(
            files: read, start: after.map { .after($0.head) } ?? .anywhere, known: { nil })
    }

    /// Files that are packed may hold what is missing.
    private func tellPacked() {
        let packed = EvidenceFiles.packed(in: options.directory)
        guard files.isEmpty, !packed.isEmpty else { return }
        Console.say(
            "packed files are not read, unpack them to have them verified: "
                + TerminalText.clean(packed.prefix(Self.findingsTold).joined(separator: ", ")))
    }

    private static func lines(_ count: Int) -> String { count == 1 ? "1 line" : "\(count) lines" }
}

/// A line of the chain as `vitaal log verify` prints it.
struct KnownLine: ExpressibleByArgument {
    let head: ChainHead

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let seq = Int64(parts[0]), seq >= 0,
            parts[1].utf8.count == ChainHead.beginning.hash.utf8.count,
            parts[1].allSatisfy({ $0.isHexDigit && !$0.isUppercase })
        else { return nil }
        head = ChainHead(seq: seq, hash: String(parts[1]))
    }
}
