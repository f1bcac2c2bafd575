import Commerce
import JSON
import Sync

/// Orders that name another: reshipments, exchanges and splits, which do not replace it, and edits in which the news of
/// one order come late.
extension History {
    mutating func namingStep(_ order: JSON, at time: Instant) -> [ShopAction] {
        switch random.below(14) {
        case 0: reship(order, at: time)
        case 1: exchange(order, at: time)
        case 2: split(order, at: time)
        case 3: editTwice(order, at: time)
        case 4: sendOriginal(order, at: time)
        default: []
        }
    }

    private mutating func send(_ order: JSON, at time: Instant) -> ShopAction {
        ShopAction(
            at: time, body: ["do": "fulfil", "order": order, "tracking": .string("TRACK\(random.below(10_000))")])
    }

    /// It was sent and got lost. The two may be told within a second, or one long after the other.
    private mutating func reship(_ order: JSON, at time: Instant) -> [ShopAction] {
        let later = time + (random.below(2) == 0 ? .milliseconds(random.below(900)) : .seconds(random.below(300)))
        let mark = ["attribute", "attribute", "letter", "note"][Int(random.below(4))]
        let reshipment: JSON = ["do": "reship_order", "order": order, "mark": .string(mark)]
        return [send(order, at: time), ShopAction(at: later, body: reshipment)]
    }

    /// It was sent, a part comes back, and other goods go out as a new order; the money follows at once or later.
    private mutating func exchange(_ order: JSON, at time: Instant) -> [ShopAction] {
        let later = time + .seconds(random.below(200))
        let isRefunded = random.below(2) == 0
        let back: JSON = [["index": 0, "quantity": 1]]
        let exchange: JSON = [
            "do": "exchange_order", "order": order, "back": back, "lines": [["sku": sku(), "quantity": 1]],
            "refund": .bool(isRefunded), "mark": random.below(2) == 0 ? "attribute" : "note",
        ]
        let paid = ShopAction(at: time, body: ["do": "pay", "order": order])
        let actions = [paid, send(order, at: time), ShopAction(at: later, body: exchange)]
        guard !isRefunded else { return actions }
        let refund: JSON = ["do": "refund", "order": order, "lines": back, "restock": true]
        return actions + [ShopAction(at: later + .seconds(1 + random.below(200)), body: refund)]
    }

    /// By the attribute: a note is written over by whoever looks at the order.
    private mutating func split(_ order: JSON, at time: Instant) -> [ShopAction] {
        let split: JSON = [
            "do": "split_order", "order": order, "lines": [["index": 0, "quantity": 1]],
            "close_original": .bool(random.below(2) == 0),
        ]
        return [ShopAction(at: time, body: split)]
    }

    /// Edited twice, and the second time the app cancels a moment before it makes the new order.
    private mutating func editTwice(_ order: JSON, at time: Instant) -> [ShopAction] {
        let style: JSON = random.below(2) == 0 ? "letter_and_tags" : "note"
        let again = time + .seconds(25 + random.below(60))
        return [
            ShopAction(
                at: time,
                body: ["do": "recreate_order", "order": order, "style": style, "close_original": true, "paid": true]),
            ShopAction(at: again, body: ["do": "cancel", "order": order, "reason": "other"]),
            ShopAction(
                at: again + .seconds(1 + random.below(3)),
                body: [
                    "do": "recreate_order", "order": order, "style": style, "closed_before": true, "paid": true,
                    "changes": [["add_sku": sku(), "quantity": 1]],
                ]),
        ]
    }

    /// An app duplicates and leaves the original open, and the warehouse sends that one.
    private mutating func sendOriginal(_ order: JSON, at time: Instant) -> [ShopAction] {
        let copy: JSON = [
            "do": "recreate_order", "order": order, "style": random.below(2) == 0 ? "letter_and_tags" : "note",
            "close_original": false, "paid": true,
        ]
        var sent = send(order, at: time + .seconds(1 + random.below(300)))
        if var body = sent.body.object {
            body["of"] = "original"
            sent.body = .object(body)
        }
        return [ShopAction(at: time, body: copy), sent]
    }
}
