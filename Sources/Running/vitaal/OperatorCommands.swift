import ArgumentParser
import Daemon
import HealthModel
import StatusServer

/// `vitaal silence`.
struct SilenceCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "silence",
        abstract: "Keep alerts from being told for a while.",
        discussion: """
            A silence keeps back what has not been told. Whoever was told of an alert hears of its \
            end; what still fires when the silence is over is told then. Dashboards, the evidence \
            log and availability go on.
            """,
        subcommands: [Add.self, List.self, End.self], defaultSubcommand: List.self)

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a silence of what fits every kind of name that is given.",
            discussion: """
                vitaal silence add --service digid --rule slow --for 2h --reason "move of servers"
                """)

        @Option(help: "A service; may be given more than once, as may the others.")
        var service: [String] = []
        @Option(help: "An endpoint.")
        var endpoint: [String] = []
        @Option(help: "A rule.")
        var rule: [String] = []
        @Option(help: "A sector.")
        var sector: [String] = []
        @Option(help: "An owner.")
        var owner: [String] = []
        @Option(help: "A tier, 0 to 3.")
        var tier: [Int] = []
        @Option(help: TimeOptions.fromHelp)
        var from: String?
        @OptionGroup var time: TimeOptions
        @Option(help: "Why.")
        var reason: String
        @OptionGroup var options: OperatorOptions

        func run() throws {
            var order = OrderDocument(
                kind: .silence, author: options.authorName, reason: reason)
            order.services = service
            order.endpoints = endpoint
            order.rules = rule
            order.sectors = sector
            order.owners = owner
            order.tiers = tier
            order.startsAt = try from.map { try TimeOptions.instant($0, option: "--from") }
            order.endsAt = try time.end(
                from: order.startsAt?.timestamp ?? SystemTimekeeper().now())
            try options.carryOut(order)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The silences that hold or are planned.")
        @OptionGroup var source: MonitorSource
        @Flag(help: "Print them as JSON.")
        var json = false

        func run() throws { try ActionListing.say("silence", source, json: json) }
    }

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a silence; what it kept back is told at once.")
        @OptionGroup var end: EndOptions

        func run() throws { try end.run(prefix: "SIL") }
    }
}

/// Ending what was begun.
struct EndOptions: ParsableArguments {
    @Argument(help: "Its number, as `list` shows it.")
    var id: String
    @Option(help: "Why.")
    var reason: String = "no longer needed"
    @OptionGroup var options: OperatorOptions

    func run(prefix: String) throws {
        guard id.uppercased().hasPrefix(prefix + "-") else {
            throw ValidationError("'\(id)' is no number that begins with \(prefix)-")
        }
        var order = OrderDocument(kind: .end, author: options.authorName, reason: reason)
        order.action = id
        try options.carryOut(order)
    }
}

/// `vitaal ack`.
struct AcknowledgeCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack",
        abstract: "Say that you work on an incident: reminders and escalation stop.",
        discussion: """
            vitaal ack add INC-2026-0042 --reason "calling Logius". It ends with the incident, or \
            after --for (4h unless given); then people are reminded again.
            """,
        subcommands: [Add.self, List.self, End.self], defaultSubcommand: List.self)

    struct Add: ParsableCommand {
        /// How long somebody is taken to work on an incident.
        static let standardDuration: Duration = .seconds(4 * 3600)

        static let configuration = CommandConfiguration(
            abstract: "Acknowledge an incident.")
        @Argument(help: "The number, such as INC-2026-0042.")
        var incident: String
        @OptionGroup var time: TimeOptions
        @Option(help: "What you are going to do.")
        var reason: String = "working on it"
        @OptionGroup var options: OperatorOptions

        func run() throws {
            var order = OrderDocument(
                kind: .acknowledge, author: options.authorName, reason: reason)
            order.incident = incident
            order.endsAt = try time.end(
                from: SystemTimekeeper().now(), standard: Self.standardDuration)
            try options.carryOut(order)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The acknowledgements that hold.")
        @OptionGroup var source: MonitorSource
        @Flag(help: "Print them as JSON.")
        var json = false

        func run() throws { try ActionListing.say("acknowledgement", source, json: json) }
    }

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an acknowledgement back; people are reminded again.")
        @OptionGroup var end: EndOptions

        func run() throws { try end.run(prefix: "ACK") }
    }
}

/// `vitaal maintenance`.
struct MaintenanceCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance",
        abstract:
            "Announce planned maintenance: no alerts, no lost availability, until it is over.",
        discussion: """
            vitaal maintenance add digid --from "2026-12-05 22:00" --for 4h --reason "release 7". Times \
            are those of Amsterdam unless they end in Z or an offset. What still fails when it is over \
            is an outage like any other, and called an overrun. With --every it comes back at the same \
            time by the clock: --from "2026-12-06 02:00" --for 2h --every "monthly on first sun" begins \
            on the first such day from then on and lasts 2 h each time, also when clocks change; \
            --until ends the series. `end` ends all of it.
            """,
        subcommands: [Add.self, List.self, End.self], defaultSubcommand: List.self)

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Announce maintenance.")
        @Argument(help: "The services.")
        var services: [String]
        @Flag(help: "Also of everything that needs them (hard and login edges).")
        var withDependants = false
        @Option(help: TimeOptions.fromHelp)
        var from: String?
        @OptionGroup var time: TimeOptions
        @Option(help: ArgumentHelp("Come back: \(Recurrence.Days.expectation).", valueName: "days"))
        var every: String?
        @Option(help: "What for.")
        var reason: String
        @OptionGroup var options: OperatorOptions

        func run() throws {
            var order = OrderDocument(
                kind: .maintenance, author: options.authorName, reason: reason)
            order.services = services
            order.withDependants = withDependants
            order.startsAt = try from.map { try TimeOptions.instant($0, option: "--from") }
            if let every {
                try comeBack(&order, every)
            } else {
                order.endsAt = try time.end(
                    from: order.startsAt?.timestamp ?? SystemTimekeeper().now())
            }
            try options.carryOut(order)
        }

        /// Writes into the order how the maintenance comes back.
        private func comeBack(_ order: inout OrderDocument, _ every: String) throws {
            guard Recurrence.Days(every) != nil else {
                throw ValidationError(
                    "--every '\(every)' is not \(Recurrence.Days.expectation)")
            }
            guard let start = order.startsAt, let length = try time.length() else {
                throw ValidationError(
                    "--every needs --from, the first day and the time by the clock, and --for, how "
                        + "long each lasts")
            }
            order.every = every
            order.endsAt = Instant(start.timestamp + length)
            order.repeatsUntil = try time.end()
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The maintenance that is under way or planned.")
        @OptionGroup var source: MonitorSource
        @Flag(help: "Print it as JSON.")
        var json = false

        func run() throws { try ActionListing.say("maintenance", source, json: json) }
    }

    struct End: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End maintenance before its time, or withdraw it.")
        @OptionGroup var end: EndOptions

        func run() throws { try end.run(prefix: "MNT") }
    }
}

/// `vitaal dark`.
struct DarkCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dark",
        abstract: "Say how a service is that cannot be probed, such as BRP or NAFIN.",
        discussion: """
            vitaal dark set nafin down --for 4h --reason "reported by Defence". Alerts of what leans \
            on it become part of its incident. A dark service is never shown as up.
            """,
        subcommands: [Set.self, List.self, Clear.self], defaultSubcommand: List.self)

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Say how a dark service is.")
        @Argument(help: "The service.")
        var service: String
        @Argument(help: "down, degraded or busy.")
        var state: String
        @OptionGroup var time: TimeOptions
        @Option(help: "How you know.")
        var reason: String
        @OptionGroup var options: OperatorOptions

        func run() throws {
            var order = OrderDocument(kind: .dark, author: options.authorName, reason: reason)
            order.services = [service]
            order.state = state
            order.endsAt = try time.end(from: SystemTimekeeper().now())
            try options.carryOut(order)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What operators say of dark services.")
        @OptionGroup var source: MonitorSource
        @Flag(help: "Print it as JSON.")
        var json = false

        func run() throws { try ActionListing.say("dark", source, json: json) }
    }

    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take back what was said; the service is unknown again.")
        @Argument(help: "The service, or the number such as DRK-2026-0001.")
        var service: String
        @Option(help: "Why.")
        var reason: String = "no longer so"
        @OptionGroup var options: OperatorOptions

        func run() throws {
            var order = OrderDocument(kind: .end, author: options.authorName, reason: reason)
            let actions = try options.source.fetch().actions ?? []
            let said = actions.first {
                $0.kind == "dark" && $0.scope.hasPrefix("service/\(service) ")
            }
            order.action = said?.id ?? service
            try options.carryOut(order)
        }
    }
}

/// `vitaal incident note`.
struct IncidentNote: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "note", abstract: "Write a line into the timeline of an incident.")

    @Argument(help: "The number, such as INC-2026-0042.")
    var id: String
    @Argument(help: "What is noted.")
    var text: String
    @OptionGroup var options: OperatorOptions

    func run() throws {
        var order = OrderDocument(kind: .note, author: options.authorName, reason: text)
        order.incident = id
        try options.carryOut(order)
    }
}

/// `vitaal incident resolve`.
struct IncidentResolve: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Write down how an incident ended.",
        discussion: """
            An incident ends by itself when its alerts are over. With --force it ends now: people \
            hear of the end, its alerts go on firing without calling anybody again.
            """)

    @Argument(help: "The number, such as INC-2026-0042.")
    var id: String
    @Option(help: "What the cause was, or why it is over.")
    var reason: String
    @Flag(help: "End it although alerts fire.")
    var force = false
    @OptionGroup var options: OperatorOptions

    func run() throws {
        var order = OrderDocument(kind: .resolve, author: options.authorName, reason: reason)
        order.incident = id
        order.force = force
        try options.carryOut(order)
    }
}

/// `vitaal incident aware`.
struct IncidentAware: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "aware",
        abstract:
            "Start the legal clock: an early warning in 24 h, a notification in 72 h, a report.",
        discussion: """
            Counts from now or --at, as NIS2 article 23 does. Whether an incident has to be reported is \
            for you to judge; `vitaal incident show` tells what is owed until when.
            """)

    @Argument(help: "The number, such as INC-2026-0042.")
    var id: String
    @Option(
        help: ArgumentHelp(
            "When somebody became aware, by the clock of Amsterdam unless it ends in Z or an offset. Default: now.",
            valueName: "instant"))
    var at: String?
    @Option(help: "Why it has to be reported.")
    var reason: String
    @OptionGroup var options: OperatorOptions

    func run() throws {
        var order = OrderDocument(kind: .aware, author: options.authorName, reason: reason)
        order.incident = id
        order.startsAt =
            try at.map { try TimeOptions.instant($0, option: "--at") }
            ?? Instant(SystemTimekeeper().now())
        try options.carryOut(order)
    }
}

/// `vitaal incident reported`.
struct IncidentReported: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reported", abstract: "Note that a report that the law asks for was sent.")

    @Argument(help: "The number, such as INC-2026-0042.")
    var id: String
    @Argument(help: "early-warning, notification or final-report.")
    var step: String
    @Option(help: "To whom, or under which number.")
    var reason: String
    @OptionGroup var options: OperatorOptions

    func run() throws {
        var order = OrderDocument(kind: .reported, author: options.authorName, reason: reason)
        order.incident = id
        order.state = step
        try options.carryOut(order)
    }
}
