import Commerce
import Simulation
import Sync
import Testing

@Suite struct SimulationTests {
    /// Seeds in `make test`; `make simulate` runs thousands. Those above 100 found a fault once.
    static let seeds = Array(UInt64(1)...100) + [145, 178, 313, 498, 669]
    /// They found a fault on an ordinary day.
    static let ordinarySeeds: [UInt64] = [214, 912, 1_142, 1_194, 1_272, 1_791, 1_811, 1_953, 3_188]

    @Test(
        "A1 A2 A3 A8 B1 B5 E3 E4 E5 E6 E7 every seed ends with both systems in agreement, each fact told once",
        arguments: seeds)
    func agreement(seed: UInt64) {
        let report = Simulation.run(SimulationSettings(seed: seed))
        #expect(report.problems.isEmpty, "\(report.problems.joined(separator: "\n"))\nreplay: \(report.replay)")
        #expect(report.orders > 0 && report.told > 0, "a run in which nothing happens proves nothing")
    }

    @Test("ordinary days, on which nothing is out and capacity is ample", arguments: ordinarySeeds)
    func ordinary(seed: UInt64) {
        var settings = SimulationSettings(seed: seed)
        settings.conditions = Conditions()
        let report = Simulation.run(settings)
        #expect(report.problems.isEmpty, "\(report.problems.joined(separator: "\n"))")
    }

    @Test("A7 law 5 with everything out at once and hardly any capacity, every seed recovers", arguments: UInt64(1)...8)
    func outages(seed: UInt64) {
        var settings = SimulationSettings(seed: seed)
        settings.conditions = Self.worst(seed)
        let report = Simulation.run(settings)
        #expect(report.problems.isEmpty, "\(report.problems.joined(separator: "\n"))")
    }

    private static func worst(_ seed: UInt64) -> Conditions {
        var conditions = Conditions(seed: seed)
        conditions.outages = [
            Outage(.sickChannel, from: .minutes(3), lasting: .minutes(20)),
            Outage(.deadSource, from: .minutes(2), lasting: .minutes(8)),
            Outage(.silentDestination, from: .minutes(6), lasting: .minutes(8), losesAnswers: seed % 2 == 0),
            Outage(.deafness, from: .minutes(16), lasting: .minutes(10)),
        ]
        conditions.limits.stationRecordsMax = 2
        conditions.limits.recordsHeldMax = 2
        conditions.limits.recordsPerClaim = 1
        conditions.limits.receiptsPerClaim = 2
        conditions.pageSize = 1
        conditions.crashesInFeeds = 4
        conditions.heavyBuyerOrders = 0
        return conditions
    }

    @Test("E6 law 5 a buyer of hundreds of orders, with little capacity")
    func heavyBuyer() {
        var settings = SimulationSettings(seed: 3)
        var conditions = Conditions()
        conditions.limits.stationRecordsMax = 8
        conditions.limits.recordsHeldMax = 8
        conditions.limits.dependentsPerBatch = 8
        conditions.heavyBuyerOrders = 200
        settings.conditions = conditions
        let report = Simulation.run(settings)
        #expect(report.problems.isEmpty, "\(report.problems.joined(separator: "\n"))")
        #expect(report.orders > 200)
    }

    @Test("the seeds draw every kind of outage, small limits, small pages and heavy buyers")
    func conditions() {
        let drawn = (UInt64(1)...300).map { Conditions(seed: $0) }
        for kind in Outage.Kind.allCases {
            #expect(drawn.contains { $0.outages.contains { $0.kind == kind } }, "\(kind.rawValue) never happens")
        }
        #expect(drawn.contains { $0.limits.stationRecordsMax == 2 })
        #expect(drawn.contains { $0.pageSize == 1 && $0.crashesInFeeds > 0 })
        #expect(drawn.contains { $0.heavyBuyerOrders > 0 } && drawn.contains { $0.namesRetryAfter })
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
            "\(report.problems.joined(separator: "\n"))\nreplay: \(report.replay)")
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
            // That it never rests is no mistake of the mutant.
            Simulation.run(SimulationSettings(seed: seed, showing: mutant)).problems.contains {
                $0.hasPrefix(mutant.finding) && !$0.hasPrefix("restless")
            }
        }
        #expect(caught, "\(mutant.rawValue) passed forty seeds: the checkers are blind to it")
    }
}
