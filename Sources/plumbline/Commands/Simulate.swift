import ArgumentParser
import Foundation
import Simulation

/// Runs the whole engine against both twins on virtual time.
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play random days with faults on virtual time, and check that both systems agree.",
        discussion: """
            One seed is one run; the same seed gives the same run on every machine. Exits with 1 if a checker found a
            disagreement; each is printed with the command that replays it.
            """)

    @Option(help: "How many seeds to play, from --from on.")
    var seeds: UInt64 = 50
    @Option(help: "The first seed.")
    var from: UInt64 = 1
    @Option(help: "Play only this seed and print its story.")
    var seed: UInt64?
    @Option(help: "Orders in each run.")
    var orders = 4
    @Option(help: "Changes to products in each run; 0: the flow sends no products.")
    var goods = 0
    @Option(help: "Break one part on purpose: \(Mutant.allCases.map(\.rawValue).joined(separator: ", ")).")
    var mutant: String?
    @Flag(help: "Print one line per seed with its digest: two processes must print the same.")
    var digests = false

    /// A larger run would need more memory than a small machine has.
    private static let ordersMax = 1_000

    func validate() throws {
        guard seeds >= 1, !from.addingReportingOverflow(seeds).overflow else {
            throw ValidationError("--seeds is at least 1, and --from and --seeds together are a number of 64 bits")
        }
        guard (1...Self.ordersMax).contains(orders) else {
            throw ValidationError("--orders is 1 to \(Self.ordersMax)")
        }
        guard (0...Self.ordersMax).contains(goods) else {
            throw ValidationError("--goods is 0 to \(Self.ordersMax)")
        }
    }

    func run() async throws {
        let broken = try mutant.map { name in
            guard let mutant = Mutant(rawValue: name) else {
                throw ValidationError(
                    "no mutant \(name); one of \(Mutant.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return mutant
        }
        if let seed { return try play(settings(seed, broken)) }
        var failed = 0
        var told = 0
        var crashes = 0
        for seed in from..<(from + seeds) {
            let report = Simulation.run(settings(seed, broken))
            told += report.told
            crashes += report.crashes
            if digests { Output.print("\(seed) \(report.digest)") }
            if !report.problems.isEmpty {
                failed += 1
                Output.print("seed \(seed): \(report.problems.joined(separator: "\n  "))\n  replay: \(report.replay)")
            }
        }
        if !digests {
            Output.print(
                "\(seeds) seeds, \(told) events told, \(crashes) crashes survived, \(failed) seeds with a disagreement")
        }
        if failed > 0 { throw ExitCode(1) }
    }

    private func settings(_ seed: UInt64, _ mutant: Mutant?) -> SimulationSettings {
        var settings = SimulationSettings(seed: seed)
        settings.orders = orders
        settings.goods = goods
        settings.mutant = mutant
        return settings
    }

    private func play(_ settings: SimulationSettings) throws {
        let (report, story) = Simulation.runTelling(settings)
        for line in story { Output.print(line) }
        Output.print(
            "seed \(report.seed): \(report.actions) actions, \(report.receipts) webhooks, \(report.requests) requests, "
                + "\(report.crashes) crashes, \(report.told) events told in \(report.lasted) of virtual time")
        for problem in report.problems { Output.print(problem) }
        if !report.problems.isEmpty { throw ExitCode(1) }
    }
}
