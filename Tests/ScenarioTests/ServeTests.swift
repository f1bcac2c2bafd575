import Foundation
import JSON
import Testing

@Suite("The server", .timeLimit(.minutes(10)))
struct ServeTests {
    @Test("A1 a second server on the same store exits 2, and the first goes on")
    func secondServer() async throws {
        try await TestInstallation.with { installation in
            let second = try await installation.command("serve")
            #expect(second.status == 2)
            #expect(second.output.isEmpty, "it never listened")
            #expect(!second.errors.isEmpty)
            try await installation.shop.act(["do": "place_order", "lines": [["sku": "MUG-WHITE", "quantity": 1]]])
            try await installation.settled()
            try await expectAgreement(installation)
        }
    }

    @Test("K3 twins that find their port taken say so and end, instead of waiting for ever")
    func takenPort() async throws {
        try await TestInstallation.with(serving: false) { installation in
            let taken = try #require(URL(string: installation.shop.url)?.port)
            let second = try await installation.command("twins", "--ports", String(taken))
            #expect(second.status == 2 && second.errors.contains("--ports"), "\(second.errors)")
            #expect(second.output.isEmpty, "nothing listens")
        }
    }

    @Test("K4 a wrong configuration exits 2 and names file, line and the word that was meant")
    func wrongConfiguration() async throws {
        try await TestInstallation.with(serving: false) { installation in
            try installation.edit {
                $0.replacing("policies: {", with: "polices: {").replacing("system: shopify", with: "system: shopfy")
            }
            let lines = try String(
                contentsOf: installation.folder.appending(path: TestInstallation.file), encoding: .utf8
            )
            .split(separator: "\n", omittingEmptySubsequences: false)
            let line = try #require(lines.firstIndex { $0.hasPrefix("polices") }) + 1
            let system = try #require(lines.firstIndex { $0.contains("shopfy") }) + 1
            for command in ["serve", "check"] {
                let outcome = try await installation.command(command)
                #expect(outcome.status == 2, "\(command)")
                #expect(outcome.errors.contains("plumbline.yaml:\(line):1: "), "\(outcome.errors)")
                #expect(outcome.errors.contains("did you mean \"policies\"?"))
                #expect(outcome.errors.contains("plumbline.yaml:\(system):"), "every mistake at once")
            }
            #expect(try await Program.run(["serve", "--config", "nothing.yaml"], in: installation.folder).status == 2)
            #expect(try await Program.run(["serv"], in: installation.folder).status == 2)
        }
    }

    @Test("K4 a wrong file of rates exits 2 before anything is served, with the line that must be changed")
    func wrongRates() async throws {
        try await TestInstallation.with(serving: false) { installation in
            let rates = installation.folder.appending(path: "rates.csv")
            try installation.edit { $0 + "rates: ./rates.csv\n" }
            let line = try String(
                contentsOf: installation.folder.appending(path: TestInstallation.file), encoding: .utf8
            )
            .split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.hasPrefix("rates:") }
            let place = "plumbline.yaml:\(try #require(line) + 1):"
            func expectRefusal(_ what: String, _ text: String) async throws {
                for command in ["serve", "check", "wait"] {
                    let words = command == "wait" ? ["wait", "--settled"] : [command]
                    let outcome = try await Program.run(
                        words + ["--config", TestInstallation.file], in: installation.folder)
                    #expect(outcome.status == 2 && outcome.output.isEmpty, "\(command), \(what): \(outcome.output)")
                    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
                    #expect(outcome.errors.contains(text), "\(command), \(what): \(outcome.errors)")
                }
            }
            try await expectRefusal("missing", place)
            try FileManager.default.createDirectory(at: rates, withIntermediateDirectories: true)
            try await expectRefusal("a folder", place)
            try FileManager.default.removeItem(at: rates)
            try Data("date,from,to,rate\n2026-11-20,EUR,GBP,0.85\n2026-11-21,EUR,GBP,0\n".utf8).write(to: rates)
            try await expectRefusal("malformed", "rates.csv:3:1: not a rate")
            try Data("date,from,to,rate\n2026-11-20,EUR,GBP,0.85\n".utf8).write(to: rates)
            try await installation.serve()
        }
    }

    @Test("K3 port 0 takes any free port, and the first line says which")
    func anyPort() async throws {
        try await TestInstallation.with(serving: false) { installation in
            try installation.edit {
                $0.replacing("listen: \"127.0.0.1:\(installation.port)\"", with: "listen: \"127.0.0.1:0\"")
            }
            let server = try RunningProgram(
                Program.executable, ["serve", "--config", TestInstallation.file], in: installation.folder)
            defer { server.kill() }
            try await eventually("it listens") { server.firstLine != nil }
            let url = try #require(try JSON.parse(Array((server.firstLine ?? "").utf8))["listening"]?.string)
            #expect(url.hasPrefix("http://127.0.0.1:") && !url.hasSuffix(":0"))
            #expect(try await Web.send("GET", "\(url)/health/live").status == 200)
            // Commands find it without being told.
            let wait = try await installation.command("wait", "--settled", "--timeout", "20s")
            #expect(wait.status == 0, "\(wait.errors)")
            server.terminate()
            try await server.ends(within: .seconds(10))
            #expect(server.status == 0)
        }
    }

    @Test("A1 the baseline instant is durable before the first webhook can be taken")
    func baseline() async throws {
        try await TestInstallation.with(serving: false) { installation in
            let first = try RunningProgram(
                Program.executable, ["serve", "--config", TestInstallation.file], in: installation.folder)
            try await eventually("it listens", every: .milliseconds(1)) { first.firstLine != nil }
            first.kill()
            let killed = Date().formatted(.iso8601)
            try await first.ends()
            try await pass(.milliseconds(1_100))
            try await installation.serve()
            let baseline = try #require(try await installation.api("flows").array?.first?["baseline"]?.string)
            #expect(baseline.prefix(19) <= killed.prefix(19), "the second start wrote a later one")
        }
    }

    @Test("A1 SIGTERM amid webhooks ends in good order within ten seconds and loses nothing")
    func goodOrder() async throws {
        try await TestInstallation.with { installation in
            for number in 0..<30 {
                try await installation.shop.act([
                    "do": "place_order", "customer": ["email": .string("end\(number)@example.test")],
                    "lines": [["sku": "MUG-WHITE", "quantity": 1]],
                ])
            }
            let started = ContinuousClock.now
            #expect(try await installation.stop() == 0)
            #expect(ContinuousClock.now - started < .seconds(10))
            try await installation.serve()
            // What the shop could not hand over comes at its next attempt.
            try await eventually("every webhook is delivered", every: .milliseconds(200)) {
                if try await installation.shop.state()["webhooks"]?["pending"] == 0 { return true }
                try await installation.shop.advance(seconds: 30)
                return false
            }
            try await installation.settled()
            #expect(try await installation.snapshot().events.count { $0.type == "purchase" } == 30)
            try await expectAgreement(installation)
        }
    }

    @Test("A13 a poll finds the order whose webhooks were all dropped, and its edit")
    func polling() async throws {
        try await TestInstallation.with { installation in
            try await installation.shop.fault(["target": "webhooks", "kind": "drop", "rate": 1])
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "quiet@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await eventually("the purchase is told") {
                try await installation.snapshot().events(order, "purchase").count == 1
            }
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await eventually("the edit is told") {
                try await installation.snapshot().events(order, "purchase_update").count == 1
            }
            try await installation.settled()
            let hooks = try await installation.shop.state()["webhooks"]
            #expect(hooks?["succeeded"] == 0)
            let story = try await installation.trace(order?.decimalText ?? "")
            #expect(story.items("receipt").isEmpty)
            #expect(!story.items("state", detail: "poll").isEmpty || !story.items("state", detail: "read").isEmpty)
            try await expectAgreement(installation)
        }
    }
}
