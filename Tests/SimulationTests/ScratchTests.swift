import Foundation
import Simulation
import Testing

@Suite struct ScratchTests {
    @Test func tell() throws {
        let env = ProcessInfo.processInfo.environment
        guard let text = env["SEED"], let seed = UInt64(text) else { return }
        var settings = SimulationSettings(seed: seed)
        if env["CALM"] != nil { settings.faults = .none }
        let (report, story) = Simulation.runTelling(settings)
        try (report.problems + story).joined(separator: "\n").write(
            toFile: "/tmp/journeys-story.txt", atomically: true, encoding: .utf8)
    }
    @Test func many() async throws {
        let env = ProcessInfo.processInfo.environment
        guard let from = env["FROM"].flatMap({ UInt64($0) }), let to = env["TO"].flatMap({ UInt64($0) }) else { return }
        let isCalm = env["CALM"] != nil
        let found = await withTaskGroup(of: String?.self) { group in
            for seed in from...to {
                group.addTask {
                    var settings = SimulationSettings(seed: seed)
                    if isCalm { settings.faults = .none }
                    let report = Simulation.run(settings)
                    return report.problems.isEmpty ? nil : "\(seed): \(report.problems)"
                }
            }
            var all: [String] = []
            for await one in group { if let one { all.append(one) } }
            return all
        }
        try (["done \(from) \(to) calm \(isCalm)"] + found.sorted()).joined(separator: "\n").write(
            toFile: "/tmp/journeys-many.txt", atomically: true, encoding: .utf8)
    }
}
