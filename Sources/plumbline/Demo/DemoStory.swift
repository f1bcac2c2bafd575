import ArgumentParser
import Commerce
import Foundation
import JSON
import Server
import Simulation

/// The day that `demo` plays: the events that usually break a connector, one after another.
struct DemoStory {
    let shop: TwinHost
    let crm: TwinHost
    let client: ServerClient
    /// Event keys that were already shown.
    private var shown: Set<String> = []

    init(shop: TwinHost, crm: TwinHost, client: ServerClient) {
        self.shop = shop
        self.crm = crm
        self.client = client
    }

    mutating func play() async throws {
        scene("09:00", "Three orders are placed. Every webhook arrives twice.")
        shop.setFaults([["target": "webhooks", "kind": "duplicate", "rate": 1]])
        action([
            "do": "place_order", "customer": person("ada"), "shipping": "4.95",
            "lines": [["sku": "TEE-RED-M", "quantity": 2], ["sku": "MUG-WHITE", "quantity": 1]],
        ])
        action([
            "do": "place_order", "email": "guest@example.test",
            "lines": [["sku": "HOODIE-GREY-L", "quantity": 1], ["sku": "SOCKS-3PK", "quantity": 2]],
        ])
        action(["do": "place_order", "customer": person("joan"), "lines": [["sku": "BAG-CANVAS", "quantity": 1]]])
        try await settle()
        shop.setFaults([])
        told()

        scene("10:00", "A customer swaps a size: one line removed, another added. It must be one revision.")
        action(["do": "swap_line", "order": "#1001", "remove_sku": "TEE-RED-M", "add_sku": "TEE-BLUE-M", "quantity": 1])
        try await settle()
        told()

        scene(
            "11:00",
            "Bloomreach stores events, but its responses are lost; meanwhile an order is edited three times.")
        crm.setFaults([["target": "api", "kind": "timeout_after", "rate": 1, "seconds": 0, "until": 2]])
        for sku in ["CAP-BLACK", "POSTER-A2", "MUG-WHITE"] {
            action(["do": "edit_order", "order": "#1002", "changes": [["add_sku": .string(sku), "quantity": 1]]])
        }
        try await settle()
        crm.setFaults([])
        told()

        scene("12:00", "An item is removed and refunded an hour later. That is one fact, not two.")
        action(["do": "edit_order", "order": "#1001", "changes": [["sku": "MUG-WHITE", "quantity": 0]]])
        try await settle()
        action(["do": "refund", "order": "#1001"])
        try await settle()
        told()

        scene("13:00", "The guest of #1002 returns with an account and is still one person.")
        action([
            "do": "place_order", "customer": ["email": "Guest@Example.test", "first_name": "Grace"],
            "lines": [["sku": "TEE-RED-M", "quantity": 2]],
        ])
        try await settle()
        told()

        scene("14:00", "An app edits #1004 by cancelling and recreating it. It stays one purchase.")
        action([
            "do": "recreate_order", "order": "#1004", "style": "letter_and_tags", "paid": true,
            "changes": [["add_sku": "SOCKS-3PK", "quantity": 1]],
        ])
        try await settle()
        told()

        scene("15:00", "A parcel is shipped, one item is returned for a refund, and one order is cancelled.")
        action(["do": "pay", "order": "#1002"])
        action(["do": "fulfil", "order": "#1002", "tracking": "RM123456789GB"])
        action(["do": "refund", "order": "#1002", "lines": [["sku": "SOCKS-3PK", "quantity": 1]], "restock": true])
        action(["do": "cancel", "order": "#1003", "reason": "customer", "refund": true])
        try await settle()
        told()

        scene("16:00", "Staff add a note to an order. Nothing needs to be sent.")
        action(["do": "update_order", "order": "#1002", "note": "call before delivery"])
        try await settle()
        told()
    }

    // MARK: Output

    private func scene(_ time: String, _ text: String) { Output.print("\(time)    \(text)") }

    private func person(_ name: String) -> JSON {
        ["email": .string("\(name)@example.test"), "first_name": .string(name.capitalized)]
    }

    private func action(_ action: JSON) {
        if shop.act(action) == nil { Output.print("         the shop refused: \(action.text())") }
    }

    /// Waits until no work is left in the shop, on the network or in the engine.
    private func settle() async throws {
        // The shop sends its webhooks at once; checking twice in a row catches one that is between the two.
        var calm = 0
        for _ in 0..<1_200 where calm < 3 {
            try await Task.sleep(for: .milliseconds(50))
            let settled = try await client.get("/api/v1/settled")
            let pending = shop.twinState()["webhooks"]?["pending"]?.int64 ?? 0
            calm = settled["settled"]?.bool == true && pending == 0 ? calm + 1 : 0
        }
        guard calm >= 3 else {
            Output.print("         not settled within a minute; `plumbline exceptions list` says why")
            throw ExitCode(1)
        }
    }

    /// Prints the events that Bloomreach received since the last call.
    private mutating func told() {
        let snapshot = BloomreachSnapshot(state: crm.twinState())
        let fresh = snapshot.events.filter { !shown.contains($0.key) }
        shown.formUnion(fresh.map(\.key))
        let names = namesByPurchase()
        if fresh.isEmpty { Output.print("         told nothing") }
        var items = 0
        for event in fresh {
            guard
                ["purchase", "purchase_update", "purchase_cancellation", "return", "fulfillment"].contains(event.type)
            else {
                items += 1
                continue
            }
            let value = event.type == "fulfillment" ? "" : "  \(event.value) GBP"
            let revision = event.properties["revision"]?.int64.map { " \($0)" } ?? ""
            Output.print(
                "         told  \(names[event.purchaseID] ?? event.purchaseID)  \(event.type)"
                    + "\(revision)\(value)\(changes(event))\(place(of: event, names))"
            )
        }
        if items > 0 { Output.print("         and \(items) item events") }
        Output.print("")
    }

    private func changes(_ event: BloomreachSnapshot.Event) -> String {
        let changes = event.properties["changes"]?.array ?? []
        guard !changes.isEmpty else { return "" }
        return "  (" + changes.map { "\($0["type"]?.string ?? "") \($0["sku"]?.string ?? "")" }.joined(separator: ", ")
            + ")"
    }

    /// The order's place in a chain of replaced orders that are one purchase.
    private func place(of event: BloomreachSnapshot.Event, _ names: [String: String]) -> String {
        let words = [("replaced by", event.properties["replaced_by"]), ("replaces", event.properties["replaces"])]
        return words.compactMap { word, id in id?.string.map { "  (\(word) \(names[$0] ?? $0))" } }.joined()
    }

    private func namesByPurchase() -> [String: String] {
        let orders = ShopTruth(state: shop.twinState()).orders
        return Dictionary(orders.map { ("shop-\($0.id)", $0.name) }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: The verdict

    /// - Returns: whether both systems agree.
    func verdict() -> Bool {
        let truth = ShopTruth(state: shop.twinState())
        let checkers = Checkers(truth: truth, snapshot: BloomreachSnapshot(state: crm.twinState()), idPrefix: "shop")
        Output.print("Verdict: the shop's orders, and what Bloomreach stores (GBP)")
        Output.table(
            ["order", "state", "value in the shop", "sum of events told", "row in the catalogue"],
            truth.orders.map { order in
                let row = checkers.snapshot.rows[checkers.purchaseID(order)]
                return [
                    order.name, order.isVoid ? "cancelled" : "valid",
                    order.isVoid ? "0" : order.netValue.description, checkers.toldValue(of: order).description,
                    self.row(row),
                ]
            })
        Output.print("")
        let problems = checkers.problems() + people(checkers)
        for problem in problems { Output.print("  \(problem)") }
        Output.print(problems.isEmpty ? "Both systems agree; no fact is stored twice." : "They disagree.")
        return problems.isEmpty
    }

    /// A short description of a row; a row that mirrors another order names it.
    private func row(_ row: JSON?) -> String {
        guard let row, let status = row["status"]?.string else { return "none" }
        if row["mirrors"]?.string != nil { return "shows \(row["order_name"]?.string ?? "?")" }
        return "\(status), revision \(row["revision"]?.int64 ?? 0)"
    }

    /// Prints each buyer's totals in both systems.
    /// - Returns: the differences.
    private func people(_ checkers: Checkers) -> [String] {
        let buyers = Dictionary(grouping: checkers.truth.orders) { $0.email?.lowercased() ?? "" }
        let rows = buyers.keys.sorted().map { email -> [String] in
            let orders = buyers[email] ?? []
            let standing = orders.filter(checkers.stands)
            let spent = standing.reduce(Amount.zero) { $0 + $1.netValue }
            let ids = Set(orders.map(checkers.purchaseID))
            let numbers = Set(checkers.snapshot.events.filter { ids.contains($0.purchaseID) }.map(\.profile))
            let told = checkers.snapshot.profiles.filter { numbers.contains($0.number) }
            func property(_ name: String) -> String { told.map { $0.properties.cell(name) }.joined(separator: " + ") }
            return [
                email, String(standing.count), property("orders_count"), spent.description, property("total_spent"),
            ]
        }
        Output.table(["person", "orders", "orders_count told", "spent in the shop", "total_spent told"], rows)
        return rows.filter { row in row[1] != row[2] || Amount(row[3]) != Amount(row[4]) }.map {
            "people: \($0[0]) has \($0[1]) orders worth \($0[3]), but was told with \($0[2]) worth \($0[4])"
        }
    }
}
