import Commerce
import JSON
import Sync

/// What buyers pay beside their goods, and every way in which some of it comes back.
extension History {
    private static let discounts = ["5.00", "7.77", "20.00"]

    /// Codes whose amount divides into no price, duties, fees, tips, and a second currency where the shop takes one.
    mutating func addCharges(to body: inout JSONObject) {
        if random.below(3) == 0 {
            let units = (body["lines"]?.array ?? []).reduce(0) { $0 + ($1["quantity"]?.int64 ?? 0) }
            // Never the whole price: what an order of no value is, is for other tests.
            let most = units < 3 ? 2 : Self.discounts.count
            let amount = Self.discounts[Int(random.below(Int64(most)))]
            body["discount"] = ["code": "WELCOME", "amount": .string(amount)]
        }
        if ways.hasTips, random.below(2) == 0 { body["tip"] = "2.00" }
        if ways.hasDuties, random.below(2) == 0 {
            body["lines"] = .array(
                (body["lines"]?.array ?? []).map { line in
                    guard var line = line.object else { return line }
                    line["duty"] = .string("\(1 + random.below(4)).01")
                    return .object(line)
                })
            if random.below(2) == 0 { body["fees"] = "2.50" }
        }
        if let second = ways.second, random.below(3) == 0 {
            body["presentment"] = ["currency": .string(second.currency), "rate": .string(second.rate)]
        }
    }

    /// A part is paid in advance; some of it may be given back before the rest comes, if it ever does.
    mutating func deposit(_ order: JSON, at time: Instant) -> [ShopAction] {
        var actions = [ShopAction(at: time, body: ["do": "pay", "order": order, "amount": "5.00"])]
        if random.below(2) == 0 {
            let amount = random.below(2) == 0 ? "2.00" : "5.00"
            actions.append(
                ShopAction(
                    at: time + .seconds(random.below(60)),
                    body: ["do": "refund", "order": order, "amount": .string(amount)]))
        }
        return actions
    }

    /// What happens to the money, the goods and the prices of one order.
    mutating func refundStep(_ order: JSON, at time: Instant) -> [ShopAction] {
        func action(_ body: JSON, after span: TimeSpan = .zero) -> ShopAction {
            ShopAction(at: time + span, body: body)
        }
        switch random.below(12) {
        case 0, 1: return [action(.object(refund(order)))]
        case 2, 3, 4: return pending(order, at: time)
        case 5, 6: return inTwoRecords(order, at: time)
        case 7: return [action(["do": "refund", "order": order, "shipping": .string("\(1 + random.below(4)).95")])]
        case 8: return [action(charges(order))]
        case 9:
            // Nothing is given for the goods, or less than they cost.
            let kept: JSON = [
                "do": "refund", "order": order, "lines": [["index": JSON(random.below(3)), "quantity": 1]],
                "amount": .string(random.below(2) == 0 ? "0" : "3.33"),
            ]
            return [action(kept)]
        case 10:
            // Goods that only this order has, so that no later order asks for what the shop sells no more.
            let limited = JSON.string("LIMITED-\(random.below(1_000_000))")
            return [
                action(["do": "create_product", "sku": limited, "title": "Limited print", "price": "9.50"]),
                action(["do": "edit_order", "order": order, "changes": [["add_sku": limited, "quantity": 1]]]),
                action(["do": "delete_product", "sku": limited], after: .seconds(random.below(120))),
            ]
        default: return prices(order, at: time)
        }
    }

    /// Goods, perhaps with their delivery and duties, perhaps for another sum than they cost.
    private mutating func refund(_ order: JSON) -> JSONObject {
        var body: JSONObject = [
            "do": "refund", "order": order, "lines": [["index": JSON(random.below(3)), "quantity": 1]],
        ]
        if random.below(3) == 0 { body["shipping"] = "2.45" }
        if ways.hasDuties, random.below(2) == 0 { body["duties"] = random.below(2) == 0 ? "proportional" : "full" }
        if random.below(4) == 0 { body["amount"] = .string("\(1 + random.below(12)).49") }
        return body
    }

    private mutating func charges(_ order: JSON) -> JSON {
        guard ways.hasDuties else { return ["do": "refund", "order": order, "amount": "0.99"] }
        return random.below(2) == 0
            ? ["do": "refund", "order": order, "duties": "full"] : ["do": "refund", "order": order, "fees": "1.25"]
    }

    /// The gateway answers late, with yes or no, or not at all.
    private mutating func pending(_ order: JSON, at time: Instant) -> [ShopAction] {
        var body = refund(order)
        if random.below(3) == 0 { body = ["do": "refund", "order": order, "amount": "1.75"] }
        body["pending"] = true
        var actions = [ShopAction(at: time, body: .object(body))]
        let status: JSON = random.below(3) == 0 ? "failure" : "success"
        if random.below(4) > 0 {
            let answer: JSON = ["do": "settle_refund", "order": order, "status": status]
            let late: TimeSpan = random.below(4) == 0 ? .zero : .seconds(1 + random.below(600))
            actions.append(ShopAction(at: time + late, body: answer))
        }
        return actions
    }

    /// First the units, then their money in a record of its own.
    private mutating func inTwoRecords(_ order: JSON, at time: Instant) -> [ShopAction] {
        let units: JSON = [
            "do": "refund", "order": order, "lines": [["index": JSON(random.below(3)), "quantity": 1]],
            "money": "later",
        ]
        var money: JSONObject = ["do": "pay_refund", "order": order]
        if random.below(4) == 0 { money["amount"] = "1.11" }
        if random.below(4) == 0 { money["pending"] = true }
        let late: TimeSpan = random.below(4) == 0 ? .zero : .seconds(1 + random.below(500))
        var actions = [ShopAction(at: time, body: units)]
        if random.below(5) > 0 { actions.append(ShopAction(at: time + late, body: .object(money))) }
        return actions
    }

    /// Edits that raise a line, perhaps one with a discount, lower its price or change what delivery costs.
    private mutating func prices(_ order: JSON, at time: Instant) -> [ShopAction] {
        let change: JSON =
            switch random.below(4) {
            case 0: ["index": JSON(random.below(2)), "discount": "1.37"]
            case 1: ["shipping": "Express", "price": "3.10"]
            default: ["index": JSON(random.below(2)), "quantity": JSON(4 + random.below(3))]
            }
        return [ShopAction(at: time, body: ["do": "edit_order", "order": order, "changes": [change]])]
    }
}
