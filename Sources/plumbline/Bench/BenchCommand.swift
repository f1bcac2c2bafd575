import ArgumentParser
import Foundation
import JSON

/// Measures this machine: throughput, latency, memory and the cost of large records, beside a baseline from the same
/// run where one makes sense.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure this machine: throughput, latency, memory, and the cost of large orders and buyers.",
        discussion: """
            Everything runs in this process: the client, the server and the simulated systems share the cores.
            Use a release build. Exit code 1 when a gate is missed, or when something was lost.
            """,
        subcommands: [
            BenchAll.self, BenchIngest.self, BenchSync.self, BenchOrder.self, BenchBuyer.self, BenchLatency.self,
            BenchBacklog.self, BenchClaim.self,
        ],
        defaultSubcommand: BenchAll.self)

    static var machine: String {
        #if DEBUG
            let build = "DEBUG BUILD: these figures are meaningless"
        #else
            let build = "release build"
        #endif
        return "\(ProcessInfo.processInfo.activeProcessorCount) cores, \(build), "
            + "receipts fdatasync per group, SQLite WAL synchronous=FULL; "
            + "client and simulated systems on the same cores"
    }

    /// - Throws: `ValidationError` where `value` is not in `range`.
    static func check(_ value: Int, _ option: String, _ range: ClosedRange<Int>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(option) is \(range.lowerBound) to \(range.upperBound)")
        }
    }
}

/// How every bench shows its figures.
struct BenchOutput: ParsableArguments {
    @Flag(help: "Write one JSON document.")
    var json = false

    func begin() { if !json { Output.print(Bench.machine) } }

    /// - Throws: `ExitCode` 1 when a gate is missed.
    func end(_ figures: [BenchFigure]) throws {
        if json {
            Output.print(JSON.array(figures.map(\.json)).pretty())
        } else {
            Output.table(
                ["what", "figure", "baseline", "share of baseline", "gate", "aim"], figures.map(\.row))
        }
        if figures.contains(where: { !$0.passesGate }) { throw ExitCode(1) }
    }

    /// - Throws: `ExitCode` 1 when something was lost.
    func end(_ table: BenchTable) throws {
        if json {
            Output.print(table.json.pretty())
        } else {
            Output.table(table.columns, table.rows.map { row in row.map(\.text) })
        }
        for failure in table.failures { Output.printError(failure) }
        if !table.failures.isEmpty { throw ExitCode(1) }
    }
}

/// One measured number.
struct BenchFigure {
    var what: String
    var value: Double
    var unit: String
    var baseline: Double?
    var gate: Double?
    var aim: Double?
    var lowerIsBetter = false
    /// Not everything that was sent arrived, so that the figure means nothing.
    var isLost = false

    var passesGate: Bool { !isLost && isWithinGate }
    private var isWithinGate: Bool { gate.map { lowerIsBetter ? value <= $0 : value >= $0 } ?? true }

    var row: [String] {
        func text(_ number: Double?) -> String {
            number.map { String(format: $0 < 100 ? "%.1f" : "%.0f", $0) + " \(unit)" } ?? ""
        }
        let share = baseline.map { String(format: "%.0f %%", value / max($0, 0.001) * 100) } ?? ""
        let verdict = gate.map { "\(text($0)) \(passesGate ? "passed" : "MISSED")" } ?? ""
        return [what, text(value), text(baseline), share, verdict, text(aim)]
    }

    var json: JSON {
        func number(_ value: Double?) -> JSON {
            value.map { .number(JSONNumber(exactly: String(format: "%.3f", $0))) } ?? .null
        }
        return [
            "what": .string(what), "unit": .string(unit), "value": number(value), "baseline": number(baseline),
            "gate": number(gate), "aim": number(aim), "passes_gate": .bool(passesGate),
        ]
    }
}
