import Commerce
import JSON
import Sync

/// What happens to one order after it was placed.
extension History {
    mutating func step(_ name: String, number: Int, at time: Instant) -> [ShopAction] {
        let order = JSON.string(name)
        func action(_ body: JSON, after span: TimeSpan = .zero) -> ShopAction {
            ShopAction(at: time + span, body: body)
        }
        switch random.below(16) {
        case 0: return [action(["do": "edit_order", "order": order, "changes": [["add_sku": sku(), "quantity": 1]]])]
        case 1:
            return [
                action([
                    "do": "edit_order", "order": order, "changes": [["index": 0, "quantity": JSON(random.below(3))]],
                ])
            ]
        case 2:
            let swap: JSON = ["do": "swap_line", "order": order, "index": 0, "add_sku": sku(), "quantity": 1]
            return [action(swap)]
        case 3: return burst(order, at: time)
        case 4: return [action(["do": "fulfil", "order": order, "tracking": .string("TRACK\(random.below(10_000))")])]
        case 5:
            return [action(["do": "refund", "order": order, "lines": [["index": 0, "quantity": 1]], "restock": true])]
        case 6: return [action(["do": "refund", "order": order, "amount": .string("\(1 + random.below(4)).50")])]
        case 7: return reduceAndSettle(order, at: time)
        case 8:
            return random.below(3) == 0
                ? [action(["do": "cancel", "order": order, "refund": .bool(random.below(2) == 0)])] : []
        case 9: return [action(["do": "update_order", "order": order, "note": .string("note \(random.below(100))")])]
        case 10:
            return [action(["do": "update_order", "order": order, "tags": [.string("vip\(random.below(3))")]])]
        case 11: return random.below(3) == 0 ? cancelAndOrderAgain(name, number: number, at: time) : []
        case 12...14: return recreate(order, at: time)
        default: return [action(["do": "pay", "order": order])]
        }
    }

    /// Three edits within a few seconds.
    private mutating func burst(_ order: JSON, at time: Instant) -> [ShopAction] {
        (0..<3).map { index in
            ShopAction(
                at: time + .milliseconds(Int64(index) * (200 + random.below(1_500))),
                body: ["do": "edit_order", "order": order, "changes": [["add_sku": sku(), "quantity": 1]]])
        }
    }

    /// A reducing edit whose difference is given back later.
    private mutating func reduceAndSettle(_ order: JSON, at time: Instant) -> [ShopAction] {
        let edit: JSON = [
            "do": "edit_order", "order": order,
            "changes": [["index": 0, "quantity": 0], ["add_sku": sku(), "quantity": 1]],
        ]
        return [
            ShopAction(at: time, body: edit),
            ShopAction(at: time + .seconds(1 + random.below(60)), body: ["do": "settle", "order": order]),
        ]
    }

    /// An app cancels and makes anew, in either order of the two, or leaves the original open. What follows happens to
    /// the new order, another recreation too; now and then something still happens to the old one.
    private mutating func recreate(_ order: JSON, at time: Instant) -> [ShopAction] {
        let isLetter = random.below(2) == 0
        let isClosed = random.below(4) > 0
        var body: JSONObject = [
            "do": "recreate_order", "order": order, "style": isLetter ? "letter_and_tags" : "note",
            "create_first": .bool(random.below(2) == 0), "close_original": .bool(isClosed),
        ]
        switch random.below(4) {
        case 0: body["changes"] = [["add_sku": sku(), "quantity": 1]]
        case 1:
            body["changes"] = [["index": 0, "quantity": JSON(random.below(3))], ["add_sku": sku(), "quantity": 1]]
        case 2: body["changes"] = [["index": 0, "quantity": 0], ["add_sku": sku(), "quantity": 2]]
        default: break
        }
        if random.below(3) == 0 { body["paid"] = true }
        var actions = [ShopAction(at: time, body: .object(body))]
        if !isClosed, random.below(2) == 0 {
            // Nobody pays for the new order: what was left open stands again.
            actions.append(
                ShopAction(at: time + .seconds(20 + random.below(400)), body: ["do": "cancel", "order": order]))
        }
        if random.below(5) == 0 {
            let late: JSON =
                random.below(2) == 0
                ? ["do": "refund", "order": order, "of": "original", "amount": "1.50"]
                : ["do": "cancel", "order": order, "of": "original"]
            actions.append(ShopAction(at: time + .seconds(1 + random.below(100)), body: late))
        }
        return actions
    }
}
