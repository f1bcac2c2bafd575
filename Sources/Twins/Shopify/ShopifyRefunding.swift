import JSON

/// Cancellations and refunds: the deeds that take goods off an order or give money back (apis/shopify.md 3.5, 5.4).
extension ShopifyShop {
    private static let reasons = ["customer", "declined", "fraud", "inventory", "other", "staff"]

    /// With lines: a return of goods. Without: money up to what the merchant owes settles an earlier reducing edit and
    /// has no adjustment; what goes beyond is an appeasement and is recorded as a negative `refund_discrepancy`.
    mutating func refund(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyDeedResult {
        let before = try named(arguments)
        var order = before
        let owed = order.owed
        var refund = ShopifyRefund(
            id: newID(), createdAt: now.wholeSecond, note: try arguments.string("note"),
            restock: try arguments.bool("restock", default: arguments.has("lines")), discrepancyID: newID())
        for json in try arguments.list("lines") {
            refund.lines += try returned(json, &order, restock: refund.restock)
        }
        if let amount = try arguments.amount("shipping") { refund.shipping = [try shipping(amount, &order)] }
        let expected = expectedBack(before, order)
        let available = order.net - order.refundPending
        let byDefault = expected == .zero ? owed : ShopifyMoney.smaller(expected, available)
        let wanted = try arguments.amount("amount").map { order.currencies.money($0) } ?? byDefault
        // The exact two-sided sum where it is one, so that a second currency leaves no crumb.
        let money = [expected, owed, expected + owed, available].first { $0.shop == wanted.shop } ?? wanted
        guard money.shop <= available.shop else {
            throw TwinProblem("refund: only \(available.shop.shortText) was received and not yet refunded", [])
        }
        guard money.shop > .zero || !refund.lines.isEmpty || !refund.shipping.isEmpty else {
            throw TwinProblem("refund needs lines, shipping or an amount; nothing is owed", [])
        }
        if money.shop > expected.shop {
            refund.discrepancy = -ShopifyMoney.larger(.zero, money - expected - owed)
        } else {
            refund.discrepancy = expected - money
        }
        give(money, &refund, &order, pending: try arguments.bool("pending", default: false), now: now)
        order.refunds.append(refund)
        order.agreements.append(agreement("REFUND", now: now, since: before, order))
        store(order, now: now)
        return refundResult(order, refund, ["orders/updated"])
    }

    mutating func settleRefund(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyDeedResult
    {
        var order = try named(arguments)
        let status = try arguments.string("status") ?? "success"
        guard ["success", "failure"].contains(status) else {
            throw TwinProblem("settle_refund: unknown status", ["success", "failure"])
        }
        let wanted = arguments["refund"]?.int64
        let ids = order.refunds.filter { wanted == nil || $0.id == wanted }.flatMap(\.transactionIDs)
        let pending = order.transactions.indices.filter {
            ids.contains(order.transactions[$0].id) && order.transactions[$0].status == "pending"
        }
        guard !pending.isEmpty else { throw TwinProblem("settle_refund: no pending refund", []) }
        for index in pending { order.transactions[index].status = status }
        store(order, now: now)
        return result(order.id, ["orders/updated"])
    }

    /// `refund: true` gives all money back and takes all goods off; `restock` alone takes goods off without money.
    mutating func cancel(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyDeedResult {
        let before = try named(arguments)
        var order = before
        let reason = try arguments.string("reason") ?? "customer"
        guard Self.reasons.contains(reason) else { throw TwinProblem("cancel: unknown reason", Self.reasons) }
        guard order.cancelledAt == nil else { throw TwinProblem("cancel: the order is already cancelled", []) }
        guard !order.fulfilments.contains(where: { $0.status == "success" }) else {
            throw TwinProblem("cancel: the order has a fulfilment; cancel that first (update_fulfilment)", [])
        }
        let moneyBack = try arguments.bool("refund", default: false)
        let restock = try arguments.bool("restock", default: moneyBack)
        order.cancelledAt = now.wholeSecond
        order.cancelReason = reason
        if let tags = try arguments.words("tags") { order.tags = tags }
        if let note = try arguments.string("note") { order.note = note }
        if order.capturable.shop > .zero {
            takeMoney(
                "void", order.capturable, &order, parent: order.transactions.last { $0.kind == "authorization" }?.id,
                now: now)
        }
        guard moneyBack || restock else {
            store(order, now: now)
            return result(order.id, ["orders/cancelled", "orders/updated"])
        }
        var refund = ShopifyRefund(
            id: newID(), createdAt: now.wholeSecond, note: nil, restock: restock, discrepancyID: newID())
        for index in order.lines.indices where order.lines[index].current > 0 {
            refund.lines.append(
                takeOff(
                    &order, line: index, units: order.lines[index].current,
                    restockType: restock ? "cancel" : "no_restock"))
            order.lines[index].unfulfilled = 0
        }
        if moneyBack {
            for line in order.shippingLines where line.current.shop > .zero {
                refund.shipping.append(giveBack(line.current, line: line.id, &order))
            }
            let available = order.net - order.refundPending
            refund.discrepancy = expectedBack(before, order) + before.owed - available
            give(available, &refund, &order, pending: false, now: now)
        }
        order.refunds.append(refund)
        order.agreements.append(agreement("REFUND", now: now, since: before, order))
        store(order, now: now)
        return refundResult(order, refund, ["orders/cancelled", "orders/updated"])
    }

    /// What the goods and shipping taken off were worth, less what the buyer had not paid of the order.
    private func expectedBack(_ before: ShopifyOrder, _ order: ShopifyOrder) -> ShopifyMoney {
        let goods = before.current.total - order.current.total
        return ShopifyMoney.larger(.zero, goods - ShopifyMoney.larger(.zero, before.outstanding))
    }

    private func refundResult(_ order: ShopifyOrder, _ refund: ShopifyRefund, _ topics: [String]) -> ShopifyDeedResult {
        let body = ShopifyPayload(shop: self).refund(refund, of: order)
        return result(
            order.id, topics, ids: [("order", JSON(order.id)), ("refund", JSON(refund.id))],
            others: [("refunds/create", body)])
    }

    private mutating func give(
        _ money: ShopifyMoney, _ refund: inout ShopifyRefund, _ order: inout ShopifyOrder, pending: Bool,
        now: TwinInstant
    ) {
        guard money.shop > .zero else { return }
        let parent = order.transactions.last { ["sale", "capture"].contains($0.kind) }?.id
        takeMoney("refund", money, &order, parent: parent, status: pending ? "pending" : "success", now: now)
        refund.transactionIDs = [order.transactions[order.transactions.count - 1].id]
    }

    /// Units waiting to ship are cancelled, shipped ones are returned; one entry may be both.
    private mutating func returned(
        _ json: JSON, _ order: inout ShopifyOrder, restock: Bool
    ) throws(TwinProblem) -> [ShopifyRefundLine] {
        let entry = try ShopifyArguments(json, place: "refund line", known: ["line", "sku", "quantity"])
        let index = try line(entry, of: order)
        let line = order.lines[index]
        let units = try entry.count("quantity", least: 1, default: line.current)
        guard units > 0, units <= line.current else {
            throw TwinProblem("refund line: \(line.current) units are left", [])
        }
        let waiting = min(units, line.unfulfilled)
        var lines: [ShopifyRefundLine] = []
        if waiting > 0 {
            lines.append(
                takeOff(&order, line: index, units: waiting, restockType: restock ? "cancel" : "no_restock"))
            order.lines[index].unfulfilled -= waiting
        }
        if units > waiting {
            lines.append(
                takeOff(&order, line: index, units: units - waiting, restockType: restock ? "return" : "no_restock"))
        }
        return lines
    }

    private mutating func shipping(
        _ amount: TwinAmount, _ order: inout ShopifyOrder
    ) throws(TwinProblem) -> ShopifyRefundShipping {
        let money = order.currencies.money(amount)
        guard let line = order.shippingLines.first(where: { $0.current.shop >= money.shop }), money.shop > .zero else {
            throw TwinProblem("refund: no shipping line is worth that much", [])
        }
        return giveBack(line.current.shop == money.shop ? line.current : money, line: line.id, &order)
    }

    private mutating func giveBack(_ money: ShopifyMoney, line id: Int64, _ order: inout ShopifyOrder)
        -> ShopifyRefundShipping
    {
        let taxBefore = order.current.shippingTax
        for index in order.shippingLines.indices where order.shippingLines[index].id == id {
            order.shippingLines[index].refunded += money
        }
        return ShopifyRefundShipping(
            id: newID(), adjustmentID: newID(), shippingLineID: id, amount: money,
            tax: taxBefore - order.current.shippingTax)
    }
}
