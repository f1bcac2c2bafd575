import Foundation
import JSON
import Testing

@Suite("Cancelled and recreated orders", .timeLimit(.minutes(10)))
struct JourneyTests {
    private static let buyer: JSON = ["email": "jo@example.test", "first_name": "Jo", "last_name": "Journey"]

    /// Where the pair is sure to come, however slow the machine.
    private static let longHold = ["replacement_hold": "60s"]

    private static func place(_ installation: TestInstallation, _ lines: JSON = [["sku": "TEE-RED-M", "quantity": 2]])
        async throws
        -> JSON?
    {
        try await installation.shop.act(["do": "place_order", "customer": buyer, "lines": lines])["order"]
    }

    /// The two orders are one purchase in the shopper's eyes.
    /// - Parameter mayBeEarlier: the cancellation may have been told before anything named a replacement.
    private static func expectOne(
        _ original: JSON?, _ replacement: JSON?, _ snapshot: DestinationSnapshot, mayBeEarlier: Bool = false,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let cancellation = try #require(
            snapshot.events(original, "purchase_cancellation").first, sourceLocation: sourceLocation)
        if !(mayBeEarlier && cancellation["reason"] == "other") {
            #expect(cancellation["reason"] == "replaced_by_edit", sourceLocation: sourceLocation)
            #expect(
                cancellation["replaced_by"]?.string == DestinationSnapshot.purchaseID(replacement),
                sourceLocation: sourceLocation)
        }
        #expect(snapshot.value(original) == 0, sourceLocation: sourceLocation)
        let told = snapshot.events(replacement).filter { $0["is_replacement"] == true }
        #expect(!told.isEmpty, sourceLocation: sourceLocation)
        #expect(
            told.allSatisfy { $0["replaces"]?.string == DestinationSnapshot.purchaseID(original) },
            sourceLocation: sourceLocation)
        #expect(
            snapshot.events(replacement, "purchase").allSatisfy {
                $0["journey_id"]?.string == DestinationSnapshot.purchaseID(original)
            }, sourceLocation: sourceLocation)
        #expect(snapshot.property("orders_count", of: replacement) == 1, sourceLocation: sourceLocation)
    }

    @Test(
        "E3 a recreated order is one journey, in either order of arrival",
        arguments: ["letter_and_tags", "note"], [true, false])
    func recreated(style: String, createFirst: Bool) async throws {
        try await TestInstallation.with(Self.longHold) { installation in
            let original = try await Self.place(installation)
            try await installation.settled()
            let ids = try await installation.shop.act([
                "do": "recreate_order", "order": original ?? .null, "style": .string(style),
                "create_first": .bool(createFirst), "close_original": true, "paid": true,
                "changes": [["add_sku": "MUG-WHITE", "quantity": 1]],
            ])
            let replacement = ids["order"]
            try #require(replacement != original)
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            // The note is on the replacement alone: an order without a mark goes at once (docs/architecture.md,
            // Journeys).
            try Self.expectOne(original, replacement, snapshot, mayBeEarlier: style == "note")
            let purchase = try #require(snapshot.events(replacement, "purchase").first)
            #expect(snapshot.value(replacement) == money(purchase["total_price"]))
            #expect(snapshot.row(original)?["mirrors"]?.string == DestinationSnapshot.purchaseID(replacement))
            #expect(snapshot.row(original)?["skus"] == snapshot.row(replacement)?["skus"])
            #expect(try await installation.exceptions(of: "replacement_doubtful").isEmpty)
        }
    }

    @Test("E3 a chain of three orders is one journey with the first order's name")
    func chain() async throws {
        try await TestInstallation.with(Self.longHold) { installation in
            let first = try await Self.place(installation)
            try await installation.settled()
            var ids = try await installation.shop.act([
                "do": "recreate_order", "order": first ?? .null, "style": "letter_and_tags",
                "changes": [["add_sku": "MUG-WHITE", "quantity": 1]], "paid": true,
            ])
            let second = ids["order"]
            try await installation.settled()
            ids = try await installation.shop.act([
                "do": "recreate_order", "order": second ?? .null, "style": "letter_and_tags",
                "changes": [["add_sku": "CAP-BLACK", "quantity": 1]], "paid": true,
            ])
            let third = ids["order"]
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.value(first) == 0)
            #expect(snapshot.events(first, "purchase_cancellation").first?["reason"] == "replaced_by_edit")
            let journeys = Set(snapshot.events(third).compactMap { $0["journey_id"]?.string })
            #expect(journeys == [DestinationSnapshot.purchaseID(first)])
            #expect(
                snapshot.events(third).contains { $0["replaces"]?.string == DestinationSnapshot.purchaseID(second) })
            #expect(snapshot.property("orders_count", of: first) == 1)
        }
    }

    @Test("E3 an unrelated cancellation and a new order of the same customer stay separate")
    func unrelated() async throws {
        try await TestInstallation.with { installation in
            let cancelled = try await Self.place(installation)
            try await installation.settled()
            try await installation.shop.act([
                "do": "cancel", "order": cancelled ?? .null, "reason": "customer", "refund": true,
            ])
            let fresh = try await Self.place(installation, [["sku": "POSTER-A2", "quantity": 1]])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.events(cancelled, "purchase_cancellation").first?["reason"] == "customer")
            #expect(snapshot.events(fresh, "purchase").first?["is_replacement"] == nil)
            #expect(
                snapshot.events(fresh, "purchase").first?["journey_id"]?.string == DestinationSnapshot.purchaseID(fresh)
            )
            #expect(snapshot.property("orders_count", of: fresh) == 1)
            try await expectAgreement(installation)
        }
    }

    @Test("E3 who cancels and orders the same again at once is a doubt: told as separate, with an exception")
    func orderedAgain() async throws {
        try await TestInstallation.with { installation in
            let goods: JSON = [["sku": "TEE-RED-M", "quantity": 1], ["sku": "MUG-WHITE", "quantity": 1]]
            let cancelled = try await Self.place(installation, goods)
            try await installation.shop.act([
                "do": "cancel", "order": cancelled ?? .null, "reason": "customer", "refund": true,
            ])
            let again = try await Self.place(installation, goods)
            try await installation.settled()
            var snapshot = try await installation.snapshot()
            #expect(snapshot.events(again, "purchase").first?["is_replacement"] == nil)
            #expect(
                snapshot.events(again, "purchase").first?["journey_id"]?.string == DestinationSnapshot.purchaseID(again)
            )
            let doubt = try #require(try await installation.exceptions(of: "replacement_doubtful").first)
            #expect(doubt["owner"] == "cx")
            let unanswered = try await installation.command("exceptions", "resolve", doubt["id"]?.string ?? "")
            #expect(unanswered.status == 1 && unanswered.errors.contains("keep-apart"), "\(unanswered.errors)")
            let orders = (doubt["cause"]?.string ?? "").split(separator: " ").map(String.init).suffix(2)
            try #require(orders.count == 2)
            let join = try await installation.command("orders", "join", orders.first ?? "", orders.last ?? "")
            #expect(join.status == 0, "\(join.errors)")
            try await installation.settled()
            snapshot = try await installation.snapshot()
            let link = try #require(snapshot.events(again, "purchase_update").first)
            #expect(
                link["replaces"]?.string == DestinationSnapshot.purchaseID(cancelled) && money(link["total_delta"]) == 0
            )
            #expect(try await installation.exceptions(of: "replacement_doubtful").isEmpty)
        }
    }

    @Test("E3 a doubtful pair is told as separate, and a steward's answer joins it later and is remembered")
    func doubtful() async throws {
        try await TestInstallation.with { installation in
            let original = try await Self.place(installation)
            try await installation.settled()
            // The same goods again, and the first left open: it may be a second purchase.
            let ids = try await installation.shop.act([
                "do": "recreate_order", "order": original ?? .null, "style": "note", "close_original": false,
                "create_first": true, "paid": true, "changes": [["add_sku": "MUG-WHITE", "quantity": 1]],
            ])
            let copy = ids["order"]
            // The app's own attribute is taken away: what is left is a remark.
            try await installation.shop.act([
                "do": "update_order", "order": copy ?? .null, "note_attributes": [], "note": "like last time",
            ])
            try await installation.settled()
            var snapshot = try await installation.snapshot()
            #expect(snapshot.events(copy, "purchase").count == 1, "it is told")
            let keys = [original, copy].map { "shop/order/\($0?.decimalText ?? "?")" }
            let join = try await installation.command("orders", "join", keys[0], keys[1])
            #expect(join.status == 0, "\(join.errors)")
            try await installation.settled()
            snapshot = try await installation.snapshot()
            try Self.expectOne(original, copy, snapshot)
            #expect(snapshot.property("orders_count", of: copy) == 1)
            #expect(try await installation.exceptions(of: "replacement_doubtful").isEmpty)

            let apart = try await installation.command("orders", "keep-apart", keys[0], keys[1])
            #expect(apart.status == 0, "\(apart.errors)")
            try await installation.settled()
            snapshot = try await installation.snapshot()
            #expect(snapshot.property("orders_count", of: copy) == 2, "the newest answer counts")
            #expect(snapshot.value(original) > 0)
            let nonsense = try await installation.command("orders", "join", keys[0], "shop/order/1")
            #expect(nonsense.status != 0 && nonsense.errors.contains("shop/order/1"))
        }
    }
}
