import Foundation
import JSON
import Testing

@Suite("Money and rows", .timeLimit(.minutes(10)))
struct MoneyTests {
    @Test("E6 two currencies: edit, settlement, return and appeasement move value once; the row is the order now")
    func twoCurrencies() async throws {
        try await TestInstallation.with { installation in
            let ids = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "eva@example.test"], "shipping": "4.95",
                "presentment": ["currency": "EUR", "rate": "1.17"], "lines": [["sku": "TEE-RED-M", "quantity": 3]],
            ])
            let order = ids["order"] ?? .null
            try await installation.settled()
            let purchase = try #require(try await installation.snapshot().events(order, "purchase").first)
            #expect(purchase["reference_currency"] == "GBP")
            #expect(purchase["local_currency"] == "EUR")
            #expect(money(purchase["total_price"]) == Decimal(string: "79.95"))
            #expect(money(purchase["total_price_local_currency"]) == Decimal(string: "93.54"))

            // One tee is edited away; its money goes back later and is no second subtraction.
            try await installation.shop.act([
                "do": "edit_order", "order": order, "changes": [["sku": "TEE-RED-M", "quantity": 2]],
            ])
            try await installation.settled()
            try await installation.shop.act(["do": "refund", "order": order])
            try await installation.settled()
            var snapshot = try await installation.snapshot()
            let update = try #require(snapshot.events(order, "purchase_update").first)
            #expect(money(update["total_delta"]) == -25)
            #expect(money(update["total_delta_local_currency"]) == Decimal(string: "-29.25"))
            #expect(snapshot.events(order, "return").isEmpty, "the edit was told already")
            try await expectAgreement(installation)

            // One comes back for money, and then the shop says sorry with three pounds.
            try await installation.shop.act([
                "do": "refund", "order": order, "lines": [["sku": "TEE-RED-M", "quantity": 1]], "restock": true,
            ])
            try await installation.settled()
            try await installation.shop.act(["do": "refund", "order": order, "amount": "3.00"])
            try await installation.settled()
            snapshot = try await installation.snapshot()
            let returns = snapshot.events(order, "return")
            #expect(returns.map { money($0["total_price"]) } == [25, 3])
            #expect(
                returns.map { money($0["total_price_local_currency"]) }
                    == ["29.25", "3.51"].map { Decimal(string: $0) })
            #expect(snapshot.value(order) == Decimal(string: "26.95"))
            #expect(snapshot.value(order, local: true) == Decimal(string: "31.53"))
            let row = try #require(snapshot.row(order))
            #expect(money(row["total_price"]) == Decimal(string: "29.95"))
            #expect(money(row["total_price_local_currency"]) == Decimal(string: "35.04"))
            #expect(money(row["returned_value"]) == 53)
            #expect(row["revision"] == 1)
            try await expectAgreement(installation)
        }
    }

    @Test("E6 shipping given back and a cancellation after an edit add up")
    func shippingAndCancellation() async throws {
        try await TestInstallation.with { installation in
            var orders: [JSON] = []
            for buyer in ["kim", "lee", "max"] {
                let ids = try await installation.shop.act([
                    "do": "place_order", "customer": ["email": .string("\(buyer)@example.test")], "shipping": "3.50",
                    "lines": [["sku": "SOCKS-3PK", "quantity": 3], ["sku": "POSTER-A2", "quantity": 1]],
                ])
                orders.append(ids["order"] ?? .null)
            }
            try await installation.settled()
            try await installation.shop.act([
                "do": "refund", "order": orders[1], "lines": [["sku": "SOCKS-3PK", "quantity": 1]], "shipping": "3.50",
            ])
            try await installation.shop.act([
                "do": "edit_order", "order": orders[2], "changes": [["sku": "POSTER-A2", "quantity": 0]],
            ])
            try await installation.settled()
            try await installation.shop.act(["do": "cancel", "order": orders[2], "reason": "customer", "refund": true])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            let shipping = try #require(snapshot.events(orders[1], "return").first)
            #expect(money(shipping["total_price"]) == Decimal(string: "13.49"))
            #expect(money(shipping["shipping_value"]) == Decimal(string: "3.5"))
            let cancellation = try #require(snapshot.events(orders[2], "purchase_cancellation").first)
            #expect(money(cancellation["total_price"]) == Decimal(string: "33.47"))
            try await expectAgreement(installation)
        }
    }

    @Test("E6 goods that come back without money leave the money where it is")
    func withoutMoney() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "kim@example.test"], "shipping": "3.50",
                "lines": [["sku": "SOCKS-3PK", "quantity": 3], ["sku": "POSTER-A2", "quantity": 1]],
            ])["order"]
            try await installation.shop.act(["do": "fulfil", "order": order ?? .null])
            try await installation.settled()
            try await installation.shop.act([
                "do": "refund", "order": order ?? .null, "lines": [["sku": "POSTER-A2", "quantity": 1]], "amount": 0,
            ])
            try await installation.settled()
            let worth = money(try await installation.ledger().order(order)?["net_value"])
            #expect(worth == Decimal(string: "48.42"))
            let snapshot = try await installation.snapshot()
            #expect(try snapshot.rowLines(order).map { $0["quantity"] } == [3, 0], "the row is the order now")
            #expect(snapshot.value(order) == worth)
            #expect(snapshot.events(order, "purchase_update").isEmpty)
        }
    }

    @Test("E6 ids above 2^53 arrive digit by digit")
    func largeIDs() async throws {
        try await TestInstallation.with { installation in
            let ids = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "ida@example.test"],
                "lines": [["sku": "CAP-BLACK", "quantity": 1], ["sku": "MUG-WHITE", "quantity": 1]],
            ])
            let order = try #require(ids["order"]?.int64)
            #expect(order > 1 << 53)
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            let purchase = try #require(snapshot.events(ids["order"], "purchase").first)
            #expect(purchase["purchase_id"] == .string("shop-\(order)"))
            let lines = (ids["lines"]?.array ?? []).map { $0.decimalText }
            #expect(purchase["product_list"]?.array?.map { $0["line_id"]?.string } == lines)
            #expect(snapshot.row(ids["order"])?["order_id"] == .string(String(order)))
            #expect(try snapshot.rowLines(ids["order"]).map { $0["line_id"]?.string } == lines)
            let profile = snapshot.profiles.first { $0["number"]?.int64 == purchase.profile }
            #expect(profile?["ids"]?.text().contains("\(ids["customer"]?.int64 ?? 0)") == true)
        }
    }
}
