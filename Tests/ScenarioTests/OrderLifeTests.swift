import Foundation
import JSON
import Testing

@Suite("Orders and their edits", .timeLimit(.minutes(10)))
struct OrderLifeTests {
    private static let ada: JSON = ["email": "ada@example.test", "first_name": "Ada", "last_name": "Lovelace"]

    @Test("E1 E2 an order's whole life is told with full detail, line status included")
    func wholeLife() async throws {
        try await TestInstallation.with { installation in
            let ids = try await installation.shop.act([
                "do": "place_order", "customer": Self.ada, "paid": false, "shipping": "4.95", "tags": ["vip"],
                "discount": ["code": "WELCOME", "amount": 5],
                "lines": [["sku": "TEE-RED-M", "quantity": 2], ["sku": "MUG-WHITE", "quantity": 1]],
            ])
            let order = ids["order"]
            try await installation.settled()
            var snapshot = try await installation.snapshot()
            #expect(snapshot.events(order).isEmpty, "an unpaid order is no purchase yet")
            #expect(snapshot.row(order)?["financial_status"] == "pending")

            try await installation.shop.act(["do": "pay", "order": order ?? .null])
            try await installation.settled()
            snapshot = try await installation.snapshot()
            let purchase = try #require(snapshot.events(order, "purchase").first)
            #expect(money(purchase["total_price"]) == Decimal(string: "62.45"))
            #expect(money(purchase["shipping_cost"]) == Decimal(string: "4.95"))
            #expect(purchase["voucher_code"] == "WELCOME")
            #expect(purchase["purchase_status"] == "success")
            #expect(purchase["purchase_source_type"] == "online")
            #expect(purchase["total_quantity"] == 3)
            #expect(purchase["live"] == true)
            #expect(purchase["order_name"] == ids["name"])
            let products = purchase["product_list"]?.array ?? []
            #expect(products.map { $0["sku"] } == ["TEE-RED-M", "MUG-WHITE"])
            #expect(products.map { $0["quantity"] } == [2, 1])
            #expect(products.allSatisfy { $0["fulfillment_status"] == "unfulfilled" })
            #expect(products.allSatisfy { $0["product_id"]?.string != nil && $0["variant_id"]?.string != nil })
            #expect(snapshot.events(order, "purchase_item").count == 2)

            try await installation.shop.act([
                "do": "fulfil", "order": order ?? .null, "tracking": "RM123456789GB",
                "lines": [["sku": "TEE-RED-M", "quantity": 2]],
            ])
            try await installation.settled()
            snapshot = try await installation.snapshot()
            let parcel = try #require(snapshot.events(order, "fulfillment").first)
            #expect(parcel["fulfillment_status"] == "success")
            #expect(parcel["tracking_numbers"] == ["RM123456789GB"])
            #expect(parcel["product_list"]?.array?.count == 1)
            #expect(snapshot.events(order, "purchase_update").isEmpty, "a parcel is no edit")
            #expect(snapshot.row(order)?["sku_status"] == ["TEE-RED-M:fulfilled", "MUG-WHITE:unfulfilled"])
            #expect(snapshot.row(order)?["fulfillment_status"] == "partial")

            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await installation.settled()
            snapshot = try await installation.snapshot()
            let update = try #require(snapshot.events(order, "purchase_update").first)
            #expect(update["revision"] == 1)
            #expect(money(update["total_delta"]) == 18)
            #expect(money(update["total_price"]) == Decimal(string: "80.45"))
            let now = update["product_list"]?.array ?? []
            #expect(now.map { $0["sku"] } == ["TEE-RED-M", "MUG-WHITE", "CAP-BLACK"])
            #expect(now.map { $0["fulfillment_status"] } == ["fulfilled", "unfulfilled", "unfulfilled"])
            #expect(
                try snapshot.rowLines(order).map { $0["fulfillment_status"] } == now.map { $0["fulfillment_status"] })

            try await installation.shop.act(["do": "pay", "order": order ?? .null])
            try await installation.shop.act([
                "do": "refund", "order": order ?? .null, "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])
            try await installation.settled()
            snapshot = try await installation.snapshot()
            let refund = try #require(snapshot.events(order, "return").first)
            #expect(refund["product_list"]?.array?.map { $0["sku"] } == ["MUG-WHITE"])
            #expect(money(refund["total_price"]) > 11, "the mug less its part of the voucher")
            #expect(snapshot.events(order, "return_item").count == 1)
            #expect(snapshot.events(order, "purchase_update").count == 1, "a return is no edit")
            try await expectAgreement(installation)
        }
    }

    @Test("E1 a cancelled order takes back exactly what was told")
    func cancellation() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": Self.ada, "lines": [["sku": "BAG-CANVAS", "quantity": 2]],
            ])["order"]
            try await installation.settled()
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["sku": "BAG-CANVAS", "quantity": 1]],
            ])
            try await installation.settled()
            try await installation.shop.act([
                "do": "cancel", "order": order ?? .null, "reason": "inventory", "refund": true,
            ])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            let cancellation = try #require(snapshot.events(order, "purchase_cancellation").first)
            #expect(cancellation["reason"] == "inventory")
            #expect(money(cancellation["total_price"]) == 34)
            #expect(snapshot.value(order) == 0)
            #expect(snapshot.events(order, "return").isEmpty, "the refund belongs to the cancellation")
            #expect(snapshot.row(order)?["status"] == "cancelled")
            #expect(snapshot.row(order)?["cancel_reason"] == "inventory")
            try await expectAgreement(installation)
        }
    }

    @Test("E1 in the status ladder a revision is a purchase with a status")
    func statusLadder() async throws {
        try await TestInstallation.with(["purchase_pattern": "status_ladder"]) { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": Self.ada, "lines": [["sku": "TEE-RED-M", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "MUG-WHITE", "quantity": 1]],
            ])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            let ladder = snapshot.events(order, "purchase")
            #expect(ladder.map { $0["purchase_status"] } == ["success", "updated"])
            #expect(money(ladder.last?["total_delta"]) == Decimal(string: "12.5"))
            #expect(money(ladder.last?["total_price"]) == Decimal(string: "37.5"))
            #expect(snapshot.events(order, "purchase_update").isEmpty)
            try await expectAgreement(installation)
        }
    }

    @Test("E4 a swap is one revision with exact changes, one purchase and no cancellation")
    func swap() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": Self.ada,
                "lines": [["sku": "TEE-RED-M", "quantity": 2], ["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.shop.act([
                "do": "swap_line", "order": order ?? .null, "remove_sku": "TEE-RED-M", "add_sku": "TEE-BLUE-M",
                "quantity": 2,
            ])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.events(order, "purchase").count == 1)
            #expect(snapshot.events(order, "purchase_cancellation").isEmpty)
            #expect(snapshot.events(order, "return").isEmpty)
            let updates = snapshot.events(order, "purchase_update")
            #expect(updates.count == 1)
            #expect(money(updates.first?["total_delta"]) == 5)
            let changes = (updates.first?["changes"]?.array ?? []).map { change in
                ["type", "sku", "quantity_before", "quantity_after"].map { change[$0]?.decimalText ?? "-" }
                    .joined(separator: " ")
            }
            #expect(changes == ["removed TEE-RED-M 2 0", "added TEE-BLUE-M 0 2"])
            let removed = try #require(snapshot.events(order, "purchase_item_removed").first)
            #expect(removed["sku"] == "TEE-RED-M")
            #expect(removed["quantity"] == 2)
            #expect(
                snapshot.events(order, "purchase_item").contains { $0["revision"] == 1 && $0["sku"] == "TEE-BLUE-M" })
            try await expectAgreement(installation)
        }
    }

    @Test("E5 three quick edits while Bloomreach fails are one revision of the final state")
    func quickEdits() async throws {
        // A long rest, so that all three are known before anything is tried again.
        try await TestInstallation.with(["retry_base": "6s", "retry_max": "6s"]) { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": Self.ada, "lines": [["sku": "HOODIE-GREY-L", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await installation.crm.fault(["target": "api", "kind": "status", "status": 503])
            // Something else is on its way and fails first, so that the edits find the destination at rest.
            try await installation.shop.act([
                "do": "place_order", "customer": Self.ada, "lines": [["sku": "POSTER-A2", "quantity": 1]],
            ])
            let last = try await installation.crm.calls().last
            try await eventually("Bloomreach fails") { try await installation.crm.calls(since: last).last > last }
            for (sku, quantity) in [("CAP-BLACK", 1), ("SOCKS-3PK", 3), ("MUG-WHITE", 2)] {
                try await installation.shop.act([
                    "do": "edit_order", "order": order ?? .null,
                    "changes": [["add_sku": .string(sku), "quantity": JSON(quantity)]],
                ])
            }
            // All three are known here, and none was told.
            try await eventually("the last edit has been planned") {
                try await installation.trace(order?.decimalText ?? "").items("decision", type: "purchase_update")
                    .last?["detail"]?.string?.contains("MUG-WHITE") == true
            }
            #expect(try await installation.snapshot().events(order, "purchase_update").isEmpty)
            try await installation.crm.clearFaults()
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            let updates = snapshot.events(order, "purchase_update")
            let deltas = updates.map { money($0["total_delta"]) }.reduce(0, +)
            #expect(deltas == Decimal(string: "72.97"))
            #expect(updates.count == 1, "\(updates.map { $0["changes"]?.text() ?? "" })")
            #expect(updates.last?["revision"] == 1)
            #expect(money(updates.last?["total_price"]) == Decimal(string: "132.97"))
            try await expectAgreement(installation)
        }
    }
}
