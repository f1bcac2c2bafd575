import JSON

/// Actions by which an order comes to be and its money arrives.
extension ShopifyShop {
    mutating func placeOrder(_ given: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let arguments = try filled(given)
        let currencies = try currencies(arguments)
        let tax = ShopifyTax(
            included: try arguments.bool("taxes_included", default: settings.taxesIncluded),
            rateMillionths: settings.taxRateMillionths, title: settings.taxTitle)
        var lines: [ShopifyLine] = []
        for entry in try arguments.list("lines") { lines.append(try newLine(entry, currencies)) }
        if try arguments.bool("gift_card", default: false) {
            let card = try variant(sku: "GIFT-25")
            lines.append(line(card, quantity: 1, unit: currencies.money(card.price)))
        }
        guard !lines.isEmpty else {
            throw TwinProblem("place_order needs lines: [{sku, quantity}]", variants.map(\.sku))
        }
        let deposit = try arguments.amount("deposit").map { currencies.money($0) }
        let paid = try arguments.bool("paid", default: deposit == nil)
        let authorised = try arguments.bool("authorised", default: false)
        let shopper = try shopper(arguments, now: now)
        let customer = shopper?.customer
        let number = newNumber()
        let second = now.wholeSecond
        var order = ShopifyOrder(
            id: newID(), number: number, name: try arguments.string("name") ?? "#\(number)", createdAt: second,
            updatedAt: second, currencies: currencies, tax: tax,
            shippingAddress: customer?.address ?? ShopifyAddress())
        order.customerID = customer?.id
        order.email = try arguments.string("email") ?? customer?.email
        order.phone = try arguments.string("phone") ?? customer?.phone
        order.test = try arguments.bool("test", default: false)
        order.tags = try arguments.words("tags") ?? []
        order.note = try arguments.string("note")
        order.noteAttributes = try arguments.attributes("note_attributes") ?? []
        order.sourceName = try arguments.string("source_name") ?? "web"
        order.appID = arguments["app_id"]?.int64
        order.acceptsMarketing = try arguments.bool("buyer_accepts_marketing", default: false)
        order.cartToken = try arguments.string("cart_token")
        order.checkoutToken = try arguments.string("checkout_token")
        order.lines = lines
        try addTip(arguments, to: &order)
        try addFee(arguments, to: &order)
        if let address = arguments["shipping_address"] { try order.shippingAddress.take(addressFields(address)) }
        try addShipping(arguments, to: &order)
        try addDiscount(arguments, to: &order)
        order.originalTotal = order.totals.total
        order.agreements = [agreement("ORDER", now: now, since: nil, order)]
        if authorised {
            takeMoney("authorization", order.originalTotal, &order, now: now)
        } else if paid {
            takeMoney("sale", order.originalTotal, &order, now: now)
        } else if let deposit {
            guard deposit.shop < order.originalTotal.shop else {
                throw TwinProblem("place_order: a deposit is less than the total", [])
            }
            takeMoney("sale", deposit, &order, now: now)
        }
        if let customer { store(customer) }
        store(order, now: now)
        var done = placed(order)
        if let shopper { done.hooks += hooks(of: shopper) }
        done.hooks += complete(order.checkoutToken, of: customer, now: now) + sell(order.lines, now: now)
        return done
    }

    /// Ids and webhooks of an order that has come to be; those of its buyer come after.
    func placed(_ order: ShopifyOrder) -> ShopifyActionResult {
        var topics = ["orders/create", "orders/updated"]
        if order.financialStatus == "paid" { topics.append("orders/paid") }
        var ids: [(name: String, id: JSON)] = [("order", JSON(order.id)), ("name", .string(order.name))]
        ids.append(("lines", .array(order.lines.map { JSON($0.id) })))
        if let id = order.customerID { ids.append(("customer", JSON(id))) }
        return result(order.id, topics, ids: ids)
    }

    mutating func pay(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        var order = try named(arguments)
        guard order.cancelledAt == nil else { throw TwinProblem("pay: the order is cancelled", []) }
        let due = order.outstanding
        let money = try arguments.amount("amount").map { order.currencies.money($0) } ?? due
        guard money.shop > .zero, money.shop <= due.shop else {
            throw TwinProblem("pay: outstanding is \(due.shop.shortText)", [])
        }
        takeMoney("sale", money.shop == due.shop ? due : money, &order, now: now)
        store(order, now: now)
        let topics = order.financialStatus == "pending" || order.outstanding.shop > .zero ? [] : ["orders/paid"]
        return result(order.id, topics + ["orders/updated"])
    }

    mutating func capture(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        var order = try named(arguments)
        let most = ShopifyMoney.smaller(order.capturable, ShopifyMoney.larger(.zero, order.outstanding))
        let money = try arguments.amount("amount").map { order.currencies.money($0) } ?? most
        guard money.shop > .zero, money.shop <= order.capturable.shop, order.cancelledAt == nil else {
            throw TwinProblem("capture: capturable is \(most.shop.shortText)", [])
        }
        let parent = order.transactions.last { $0.kind == "authorization" }?.id
        takeMoney("capture", money.shop == most.shop ? most : money, &order, parent: parent, now: now)
        store(order, now: now)
        return result(order.id, (order.outstanding.shop > .zero ? [] : ["orders/paid"]) + ["orders/updated"])
    }

    mutating func takeMoney(
        _ kind: String, _ money: ShopifyMoney, _ order: inout ShopifyOrder, parent: Int64? = nil,
        status: String = "success", now: TwinInstant
    ) {
        // A zero-value order is paid without a transaction.
        guard money.shop != .zero || kind == "void" else { return }
        order.transactions.append(
            ShopifyTransaction(
                id: newID(), parentID: parent, kind: kind, status: status, amount: money, gateway: "shopify_payments",
                createdAt: now.wholeSecond))
    }

    private func currencies(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyCurrencies {
        if let code = try arguments.string("currency"), code != settings.currency {
            throw TwinProblem(
                "currency is the shop's; a buyer's other currency is presentment: {currency, rate}", [settings.currency]
            )
        }
        guard let json = arguments["presentment"] else {
            return ShopifyCurrencies(
                shop: settings.currency, presentment: settings.currency, rateMillionths: 1_000_000)
        }
        let presentment = try ShopifyArguments(json, place: "presentment", known: ["currency", "rate"])
        guard let code = try presentment.string("currency"), code.utf8.count == 3,
            let rate = try presentment.amount("rate"), rate > .zero
        else { throw TwinProblem("presentment needs {currency: \"EUR\", rate: \"1.17\"}", []) }
        return ShopifyCurrencies(shop: settings.currency, presentment: code, rateMillionths: rate.millionths)
    }

    mutating func newLine(_ json: JSON, _ currencies: ShopifyCurrencies) throws(TwinProblem) -> ShopifyLine {
        let entry = try ShopifyArguments(
            json, place: "line", known: ["sku", "variant_id", "quantity", "price", "title", "taxable", "duty"])
        let quantity = try entry.count("quantity", least: 1, default: 1)
        let price = try entry.amount("price")
        var made: ShopifyLine
        if let title = try entry.string("title"), let price {
            made = ShopifyLine(
                id: newID(), variant: nil, sku: try entry.string("sku"), title: title, variantTitle: nil,
                unit: currencies.money(price), quantity: quantity, current: quantity, unfulfilled: quantity)
        } else {
            let found = try variant(of: entry)
            made = line(found, quantity: quantity, unit: currencies.money(price ?? found.price))
        }
        made.taxable = try entry.bool("taxable", default: made.taxable)
        made.duty = try duty(entry, units: quantity, currencies)
        return made
    }

    /// What `{variant_id}` or `{sku}` names.
    func variant(of entry: ShopifyArguments) throws(TwinProblem) -> ShopifyVariant {
        guard let id = entry["variant_id"]?.int64 else { return try variant(sku: try entry.string("sku")) }
        guard let found = variant(id: id) else {
            throw TwinProblem("unknown variant_id", variants.map { String($0.id) })
        }
        return found
    }

    mutating func line(_ variant: ShopifyVariant, quantity: Int, unit: ShopifyMoney) -> ShopifyLine {
        ShopifyLine(
            id: newID(), variant: variant, sku: variant.sku, title: variant.title, variantTitle: variant.option,
            unit: unit, quantity: quantity, current: quantity, unfulfilled: quantity, taxable: !variant.giftCard,
            giftCard: variant.giftCard, vendor: product(id: variant.productID)?.vendor ?? settings.name)
    }

    private mutating func addShipping(_ arguments: ShopifyArguments, to order: inout ShopifyOrder) throws(TwinProblem) {
        guard let price = try arguments.amount("shipping") else { return }
        order.shippingLines.append(
            ShopifyShippingLine(
                id: newID(), title: try arguments.string("shipping_title") ?? "Standard",
                price: order.currencies.money(price)))
    }

    /// A code of a fixed amount over all lines but the tip, by their price; the remainder goes to the largest.
    private func addDiscount(_ arguments: ShopifyArguments, to order: inout ShopifyOrder) throws(TwinProblem) {
        guard let json = arguments["discount"] else { return }
        let entry = try ShopifyArguments(json, place: "discount", known: ["code", "amount"])
        guard let code = try entry.string("code"), let amount = try entry.amount("amount") else {
            throw TwinProblem("discount needs {code, amount}", [])
        }
        let goods = order.lines.indices.filter { !order.lines[$0].isTip }
        let items = goods.map { order.lines[$0].unit * order.lines[$0].quantity }.sum()
        let money = ShopifyMoney.smaller(order.currencies.money(amount), items)
        guard money.shop > .zero else { throw TwinProblem("discount: amount must be above zero", []) }
        order.discounts.append(ShopifyDiscount(code: code, title: code, amount: money))
        var rest = money
        for index in goods {
            let worth = order.lines[index].unit * order.lines[index].quantity
            let share = ShopifyMoney(
                shop: money.shop.scaled(
                    by: worth.shop.millionths, over: items.shop.millionths, digits: order.currencies.shopDigits),
                presentment: money.presentment.scaled(
                    by: worth.presentment.millionths, over: items.presentment.millionths,
                    digits: order.currencies.presentmentDigits))
            order.lines[index].allocations.append(
                ShopifyAllocation(discountIndex: 0, amount: share, units: order.lines[index].quantity))
            rest = rest - share
        }
        let largest = goods.max { left, right in
            let (one, other) = (order.lines[left], order.lines[right])
            return (one.unit * one.quantity).shop < (other.unit * other.quantity).shop
        }
        if let largest {
            let given = order.lines[largest].allocations[0]
            order.lines[largest].allocations[0] = ShopifyAllocation(
                discountIndex: 0, amount: given.amount + rest, units: given.units)
        }
    }
}
