import Foundation
import JSON
import Testing

/// One brand with two shops whose numbers collide: both twins count from the same first number.
@Suite("Two shops of one brand", .timeLimit(.minutes(10)))
struct TwoShopsTests {
    private static let mug: JSON = [["sku": "MUG-WHITE", "quantity": 1]]
    private static let bag: JSON = [["sku": "BAG-CANVAS", "quantity": 1]]

    /// What orders are worth in the shops' own books.
    private static func worth(_ orders: (twin: Twin, order: JSON?)...) async throws -> Decimal {
        var sum = Decimal(0)
        for (twin, order) in orders { sum += money(ShopLedger(try await twin.state()).order(order)?["net_value"]) }
        return sum
    }

    @Test("B1 B2 one number in two shops is two people, and one e-mail in two shops is one person")
    func numbersCollide() async throws {
        try await TestInstallation.with(hasOutlet: true) { installation in
            let outlet = try #require(installation.outlet)
            let ann = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "ann@example.test"], "lines": Self.mug,
            ])
            let bob = try await outlet.act([
                "do": "place_order", "customer": ["email": "bob@example.test"], "lines": Self.bag,
            ])
            try #require(ann["customer"] == bob["customer"], "the customers' numbers collide")
            try #require(ann["order"] == bob["order"], "and so do the orders'")
            try await installation.settled()
            var snapshot = try await installation.snapshot()
            #expect(snapshot.events(ann["order"], "purchase").count == 1)
            #expect(snapshot.events(bob["order"], "purchase", at: "outlet").count == 1)
            let annIDs = snapshot.profile(ann["order"])?["ids"]
            let bobIDs = snapshot.profile(bob["order"], at: "outlet")?["ids"]
            #expect(annIDs?["email_id"] == "ann@example.test")
            #expect(annIDs?["shopify_id"] != nil && annIDs?["outlet_id"] == nil)
            #expect(bobIDs?["email_id"] == "bob@example.test")
            #expect(bobIDs?["outlet_id"] != nil && bobIDs?["shopify_id"] == nil)

            let second = try await outlet.act([
                "do": "place_order", "customer": ["email": "Ann@Example.test"], "lines": Self.bag,
            ])
            try await installation.settled()
            snapshot = try await installation.snapshot()
            #expect(snapshot.profiles.count == 2, "\(snapshot.profiles.map { $0["ids"]?.text() ?? "" })")
            let profile = snapshot.profile(second["order"], at: "outlet")
            #expect(profile?["number"] == snapshot.profile(ann["order"])?["number"])
            #expect(profile?["ids"]?["shopify_id"] != nil && profile?["ids"]?["outlet_id"] != nil)
            #expect(snapshot.property("orders_count", of: ann["order"]) == 2)
            let annWorth = try await Self.worth((installation.shop, ann["order"]), (outlet, second["order"]))
            #expect(money(snapshot.property("total_spent", of: ann["order"])) == annWorth)
            #expect(snapshot.property("orders_count", of: bob["order"], at: "outlet") == 1)
            #expect(try await installation.exceptions().map { $0["kind"] } == [])
        }
    }

    @Test("E6 what somebody bought in the other shop before we began counts in their totals")
    func otherShopsHistory() async throws {
        try await TestInstallation.with(serving: false, hasOutlet: true) { installation in
            let outlet = try #require(installation.outlet)
            let old = try await outlet.act([
                "do": "place_order", "customer": ["email": "cy@example.test"], "lines": Self.bag,
            ])["order"]
            // The engine's baseline is later than this, by a whole second.
            try await pass(.milliseconds(1_100))
            try await installation.serve()
            let fresh = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "cy@example.test"], "lines": Self.mug,
            ])["order"]
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.events(old, at: "outlet").isEmpty, "history is no event")
            #expect(snapshot.property("orders_count", of: fresh) == 2)
            let worth = try await Self.worth((installation.shop, fresh), (outlet, old))
            #expect(money(snapshot.property("total_spent", of: fresh)) == worth)
        }
    }

    @Test("B4 a steward joins a person of two shops: totals, later events, and what stays split is listed")
    func merged() async throws {
        try await TestInstallation.with(hasOutlet: true) { installation in
            let outlet = try #require(installation.outlet)
            let home = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "dee@home.test"], "lines": Self.mug,
            ])
            let work = try await outlet.act([
                "do": "place_order", "customer": ["email": "dee@work.test"], "lines": Self.bag,
            ])
            try await installation.settled()
            let people = try await Self.people(
                installation,
                [
                    "shop/order/\(home["order"]?.decimalText ?? "?")",
                    "outlet/order/\(work["order"]?.decimalText ?? "?")",
                ])
            try #require(Set(people).count == 2, "\(people)")
            let merge = try await installation.command("people", "merge", people[0], people[1])
            #expect(merge.status == 0, "\(merge.errors)")
            try await installation.settled()
            for verb in ["keep-apart", "merge"] {
                let late = try await installation.command("people", verb, people[1], people[0])
                #expect(late.status == 1 && late.errors.contains("cannot be undone"), "\(verb): \(late.errors)")
            }
            var snapshot = try await installation.snapshot()
            #expect(snapshot.property("orders_count", of: home["order"]) == 2)
            // Two e-mails are never one profile there: the link is refused, and that is somebody's to know.
            let split = try await installation.exceptions()
            #expect(split.map { $0["kind"] } == ["destination_refused"], "\(split.map { $0.text() })")
            #expect(split.first?["cause"]?.string?.contains("customer_link") == true)
            #expect(
                snapshot.profile(home["order"])?["number"] != snapshot.profile(work["order"], at: "outlet")?["number"])

            let later = try await outlet.act([
                "do": "place_order", "customer": ["id": work["customer"] ?? .null], "lines": Self.mug,
            ])["order"]
            try await installation.settled()
            snapshot = try await installation.snapshot()
            #expect(
                snapshot.profile(later, at: "outlet")?["number"] == snapshot.profile(home["order"])?["number"],
                "later events go to the person who was kept")
            #expect(snapshot.property("orders_count", of: home["order"]) == 3)
        }
    }

    /// Whose orders these are, as the engine calls people.
    private static func people(_ installation: TestInstallation, _ orders: [String]) async throws -> [String] {
        var people: [String] = []
        for order in orders {
            people += try await installation.trace(order).entities.filter { $0.contains("/person/") }
        }
        return people
    }
}
