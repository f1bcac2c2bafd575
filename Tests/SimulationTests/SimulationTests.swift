import Simulation
import Testing

@Suite struct SimulationTests {
    /// Seeds in `make test`; `make simulate` runs thousands. Those above 100 found a fault once.
    static let seeds = Array(UInt64(1)...100) + [214, 912, 1_142, 1_194, 1_272, 1_791, 1_811, 1_953, 3_188]

    @Test(
        "A1 A2 A3 A8 B1 B5 E3 E4 E5 E6 E7 every seed ends with both systems in agreement, each fact told once",
        arguments: seeds)
    func agreement(seed: UInt64) {
        let report = Simulation.run(SimulationSettings(seed: seed))
        #expect(report.problems.isEmpty, "\(report.problems.joined(separator: "\n"))\nreplay: \(report.replay)")
        #expect(report.orders > 0 && report.told > 0, "a run in which nothing happens proves nothing")
    }

    @Test(
        "E10 A3 A8 law 4 with products that share SKUs, every seed ends with each row its owner's",
        arguments: UInt64(1)...60)
    func goods(seed: UInt64) {
        var settings = SimulationSettings(seed: seed)
        settings.orders = 1
        settings.goods = 16
        let report = Simulation.run(settings)
        #expect(
            report.problems.isEmpty,
            "\(report.problems.joined(separator: "\n"))\nreplay: \(report.replay) --orders 1")
        #expect(report.actions > 10, "a run in which nothing happens proves nothing")
    }

    @Test(
        "E3 a calm day has the same end as any other, no crash, and each cancellation names the replacement to come",
        arguments: [4_711] + Array(UInt64(1)...12))
    func calm(seed: UInt64) {
        var settings = SimulationSettings(seed: seed)
        settings.faults = .none
        let report = Simulation.run(settings)
        #expect(report.problems.isEmpty, "\(report.problems)")
        #expect(report.crashes == 0)
    }

    @Test("equal seeds give equal digests, other seeds others")
    func determinism() {
        let first = Simulation.run(SimulationSettings(seed: 99))
        #expect(first.digest == Simulation.run(SimulationSettings(seed: 99)).digest)
        #expect(first.digest != Simulation.run(SimulationSettings(seed: 100)).digest)
    }

    @Test("the checkers catch a connector that is wrong in a known way", arguments: Mutant.allCases)
    func mutants(mutant: Mutant) {
        let caught = (UInt64(1)...40).contains { seed in
            var settings = SimulationSettings(seed: seed)
            settings.mutant = mutant
            if mutant.isAboutGoods { settings.goods = 16 }
            // That it never rests is no mistake of the mutant.
            return Simulation.run(settings).problems.contains { !$0.hasPrefix("restless") }
        }
        #expect(caught, "\(mutant.rawValue) passed forty seeds: the checkers are blind to it")
    }
}
