import ArgumentParser
import Foundation
import JSON

/// Measures throughput on this machine, each figure beside a baseline from the same run.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure this machine: webhooks acknowledged, and orders delivered end to end.",
        discussion: """
            ingest  signature, de-duplication and fdatasync before each 200, 64 connections on the same cores;
                    baseline: the same HTTP server that reads the body and answers 200.
            sync    webhook to acknowledged in a simulated Bloomreach over HTTP;
                    baseline: the same commands posted to it directly.
            Use a release build. Exit code 1 when a gate is missed.
            """)

    enum Name: String, ExpressibleByArgument, CaseIterable { case ingest, sync, all }

    @Argument(help: "ingest, sync or all.")
    var name = Name.all
    @Option(help: "Webhooks in the ingest bench.")
    var webhooks = 60_000
    @Option(help: "Orders in the sync bench.")
    var orders = 4_000
    @Flag(help: "Write one JSON document.")
    var json = false

    func validate() throws {
        guard webhooks >= 1, orders >= 1 else { throw ValidationError("--webhooks and --orders are at least 1") }
    }

    func run() async throws {
        var figures: [BenchFigure] = []
        if !json { Output.print(Self.machine) }
        if name != .sync { figures += try await IngestBench(webhooks: webhooks).run() }
        if name != .ingest { figures += try await SyncBench(orders: orders).run() }
        if json {
            Output.print(JSON.array(figures.map(\.json)).pretty())
        } else {
            Output.table(
                ["what", "figure", "baseline", "share of baseline", "gate", "aim"], figures.map(\.row))
        }
        if figures.contains(where: { !$0.passesGate }) { throw ExitCode(1) }
    }

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

    var passesGate: Bool { gate.map { lowerIsBetter ? value <= $0 : value >= $0 } ?? true }

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
