import Foundation
import Testing

/// Same seed, same bytes, in two processes (docs/architecture.md, law 1). Within one process hashing has one seed, so
/// that only a second process can show an order that leaked out of a Dictionary or a Set.
@Suite("Two processes")
struct TwoProcessesTests {
    /// Short days: what matters is the number of processes.
    static let seeds = 50

    /// The program beside the tests; `PLUMBLINE_EXECUTABLE` names another one, for a build of the core set alone.
    static let executable: URL = {
        if let path = ProcessInfo.processInfo.environment["PLUMBLINE_EXECUTABLE"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: ".build/debug/plumbline")
    }()

    @Test("A1 fifty seeds give the same digests in two processes")
    func digests() throws {
        let first = try start()
        let second = try start()
        let lines = try read(first)
        #expect(try read(second) == lines)
        #expect(lines.count >= Self.seeds)
        #expect(Set(lines).count == lines.count, "a digest that is equal for all seeds proves nothing")
    }

    private struct Run {
        var process: Process
        var output: Pipe
    }

    private func start() throws -> Run {
        let run = Run(process: Process(), output: Pipe())
        run.process.executableURL = Self.executable
        run.process.arguments = ["simulate", "--seeds", String(Self.seeds), "--orders", "2", "--digests"]
        run.process.standardOutput = run.output
        try run.process.run()
        return run
    }

    private func read(_ run: Run) throws -> [String] {
        let data = try run.output.fileHandleForReading.readToEnd() ?? Data()
        run.process.waitUntilExit()
        #expect(run.process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}
