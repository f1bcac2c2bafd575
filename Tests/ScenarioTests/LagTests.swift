import Foundation
import JSON
import Testing

@Suite("Lag", .timeLimit(.minutes(10)))
struct LagTests {
    @Test("E9 the gap between an edit and its acknowledgement is in the trace and in the metrics")
    func measured() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "lag@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await installation.settled()
            let answers = try await installation.trace(order?.decimalText ?? "").items(
                "answer", type: "purchase_update")
            #expect(answers.count == 1)
            let detail = try #require(answers.first?["detail"]?.string)
            let words = detail.split(separator: " ")
            #expect(words.first == "acknowledged")
            let seconds = try #require(words.dropFirst().first?.hasSuffix("s") == true ? words[1].dropLast() : nil)
            #expect(try #require(Decimal(string: String(seconds))) < 60)
            let metrics = try await installation.get("/metrics").text
            let count = metrics.split(separator: "\n").first {
                $0.hasPrefix("plumbline_lag_seconds_count{") && $0.contains("event_type=\"purchase_update\"")
            }
            #expect(count?.hasSuffix(" 1") == true, "\(count ?? "no such metric")")
            #expect(count?.contains("flow=\"edits\"") == true)
        }
    }

    @Test("E9 an edit over the objective is an exception with its root cause, and resolves itself")
    func overObjective() async throws {
        try await TestInstallation.with(["freshness_objective": "2s"]) { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "lag@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.crm.fault(["target": "api", "kind": "status", "status": 503])
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await eventually("the lag is an exception") {
                try await !installation.exceptions(of: "lag_over_objective").isEmpty
            }
            let raised = try #require(try await installation.exceptions(of: "lag_over_objective").first)
            #expect(raised["cause"]?.string?.contains("crm is throttled or failing") == true, "\(raised.text())")
            #expect(raised["cause"]?.string?.contains("purchase_update") == true)
            #expect(raised["entity"]?.string?.contains(order?.decimalText ?? "?") == true)
            #expect(raised["owner"] == "operations")
            #expect(try await installation.api("freshness")["fresh"] == false)
            let hidden = try await installation.command("exceptions", "resolve", raised["id"]?.string ?? "")
            #expect(hidden.status == 1 && hidden.errors.contains("resolves itself"), "\(hidden.errors)")
            try await installation.crm.clearFaults()
            try await installation.settled()
            try await eventually("the exception is resolved by itself") {
                try await installation.exceptions(of: "lag_over_objective").isEmpty
            }
            let resolved = try await installation.exceptions(of: "lag_over_objective", all: true)
            #expect(!resolved.isEmpty && resolved.allSatisfy { $0["state"] == "resolved" })
            #expect(try await installation.api("freshness")["fresh"] == true)
            try await expectAgreement(installation)
        }
    }

    @Test("E8 A6 after a rest an edit goes before the detailed attributes of products")
    func statusFirst() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "eve@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            let made = try await installation.shop.act([
                "do": "create_product", "sku": "VASE-0", "title": "Vase", "price": 9,
            ])
            try #require(made["variant"] != nil)
            try await installation.settled()
            try await installation.crm.fault(["target": "api", "kind": "status", "status": 503])
            for number in 1...20 {
                try await installation.shop.act([
                    "do": "create_product", "sku": .string("VASE-\(number)"), "title": "Vase", "price": 9,
                ])
            }
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await eventually("edit and products wait") {
                try await installation.api("settled")["unsent"]?.int64 ?? 0 >= 40
            }
            let before = try await installation.crm.calls().last
            try await installation.crm.clearFaults()
            try await installation.settled()
            let taken = try await installation.crm.calls(since: before).calls.filter { $0["effect"]?.bool == true }
                .map { $0["body"]?.text() ?? "" }
            let edit = try #require(taken.firstIndex { $0.contains("purchase_update") })
            let vases = taken.indices.filter { taken[$0].contains("Vase") }
            // The first request after a failure is whoever's turn it is; everything else has its lane.
            #expect(vases.count { $0 < edit } <= 1, "\(vases), edit at \(edit)")
            #expect(try #require(vases.last) > edit)
        }
    }
}
