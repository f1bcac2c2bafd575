import ArgumentParser
import JSON
import Server
import Sync

struct People: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decide which persons are the same where the engine may not: merge them, or keep them apart.",
        discussion: "Give persons as exceptions show them, for example acme/person/shop-order-1001.",
        subcommands: [List.self, Merge.self, KeepApart.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the open decisions about people and replaced orders.",
            discussion: "Exits with 1 if a decision is open.")

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
                Output.print("no decision is open")
            } else {
                Output.table(
                    ["id", "kind", "last", "what"], open.map { ["id", "kind", "last_at", "cause"].map($0.cell) })
                Output.print("if one needs no action, close it: plumbline exceptions resolve ID")
            }
            if !open.isEmpty { throw ExitCode(1) }
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Merge two persons: their totals, journeys and later events. Profiles that a destination cannot join "
                + "raise an exception.",
            discussion:
                "A merge cannot be undone; when in doubt, use keep-apart. Give persons as exceptions show them, "
                + "for example acme/person/shop-order-1001.")

        @OptionGroup var options: OperatorOptions

        @Argument(help: "The person to keep.")
        var person: String

        @Argument(help: "The person to merge into it.")
        var other: String

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            let answer = try await client.decide("people", "merge", ["people": [.string(person), .string(other)]])
            options.print(answer, "\(other) becomes part of \(person)")
        }
    }

    struct KeepApart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keep-apart",
            abstract: "Keep two persons apart, whatever they share; the engine does not ask again.")

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
        abstract: "Decide whether one order replaced another where the evidence is unclear.",
        discussion: "Give orders as exceptions show them, for example shop/order/1001.",
        subcommands: [Join.self, KeepApart.self])

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Record that an order replaced an earlier one: together they are one purchase.")

        @OptionGroup var options: OperatorOptions
        @OptionGroup var pair: OrderPair

        mutating func run() async throws {
            let client = try await options.client(needsServer: true)
            let answer = try await client.decide("orders", "join", pair.document)
            options.print(
                answer, "\(pair.original) and \(pair.replacement) are one purchase; the second replaces the first")
        }
    }

    struct KeepApart: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "keep-apart", abstract: "Keep two orders as two purchases; the engine does not ask again.")

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
    /// Prints the response for programs with `--json`, otherwise a sentence for the operator.
    func print(_ answer: JSON, _ sentence: String) { Output.print(json ? answer.text() : sentence) }
}
