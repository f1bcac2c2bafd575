import JSON

/// Cancellations and refunds: the actions that take goods off an order or give money back (docs/vendors/shopify.md,
/// Refunds).
extension ShopifyShop {
    private static let reasons = ["customer", "declined", "fraud", "inventory", "other", "staff"]

    /// With lines: a return of goods. Without: money up to what the merchant owes settles an earlier reducing edit and
    /// has no adjustment; what goes beyond is an appeasement and is recorded as a negative `refund_discrepancy`.
    ///
    /// `money: later` writes what is taken off, and that nothing was paid for it yet; `pay_refund` pays.
    mutating func refund(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let before = try named(arguments)
        var order = before
        var refund = ShopifyRefund(
            id: newID(), at: now.wholeSecond, note: try arguments.string("note"),
            restock: try arguments.bool("restock", default: arguments.has("lines")))
        for json in try arguments.list("lines") {
            refund.lines += try returned(json, &order, restock: refund.restock)
        }
        if let amount = try arguments.amount("shipping") { refund.shipping = [try shipping(amount, &order)] }
        try giveDuties(arguments, &refund, &order)
        try giveFees(arguments, &refund, &order)
        let expected = Self.expectedBack(before, order)
        let isLater = try isPaidLater(arguments, expected)
        let money = isLater ? .zero : try money(arguments, expected: expected, of: before)
        let isEmpty = refund.lines.isEmpty && refund.shipping.isEmpty && refund.duties.isEmpty && refund.fees == .zero
        guard money.shop > .zero || !isEmpty else {
            throw TwinProblem("refund needs lines, shipping, duties, fees or an amount; nothing is owed", [])
        }
        if isLater { refund.dueLater = expected }
        book(
            money.shop > expected.shop ? -ShopifyMoney.larger(.zero, money - expected - before.owed) : expected - money,
            in: &refund)
        give(money, &refund, &order, pending: try arguments.bool("pending", default: false), now: now)
        return recorded(refund, order, since: before, ["orders/updated"], now: now)
    }

    private func isPaidLater(_ arguments: ShopifyArguments, _ expected: ShopifyMoney) throws(TwinProblem) -> Bool {
        guard let word = try arguments.string("money") else { return false }
        guard word == "later", !arguments.has("amount"), !arguments.has("pending") else {
            throw TwinProblem("refund: money may only be \"later\", without amount and pending", ["later"])
        }
        guard expected.shop > .zero else { throw TwinProblem("refund: nothing would be paid later", []) }
        return true
    }

    /// What a refund moves: `amount`, else what was taken off, else what is owed.
    private func money(
        _ arguments: ShopifyArguments, expected: ShopifyMoney, of before: ShopifyOrder
    ) throws(TwinProblem) -> ShopifyMoney {
        let (owed, available) = (before.owed, before.refundable)
        let byDefault = expected == .zero ? owed : ShopifyMoney.smaller(expected, available)
        let wanted = try arguments.amount("amount").map { before.currencies.money($0) } ?? byDefault
        // The exact two-sided sum where it is one, so that a second currency leaves no crumb.
        let money = [expected, owed, expected + owed, available].first { $0.shop == wanted.shop } ?? wanted
        guard money.shop <= available.shop else {
            throw TwinProblem("refund: only \(available.shop.shortText) was received and not yet refunded", [])
        }
        return money
    }

    /// The money of an earlier record, in a record of its own: no lines, and an adjustment that says for what it is.
    mutating func payRefund(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult
    {
        let before = try named(arguments)
        var order = before
        let wanted = arguments["refund"]?.int64
        let index = order.refunds.firstIndex { $0.dueLater.shop > .zero && (wanted == nil || $0.id == wanted) }
        guard let index else { throw TwinProblem("pay_refund: no refund whose money is still to come", []) }
        let due = ShopifyMoney.smaller(order.refunds[index].dueLater, order.refundable)
        let asked = try arguments.amount("amount").map { order.currencies.money($0) } ?? due
        let money = asked.shop == due.shop ? due : asked
        guard money.shop > .zero, money.shop <= due.shop else {
            throw TwinProblem("pay_refund: \(due.shop.shortText) is still to come", [])
        }
        order.refunds[index].dueLater = order.refunds[index].dueLater - money
        var refund = ShopifyRefund(id: newID(), at: now.wholeSecond, restock: false)
        book(-money, in: &refund)
        give(money, &refund, &order, pending: try arguments.bool("pending", default: false), now: now)
        return recorded(refund, order, since: before, ["orders/updated"], now: now)
    }

    /// The gateway answers. What was booked because nothing was paid yet is taken back when it was paid, and stays when
    /// it failed: then the goods are gone and the shop has kept the money.
    mutating func settleRefund(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem)
        -> ShopifyActionResult
    {
        var order = try named(arguments)
        let status = try arguments.string("status") ?? "success"
        guard ["success", "failure"].contains(status) else {
            throw TwinProblem("settle_refund: unknown status", ["success", "failure"])
        }
        let wanted = arguments["refund"]?.int64
        var isFound = false
        for index in order.refunds.indices where wanted == nil || order.refunds[index].id == wanted {
            for transaction in order.transactions.indices
            where order.refunds[index].transactionIDs.contains(order.transactions[transaction].id)
                && order.transactions[transaction].status == "pending"
            {
                isFound = true
                order.transactions[transaction].status = status
                order.refunds[index].updatedAt = now.wholeSecond
                if status == "success" {
                    book(-order.transactions[transaction].amount, .pendingRefund, in: &order.refunds[index])
                }
            }
        }
        guard isFound else { throw TwinProblem("settle_refund: no pending refund", []) }
        store(order, now: now)
        return result(order.id, ["orders/updated"])
    }

    /// `refund: true` gives all money back and takes all goods off; `restock` alone takes goods off without money.
    mutating func cancel(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
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
        var refund = ShopifyRefund(id: newID(), at: now.wholeSecond, restock: restock)
        takeAllOff(&order, &refund)
        if moneyBack {
            for line in order.shippingLines where line.current.shop > .zero {
                refund.shipping.append(giveBack(line.current, line: line.id, &order))
            }
            giveAllCharges(&refund, &order)
            let available = order.refundable
            book(Self.expectedBack(before, order) + before.owed - available, in: &refund)
            give(available, &refund, &order, pending: try arguments.bool("pending", default: false), now: now)
        }
        return recorded(refund, order, since: before, ["orders/cancelled", "orders/updated"], now: now)
    }

    /// What was taken off was worth, less what the buyer had not paid of the order.
    private static func expectedBack(_ before: ShopifyOrder, _ order: ShopifyOrder) -> ShopifyMoney {
        let value = before.current.total - order.current.total
        return ShopifyMoney.larger(.zero, value - ShopifyMoney.larger(.zero, before.outstanding))
    }

    /// Puts a finished record on its order.
    private mutating func recorded(
        _ refund: ShopifyRefund, _ changed: ShopifyOrder, since before: ShopifyOrder, _ topics: [String],
        now: TwinInstant
    ) -> ShopifyActionResult {
        var order = changed
        order.refunds.append(refund)
        order.agreements.append(agreement("REFUND", now: now, since: before, order))
        store(order, now: now)
        let body = ShopifyPayload(shop: self).refund(refund, of: order)
        return result(
            order.id, topics, ids: [("order", JSON(order.id)), ("refund", JSON(refund.id))],
            others: [("refunds/create", body)])
    }

    private mutating func book(
        _ amount: ShopifyMoney, _ reason: ShopifyDiscrepancy.Reason = .refund, in refund: inout ShopifyRefund
    ) {
        guard amount != .zero else { return }
        refund.discrepancies.append(ShopifyDiscrepancy(id: newID(), amount: amount, reason: reason))
    }

    private mutating func give(
        _ money: ShopifyMoney, _ refund: inout ShopifyRefund, _ order: inout ShopifyOrder, pending: Bool,
        now: TwinInstant
    ) {
        guard money.shop > .zero else { return }
        let parent = order.transactions.last { ["sale", "capture"].contains($0.kind) }?.id
        takeMoney("refund", money, &order, parent: parent, status: pending ? "pending" : "success", now: now)
        refund.transactionIDs = [order.transactions[order.transactions.count - 1].id]
        // Nothing was paid yet: until it is, a difference in the merchant's favour.
        if pending { book(money, in: &refund) }
    }

    // MARK: Goods

    private mutating func takeAllOff(_ order: inout ShopifyOrder, _ refund: inout ShopifyRefund) {
        for index in order.lines.indices where order.lines[index].current > 0 {
            refund.lines.append(
                takeOff(
                    &order, line: index, units: order.lines[index].current,
                    restockType: refund.restock ? "cancel" : "no_restock"))
            order.lines[index].unfulfilled = 0
        }
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
