import Foundation
import JSON
import Testing

/// Ctrl-C ends everything within two seconds, whatever it waits for.
@Suite("Stopping", .serialized, .timeLimit(.minutes(10)))
struct StoppingTests {
    private static let limit = Duration.seconds(2)

    /// Sends SIGINT, and expects the end in time.
    /// - Returns: the exit status; `nil` for one that the signal ended.
    private func interrupt(
        _ program: RunningProgram, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Int32? {
        let begin = ContinuousClock.now
        var (last, gap) = (begin, Duration.zero)
        program.interrupt()
        try await eventually("\(what) ends", every: .milliseconds(10)) {
            gap = max(gap, ContinuousClock.now - last)
            last = ContinuousClock.now
            return !program.isRunning
        }
        // On a machine that runs everything at once we look late; that is no fault of the program's.
        let lasted = ContinuousClock.now - begin - gap
        #expect(lasted < Self.limit, "\(what) took \(lasted)", sourceLocation: sourceLocation)
        return program.wasEndedBySignal ? nil : program.status
    }

    @Test(
        "K3 Ctrl-C in the middle of the demonstration's story ends it within two seconds, and nothing is left",
        arguments: ["running", "09:00", "11:00", "13:00", "Still running"])
    func demonstration(moment: String) async throws {
        let demo = try RunningProgram(Program.executable, ["demo"], in: FileManager.default.temporaryDirectory)
        defer { demo.kill() }
        try await eventually("it has come to \(moment)", within: .seconds(100), every: .milliseconds(5)) {
            demo.output.contains(moment)
        }
        let status = try await interrupt(demo, moment)
        // On a busy machine the story may be over before the signal comes.
        let isOver = demo.output.contains("Verdict")
        #expect(isOver ? [0, 130].contains(status) : status == 130, "\(demo.errors)")
        #expect(demo.errors.isEmpty, "\(demo.errors)")
        let folder = FileManager.default.temporaryDirectory.appending(path: "plumbline-demo-\(demo.id)")
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test("K3 Ctrl-C ends serve within two seconds while the destination does not answer, and nothing is lost")
    func serve() async throws {
        try await TestInstallation.with { installation in
            try await installation.crm.fault(["target": "api", "kind": "timeout_after", "rate": 1, "seconds": 60])
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "late@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await eventually("a request is under way") { try await !installation.crm.calls().calls.isEmpty }
            let server = try #require(installation.running)
            #expect(try await interrupt(server, "serve") == 0, "\(server.errors.suffix(400))")
            #expect(!FileManager.default.fileExists(atPath: installation.folder.appending(path: "data/listening").path))
            try await installation.crm.clearFaults()
            try await installation.serve()
            try await installation.settled()
            #expect(try await installation.snapshot().events(order, "purchase").count >= 1)
        }
    }

    @Test("K3 a webhook that never ends does not keep serve from ending within two seconds")
    func stuckClient() async throws {
        try await TestInstallation.with { installation in
            let head = "POST /webhooks/shop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
            let port = installation.port
            let client = Task {
                try await RawConnection.answer(port: port, to: Array(head.utf8)) { _ in false }
            }
            try await pass(.milliseconds(300))
            let status = try await interrupt(try #require(installation.running), "serve")
            #expect(status == 0 || status == 130)
            client.cancel()
            _ = try? await client.value
        }
    }

    @Test("K3 a second Ctrl-C ends serve at once, and so does SIGTERM followed by Ctrl-C within two seconds")
    func twice() async throws {
        try await TestInstallation.with { installation in
            try await installation.crm.fault(["target": "api", "kind": "timeout_before", "rate": 1, "seconds": 60])
            try await installation.shop.act(["do": "place_order", "lines": [["sku": "MUG-WHITE", "quantity": 1]]])
            try await eventually("a request is under way") { try await !installation.crm.calls().calls.isEmpty }
            let server = try #require(installation.running)
            server.interrupt()
            let begin = ContinuousClock.now
            // Two signals of one kind at one time are one.
            try await pass(.milliseconds(50))
            server.interrupt()
            try await server.ends()
            #expect(ContinuousClock.now - begin < .seconds(1))
            #expect([0, 130].contains(server.status))
            try await installation.serve()
            let next = try #require(installation.running)
            next.terminate()
            try await pass(.milliseconds(50))
            #expect(try await [0, 130].contains(interrupt(next, "serve after SIGTERM")))
        }
    }

    @Test("K3 Ctrl-C ends twins within two seconds, also while an answer is held back")
    func twins() async throws {
        try await TestInstallation.with(serving: false) { installation in
            let twins = try RunningProgram(
                Program.executable, ["twins", "--config", TestInstallation.file, "--ports", "0"],
                in: installation.folder)
            try await eventually("the twins listen") { twins.firstLine != nil }
            let url = try #require(try JSON.parse(Array((twins.firstLine ?? "").utf8))["crm"]?.string)
            try await Twin(url: url).fault(["target": "api", "kind": "timeout_before", "rate": 1, "seconds": 60])
            let caller = Task { try await Web.send("POST", "\(url)/track/v2/projects/x/batch", body: Array("{}".utf8)) }
            try await eventually("the call is there") { try await Twin(url: url).calls().last > 0 }
            #expect(try await interrupt(twins, "twins") == 0, "\(twins.errors)")
            caller.cancel()
            _ = try? await caller.value
        }
    }

    @Test("K3 Ctrl-C ends wait and check at once")
    func commands() async throws {
        try await TestInstallation.with { installation in
            for target in [installation.shop, installation.crm] {
                try await target.fault(["target": "api", "kind": "timeout_before", "rate": 1, "seconds": 60])
            }
            try await installation.shop.act(["do": "place_order", "lines": [["sku": "MUG-WHITE", "quantity": 1]]])
            for words in [["wait", "--settled", "--timeout", "5m"], ["check"]] {
                let command = try RunningProgram(
                    Program.executable, words + ["--config", TestInstallation.file], in: installation.folder)
                try await pass(.seconds(1))
                #expect(command.isRunning, "\(words) waits: \(command.output)")
                #expect(try await [nil, 130].contains(interrupt(command, words[0])))
            }
        }
    }
}
