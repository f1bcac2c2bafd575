import JSON

/// How an order that is made for another one names it. Merchants and apps each have a way of their own.
enum ShopifyNamingMark: String, CaseIterable {
    /// A note attribute, and a note beside it.
    case attribute
    /// The other's name with a letter.
    case letter
    case note
}

/// Actions by which an order comes to be that names another and does not take its place.
extension ShopifyShop {
    /// The goods were lost or broke: they are sent once more, for nothing.
    mutating func reshipOrder(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let original = try standing(arguments)
        let wanted =
            arguments.has("lines")
            ? try units("lines", arguments, of: original)
            : original.lines.indices.map { ($0, original.lines[$0].fulfilled) }
        for (index, units) in wanted where units > original.lines[index].fulfilled {
            throw TwinProblem("reship_order: only \(original.lines[index].fulfilled) units were sent", [])
        }
        let chosen = Self.part(of: original, wanted)
        guard !chosen.lines.isEmpty else { throw TwinProblem("reship_order: nothing of the order was sent yet", []) }
        return try undone { shop throws(TwinProblem) in
            var made = try shop.another(like: original, arguments, now: now)
            try shop.mark(&made, of: original, arguments, .reshipment, ShopifyTwinAssumptions.reshipmentNote)
            made.tags.append(ShopifyTwinAssumptions.reshipmentTag)
            shop.take(chosen, into: &made)
            Self.giveAway(&made)
            shop.finish(&made, now: now)
            return shop.create(made, now: now)
        }
    }

    /// Goods that were sent come back, and the buyer gets others as a new order, paid with what the first ones cost.
    mutating func exchangeOrder(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let original = try standing(arguments)
        let back = try units("back", arguments, of: original)
        guard back.contains(where: { $0.units > 0 }) else {
            throw TwinProblem("exchange_order needs back: [{line or sku, quantity}]", original.lines.compactMap(\.sku))
        }
        for (index, units) in back {
            let most = min(original.lines[index].fulfilled, original.lines[index].current)
            guard units <= most else { throw TwinProblem("exchange_order: only \(most) units can come back", []) }
        }
        guard original.outstanding.shop <= .zero else {
            throw TwinProblem("exchange_order: \(original.outstanding.shop.shortText) of the order is not paid", [])
        }
        let paid = try arguments.bool("paid", default: true)
        let refunds = try arguments.bool("refund", default: true)
        return try undone { shop throws(TwinProblem) in
            var made = try shop.another(like: original, arguments, now: now)
            try shop.mark(&made, of: original, arguments, .exchange, ShopifyTwinAssumptions.exchangeNote)
            for entry in try arguments.list("lines") { made.lines.append(try shop.newLine(entry, made.currencies)) }
            guard !made.lines.isEmpty else {
                throw TwinProblem("exchange_order needs lines: [{sku, quantity}]", shop.variants.map(\.sku))
            }
            shop.finish(&made, now: now)
            if paid { shop.takeMoney("sale", made.originalTotal, &made, now: now) }
            var done = shop.create(made, now: now)
            guard refunds else { return done }
            let lines = back.filter { $0.units > 0 }.map { entry -> JSON in
                ["line": JSON(original.lines[entry.index].id), "quantity": JSON(entry.units)]
            }
            let given: JSON = ["order": JSON(original.id), "lines": .array(lines)]
            let refund = try shop.refund(
                ShopifyArguments(given, place: "exchange_order", known: ["order", "lines"]), now: now)
            done.ids += refund.ids.filter { $0.name == "refund" }
            done.further.append(refund.hooks)
            return done
        }
    }

    /// One order becomes two, which share its goods and its payment. An app calls for each, so each is an action.
    mutating func splitOrder(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let original = try standing(arguments)
        guard original.lines.allSatisfy({ $0.fulfilled == 0 }) else {
            throw TwinProblem("split_order: a part of the order was sent", [])
        }
        let first = try units("lines", arguments, of: original)
        let rest = original.lines.indices.map { index in
            (index, original.lines[index].current - (first.first { $0.index == index }?.units ?? 0))
        }
        guard rest.allSatisfy({ $0.1 >= 0 }) else { throw TwinProblem("split_order: there are fewer units", []) }
        let parts = [Self.part(of: original, first), Self.part(of: original, rest, withShipping: false)]
        guard parts.allSatisfy({ $0.lines.contains { !$0.isTip } }) else {
            throw TwinProblem("split_order needs lines that are a part of the order", original.lines.compactMap(\.sku))
        }
        let closes = try arguments.bool("close_original", default: true)
        return try undone { shop throws(TwinProblem) in
            var done = ShopifyActionResult()
            for part in parts {
                var made = try shop.another(like: original, arguments, now: now)
                try shop.mark(&made, of: original, arguments, .split, ShopifyTwinAssumptions.splitNote)
                shop.take(part, into: &made)
                shop.finish(&made, now: now)
                shop.pay(&made, from: original, paid: nil, now: now)
                let created = shop.create(made, now: now)
                if done.ids.isEmpty { done = created } else { done.further.append(created.hooks) }
                done.ids.append((done.further.isEmpty ? "first" : "second", JSON(made.id)))
            }
            guard closes else { return done }
            let given: JSON = ["order": JSON(original.id), "reason": "other"]
            let closed = try shop.cancel(
                ShopifyArguments(given, place: "split_order", known: ["order", "reason"]), now: now)
            done.further.append(closed.hooks)
            return done
        }
    }

    // MARK: Parts

    /// A refused action changes nothing.
    private mutating func undone(
        _ body: (inout ShopifyShop) throws(TwinProblem) -> ShopifyActionResult
    ) throws(TwinProblem) -> ShopifyActionResult {
        var shop = self
        let done = try body(&shop)
        self = shop
        return done
    }

    private func standing(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyOrder {
        let order = try named(arguments)
        guard order.cancelledAt == nil else { throw TwinProblem("\(arguments.place): the order is cancelled", []) }
        return order
    }

    /// What a list names: the line's place and its units, all that are left where none are said.
    private func units(
        _ list: String, _ arguments: ShopifyArguments, of order: ShopifyOrder
    ) throws(TwinProblem) -> [(index: Int, units: Int)] {
        var found: [(index: Int, units: Int)] = []
        for json in try arguments.list(list) {
            let entry = try ShopifyArguments(json, place: list, known: ["line", "sku", "quantity"])
            let index = try line(entry, of: order)
            found.append((index, try entry.count("quantity", least: 1, default: order.lines[index].current)))
        }
        return found
    }

    /// The order with these units alone.
    private static func part(
        of order: ShopifyOrder, _ wanted: [(index: Int, units: Int)], withShipping: Bool = true
    ) -> ShopifyOrder {
        var part = order
        for index in part.lines.indices {
            part.lines[index].current = wanted.filter { $0.index == index }.map(\.units).reduce(0, +)
        }
        part.lines.removeAll { $0.current == 0 }
        if !withShipping { part.shippingLines = [] }
        return part
    }

    /// Names the other order, and takes down for the checker why.
    private func mark(
        _ made: inout ShopifyOrder, of original: ShopifyOrder, _ arguments: ShopifyArguments,
        _ kind: ShopifyOrigin.Kind, _ note: String
    ) throws(TwinProblem) {
        let marks = ShopifyNamingMark.allCases.map(\.rawValue)
        guard let mark = ShopifyNamingMark(rawValue: try arguments.string("mark") ?? marks[0]) else {
            throw TwinProblem("\(arguments.place): unknown mark", marks)
        }
        made.origin = ShopifyOrigin(kind: kind, order: original.id)
        switch mark {
        case .letter: made.name = lettered(original.name)
        case .note: made.note = note + original.name
        case .attribute: Self.name(original, in: &made, note)
        }
    }

    /// Names the other order in a note and in an attribute.
    static func name(_ original: ShopifyOrder, in made: inout ShopifyOrder, _ note: String) {
        made.note = note + original.name
        made.noteAttributes.append(
            ShopifyAttribute(name: ShopifyTwinAssumptions.replacementAttribute, value: original.name))
    }

    /// A discount of everything, by hand; delivery is free.
    private static func giveAway(_ order: inout ShopifyOrder) {
        order.shippingLines = []
        order.fee = nil
        order.lines.removeAll(where: \.isTip)
        var discount = ShopifyDiscount(code: nil, title: "Reshipment", amount: .zero)
        for index in order.lines.indices {
            let quantity = order.lines[index].quantity
            let worth = order.lines[index].unit * quantity
            order.lines[index].duty = nil
            order.lines[index].allocations = [
                ShopifyAllocation(discountIndex: 0, amount: worth, units: quantity)
            ]
            discount.amount += worth
        }
        order.discounts = [discount]
    }

    mutating func finish(_ made: inout ShopifyOrder, now: TwinInstant) {
        made.originalTotal = made.totals.total
        made.agreements = [agreement("ORDER", now: now, since: nil, made, appID: made.appID)]
    }
}
