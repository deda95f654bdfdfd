import CLinux
import Glibc
import HealthModel
import Routing
import Synchronization

/// Runs one program at a time, on the thread that calls, and says what came of it.
///
/// Whatever the program does, it costs its time limit and `outputBytes` at most: it runs in a
/// process group of its own, which is killed when the program ends or must end. Only what leaves
/// that group by itself (setsid) lives on; nobody waits for it.
struct CommandRunner: Sendable {
    /// Bytes of what a program says that are read, output and errors each; more is a failure.
    static let outputBytes = 64 * 1024
    /// Bytes of its first line that are quoted.
    static let quotedBytes = 200
    /// How long a killed program may take to be gone, which only a disk that hangs can delay.
    static let killedTime: Duration = .seconds(1)
    /// How soon it is noticed that a run is to stop, and without pidfd_open(2) that it has ended.
    private static let lookMilliseconds: CInt = 50
    /// The program takes the notification for wrong: EX_USAGE and EX_DATAERR (sysexits.h(3head)).
    private static let refusals: Set<CInt> = [64, 65]

    /// Killed programs that were not gone in time; they are waited for before the next run.
    private static let abandoned = Mutex<[pid_t]>([])

    let timekeeper: any Timekeeper

    /// Why a run was ended by us.
    private enum Stop {
        case late
        case talkative
        case cancelled
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - command: The program and its words.
    ///   - variables: Its whole environment, each as `NAME=value`.
    ///   - input: What it may read.
    ///   - isStopping: Ends the run early.
    /// - Returns: What it led to.
    func run(
        _ command: ReceiverCommand, variables: [String], input: [UInt8],
        isStopping: borrowing Atomic<Bool>
    ) -> DeliveryQueue.Outcome {
        var signals = sigset_t()
        var before = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        defer {
            // A program that closed its input has sent a signal to this thread, for which nobody
            // waits.
            if sigismember(&before, SIGPIPE) == 0 { linux_take_signals(&signals) }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
        Self.abandoned.withLock { all in all.removeAll { waitpid($0, nil, WNOHANG) != 0 } }
        let child: ChildProcess
        switch ChildProcess.start(command, variables: variables) {
        case .success(let started): child = started
        case .failure(let error):
            let words = String(cString: strerror(error.number))
            return .failed("\(command.program) cannot be started: \(words)", retryAfter: nil)
        }
        var talk = Talk(input: input)
        let stop = attend(child, &talk, limit: command.timeLimit, isStopping: isStopping)
        // While the child has not been waited for, its number names no other group.
        kill(-child.id, SIGKILL)
        let status = end(child)
        talk.close(child)
        switch stop {
        case .cancelled: return .cancelled
        case .late:
            return .failed(
                "did not end within \(command.timeLimit.shortText)" + talk.quotation,
                retryAfter: nil)
        case .talkative:
            return .failed("wrote more than \(Self.outputBytes) bytes", retryAfter: nil)
        case nil: break
        }
        guard let status else { return .failed("its end was not seen", retryAfter: nil) }
        return Self.outcome(status: status, quotation: talk.quotation)
    }

    /// What a program came to.
    ///
    /// - Parameters:
    ///   - status: As waitpid(2) gives it.
    ///   - quotation: What it said.
    /// - Returns: What it led to.
    static func outcome(status: CInt, quotation: String) -> DeliveryQueue.Outcome {
        let signal = status & 0x7F
        guard signal == 0 else {
            return .failed("ended by signal \(signal)" + quotation, retryAfter: nil)
        }
        let code = status >> 8 & 0xFF
        if code == 0 { return .delivered }
        let words = "exit code \(code)" + quotation
        return refusals.contains(code) ? .refused(words) : .failed(words, retryAfter: nil)
    }

    /// Feeds and hears the child until it ends; says why it must be ended, if it must.
    private func attend(
        _ child: ChildProcess, _ talk: inout Talk, limit: Duration,
        isStopping: borrowing Atomic<Bool>
    ) -> Stop? {
        let end = timekeeper.monotonicNanoseconds() + limit.nanoseconds
        while true {
            if linux_child_has_ended(child.id) != 0 {
                // What it said last is still in the pipes.
                _ = talk.hear(child)
                return nil
            }
            if isStopping.load(ordering: .relaxed) { return .cancelled }
            let left = end - timekeeper.monotonicNanoseconds()
            guard left > 0 else { return .late }
            let pause = min(Int64(Self.lookMilliseconds), left / 1_000_000 + 1)
            talk.wait(for: child, milliseconds: CInt(pause))
            talk.feed(child)
            guard talk.hear(child) else { return .talkative }
        }
    }

    /// Waits for a child that ended or was killed; nil when it is not gone in time.
    private func end(_ child: ChildProcess) -> CInt? {
        let end = timekeeper.monotonicNanoseconds() + Self.killedTime.nanoseconds
        var status: CInt = 0
        while true {
            switch waitpid(child.id, &status, WNOHANG) {
            case child.id: return status
            case -1 where linux_errno() != EINTR: return nil
            default: break
            }
            guard timekeeper.monotonicNanoseconds() < end else {
                Self.abandoned.withLock { $0.append(child.id) }
                return nil
            }
            usleep(1000)
        }
    }
}

/// A program that was started, and our ends of its pipes.
private struct ChildProcess {
    struct StartError: Error {
        var number: CInt
    }

    let id: pid_t
    let input: CInt
    let output: CInt
    let errors: CInt
    /// Readable when it has ended; negative when the kernel has no such thing.
    let handle: CInt

    /// Starts a program in a process group of its own, with three pipes and nothing else of ours:
    /// no descriptor, no blocked or ignored signal, no variable.
    static func start(
        _ command: ReceiverCommand, variables: [String]
    ) -> Result<ChildProcess, StartError> {
        var ours: [CInt] = []
        var theirs: [CInt] = []
        defer { for descriptor in theirs { Glibc.close(descriptor) } }
        for number in 0..<3 {
            var ends: [CInt] = [-1, -1]
            let reason = linux_pipe(&ends)
            guard reason == 0 else {
                for descriptor in ours { Glibc.close(descriptor) }
                return .failure(StartError(number: reason))
            }
            let isInput = number == 0
            theirs.append(isInput ? ends[0] : ends[1])
            ours.append(isInput ? ends[1] : ends[0])
            _ = fcntl(ours[number], F_SETFL, O_NONBLOCK)
        }
        switch spawn(command, variables: variables, descriptors: theirs) {
        case .success(let id):
            return .success(
                ChildProcess(
                    id: id, input: ours[0], output: ours[1], errors: ours[2],
                    handle: linux_open_process(id)))
        case .failure(let error):
            for descriptor in ours { Glibc.close(descriptor) }
            return .failure(error)
        }
    }

    private static func spawn(
        _ command: ReceiverCommand, variables: [String], descriptors: [CInt]
    ) -> Result<pid_t, StartError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(number))
        }
        // Not every library opens its sockets so that a child does not get them.
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        posix_spawn_file_actions_addchdir_np(&actions, "/")
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes,
            Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = ([command.program] + command.arguments).map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { for text in words + environment { free(text) } }
        var id = pid_t()
        let number = posix_spawn(&id, command.program, &actions, &attributes, &words, &environment)
        return number == 0 ? .success(id) : .failure(StartError(number: number))
    }
}

/// What is said to a program and by it.
private struct Talk {
    private var input: ArraySlice<UInt8>
    private var isInputOpen = true
    /// What came from output and errors, and whether more may come.
    private var heard: [(bytes: [UInt8], isOpen: Bool)] = [([], true), ([], true)]

    init(input: [UInt8]) { self.input = input[...] }

    /// Waits until something can be done.
    func wait(for child: ChildProcess, milliseconds: CInt) {
        // A negative descriptor is left out (poll(2)).
        var polled = [
            pollfd(fd: isInputOpen ? child.input : -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: heard[0].isOpen ? child.output : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: heard[1].isOpen ? child.errors : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: child.handle, events: Int16(POLLIN), revents: 0),
        ]
        poll(&polled, nfds_t(polled.count), milliseconds)
    }

    /// Writes what the child takes now, and the end of the input after it.
    mutating func feed(_ child: ChildProcess) {
        guard isInputOpen else { return }
        while !input.isEmpty {
            let count = input.withUnsafeBytes { write(child.input, $0.baseAddress, $0.count) }
            if count < 0 {
                switch linux_errno() {
                case EAGAIN: return
                case EINTR: continue
                default: input = []
                }
            } else {
                input = input.dropFirst(count)
            }
        }
        isInputOpen = false
        Glibc.close(child.input)
    }

    /// Closes our ends of the pipes.
    func close(_ child: ChildProcess) {
        let pipes = [isInputOpen ? child.input : -1, child.output, child.errors, child.handle]
        for descriptor in pipes where descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// Reads what is there; false when it is too much.
    mutating func hear(_ child: ChildProcess) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        for (index, descriptor) in [child.output, child.errors].enumerated() {
            while heard[index].isOpen {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, linux_errno() == EINTR { continue }
                if count < 0, linux_errno() == EAGAIN { break }
                guard count > 0 else {
                    heard[index].isOpen = false
                    break
                }
                heard[index].bytes += buffer[..<count]
                guard heard[index].bytes.count <= CommandRunner.outputBytes else { return false }
            }
        }
        return true
    }

    /// The first line of the errors, else of the output, after a colon; empty when it said nothing.
    var quotation: String {
        for said in [heard[1].bytes, heard[0].bytes] {
            let lines = said.split(whereSeparator: { $0 == 10 || $0 == 13 })
            for line in lines {
                let text = String(
                    decoding: line.prefix(4 * CommandRunner.quotedBytes), as: UTF8.self
                )
                .cleaned
                guard !text.isEmpty else { continue }
                return ": " + text.cut(toBytes: CommandRunner.quotedBytes)
            }
        }
        return ""
    }
}

extension String {
    /// The text in one line that cannot change how a terminal or a mail shows it: whatever controls
    /// is a space, and there is none at the ends.
    var cleaned: String {
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format, .surrogate:
                if text.last != " " { text.append(" ") }
            default: text.unicodeScalars.append(scalar)
            }
        }
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }
}
