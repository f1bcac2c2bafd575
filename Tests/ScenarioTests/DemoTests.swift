import Foundation
import Testing

@Suite("Demonstration", .timeLimit(.minutes(2)))
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
}
