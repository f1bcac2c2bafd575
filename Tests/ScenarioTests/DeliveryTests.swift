import Foundation
import JSON
import Testing

@Suite("Deliveries", .timeLimit(.minutes(10)))
struct DeliveryTests {
    // MARK: A2

    /// What one day leaves in Bloomreach, without what depends on when things were told.
    private struct Outcome: Equatable {
        var values: [Decimal] = []
        var rows: [String] = []
        var purchases: [Int] = []
    }

    private static func day(_ hookFaults: [JSON], pausing: Bool) async throws -> Outcome {
        var outcome = Outcome()
        try await TestInstallation.with { installation in
            for fault in hookFaults { try await installation.shop.fault(fault) }
            var orders: [JSON] = []
            for buyer in ["ann", "bob", "cid"] {
                let ids = try await installation.shop.act([
                    "do": "place_order", "customer": ["email": .string("\(buyer)@example.test")], "shipping": "2.50",
                    "lines": [["sku": "TEE-RED-M", "quantity": 2], ["sku": "BAG-CANVAS", "quantity": 1]],
                ])
                orders.append(ids["order"] ?? .null)
            }
            try await installation.settled()
            let actions: [JSON] = [
                ["do": "swap_line", "order": orders[0], "remove_sku": "TEE-RED-M", "add_sku": "TEE-BLUE-M"],
                ["do": "edit_order", "order": orders[1], "changes": [["add_sku": "MUG-WHITE", "quantity": 2]]],
                ["do": "fulfil", "order": orders[1], "lines": [["sku": "BAG-CANVAS", "quantity": 1]]],
                ["do": "refund", "order": orders[1], "lines": [["sku": "TEE-RED-M", "quantity": 1]]],
                ["do": "edit_order", "order": orders[0], "changes": [["sku": "BAG-CANVAS", "quantity": 0]]],
                ["do": "cancel", "order": orders[2], "reason": "customer", "refund": true],
                ["do": "refund", "order": orders[0], "amount": "1.50"],
            ]
            for action in actions {
                try await installation.shop.act(action)
                if pausing { try await installation.settled() }
            }
            try await installation.settled()
            try await expectAgreement(installation)
            let snapshot = try await installation.snapshot()
            for order in orders {
                outcome.values.append(snapshot.value(order))
                outcome.purchases.append(snapshot.events(order, "purchase").count)
                var row = snapshot.row(order)?.object ?? JSONObject()
                for key in row.keys where key.hasSuffix("_at") { row[key] = nil }
                for key in ["revision", "told_hash", "truth_version"] { row[key] = nil }
                outcome.rows.append(JSON.object(row).text(sortingKeys: true))
            }
        }
        return outcome
    }

    @Test("A2 duplicates and reordering leave the same sums and rows as a calm day")
    func duplicatesAndReordering() async throws {
        let calm = try await Self.day([], pausing: true)
        let stormy = try await Self.day(
            [
                ["target": "webhooks", "kind": "duplicate", "rate": 1],
                ["target": "webhooks", "kind": "reorder", "rate": 1, "seconds": 2],
            ], pausing: false)
        #expect(calm.values.count == 3)
        #expect(stormy == calm)
    }

    // MARK: A3, A4

    @Test("A3 an older webhook after a newer one changes nothing")
    func olderVersion() async throws {
        try await TestInstallation.with { installation in
            let now = Date()
            let newer = Hook.paidOrder(id: 9_100_000_000_000_001, customer: 77, pence: 2_500, at: now)
            let older = Hook.paidOrder(
                id: 9_100_000_000_000_001, customer: 77, pence: 9_900, at: now.addingTimeInterval(-60))
            #expect(try await Hook("orders/updated", newer, id: "newer").send(to: installation).status == 200)
            try await installation.settled()
            let before = try await installation.crm.state().text(sortingKeys: true)
            let calls = try await installation.crm.calls().last
            #expect(try await Hook("orders/updated", older, id: "older").send(to: installation).status == 200)
            try await installation.settled()
            #expect(try await installation.crm.state().text(sortingKeys: true) == before)
            #expect(try await installation.crm.calls().last == calls)
            let story = try await installation.trace("9100000000000001")
            #expect(story.items("receipt", reason: "older_version").count == 1)
            let snapshot = try await installation.snapshot()
            #expect(snapshot.value(9_100_000_000_000_001) == 25)
        }
    }

    @Test("A4 noise sends nothing: a note, a parcel's unchanged data, the same webhook again")
    func noise() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "ned@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await installation.shop.act(["do": "fulfil", "order": order ?? .null, "tracking": "RM1"])
            try await installation.settled()
            let last = try await installation.crm.calls().last
            #expect(last > 0)
            try await installation.shop.act(["do": "update_order", "order": order ?? .null, "note": "ring twice"])
            try await installation.settled()
            try await installation.shop.act(["do": "update_fulfilment", "order": order ?? .null, "tracking": "RM1"])
            try await installation.settled()
            // Two polls, too.
            try await pass(.seconds(4))
            #expect(try await installation.crm.calls(since: last).calls.map { $0.text() } == [])
            let story = try await installation.trace(order?.decimalText ?? "")
            #expect(!story.items("decision", reason: "no_change", type: "row").isEmpty, "the trace says why not")
        }
    }

    // MARK: A5, A8

    @Test("A5 a refused purchase parks its dependents and nothing else; a retry releases them")
    func refusedPurchase() async throws {
        try await TestInstallation.with { installation in
            let other = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "olga@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.crm.act(["do": "forbid", "event_type": "purchase"])
            let refused = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "rita@example.test"],
                "lines": [["sku": "BAG-CANVAS", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.shop.act(["do": "fulfil", "order": refused ?? .null, "tracking": "RM9"])
            try await installation.shop.act([
                "do": "edit_order", "order": other ?? .null, "changes": [["add_sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await installation.settled()
            var snapshot = try await installation.snapshot()
            #expect(snapshot.events(refused, "purchase").isEmpty)
            // Its items commute with it (docs/architecture.md, law 4) and share its batch, so they are told; what waits
            // for it is not.
            #expect(snapshot.events(refused, "fulfillment").isEmpty)
            #expect(snapshot.events(other, "purchase_update").count == 1, "other orders go on")
            let refusals = try await installation.exceptions(of: "destination_refused")
            #expect(refusals.count == 1, "one refused order is one problem")
            let exception = try #require(refusals.first)
            #expect(exception["entity"]?.string == "shop/order/\(refused?.decimalText ?? "?") edits")
            #expect(exception["cause"]?.string?.contains("Events > Set for purchase") == true, "it says the next step")
            let story = try await installation.trace(refused?.decimalText ?? "")
            #expect(!story.items("decision", reason: "waits_for_dependency", type: "fulfillment").isEmpty)
            let waiting = try await installation.api("settled")["waiting"]?.array ?? []
            #expect(!waiting.isEmpty, "what is parked is listed")

            let listed = try await installation.command("exceptions", "list", "--json")
            #expect(listed.status == 1, "an open exception")
            #expect(try JSON.parse(Array(listed.output.utf8)).array?.contains { $0["id"] == exception["id"] } == true)
            try await installation.crm.act(["do": "permit", "event_type": "purchase"])
            let retry = try await installation.command("exceptions", "retry", try #require(exception["id"]?.string))
            #expect(retry.status == 0, "\(retry.errors)")
            try await installation.settled()
            snapshot = try await installation.snapshot()
            #expect(snapshot.events(refused, "purchase").count == 1)
            #expect(snapshot.events(refused, "fulfillment").count == 1)
            #expect(snapshot.row(refused)?["purchase_told"] == true)
            try await installation.shop.act(["do": "update_order", "order": refused ?? .null, "tags": ["seen"]])
            try await installation.settled()
            #expect(try await installation.snapshot().events(refused, "fulfillment").count == 1)
            #expect(try await installation.exceptions().isEmpty)
            #expect(try await installation.command("exceptions", "list").status == 0)
            try await expectAgreement(installation)
        }
    }

    @Test("A8 answers lost after the effect double nothing, and are read back")
    func lostAnswers() async throws {
        try await TestInstallation.with { installation in
            // Who the buyer is was acknowledged before: what is lost is the answer about the purchase.
            try await installation.shop.act([
                "do": "place_order", "customer": ["email": "tim@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])
            try await installation.settled()
            try await installation.crm.fault(["target": "api", "kind": "timeout_after", "seconds": 0])
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "tim@example.test"],
                "lines": [["sku": "TEE-RED-M", "quantity": 1], ["sku": "CAP-BLACK", "quantity": 1]],
            ])["order"]
            let key = order?.decimalText ?? ""
            try await eventually("the purchase was sent twice") {
                try await installation.trace(key).items("answer", type: "purchase", detail: "outcome unknown").count
                    >= 2
            }
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["sku": "CAP-BLACK", "quantity": 0]],
            ])
            try await installation.crm.clearFaults()
            try await installation.settled()
            let state = try await installation.crm.state()
            let snapshot = DestinationSnapshot(state)
            let processed = try #require(state["processed_events"]?.int64)
            #expect(processed > Int64(snapshot.events.count), "copies were really sent")
            #expect(snapshot.events(order, "purchase").count == 1)
            #expect(snapshot.value(order) == 25)
            let story = try await installation.trace(key)
            #expect(!story.items("readback", detail: "it is there once").isEmpty)
            #expect(story.items("readback", detail: "times").isEmpty)
            #expect(try await installation.exceptions(of: "ambiguous_duplicate").isEmpty)
            try await expectAgreement(installation)
        }
    }

    @Test("A5 an event that failed once is sent again while its row waits for the catalogue")
    func missingCatalogue() async throws {
        try await TestInstallation.with { installation in
            try await installation.crm.act(["do": "forbid", "catalog_right": "get_catalog"])
            try await installation.crm.fault(["target": "api", "kind": "status", "status": 503, "until": 1])
            let ids = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "cat@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])
            let order = ids["order"]
            let isTold = { try await installation.snapshot().events(order, "purchase").count == 1 }
            try await eventually("the purchase is told", within: .seconds(60), isTold)
            try await eventually("the missing right is an exception") {
                try await !installation.exceptions(of: "destination_unauthorised").isEmpty
            }
            try await installation.crm.act(["do": "permit", "catalog_right": "get_catalog"])
            try await installation.settled()
            try await expectAgreement(installation)
            let left = try await installation.exceptions()
            #expect(left.map { $0["kind"] } == [], "it resolves itself")
        }
    }
}
