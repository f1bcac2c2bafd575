import Foundation
import JSON
import Testing

@Suite("Cancelled and recreated orders", .timeLimit(.minutes(10)))
struct JourneyTests {
    private static let buyer: JSON = ["email": "jo@example.test", "first_name": "Jo", "last_name": "Journey"]

    /// Where the pair is sure to come, however slow the machine.
    private static let longHold = ["replacement_hold": "60s"]

    private static func place(_ stage: Stage, _ lines: JSON = [["sku": "TEE-RED-M", "quantity": 2]]) async throws
        -> JSON?
    {
        try await stage.shop.act(["do": "place_order", "customer": buyer, "lines": lines])["order"]
    }

    /// The two orders are one purchase in the shopper's eyes.
    /// - Parameter mayBeEarlier: the cancellation may have been told before anything named a replacement.
    private static func expectOne(
        _ original: JSON?, _ replacement: JSON?, _ belief: Belief, mayBeEarlier: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let cancellation = try #require(
            belief.events(original, "purchase_cancellation").first, sourceLocation: sourceLocation)
        if !(mayBeEarlier && cancellation["reason"] == "other") {
            #expect(cancellation["reason"] == "replaced_by_edit", sourceLocation: sourceLocation)
            #expect(
                cancellation["replaced_by"]?.string == Belief.purchaseID(replacement), sourceLocation: sourceLocation)
        }
        #expect(belief.value(original) == 0, sourceLocation: sourceLocation)
        let told = belief.events(replacement).filter { $0["is_replacement"] == true }
        #expect(!told.isEmpty, sourceLocation: sourceLocation)
        #expect(
            told.allSatisfy { $0["replaces"]?.string == Belief.purchaseID(original) }, sourceLocation: sourceLocation)
        #expect(
            belief.events(replacement, "purchase").allSatisfy {
                $0["journey_id"]?.string == Belief.purchaseID(original)
            }, sourceLocation: sourceLocation)
        #expect(belief.property("orders_count", of: replacement) == 1, sourceLocation: sourceLocation)
    }

    @Test(
        "E3 a recreated order is one journey, in either order of arrival",
        arguments: ["letter_and_tags", "note"], [true, false])
    func recreated(style: String, createFirst: Bool) async throws {
        try await Stage.with(Self.longHold) { stage in
            let original = try await Self.place(stage)
            try await stage.settled()
            let ids = try await stage.shop.act([
                "do": "recreate_order", "order": original ?? .null, "style": .string(style),
                "create_first": .bool(createFirst), "close_original": true, "paid": true,
                "changes": [["add_sku": "MUG-WHITE", "quantity": 1]],
            ])
            let replacement = ids["order"]
            try #require(replacement != original)
            try await stage.settled()
            let belief = try await stage.belief()
            // The note is on the replacement alone: an order without a mark goes at once (DESIGN section 6).
            try Self.expectOne(original, replacement, belief, mayBeEarlier: style == "note")
            let purchase = try #require(belief.events(replacement, "purchase").first)
            #expect(belief.value(replacement) == money(purchase["total_price"]))
            #expect(belief.row(original)?["mirrors"]?.string == Belief.purchaseID(replacement))
            #expect(belief.row(original)?["skus"] == belief.row(replacement)?["skus"])
            #expect(try await stage.exceptions(of: "replacement_doubtful").isEmpty)
        }
    }

    @Test("E3 a chain of three orders is one journey with the first order's name")
    func chain() async throws {
        try await Stage.with(Self.longHold) { stage in
            let first = try await Self.place(stage)
            try await stage.settled()
            var ids = try await stage.shop.act([
                "do": "recreate_order", "order": first ?? .null, "style": "letter_and_tags",
                "changes": [["add_sku": "MUG-WHITE", "quantity": 1]], "paid": true,
            ])
            let second = ids["order"]
            try await stage.settled()
            ids = try await stage.shop.act([
                "do": "recreate_order", "order": second ?? .null, "style": "letter_and_tags",
                "changes": [["add_sku": "CAP-BLACK", "quantity": 1]], "paid": true,
            ])
            let third = ids["order"]
            try await stage.settled()
            let belief = try await stage.belief()
            #expect(belief.value(first) == 0)
            #expect(belief.events(first, "purchase_cancellation").first?["reason"] == "replaced_by_edit")
            let journeys = Set(belief.events(third).compactMap { $0["journey_id"]?.string })
            #expect(journeys == [Belief.purchaseID(first)])
            #expect(belief.events(third).contains { $0["replaces"]?.string == Belief.purchaseID(second) })
            #expect(belief.property("orders_count", of: first) == 1)
        }
    }

    @Test("E3 an unrelated cancellation and a new order of the same customer stay separate")
    func unrelated() async throws {
        try await Stage.with { stage in
            let cancelled = try await Self.place(stage)
            try await stage.settled()
            try await stage.shop.act([
                "do": "cancel", "order": cancelled ?? .null, "reason": "customer", "refund": true,
            ])
            let fresh = try await Self.place(stage, [["sku": "POSTER-A2", "quantity": 1]])
            try await stage.settled()
            let belief = try await stage.belief()
            #expect(belief.events(cancelled, "purchase_cancellation").first?["reason"] == "customer")
            #expect(belief.events(fresh, "purchase").first?["is_replacement"] == nil)
            #expect(belief.events(fresh, "purchase").first?["journey_id"]?.string == Belief.purchaseID(fresh))
            #expect(belief.property("orders_count", of: fresh) == 1)
            try await expectAgreement(stage)
        }
    }

    @Test("E3 who cancels and orders the same again at once is a doubt: told as separate, with an exception")
    func orderedAgain() async throws {
        try await Stage.with { stage in
            let goods: JSON = [["sku": "TEE-RED-M", "quantity": 1], ["sku": "MUG-WHITE", "quantity": 1]]
            let cancelled = try await Self.place(stage, goods)
            try await stage.shop.act([
                "do": "cancel", "order": cancelled ?? .null, "reason": "customer", "refund": true,
            ])
            let again = try await Self.place(stage, goods)
            try await stage.settled()
            var belief = try await stage.belief()
            #expect(belief.events(again, "purchase").first?["is_replacement"] == nil)
            #expect(belief.events(again, "purchase").first?["journey_id"]?.string == Belief.purchaseID(again))
            let doubt = try #require(try await stage.exceptions(of: "replacement_doubtful").first)
            #expect(doubt["owner"] == "cx")
            let unanswered = try await stage.command("exceptions", "resolve", doubt["id"]?.string ?? "")
            #expect(unanswered.status == 1 && unanswered.errors.contains("keep-apart"), "\(unanswered.errors)")
            let orders = (doubt["cause"]?.string ?? "").split(separator: " ").map(String.init).suffix(2)
            try #require(orders.count == 2)
            let join = try await stage.command("orders", "join", orders.first ?? "", orders.last ?? "")
            #expect(join.status == 0, "\(join.errors)")
            try await stage.settled()
            belief = try await stage.belief()
            let link = try #require(belief.events(again, "purchase_update").first)
            #expect(link["replaces"]?.string == Belief.purchaseID(cancelled) && money(link["total_delta"]) == 0)
            #expect(try await stage.exceptions(of: "replacement_doubtful").isEmpty)
        }
    }

    @Test("E3 a doubtful pair is told as separate, and a steward's answer joins it later and is remembered")
    func doubtful() async throws {
        try await Stage.with { stage in
            let original = try await Self.place(stage)
            try await stage.settled()
            // The same goods again, and the first left open: it may be a second purchase.
            let ids = try await stage.shop.act([
                "do": "recreate_order", "order": original ?? .null, "style": "note", "close_original": false,
                "create_first": true, "paid": true, "changes": [["add_sku": "MUG-WHITE", "quantity": 1]],
            ])
            let copy = ids["order"]
            // The app's own attribute is taken away: what is left is a remark.
            try await stage.shop.act([
                "do": "update_order", "order": copy ?? .null, "note_attributes": [], "note": "like last time",
            ])
            try await stage.settled()
            var belief = try await stage.belief()
            #expect(belief.events(copy, "purchase").count == 1, "it is told")
            let keys = [original, copy].map { "shop/order/\($0?.decimalText ?? "?")" }
            let join = try await stage.command("orders", "join", keys[0], keys[1])
            #expect(join.status == 0, "\(join.errors)")
            try await stage.settled()
            belief = try await stage.belief()
            try Self.expectOne(original, copy, belief)
            #expect(belief.property("orders_count", of: copy) == 1)
            #expect(try await stage.exceptions(of: "replacement_doubtful").isEmpty)

            let apart = try await stage.command("orders", "keep-apart", keys[0], keys[1])
            #expect(apart.status == 0, "\(apart.errors)")
            try await stage.settled()
            belief = try await stage.belief()
            #expect(belief.property("orders_count", of: copy) == 2, "the newest answer counts")
            #expect(belief.value(original) > 0)
            let nonsense = try await stage.command("orders", "join", keys[0], "shop/order/1")
            #expect(nonsense.status != 0 && nonsense.errors.contains("shop/order/1"))
        }
    }
}
