import ArgumentParser
import Catalogue
import Daemon
import Glibc
import HealthModel
import Probing
import StatusServer
import YAMLReading

/// Who asks, why, and of which monitor: shared by every command that changes something.
struct OperatorOptions: ParsableArguments {
    @OptionGroup var source: MonitorSource

    @Option(help: "Who does this. Default: the user who is logged in, also behind sudo.")
    var author: String?

    @Option(
        help: ArgumentHelp(
            "Data directory of the monitor, where its token is. Default: as for `vitaal run`.",
            valueName: "dir"))
    var dataDir: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    /// The author: as given, else the user behind sudo, else the user.
    var authorName: String {
        author ?? Paths.environment("SUDO_USER") ?? Paths.environment("USER")
            ?? getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(getuid())"
    }

    /// Sends an order and gives the answer; complains and exits with 3 when it is not done.
    func send(_ order: OrderDocument) throws -> OrderAnswer {
        let address = ListeningAddress(source.listen) ?? .standard
        let body = try order.json()
        var words = ""
        for token in try tokens() {
            let response: HTTPFetch.Response
            do throws(HTTPFetch.Failure) {
                response = try HTTPFetch.post(
                    body, to: "http://\(address)/api/v1/orders",
                    fields: ["Authorization: Bearer \(token)"],
                    timeoutMilliseconds: MonitorSource.timeoutMilliseconds)
            } catch {
                StandardError.complain(
                    "no answer from \(address): \(error)\n"
                        + "Whether it was done is not known: look with `list`, then do it again.")
                throw PluginExit.unknown
            }
            guard response.status == 200 else {
                words = TerminalText.clean(
                    String(decoding: response.body, as: UTF8.self).split(separator: "\n").first
                        .map(String.init) ?? "HTTP status \(response.status)")
                if response.status == 401 { continue }
                StandardError.complain("not done: \(words)")
                throw PluginExit.unknown
            }
            return try OrderAnswer(json: response.body)
        }
        StandardError.complain("not done: \(words); is --data-dir that of this monitor?")
        throw PluginExit.unknown
    }

    /// Sends an order and says what came of it.
    func carryOut(_ order: OrderDocument) throws {
        let answer = try send(order)
        if json {
            Console.say(String(decoding: try answer.json().dropLast(), as: UTF8.self))
        } else if let action = answer.action {
            let (start, end) = (action.startsAt.timestamp, action.endsAt.timestamp)
            let time =
                if action.endedAt != nil {
                    "ended"
                } else if start > action.addedAt.timestamp {
                    "from " + AmsterdamTime.text(from: start, "until", end)
                } else {
                    "until " + AmsterdamTime.text(of: end)
                }
            let repetition = action.repetition.map { ", \($0)" } ?? ""
            Console.say("\(action.id)  \(action.scope)  \(time)\(repetition)")
        } else if let incident = answer.incident {
            Console.say("\(incident)  written down")
        }
        guard answer.isDurable else {
            StandardError.complain(
                "in force, but not on the disk yet: a restart of the monitor may forget it "
                    + "(see `vitaal status` and the disk)")
            throw PluginExit.warning
        }
    }

    /// The tokens that may be right: the lab keeps its data below that of the real monitor.
    private func tokens() throws -> [String] {
        let base = dataDir ?? Paths.dataDirectory
        let directories = dataDir == nil ? [base, base + "/lab"] : [base]
        var tokens: [String] = []
        var failure = ""
        for directory in directories {
            let path = directory + "/" + OperatorToken.name
            do throws(OperatorToken.Failure) {
                tokens.append(try OperatorToken.read(path))
            } catch {
                if failure.isEmpty { failure = error.description }
            }
        }
        guard !tokens.isEmpty else {
            StandardError.complain(
                "the token of the monitor cannot be read: \(failure)\n"
                    + "Give --data-dir as for `vitaal run`, and be the user that it runs as.")
            throw PluginExit.unknown
        }
        return tokens
    }
}

/// When something begins and ends.
struct TimeOptions: ParsableArguments {
    @Option(name: .customLong("for"), help: "How long, such as 45m, 1h30m or 3d.")
    var duration: String?

    @Option(
        help: ArgumentHelp(
            "Until when, such as \"2026-12-06 02:00\" in Amsterdam, or 2026-12-06T01:00Z.",
            valueName: "instant"))
    var until: String?

    /// What the help says of a beginning.
    static let fromHelp = ArgumentHelp(
        "From when on, such as \"2026-12-05 22:00\" in Amsterdam, or 2026-12-05T21:00Z. Default: now.",
        valueName: "instant")

    /// How long; nil when it is not said.
    ///
    /// - Throws: a complaint and exit code 64 when it cannot be read.
    func length() throws -> Duration? {
        try duration.map { text in
            guard let duration = DurationText.parseSum(text) else {
                throw ValidationError("--for '\(text)' is no duration such as 45m, 1h30m or 3d")
            }
            return duration
        }
    }

    /// The instant of `--until`; nil when it is not said.
    ///
    /// - Throws: as `length`.
    func end() throws -> Instant? { try until.map { try Self.instant($0, option: "--until") } }

    /// The end, counted from `start`.
    ///
    /// - Throws: as `length`, also when neither or both are said.
    func end(from start: Timestamp, standard: Duration? = nil) throws -> Instant {
        switch (try length() ?? (until == nil ? standard : nil), try end()) {
        case (let length?, nil): return Instant(start + length)
        case (nil, let end?): return end
        case (nil, nil):
            throw ValidationError("say how long: --for 2h, or --until \"2026-12-06 02:00\"")
        case (.some, .some): throw ValidationError("--for and --until exclude each other")
        }
    }

    /// An instant as people write it; says so when clocks show it twice.
    ///
    /// - Throws: a complaint and exit code 64 when it cannot be read, or never comes.
    static func instant(_ text: String, option: String) throws -> Instant {
        let written: WrittenInstant
        do throws(WrittenInstant.Mistake) {
            written = try WrittenInstant(text)
        } catch {
            throw ValidationError("\(option) '\(text)' \(error)")
        }
        if let later = written.later {
            StandardError.complain(
                "\(option) '\(text)' comes twice in Amsterdam that night; the first is taken, "
                    + "\(written.instant.shortDateAndTime) UTC and not \(later.shortDateAndTime) UTC"
            )
        }
        return Instant(written.instant)
    }
}

/// Prints what operators did of one kind.
struct ActionListing {
    /// Prints them, or that there are none; exit code 0.
    static func say(_ kind: String, _ source: MonitorSource, json: Bool) throws {
        var document = try source.fetch()
        document.actions = (document.actions ?? []).filter { $0.kind == kind }
        if json {
            let bytes = try ActionsDocument(document).json()
            Console.say(String(decoding: bytes.dropLast(), as: UTF8.self))
        } else {
            let text = StatusText.actions(
                document, width: source.width, isColored: source.isColored, language: source.lang)
            Console.say(String(text.dropLast()))
        }
    }
}
