import JSON
import Testing

@Suite("Logins that expire", .timeLimit(.minutes(10)))
struct LoginTests {
    @Test(
        "A3 tokens of the shop end in the middle of the day, and orders go on being told")
    func expiredTokens() async throws {
        try await TestInstallation.with(shopAccess: TestInstallation.clientAccess) { installation in
            let shop = installation.shop
            let order = try await shop.act([
                "do": "place_order", "customer": ["email": "ann@example.test"],
                "lines": [["sku": "TEE-RED-M", "quantity": 1]],
            ])["order"]
            try await installation.settled()
            try await expectAgreement(installation)
            let before = try await shop.state()["tokens"]?["given"]?.int64 ?? 0

            try await shop.act(["do": "expire_tokens"])
            try await shop.act([
                "do": "edit_order", "order": order ?? .null, "changes": [["add_sku": "MUG-WHITE", "quantity": 1]],
            ])
            try await installation.settled()
            try await expectAgreement(installation)
            #expect(try await installation.snapshot().events(order, "purchase_update").count == 1)
            // The order's own webhook may have told the edit already; the next poll needs a token in any case.
            try await eventually("a new token") {
                try await shop.state()["tokens"]?["given"]?.int64 ?? 0 > before
            }
            let after = try await shop.state()["tokens"]?["given"]?.int64 ?? 0
            #expect(after > before && after <= before + 2, "\(before) tokens, then \(after)")
            #expect(try await installation.exceptions(of: "source_unreadable", all: true).isEmpty)
        }
    }

    @Test(
        "K4 a wrong client secret is one exception that says so, and closes once it is corrected")
    func wrongSecret() async throws {
        try await TestInstallation.with(serving: false, shopAccess: TestInstallation.clientAccess) { installation in
            let right = TestInstallation.clientAccess
            let wrong = "client_id: shop-app, client_secret: other, webhook_secrets: [\(TestInstallation.secret)]"
            try installation.edit { $0.replacing(right, with: wrong) }
            try await installation.serve()
            try await eventually("somebody is told") {
                try await installation.exceptions(of: "source_unreadable").contains {
                    $0["cause"]?.string?.contains("client_secret is not the app's") == true
                }
            }
            #expect(try await installation.exceptions(of: "source_unreadable").count == 1)
            #expect(try await installation.stop() == 0)
            try installation.edit { $0.replacing(wrong, with: right) }
            try await installation.serve()
            try await installation.shop.act(["do": "place_order", "lines": [["sku": "MUG-WHITE", "quantity": 1]]])
            try await eventually("it closes by itself") {
                try await installation.exceptions(of: "source_unreadable").isEmpty
            }
            try await installation.settled()
            try await expectAgreement(installation)
        }
    }
}
