import Foundation
import JSON
import Testing

/// A sick part of an outside system holds up what goes there, and nothing else.
@Suite("Bulkheads", .timeLimit(.minutes(10)))
struct BulkheadTests {
    /// Without polls: purchases can only be told from webhooks.
    private static let webhooksOnly = ["poll_interval": "1h", "retry_max": "1s"]

    private static func place(_ count: Int, at shop: Twin, customers: String) async throws {
        let makers = 6
        try await withThrowingTaskGroup(of: Void.self) { group in
            for maker in 0..<makers {
                group.addTask {
                    for number in stride(from: maker, to: count, by: makers) {
                        try await shop.act([
                            "do": "place_order", "customer": ["email": .string("\(customers)\(number)@example.test")],
                            "lines": [["sku": "MUG-WHITE", "quantity": 1]], "paid": true,
                        ])
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private static func purchases(_ installation: TestInstallation) async throws -> Int {
        try await installation.snapshot().events.count { $0.type == "purchase" }
    }

    private static func rows(_ installation: TestInstallation, _ catalog: String) async throws -> Int {
        let catalogs = try await installation.crm.state()["catalogs"]?.array ?? []
        return catalogs.first { $0["name"]?.string == catalog }?["items"]?.array?.count ?? 0
    }

    private static func inbox(_ installation: TestInstallation) async throws -> Int64 {
        try await installation.api("settled")["inbox"]?.int64 ?? -1
    }

    @Test("A5 A7 law 5 a catalogue that was renamed holds up its rows alone, and they follow when it is back")
    func renamedCatalogue() async throws {
        try await TestInstallation.with(Self.webhooksOnly) { installation in
            #expect(try await installation.stop() == 0)
            try await installation.crm.act(["do": "rename_catalog", "name": "orders", "new_name": "orders-old"])
            try await installation.serve()
            // More than the engine holds for one station.
            let count = 700
            try await Self.place(count, at: installation.shop, customers: "buyer")
            try await eventually("every purchase is told", within: .seconds(180)) {
                try await Self.purchases(installation) == count
            }
            try await eventually("every webhook is consumed") { try await Self.inbox(installation) == 0 }
            #expect(try await Self.rows(installation, "orders-old") == 0)
            let kinds = try await installation.exceptions().map { $0["kind"]?.string ?? "" }
            #expect(Set(kinds).contains("destination_refused"), "\(Set(kinds))")

            try await installation.crm.act(["do": "rename_catalog", "name": "orders-old", "new_name": "orders"])
            try await eventually("the rows follow by themselves", within: .seconds(60)) {
                try await Self.rows(installation, "orders") == count
            }
            try await installation.settled()
            try await expectAgreement(installation)
            #expect(try await installation.exceptions().isEmpty)
        }
    }

    @Test("A3 A7 law 5 while a shop's API is down its webhooks are consumed, and the other shop goes on")
    func deadShop() async throws {
        try await TestInstallation.with(Self.webhooksOnly, hasOutlet: true) { installation in
            let outlet = try #require(installation.outlet)
            try await installation.shop.fault(["target": "api", "kind": "status", "status": 503])
            let edited = try await installation.shop.act([
                "do": "place_order", "customer": ["email": "edited@example.test"],
                "lines": [["sku": "MUG-WHITE", "quantity": 1]], "paid": true,
            ])["order"]
            // Each order of a new buyer asks for the buyer's history, which cannot be listed now.
            try await Self.place(120, at: installation.shop, customers: "shop")
            try await Self.place(40, at: outlet, customers: "outlet")
            try await eventually("every purchase of both is told", within: .seconds(120)) {
                try await Self.purchases(installation) == 161
            }
            try await eventually("every webhook is consumed") { try await Self.inbox(installation) == 0 }
            try await installation.shop.act([
                "do": "edit_order", "order": edited ?? .null, "changes": [["add_sku": "TEE-RED-M", "quantity": 1]],
            ])
            try await eventually("the edit is told from its own webhook") {
                try await installation.snapshot().events(edited, "purchase_update").count == 1
            }
            try await eventually("the outage is an exception") {
                try await !installation.exceptions(of: "source_unreadable").isEmpty
            }
            try await installation.shop.clearFaults()
            try await installation.settled(within: .seconds(120))
            try await expectAgreement(installation)
        }
    }

    @Test("A7 E9 beside a destination that answers nothing, webhooks of everybody are consumed at once")
    func silentDestination() async throws {
        try await TestInstallation.with(Self.webhooksOnly) { installation in
            try await installation.crm.fault(["target": "api", "kind": "timeout_before", "seconds": 40])
            try await Self.place(20, at: installation.shop, customers: "early")
            try await eventually("consumed") { try await Self.inbox(installation) == 0 }
            for lull in [5, 10] {
                try await pass(.seconds(lull))
                try await Self.place(10, at: installation.shop, customers: "after\(lull)-")
                try await eventually("new webhooks are consumed", within: .seconds(20)) {
                    try await Self.inbox(installation) == 0
                }
            }
            try await installation.crm.clearFaults()
            try await installation.settled(within: .seconds(120))
            try await expectAgreement(installation)
        }
    }

    @Test(
        "A1 A21 the store of an earlier release goes on where it was: what was told is not told again, what waited is")
    func earlierRelease() async throws {
        try await TestInstallation.with(Self.webhooksOnly, serving: false) { installation in
            let fixture = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../SQLiteStoreTests/Fixtures/store-0001").standardizedFileURL
            let data = installation.folder.appending(path: "data")
            try? FileManager.default.removeItem(at: data)
            try FileManager.default.copyItem(at: fixture, to: data)
            try await installation.serve()
            try await eventually("what waited is told") { try await Self.purchases(installation) == 2 }
            try await eventually("everything is settled") {
                try await installation.api("settled")["unsent"]?.int64 == 0
            }
            let told = try await installation.snapshot().events.filter { $0.type == "purchase" }
                .compactMap { $0["purchase_id"]?.string }.sorted()
            #expect(told == ["shop-55500000000000089", "shop-55500000000000096"])
        }
    }
}
