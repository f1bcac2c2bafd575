import JSON
import Simulation
import Testing

/// One order of three units: one went back for money, one was edited away. Each checker of refunds is quiet about the
/// right story and speaks about each wrong one.
@Suite("Simulation: checkers of units, items, delivery, returns and revisions")
struct RefundCheckerTests {
    /// What the shop's state says, with some of it replaced.
    private static func truth(_ change: (inout JSONObject) -> Void = { _ in }) -> ShopTruth {
        var order: JSONObject = [
            "id": 1, "name": "#1", "net_value": "14.00", "void": false, "ever_paid": true, "current_total": "14.00",
            "shipping": "4.00", "shipping_removed": false, "contact_changes": 0, "edits": [["id": 5]],
            "lines": [
                ["id": 11, "sku": "A", "current_quantity": 1, "value": "10.00", "repriced": false, "unscaled": false]
            ],
            "refunds": [
                refund(id: 7, isEdit: true, money: "0.00", value: "10.00", shipping: "0.00"),
                refund(id: 8, isEdit: false, money: "11.00", value: "11.00", shipping: "1.00"),
            ],
        ]
        change(&order)
        return ShopTruth(state: ["orders": [.object(order)]])
    }

    private static func refund(
        id: Int, isEdit: Bool, money: String, pending: String = "0.00", value: String, shipping: String
    ) -> JSON {
        [
            "id": JSON(id), "edit": .bool(isEdit), "money": .string(money), "pending": .string(pending),
            "failed": "0.00", "discrepancy": .string(pending), "due_later": "0.00", "value": .string(value),
            "shipping": .string(shipping), "lines": [["line": 11, "quantity": 1, "subtotal": "10.00"]],
        ]
    }

    private struct Event {
        var type: String
        var properties: JSONObject
        init(_ type: String, _ properties: JSONObject) { (self.type, self.properties) = (type, properties) }
    }

    private static func item(_ type: String, units: Int, total: String, revision: Int? = nil) -> Event {
        var item = Event(
            type, ["line_id": "11", "quantity": JSON(units), "total_price": .string(total), "return_id": "8"])
        item.properties["revision"] = revision.map { JSON($0) }
        return item
    }

    private static let told: [Event] = [
        Event("purchase", ["total_price": "35.00", "shipping_cost": "5.00"]),
        item("purchase_item", units: 3, total: "30.00"),
        Event("purchase_update", ["revision": 1, "total_delta": "-10.00", "shipping_cost": "5.00", "changes": [[:]]]),
        item("purchase_item_removed", units: 1, total: "10.00"),
        Event("return", ["return_id": "8", "total_price": "11.00", "shipping_value": "1.00"]),
        item("return_item", units: 1, total: "10.00"),
    ]

    private static func problems(_ truth: ShopTruth, _ events: [Event]) -> Set<String> {
        let json = events.enumerated().map { index, event -> JSON in
            var properties = event.properties
            properties["event_key"] = .string("key \(index)")
            properties["purchase_id"] = "shop-1"
            return [
                "type": .string(event.type), "sequence": JSON(index + 1), "properties": .object(properties),
            ]
        }
        let snapshot = BloomreachSnapshot(state: ["profiles": [["number": 1, "events": .array(json)]]])
        let found = Checkers(truth: truth, snapshot: snapshot, idPrefix: "shop").problems()
        let names = ["units", "items", "delivery", "returns", "revisions"]
        return Set(found.compactMap { problem in names.first { problem.hasPrefix("\($0):") } })
    }

    @Test("the right story is right")
    func right() { #expect(Self.problems(Self.truth(), Self.told) == []) }

    @Test("units that were forgotten, or told twice")
    func units() {
        #expect(Self.problems(Self.truth(), Array(Self.told.dropLast())) == ["units", "items"])
        let again = Self.told + [Self.item("return_item", units: 1, total: "10.00")]
        #expect(Self.problems(Self.truth(), again) == ["units", "items"])
    }

    @Test("an item that is worth something else than the shop's price")
    func items() {
        var events = Self.told
        events[1] = Self.item("purchase_item", units: 3, total: "36.00")
        #expect(Self.problems(Self.truth(), events) == ["items"])
        // A new price is told in `changes`, so the sums of the items cannot follow it.
        let repriced = Self.truth { order in
            order["lines"] = [
                ["id": 11, "sku": "A", "current_quantity": 1, "value": "10.00", "repriced": true, "unscaled": false]
            ]
        }
        #expect(Self.problems(repriced, events) == [])
    }

    @Test("delivery that was given back and not told, or told with another tax")
    func delivery() {
        var events = Self.told
        events[4].properties["shipping_value"] = "1.20"
        #expect(Self.problems(Self.truth(), events) == ["delivery"])
    }

    @Test("a return of another amount than its record's, of no record, or missing")
    func returns() {
        var events = Self.told
        events[4].properties["total_price"] = "10.00"
        #expect(Self.problems(Self.truth(), events) == ["returns"])
        events[4].properties["return_id"] = "9"
        #expect(Self.problems(Self.truth(), events) == ["returns"])
        let untold = Self.told.filter { !$0.type.hasPrefix("return") }
        #expect(Self.problems(Self.truth(), untold) == ["units", "items", "delivery", "returns"])
    }

    @Test("money on its way: nothing of it is told, and its units are off the order all the same")
    func pending() {
        let truth = Self.truth { order in
            order["refunds"] = [
                Self.refund(id: 7, isEdit: true, money: "0.00", value: "10.00", shipping: "0.00"),
                Self.refund(id: 8, isEdit: false, money: "0.00", pending: "11.00", value: "0.00", shipping: "1.00"),
            ]
        }
        #expect(Self.problems(truth, Self.told) == ["units", "items", "delivery", "returns"])
        #expect(Self.problems(truth, Self.told.filter { !$0.type.hasPrefix("return") }) == [])
    }

    @Test("a revision that no edit made")
    func revisions() {
        let extra = Event(
            "purchase_update", ["revision": 2, "total_delta": "-11.00", "shipping_cost": "5.00", "changes": [[:]]])
        #expect(Self.problems(Self.truth(), Self.told + [extra]) == ["revisions"])
        var link = extra
        (link.properties["replaces"], link.properties["changes"]) = ("shop-0", [])
        link.properties["total_delta"] = "0"
        #expect(Self.problems(Self.truth(), Self.told + [link]) == [], "it only says whom the order replaces")
        let moved = Self.truth { $0["contact_changes"] = 1 }
        #expect(Self.problems(moved, Self.told + [extra]) == [])
    }

    @Test("what was told before a cancellation was taken back and does not count")
    func reinstated() {
        let again: [Event] = [
            Event("purchase_cancellation", ["total_price": "14.00"]),
            Event(
                "purchase_update",
                [
                    "revision": 2, "total_delta": "14.00", "shipping_cost": "5.00", "is_reinstatement": true,
                    "changes": [[:]],
                ]),
            Self.item("purchase_item", units: 1, total: "10.00", revision: 2),
        ]
        #expect(Self.problems(Self.truth(), Self.told + again) == [])
        let whole = again.dropLast() + [Self.item("purchase_item", units: 2, total: "20.00", revision: 2)]
        #expect(Self.problems(Self.truth(), Self.told + whole) == ["units", "items"])
        // An item of what was taken back that comes late belongs to it.
        var late = Self.told
        let item = late.remove(at: 1)
        #expect(Self.problems(Self.truth(), late + again + [item]) == [])
    }
}
