import JSON

/// Native order edits (docs/vendors/shopify.md, Orders: edits): all changes of one action are one commit, one
/// agreement, one Event-Id.
extension ShopifyShop {
    static let changeFields = [
        "add_sku", "add_custom", "line", "sku", "quantity", "price", "duplicate", "discount", "title", "shipping",
        "remove_shipping",
    ]

    mutating func editOrder(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult
    {
        let changes = try arguments.list("changes")
        guard !changes.isEmpty else { throw TwinProblem("edit_order needs changes", Self.changeFields) }
        return try commit(arguments, changes: changes, now: now)
    }

    /// Removal of a line and a new line with a new id; nothing links them but the edit.
    mutating func swapLine(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let order = try named(arguments)
        var reference: [(key: String, value: JSON)] = []
        if let line = arguments["line"] { reference.append(("line", line)) }
        if let sku = arguments["remove_sku"] { reference.append(("sku", sku)) }
        guard !reference.isEmpty, let added = arguments["add_sku"] else {
            throw TwinProblem("swap_line needs line or remove_sku, and add_sku", [])
        }
        let removal = try ShopifyArguments(
            .object(JSONObject(reference)), place: "swap_line", known: Self.changeFields)
        let old = order.lines[try line(removal, of: order)]
        let quantity = try arguments.count("quantity", least: 1, default: max(1, old.current))
        let changes: [JSON] = [
            .object(JSONObject(reference + [("quantity", 0)])),
            ["add_sku": added, "quantity": JSON(quantity), "duplicate": true],
        ]
        return try commit(arguments, changes: changes, now: now)
    }

    private mutating func commit(
        _ arguments: ShopifyArguments, changes: [JSON], now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let before = try named(arguments)
        guard before.cancelledAt == nil else {
            throw TwinProblem("\(arguments.place): a cancelled order cannot be edited", [])
        }
        var order = before
        var edit = ShopifyEdit(
            id: newID(), at: now.wholeSecond, appID: arguments["app_id"]?.int64,
            notify: try arguments.bool("notify", default: false), staffNote: try arguments.string("staff_note") ?? "")
        var removed: [ShopifyRefundLine] = []
        let restock = try arguments.bool("restock", default: true)
        for json in changes {
            let change = try ShopifyArguments(json, place: "change", known: Self.changeFields)
            try apply(change, to: &order, &edit, &removed, restock: restock)
        }
        if let tags = try arguments.words("tags") { order.tags = tags }
        order.agreements.append(agreement("ORDER_EDIT", now: now, since: before, order, appID: edit.appID))
        if !removed.isEmpty {
            var refund = ShopifyRefund(id: newID(), at: now.wholeSecond, restock: restock)
            refund.lines = removed
            refund.isEdit = true
            order.refunds.append(refund)
            edit.refundID = refund.id
        }
        order.edits.append(edit)
        store(order, now: now)
        return committed(order, edit, arguments)
    }

    private func committed(
        _ order: ShopifyOrder, _ edit: ShopifyEdit, _ arguments: ShopifyArguments
    ) -> ShopifyActionResult {
        let payload = ShopifyPayload(shop: self)
        var others: [(topic: String, body: JSON)] = [("orders/edited", payload.edit(edit, of: order))]
        var ids: [(name: String, id: JSON)] = [("order", JSON(order.id)), ("edit", JSON(edit.id))]
        ids.append(("lines", .array(edit.additions.map { JSON($0.id) })))
        if let refund = order.refunds.last, refund.id == edit.refundID {
            ids.append(("refund", JSON(refund.id)))
            if settings.removingEditFiresRefundsCreate {
                others.append(("refunds/create", payload.refund(refund, of: order)))
            }
        }
        return result(order.id, ["orders/updated"], ids: ids, others: others)
    }

    mutating func apply(
        _ change: ShopifyArguments, to order: inout ShopifyOrder, _ edit: inout ShopifyEdit,
        _ removed: inout [ShopifyRefundLine], restock: Bool
    ) throws(TwinProblem) {
        if let title = try change.string("shipping") {
            let price = try change.amount("price") ?? .zero
            let line = ShopifyShippingLine(id: newID(), title: title, price: order.currencies.money(price))
            order.shippingLines.append(line)
            edit.shippingAdditions.append(line.id)
        } else if let shipping = change["remove_shipping"] {
            let index = order.shippingLines.firstIndex {
                !$0.removed && ($0.id == shipping.int64 || $0.title == shipping.string)
            }
            guard let index else {
                throw TwinProblem("change: no such shipping line", order.shippingLines.map(\.title))
            }
            order.shippingLines[index].removed = true
            edit.shippingRemovals.append(order.shippingLines[index].id)
        } else if change.has("add_sku") || change.has("add_custom") {
            try add(change, to: &order, &edit)
        } else if change.has("discount") {
            try discount(change, &order, &edit)
        } else {
            try setQuantity(change, &order, &edit, &removed, restock: restock)
        }
    }

    private mutating func add(
        _ change: ShopifyArguments, to order: inout ShopifyOrder, _ edit: inout ShopifyEdit
    ) throws(TwinProblem) {
        let quantity = try change.count("quantity", least: 1, default: 1)
        let price = try change.amount("price")
        if let title = try change.string("add_custom") {
            let unit = order.currencies.money(price ?? .zero)
            order.lines.append(
                ShopifyLine(
                    id: newID(), variant: nil, sku: nil, title: title, variantTitle: nil, unit: unit,
                    quantity: quantity,
                    current: quantity, unfulfilled: quantity))
            edit.additions.append((order.lines[order.lines.count - 1].id, quantity))
            return
        }
        let variant = try variant(sku: try change.string("add_sku"))
        let existing = order.lines.firstIndex { $0.variant?.id == variant.id && $0.current > 0 }
        if let existing, price == nil, try !change.bool("duplicate", default: false) {
            grow(existing, of: &order, by: quantity)
            edit.additions.append((order.lines[existing].id, quantity))
        } else {
            let made = line(variant, quantity: quantity, unit: order.currencies.money(price ?? variant.price))
            order.lines.append(made)
            edit.additions.append((made.id, quantity))
        }
    }

    /// More units at the same discount each. The amount told of a line's own discount grows in proportion; that of a
    /// code only where the shop rescales it.
    private func grow(_ position: Int, of order: inout ShopifyOrder, by units: Int) {
        var line = order.lines[position]
        for index in line.allocations.indices {
            let isCode = order.discounts[line.allocations[index].discountIndex].code != nil
            guard !isCode || settings.rescalesAllocations else { continue }
            line.allocations[index].rescale(to: line.quantity + units, order.currencies)
        }
        line.quantity += units
        line.current += units
        line.unfulfilled += units
        order.lines[position] = line
    }

    /// A manual discount on a line, as the amount it takes off the units that are there now.
    private func discount(
        _ change: ShopifyArguments, _ order: inout ShopifyOrder, _ edit: inout ShopifyEdit
    ) throws(TwinProblem) {
        let index = try line(change, of: order)
        let line = order.lines[index]
        guard let amount = try change.amount("discount"), line.current > 0, !line.isTip else {
            throw TwinProblem("change: discount is an amount on a line that still has units", [])
        }
        let money = order.currencies.money(amount)
        guard money.shop <= line.value(units: line.current, order.currencies).shop else {
            throw TwinProblem("change: discount exceeds the line", [])
        }
        let whole = order.currencies.scaled(money, by: Int64(line.quantity), over: Int64(line.current))
        order.discounts.append(
            ShopifyDiscount(code: nil, title: try change.string("title") ?? "Discount", amount: whole))
        order.lines[index].allocations.append(
            ShopifyAllocation(discountIndex: order.discounts.count - 1, amount: whole, units: line.quantity))
        order.lines[index].isRepriced = true
        edit.discountAdditions.append(line.id)
    }

    private mutating func setQuantity(
        _ change: ShopifyArguments, _ order: inout ShopifyOrder, _ edit: inout ShopifyEdit,
        _ removed: inout [ShopifyRefundLine], restock: Bool
    ) throws(TwinProblem) {
        let index = try line(change, of: order)
        let wanted = try change.count("quantity", least: 0)
        let delta = wanted - order.lines[index].current
        guard !order.lines[index].isTip else { throw TwinProblem("change: a tip cannot be edited", []) }
        if delta > 0 {
            grow(index, of: &order, by: delta)
            edit.additions.append((order.lines[index].id, delta))
        } else if delta < 0 {
            guard order.lines[index].unfulfilled >= -delta else {
                throw TwinProblem("change: fulfilled units cannot be edited", [])
            }
            edit.removals.append((order.lines[index].id, -delta))
            removed.append(takeOff(&order, line: index, units: -delta, restockType: restock ? "cancel" : "no_restock"))
            order.lines[index].unfulfilled += delta
        }
    }

    /// Takes units off a line and says what they were worth. The parts add up: each is a difference of the line's
    /// value.
    mutating func takeOff(
        _ order: inout ShopifyOrder, line index: Int, units: Int, restockType: String
    ) -> ShopifyRefundLine {
        let line = order.lines[index]
        let left = line.current - units
        order.lines[index].current = left
        return ShopifyRefundLine(
            id: newID(), lineID: line.id, quantity: units, restockType: restockType,
            subtotal: line.value(units: line.current, order.currencies) - line.value(units: left, order.currencies),
            tax: order.lineTax(line, units: line.current) - order.lineTax(line, units: left))
    }

    /// One agreement with what changed since `before`, as signed sales.
    mutating func agreement(
        _ reason: String, now: TwinInstant, since before: ShopifyOrder?, _ order: ShopifyOrder, appID: Int64? = nil
    ) -> ShopifyAgreement {
        var made = ShopifyAgreement(id: newID(), at: now.wholeSecond, reason: reason, appID: appID)
        for line in order.lines {
            let old = before?.lines.first { $0.id == line.id }
            let units = line.current - (old?.current ?? 0)
            let total =
                order.lineWorth(line, units: line.current)
                - (old.map { order.lineWorth($0, units: $0.current) } ?? .zero)
            guard units != 0 || total != .zero else { continue }
            let tax =
                order.lineTax(line, units: line.current) - (old.map { order.lineTax($0, units: $0.current) } ?? .zero)
            let discount =
                line.discount(units: line.current, order.currencies)
                - (old.map { $0.discount(units: $0.current, order.currencies) } ?? .zero)
            made.sales.append(
                ShopifySale(
                    id: newID(), action: units > 0 ? "ORDER" : units < 0 ? "RETURN" : "UPDATE",
                    lineType: line.isTip ? "TIP" : line.giftCard ? "GIFT_CARD" : "PRODUCT", quantity: units,
                    lineID: line.id, total: total, tax: tax, discount: discount))
        }
        for line in order.shippingLines {
            let old = before?.shippingLines.first { $0.id == line.id }?.current ?? .zero
            let delta = line.current - old
            guard delta != .zero else { continue }
            let tax = order.tax.of(line.current, order.currencies) - order.tax.of(old, order.currencies)
            made.sales.append(
                ShopifySale(
                    id: newID(), action: delta.shop > .zero ? "ORDER" : "RETURN", lineType: "SHIPPING", quantity: nil,
                    lineID: nil, total: delta + (order.tax.included ? .zero : tax), tax: tax, discount: .zero))
        }
        return made
    }
}
