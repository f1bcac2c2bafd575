import Commerce
import JSON
import Sync

/// Random but plausible deeds of shoppers and staff, made from a seed: place, pay, edit, swap, burst, fulfil, refund
/// with and without money, settle, cancel, and noise.
struct History {
    /// One deed for the shop, at a time.
    struct Deed {
        var at: Instant
        var body: JSON
    }

    private static let skus = [
        "TEE-RED-S", "TEE-RED-M", "TEE-BLUE-M", "HOODIE-GREY-L", "MUG-WHITE", "CAP-BLACK", "SOCKS-3PK", "POSTER-A2",
        "BAG-CANVAS",
    ]

    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Deeds in the order of their times.
    mutating func deeds(orders: Int, from start: Instant, over day: Span) -> [Deed] {
        var deeds: [Deed] = []
        for index in 0..<orders {
            // Two thirds of the day for placing leaves the rest for what happens to the order.
            let placed = start + Span(microseconds: random.below(day.microseconds * 2 / 3))
            deeds += story(of: "#S\(index + 1)", number: index, from: placed, until: start + day)
        }
        return deeds.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    private mutating func story(of name: String, number: Int, from placed: Instant, until end: Instant) -> [Deed] {
        var deeds: [Deed] = []
        let isPaid = random.below(4) > 0
        deeds.append(Deed(at: placed, body: place(name, number: number, paid: isPaid)))
        var time = placed
        func later(_ span: Span) -> Instant { min(time + span, end) }
        if !isPaid, random.below(5) > 0 {
            time = later(.seconds(20 + random.below(300)))
            deeds.append(Deed(at: time, body: ["do": "pay", "order": .string(name)]))
        }
        for _ in 0..<(1 + random.below(6)) {
            // Sometimes the next deed falls into the same second, as a burst of edits does.
            time = later(random.below(3) == 0 ? .milliseconds(random.below(900)) : .seconds(5 + random.below(400)))
            deeds += step(name, at: time)
        }
        return deeds
    }

    private mutating func place(_ name: String, number: Int, paid: Bool) -> JSON {
        var lines: [JSON] = []
        let first = Int(random.below(Int64(Self.skus.count)))
        for offset in 0..<(1 + Int(random.below(3))) {
            let sku = Self.skus[(first + offset * 2) % Self.skus.count]
            lines.append(["sku": .string(sku), "quantity": JSON(1 + random.below(3))])
        }
        var body: JSONObject = [
            "do": "place_order", "name": .string(name), "lines": .array(lines), "paid": .bool(paid),
            "customer": ["email": .string("shopper\(number)@example.test"), "first_name": "Sam"],
        ]
        if random.below(4) == 0 {
            body["customer"] = JSON?.none
            body["email"] = .string("guest\(number)@example.test")
        }
        if random.below(2) == 0 { body["shipping"] = "4.95" }
        if random.below(3) == 0 { body["discount"] = ["code": "WELCOME", "amount": "5.00"] }
        return .object(body)
    }

    private mutating func sku() -> JSON { .string(Self.skus[Int(random.below(Int64(Self.skus.count)))]) }

    private mutating func step(_ name: String, at time: Instant) -> [Deed] {
        let order = JSON.string(name)
        func deed(_ body: JSON, after span: Span = .zero) -> Deed { Deed(at: time + span, body: body) }
        switch random.below(12) {
        case 0: return [deed(["do": "edit_order", "order": order, "changes": [["add_sku": sku(), "quantity": 1]]])]
        case 1:
            return [
                deed([
                    "do": "edit_order", "order": order, "changes": [["index": 0, "quantity": JSON(random.below(3))]],
                ])
            ]
        case 2:
            let swap: JSON = ["do": "swap_line", "order": order, "index": 0, "add_sku": sku(), "quantity": 1]
            return [deed(swap)]
        case 3:
            // A burst: three edits within a few seconds.
            return (0..<3).map { index in
                deed(
                    ["do": "edit_order", "order": order, "changes": [["add_sku": sku(), "quantity": 1]]],
                    after: .milliseconds(Int64(index) * (200 + random.below(1_500))))
            }
        case 4: return [deed(["do": "fulfil", "order": order, "tracking": .string("TRACK\(random.below(10_000))")])]
        case 5:
            return [deed(["do": "refund", "order": order, "lines": [["index": 0, "quantity": 1]], "restock": true])]
        case 6: return [deed(["do": "refund", "order": order, "amount": .string("\(1 + random.below(4)).50")])]
        case 7:
            // A reducing edit whose difference is given back later.
            return [
                deed([
                    "do": "edit_order", "order": order,
                    "changes": [["index": 0, "quantity": 0], ["add_sku": sku(), "quantity": 1]],
                ]),
                deed(["do": "settle", "order": order], after: .seconds(1 + random.below(60))),
            ]
        case 8:
            return random.below(3) == 0
                ? [deed(["do": "cancel", "order": order, "refund": .bool(random.below(2) == 0)])] : []
        case 9: return [deed(["do": "update_order", "order": order, "note": .string("note \(random.below(100))")])]
        case 10:
            return [deed(["do": "update_order", "order": order, "tags": [.string("vip\(random.below(3))")]])]
        default: return [deed(["do": "pay", "order": order])]
        }
    }
}
