import Commerce

/// The whole engine against both twins on virtual time: one seed is one run (docs/architecture.md, Proof).
///
/// ```swift
/// let report = Simulation.run(SimulationSettings(seed: 7))
/// if !report.problems.isEmpty { print(report.replay) }
/// ```
public enum Simulation {
    /// Runs one seed to quiet and checks it. The same settings give the same report in every process.
    public static func run(_ settings: SimulationSettings) -> SimulationReport { runTelling(settings).report }

    /// ``run(_:)``, with the story for people who look for a cause.
    public static func runTelling(_ settings: SimulationSettings) -> (report: SimulationReport, story: [String]) {
        var world = World(settings)
        world.run()
        let now = World.twinTime(world.now)
        let truth = ShopTruth(of: world.shop, at: now)
        let snapshot = BloomreachSnapshot(of: world.crm, at: now)
        world.witness.ask(
            world.store, about: truth, connection: SimulationParts.shopName, flow: SimulationParts.peopleName)
        let checkers = Checkers(
            truth: truth, snapshot: snapshot, idPrefix: SimulationParts.shopName, witness: world.witness)
        world.report.problems += checkers.problems() + world.saidTooSoon.sorted()
        if settings.faults.isCalm { world.report.problems += checkers.unnamedReplacements() }
        if settings.goods > 0 { world.report.problems += world.problemsOfGoods(truth, snapshot) }
        world.report.told = snapshot.events.count
        world.report.digest = StableDigest.of(
            (world.story + [truth.text, snapshot.text, "\(world.report.steps)"]).joined(separator: "\n"))
        return (world.report, world.story)
    }
}
