import ArgumentParser
import JSON
import Server
import Sync

struct People: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide who is who where the engine may not: merge two persons, or keep them apart.",
        discussion: "Persons are named as exceptions name them, for example acme/person/shop-order-1001.",
        subcommands: [List.self, Merge.self, KeepApart.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what waits for a decision about people and replaced orders.",
            discussion: "Exits with 1 when something waits.")

        private static let kinds: [ExceptionKind] = [.identityConflict, .identitySuspect, .replacementDoubtful]

        @OptionGroup var options: OperatorOptions

        mutating func run() async throws {
            let client = try await options.client(needsServer: false)
            defer { client.close() }
            var open: [JSON] = []
            var request = ExceptionRequest(kinds: Self.kinds)
            while true {
                let page = try await client.exceptions(request)
                open += page.rows
                guard page.rows.count == request.limit, let last = page.rows.last?.cell("id") else { break }
                request.after = last
            }
            if options.json {
                Output.print(JSON.array(open).text())
            } else if open.isEmpty {
                Output.print("nothing waits for a decision")
            } else {
                Output.table(
                    ["id", "kind", "last", "what"], open.map { ["id", "kind", "last_at", "cause"].map($0.cell) })
                Output.print("looked at one, and nothing is to be done: plumbline exceptions resolve ID")
            }
            if !open.isEmpty { throw ExitCode(1) }
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Two persons are one: totals, journeys and later events join; what a destination cannot join is shown.",
            discussion: "Cannot be taken back; when in doubt, keep-apart. Persons are named as exceptions name them, "
                + "for example acme/person/shop-order-1001.")

        @OptionGroup var options: OperatorOptions

        @Argument(help: "The person who is kept.")
        var person: String

        @Argument(help: "The person who turns out to be the same.")
        var other: String

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            let answer = try await client.decide("people", "merge", ["people": [.string(person), .string(other)]])
            options.print(answer, "\(other) becomes part of \(person)")
        }
    }

    struct KeepApart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keep-apart", abstract: "Two persons are two, whatever they share; it is not asked again.")

        @OptionGroup var options: OperatorOptions

        @Argument(help: "One person.")
        var person: String

        @Argument(help: "The other.")
        var other: String

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            let answer = try await client.decide("people", "keep-apart", ["people": [.string(person), .string(other)]])
            options.print(answer, "\(person) and \(other) stay two persons")
        }
    }
}

struct Orders: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide whether one order replaced another, where the marks leave it open.",
        discussion: "Orders are named as exceptions name them, for example shop/order/1001.",
        subcommands: [Join.self, KeepApart.self])

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One order took the place of an earlier one: they are one purchase in the shopper's eyes.")

        @OptionGroup var options: OperatorOptions
        @OptionGroup var pair: OrderPair

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            let answer = try await client.decide("orders", "join", pair.document)
            options.print(
                answer, "\(pair.original) and \(pair.replacement) are one purchase, the later in the earlier's place")
        }
    }

    struct KeepApart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keep-apart", abstract: "Two orders are two purchases; it is not asked again.")

        @OptionGroup var options: OperatorOptions
        @OptionGroup var pair: OrderPair

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            let answer = try await client.decide("orders", "keep-apart", pair.document)
            options.print(answer, "\(pair.original) and \(pair.replacement) stay two purchases")
        }
    }
}

/// An original and its replacement.
struct OrderPair: ParsableArguments {
    @Argument(help: "The earlier order.")
    var original: String

    @Argument(help: "The later order.")
    var replacement: String

    var document: JSON { ["original": .string(original), "replacement": .string(replacement)] }
}

extension OperatorOptions {
    /// The answer for programs, one sentence for people.
    func print(_ answer: JSON, _ sentence: String) { Output.print(json ? answer.text() : sentence) }
}
