import JSON

/// What an editor app does that cancels and recreates an order (docs/vendors/shopify.md, Editing apps).
/// `letter_and_tags` is the way of Cleverific, `note` that of the apps that duplicate first and may leave the original
/// open.
enum ShopifyRecreateStyle: String, CaseIterable {
    case letterAndTags = "letter_and_tags"
    case note
}

extension ShopifyShop {
    /// Two or three calls of an app, so two or three Event-Ids: cancel, create, and the money that goes back. A lower
    /// total is refunded on the original, a higher one leaves its balance pending on the new order.
    mutating func recreateOrder(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let before = self
        do throws(TwinProblem) {
            return try recreated(arguments, now: now)
        } catch {
            self = before
            throw error
        }
    }

    private mutating func recreated(
        _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult {
        let original = try named(arguments)
        let styles = ShopifyRecreateStyle.allCases.map(\.rawValue)
        guard let style = try arguments.string("style").flatMap({ ShopifyRecreateStyle(rawValue: $0) }) else {
            throw TwinProblem("recreate_order needs a style", styles)
        }
        let closedBefore = try arguments.bool("closed_before", default: false)
        if original.cancelledAt != nil, !closedBefore {
            throw TwinProblem("recreate_order: the order is cancelled; closed_before says that the app did it", [])
        }
        if original.cancelledAt == nil, closedBefore {
            throw TwinProblem("recreate_order: the order is not cancelled, so nothing closed it before", [])
        }
        let closes = try arguments.bool("close_original", default: style == .letterAndTags) && !closedBefore
        let createsFirst = try arguments.bool("create_first", default: style == .note)
        var made = try copy(of: original, arguments, style, now: now)
        let paid = arguments.has("paid") ? try arguments.bool("paid", default: true) : nil
        pay(&made, from: original, paid: paid, now: now)

        var actions: [ShopifyActionResult.Hooks] = []
        if closes, !createsFirst { actions.append(try close(original, arguments, style, now: now)) }
        let created = create(made, now: now)
        actions.append(created.hooks)
        if closes, createsFirst { actions.append(try close(original, arguments, style, now: now)) }
        var ids = created.ids + [("original", JSON(original.id))]
        let surplus = original.net.shop - made.current.total.shop
        if closes, paid != false, surplus > .zero {
            let refund = try refund(
                Self.inner(["order": JSON(original.id), "amount": .string(surplus.shortText)]), now: now)
            actions.append(refund.hooks)
            ids += refund.ids.filter { $0.name == "refund" }
        }
        return ShopifyActionResult(ids: ids, hooks: actions[0], further: Array(actions.dropFirst()))
    }

    private static func inner(_ json: JSON) throws(TwinProblem) -> ShopifyArguments {
        try ShopifyArguments(
            json, place: "recreate_order", known: ["order", "amount", "reason", "restock", "tags"])
    }

    /// A cancellation without money: the payment was copied to the new order (docs/vendors/shopify.md, Editing apps).
    private mutating func close(
        _ original: ShopifyOrder, _ arguments: ShopifyArguments, _ style: ShopifyRecreateStyle, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyActionResult.Hooks {
        var given: JSONObject = [
            "order": JSON(original.id), "reason": arguments["reason"] ?? "other",
            "restock": .bool(try arguments.bool("restock", default: false)),
        ]
        if style == .letterAndTags {
            let tags = Self.unmarked(original.tags) + [ShopifyTwinAssumptions.replacedTag]
            given["tags"] = .array(tags.map { .string($0) })
        }
        return try cancel(Self.inner(.object(given)), now: now).hooks
    }

    mutating func create(_ order: ShopifyOrder, now: TwinInstant) -> ShopifyActionResult {
        var buyer = customer(id: order.customerID)
        buyer?.updatedAt = now.wholeSecond
        if let buyer { store(buyer) }
        store(order, now: now)
        var done = placed(order)
        if let buyer { done.hooks += hooks(of: buyer, ["customers/update"]) }
        return done
    }

    // MARK: The copy

    private mutating func copy(
        of original: ShopifyOrder, _ arguments: ShopifyArguments, _ style: ShopifyRecreateStyle, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyOrder {
        let lines = try changed(original, arguments)
        var made = try another(like: original, arguments, now: now)
        made.recreatedFrom = original.id
        switch style {
        case .letterAndTags:
            made.name = lettered(original.name)
            made.tags.append(ShopifyTwinAssumptions.replacementTag)
        case .note:
            Self.name(original, in: &made, ShopifyTwinAssumptions.replacementNote)
        }
        take(lines, into: &made)
        guard !made.lines.isEmpty else { throw TwinProblem("recreate_order: nothing is left to order", []) }
        finish(&made, now: now)
        return made
    }

    /// An order that an app makes for the buyer of another one: nothing is on it yet, and no mark of an earlier one.
    mutating func another(
        like original: ShopifyOrder, _ arguments: ShopifyArguments, now: TwinInstant
    ) throws(TwinProblem) -> ShopifyOrder {
        let number = newNumber()
        let second = now.wholeSecond
        var made = ShopifyOrder(
            id: newID(), number: number, name: "#\(number)", createdAt: second, updatedAt: second,
            currencies: original.currencies, tax: original.tax, shippingAddress: original.shippingAddress)
        made.test = original.test
        made.email = original.email
        made.phone = original.phone
        made.customerID = original.customerID
        made.note = Self.unmarked(original.note)
        made.noteAttributes = original.noteAttributes.filter {
            $0.name != ShopifyTwinAssumptions.replacementAttribute
        }
        made.tags = try arguments.words("tags") ?? Self.unmarked(original.tags)
        made.appID = arguments["app_id"]?.int64
        made.sourceName = made.appID.map { String($0) } ?? "shopify_draft_order"
        return made
    }

    /// The original's lines after `changes`, which name them by the original's ids and SKUs.
    private mutating func changed(
        _ original: ShopifyOrder, _ arguments: ShopifyArguments
    ) throws(TwinProblem) -> ShopifyOrder {
        var order = original
        for index in order.lines.indices where !order.lines[index].isTip {
            order.lines[index].unfulfilled = order.lines[index].current
        }
        var edit = ShopifyEdit(id: 0, at: original.updatedAt, notify: false, staffNote: "")
        var removed: [ShopifyRefundLine] = []
        for json in try arguments.list("changes") {
            let change = try ShopifyArguments(json, place: "change", known: Self.changeFields)
            try apply(change, to: &order, &edit, &removed, restock: false)
        }
        return order
    }

    /// What is there now, under new ids: an order that was never edited.
    mutating func take(_ copied: ShopifyOrder, into made: inout ShopifyOrder) {
        made.discounts = copied.discounts
        for index in made.discounts.indices { made.discounts[index].amount = .zero }
        for old in copied.lines where old.current > 0 {
            var line = old
            line.id = newID()
            (line.quantity, line.unfulfilled, line.fulfilled) = (old.current, old.isTip ? 0 : old.current, 0)
            line.isRepriced = false
            for index in line.allocations.indices {
                line.allocations[index].rescale(to: old.current, made.currencies)
                made.discounts[line.allocations[index].discountIndex].amount += line.allocations[index].amount
            }
            line.duty = old.duty.flatMap { duty in
                duty.current == .zero ? nil : ShopifyDuty(id: newID(), price: duty.current, units: old.current)
            }
            made.lines.append(line)
        }
        made.tipInSubtotal = copied.tipInSubtotal
        if let fee = copied.fee?.current, fee != .zero { made.fee = ShopifyFee(id: newID(), price: fee) }
        for old in copied.shippingLines where !old.removed {
            made.shippingLines.append(ShopifyShippingLine(id: newID(), title: old.title, price: old.current))
        }
    }

    /// The payment as the app copies it. `paid: true` takes the balance too, `false` copies nothing.
    mutating func pay(_ made: inout ShopifyOrder, from original: ShopifyOrder, paid: Bool?, now: TwinInstant) {
        guard paid != false else { return }
        if original.received == .zero, original.capturable.shop > .zero {
            takeMoney("authorization", .smaller(original.capturable, made.originalTotal), &made, now: now)
            return
        }
        let held = ShopifyMoney.smaller(.larger(.zero, original.net), made.originalTotal)
        takeMoney("sale", held, &made, now: now)
        if paid == true, made.outstanding.shop > .zero { takeMoney("sale", made.outstanding, &made, now: now) }
    }

    /// The tags that an app left at an earlier edit say nothing about this one.
    private static func unmarked(_ tags: [String]) -> [String] {
        tags.filter { ![ShopifyTwinAssumptions.replacedTag, ShopifyTwinAssumptions.replacementTag].contains($0) }
    }

    private static func unmarked(_ note: String?) -> String? {
        note.flatMap { $0.hasPrefix(ShopifyTwinAssumptions.replacementNote) ? nil : $0 }
    }

    /// `#1031` becomes `#1031A`, `#1031A` becomes `#1031B`, `#1031Z` becomes `#1031AA`; a name that is taken is passed
    /// over.
    func lettered(_ name: String) -> String {
        var next = name
        repeat { next = Self.nextLetter(next) } while orders.contains { $0.name == next }
        return next
    }

    private static func nextLetter(_ name: String) -> String {
        let letters = name.utf8.reversed().prefix { (0x41...0x5A).contains($0) }
        let base = name.utf8.dropLast(letters.count)
        guard !letters.isEmpty, let last = base.last, (0x30...0x39).contains(last) else { return name + "A" }
        var suffix = Array(letters.reversed())
        var place = suffix.count - 1
        while place >= 0, suffix[place] == 0x5A {
            suffix[place] = 0x41
            place -= 1
        }
        if place >= 0 { suffix[place] += 1 } else { suffix.insert(0x41, at: 0) }
        return String(decoding: Array(base) + suffix, as: UTF8.self)
    }
}
