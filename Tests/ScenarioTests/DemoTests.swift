import Foundation
import Testing

@Suite("Demonstration", .timeLimit(.minutes(10)))
struct DemoTests {
    @Test("K3 one command plays a day on a laptop and prints the verdict")
    func demo() async throws {
        let outcome = try await Program.run(
            ["demo", "--once"], in: FileManager.default.temporaryDirectory, within: .seconds(100))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("Verdict"))
        #expect(outcome.output.contains("Both systems agree; no fact is stored twice."))
        #expect(!outcome.output.contains("refused"))
    }

    @Test("K3 what the demonstration tells a newcomer to type works while it stays up")
    func commands() async throws {
        let folder = FileManager.default.temporaryDirectory
        let demo = try RunningProgram(Program.executable, ["demo"], in: folder)
        defer { demo.kill() }
        try await eventually("the demonstration explains itself", within: .seconds(100)) {
            demo.output.contains("_twin/act")
        }
        let lines = demo.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        for (command, expected) in [("trace", "purchase"), ("exceptions", "")] {
            let line = try #require(lines.first { $0.contains(" \(command) ") && $0.contains("--config") })
            let words = line.split(separator: " ").dropFirst().map { $0.trimmingCharacters(in: ["'"]) }
            let outcome = try await Program.run(words, in: folder)
            #expect(outcome.status == 0, "\(line): \(outcome.errors)")
            #expect(expected.isEmpty || outcome.output.contains(expected), "\(line): \(outcome.output)")
        }
        demo.terminate()
        try await demo.ends()
        #expect(demo.status == 0, "\(demo.errors)")
    }
}
