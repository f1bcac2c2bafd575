import ArgumentParser
import JSON
import Server
import Sync

struct Exceptions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show exceptions, and decide about parked deliveries.",
        subcommands: [List.self, Show.self, Retry.self, Resolve.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List exceptions, newest first.",
            discussion: """
                Exits with 1 if an exception is open. Shows at most \(ExceptionRequest.limitMax); if there are more, \
                the last line says how many, and how to see the next ones.
                """)

        @OptionGroup var options: OperatorOptions
        @OptionGroup var page: ExceptionPageOptions

        mutating func run() async throws {
            let client = try await options.client(needsServer: false)
            defer { client.close() }
            let list = try await client.exceptions(page.request)
            var open = page.request
            open.includesResolved = false
            open.after = nil
            open.limit = 1
            // Open exceptions may be on another page.
            let openCount = page.all || page.after != nil ? try await client.exceptions(open).total : list.total
            if options.json {
                Output.print(JSON.array(list.rows).text())
            } else if list.rows.isEmpty {
                Output.print(page.after == nil ? "no exceptions" : "no exceptions after \(page.after ?? "")")
            } else {
                Output.table(
                    ["id", "kind", "state", "severity", "owner", "count", "last", "cause"],
                    list.rows.map { row in
                        ["id", "kind", "state", "severity", "owner", "count", "last_at", "cause"].map(row.cell)
                    })
            }
            page.printRest(list, "exceptions list", json: options.json)
            if openCount > 0 { throw ExitCode(1) }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one exception: cause, owner, what to do.")

        @OptionGroup var options: OperatorOptions

        @Argument(help: "The exception's id.")
        var id: String

        mutating func run() async throws {
            let client = try await options.client(needsServer: false)
            defer { client.close() }
            let exception = try await client.exception(id)
            if options.json { return Output.print(exception.text()) }
            let width = (exception.object?.keys ?? []).map(\.count).max() ?? 0
            for key in exception.object?.keys ?? [] {
                Output.print(key + String(repeating: " ", count: width - key.count + 2) + exception.cell(key))
            }
        }
    }

    struct Retry: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Send the deliveries that an exception parks again.")

        @OptionGroup var options: OperatorOptions

        @Argument(help: "The exception's id.")
        var id: String

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            Exceptions.print(try await client.retry(id), "will be sent again", options)
        }
    }

    struct Resolve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close an exception that you have checked; with --skip, drop the deliveries it parks.",
            discussion: """
                Most exceptions resolve themselves once their cause is fixed. A resolved one opens again if it recurs.
                Only --skip drops parked deliveries, for good; the deliveries that wait for them are then sent.
                """)

        @OptionGroup var options: OperatorOptions

        @Argument(help: "The exception's id, as `plumbline exceptions list` shows it.")
        var id: String

        @Flag(help: "Drop the parked deliveries.")
        var skip = false

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            Exceptions.print(try await client.resolve(id, skipping: skip), "is dropped", options)
        }
    }

    private static func print(_ answer: JSON, _ what: String, _ options: OperatorOptions) {
        if options.json { return Output.print(answer.text()) }
        let deliveries = answer["deliveries"]?.array ?? []
        if deliveries.isEmpty {
            Output.print(
                answer.cell("done") == "retry" ? "will be planned again" : "is closed; it opens again if it recurs")
        }
        for delivery in deliveries { Output.print("\(delivery.string ?? "") \(what)") }
    }
}

/// Options that select the exceptions of a list.
struct ExceptionPageOptions: ParsableArguments {
    @Flag(help: "Include resolved exceptions.")
    var all = false

    @Option(
        help: ArgumentHelp("Only exceptions of this kind; may be given more than once.", valueName: "kind"),
        transform: ExceptionPageOptions.kind)
    var kind: [ExceptionKind] = []

    @Option(help: ArgumentHelp("Continue after the exception with this id.", valueName: "id"))
    var after: String?

    @Option(help: "The maximum number to show.")
    var limit = ExceptionRequest.limitMax

    func validate() throws {
        guard (1...ExceptionRequest.limitMax).contains(limit) else {
            throw ValidationError("--limit is 1 to \(ExceptionRequest.limitMax)")
        }
    }

    private static func kind(_ name: String) throws -> ExceptionKind {
        guard let kind = ExceptionKind(rawValue: name) else {
            let kinds = ExceptionKind.allCases.map(\.rawValue).sorted().joined(separator: ", ")
            throw ValidationError("there is no kind of exception \(name); the kinds are \(kinds)")
        }
        return kind
    }

    var request: ExceptionRequest {
        ExceptionRequest(includesResolved: all, kinds: kind, after: after, limit: limit)
    }

    /// Says that there are more exceptions. With `--json` the line goes to standard error.
    func printRest(_ list: ExceptionList, _ command: String, json: Bool) {
        guard list.rows.count == limit, let last = list.rows.last?.cell("id"), list.rows.count < list.total else {
            return
        }
        var words = ["plumbline", command]
        if all { words.append("--all") }
        words += kind.map { "--kind \($0.rawValue)" }
        if limit != ExceptionRequest.limitMax { words.append("--limit \(limit)") }
        words.append("--after \(last)")
        let text = "\(list.rows.count) of \(list.total) shown; next page: \(words.joined(separator: " "))"
        if json { Output.printError(text) } else { Output.print(text) }
    }
}
