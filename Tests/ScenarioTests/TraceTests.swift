import Foundation
import JSON
import Testing

@Suite("Traces and what is never told", .timeLimit(.minutes(10)))
struct TraceTests {
    @Test("A12 an order is found by name, id, GID, e-mail, customer id and SKU, with the whole story")
    func keys() async throws {
        try await TestInstallation.with { installation in
            let ids = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "Tess@Example.test"], "paid": false,
                "lines": [["sku": "HOODIE-GREY-L", "quantity": 1]],
            ])
            try await installation.shop.act([
                "do": "place_order", "customer": ["email": "someone@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])
            try await installation.settled()
            try await installation.shop.act(["do": "pay", "order": ids["order"] ?? .null])
            try await installation.settled()
            let id = ids["order"]?.decimalText ?? ""
            let keys = [
                ids["name"]?.string ?? "", id, "gid://shopify/Order/\(id)", "tess@example.test",
                ids["customer"]?.decimalText ?? "", "HOODIE-GREY-L", "shop-\(id)",
            ]
            for key in keys {
                let story = try await installation.trace(key)
                #expect(story.entities.contains("shop/order/\(id)"), "\(key)")
                #expect(!story.items("receipt").isEmpty, "\(key): receipts")
                #expect(!story.items("decision", reason: "not_purchase_yet", type: "purchase").isEmpty, "\(key)")
                #expect(story.items("decision", reason: "told", type: "purchase").count == 1, "\(key)")
                #expect(story.items("answer", reason: "told", type: "purchase").count == 1, "\(key)")
            }
            let times = try await installation.trace(id).items.compactMap { $0["at"]?.string }
            #expect(times == times.sorted(), "in the order in which it happened")
            let byHand = try await installation.command("trace", ids["name"]?.string ?? "", "--json")
            #expect(byHand.status == 0)
            #expect(Story(try JSON.parse(Array(byHand.output.utf8))).entities.contains("shop/order/\(id)"))
            #expect(try await installation.command("trace", "nobody@example.test").status == 1)
        }
    }

    @Test("A12 what happened before the flow began is not told, and the trace says so")
    func beforeBaseline() async throws {
        try await TestInstallation.with(serving: false) { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "old@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])["order"]
            try await pass(.seconds(2))
            try await installation.serve()
            try await installation.shop.act(["do": "update_order", "order": order ?? .null, "note": "still here"])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.events(order).isEmpty)
            #expect(snapshot.row(order) != nil, "the present is told")
            let story = try await installation.trace(order?.decimalText ?? "")
            #expect(!story.items("decision", reason: "before_baseline", type: "purchase").isEmpty)
        }
    }

    @Test("A22 test, zero-value, gift-card-only and migrated orders are never told")
    func neverTold() async throws {
        try await TestInstallation.with(["migrated_tags": "[imported]"]) { installation in
            let buyer: JSON = ["email": "nina@example.test"]
            let mug: JSON = [["sku": "MUG-WHITE", "quantity": 1]]
            let actions: [JSON] = [
                ["do": "place_order", "customer": buyer, "lines": mug, "test": true],
                ["do": "place_order", "customer": buyer, "lines": [["title": "Sample", "price": "0", "quantity": 1]]],
                ["do": "place_order", "customer": buyer, "lines": [["sku": "GIFT-25", "quantity": 2]]],
                ["do": "place_order", "customer": buyer, "lines": mug, "tags": ["vip", "imported"]],
            ]
            var silent: [JSON] = []
            for action in actions { silent.append(try await installation.shop.act(action)["order"] ?? .null) }
            let told = try await installation.shop.act(["do": "place_order", "customer": buyer, "lines": mug])["order"]
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.events(told, "purchase").count == 1, "the program was at work")
            for (order, word) in zip(silent, ["test", "no value", "gift cards", "imported"]) {
                #expect(snapshot.events(order).isEmpty, "\(word)")
                #expect(snapshot.row(order) == nil, "\(word)")
                let story = try await installation.trace(order.decimalText ?? "")
                #expect(!story.items("decision", reason: "never_told", detail: word).isEmpty, "\(word)")
            }
        }
    }
}
