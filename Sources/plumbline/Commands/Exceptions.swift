import ArgumentParser
import JSON
import Server

struct Exceptions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what went wrong, and decide about what is parked.",
        subcommands: [List.self, Show.self, Retry.self, Resolve.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List exceptions, newest first.", discussion: "Exits with 1 when one is open.")

        @OptionGroup var options: DeskOptions

        @Flag(help: "Resolved ones too.")
        var all = false

        mutating func run() async throws {
            let desk = try await options.desk(needsServer: false)
            defer { desk.close() }
            let list = try await desk.exceptions(includingResolved: all)
            let rows = list.array ?? []
            if options.json {
                Output.print(list.text())
            } else if rows.isEmpty {
                Output.print("no exceptions")
            } else {
                Output.table(
                    ["id", "kind", "state", "severity", "owner", "count", "last", "cause"],
                    rows.map { row in
                        ["id", "kind", "state", "severity", "owner", "count", "last_at", "cause"].map(row.cell)
                    })
            }
            if rows.contains(where: { $0.cell("state") != "resolved" }) { throw ExitCode(1) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one exception: cause, owner, what to do.")

        @OptionGroup var options: DeskOptions

        @Argument(help: "The exception's id.")
        var id: String

        mutating func run() async throws {
            let desk = try await options.desk(needsServer: false)
            defer { desk.close() }
            let exception = try await desk.exception(id)
            if options.json { return Output.print(exception.text()) }
            let width = (exception.object?.keys ?? []).map(\.count).max() ?? 0
            for key in exception.object?.keys ?? [] {
                Output.print(key + String(repeating: " ", count: width - key.count + 2) + exception.cell(key))
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send again what an exception parks.")

        @OptionGroup var options: DeskOptions

        @Argument(help: "The exception's id.")
        var id: String

        mutating func run() async throws {
            let desk = try await options.desk(needsServer: true)
            Exceptions.tell(try await desk.retry(id), "will be sent again", options)
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close an exception that somebody has looked at; with --skip, give up what it parks.",
            discussion: """
                Most exceptions close themselves when their cause is gone. A closed one opens again if it recurs.
                What is parked is given up only with --skip, for good; what waits behind it goes on.
                """)

        @OptionGroup var options: DeskOptions

        @Argument(help: "The exception's id, as `plumbline exceptions list` shows it.")
        var id: String

        @Flag(help: "Give the parked deliveries up.")
        var skip = false

        mutating func run() async throws {
            let desk = try await options.desk(needsServer: true)
            Exceptions.tell(try await desk.resolve(id, skipping: skip), "is given up", options)
        }
    }

    private static func tell(_ answer: JSON, _ what: String, _ options: DeskOptions) {
        if options.json { return Output.print(answer.text()) }
        let deliveries = answer["deliveries"]?.array ?? []
        if deliveries.isEmpty {
            Output.print(
                answer.cell("done") == "retry" ? "will be planned again" : "is closed; it opens again if it recurs")
        }
        for delivery in deliveries { Output.print("\(delivery.string ?? "") \(what)") }
    }
}
