import Foundation
import JSON
import Testing

@Suite("Who a person is", .timeLimit(.minutes(10)))
struct IdentityTests {
    private static func ids(of order: JSON?, _ snapshot: DestinationSnapshot) -> JSON? {
        guard let number = snapshot.events(order, "purchase").first?.profile else { return nil }
        return snapshot.profiles.first { $0["number"]?.int64 == number }?["ids"]
    }

    @Test("B1 the account's id comes first, a guest is addressed by e-mail, both normalised")
    func accountThenEmail() async throws {
        try await TestInstallation.with { installation in
            let account = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "ada@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]],
            ])
            let guest = try await installation.shop.act([
                "do": "place_order", "guest": true, "email": " Guest@Example.Test",
                "lines": [["sku": "CAP-BLACK", "quantity": 1]],
            ])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(Self.ids(of: account["order"], snapshot)?["shopify_id"] == JSON(account["customer"]?.decimalText))
            let purchase = try #require(snapshot.events(account["order"], "purchase").first)
            #expect(purchase["purchase_id"] != nil)
            // The address is the number alone; the e-mail is added by a later command.
            let commands = try await installation.crm.calls().calls.flatMap { $0["body"]?["commands"]?.array ?? [] }
            let first = try #require(commands.first { $0["data"]?["customer_ids"]?["shopify_id"] != nil })
            #expect(first["data"]?["customer_ids"]?["email_id"] == nil)
            #expect(Self.ids(of: account["order"], snapshot)?["email_id"] == "ada@example.test")
            #expect(Self.ids(of: guest["order"], snapshot)?["email_id"] == "guest@example.test")
        }
    }

    @Test("B2 an order of nobody waits with the reason no_identity, and is told once when an e-mail appears")
    func nobody() async throws {
        try await TestInstallation.with { installation in
            let order = try await installation.shop.act([
                "do": "place_order", "guest": true, "lines": [["sku": "CAP-BLACK", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            #expect(try await installation.snapshot().events.isEmpty, "no invented profile")
            let waiting = try await installation.api("settled")["waiting"]?.array ?? []
            let story = try await installation.trace(order?.decimalText ?? "")
            #expect(waiting.contains { $0["reason"] == "no_identity" })
            #expect(!story.items("decision", reason: "no_identity", type: "purchase").isEmpty)
            try await installation.shop.act([
                "do": "update_order", "order": order ?? .null, "email": "late@example.test",
            ])
            try await installation.settled()
            let snapshot = try await installation.snapshot()
            #expect(snapshot.events(order, "purchase").count == 1)
            #expect(snapshot.events(order, "purchase_update").isEmpty)
            #expect(Self.ids(of: order, snapshot)?["email_id"] == "late@example.test")
            #expect(try await installation.api("settled")["waiting"] == [])
            try await expectAgreement(installation)
        }
    }
}
