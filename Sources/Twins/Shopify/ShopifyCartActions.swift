import JSON

/// Carts and checkouts: what may become an order, or be abandoned (docs/vendors/shopify.md, Carts and checkouts).
extension ShopifyShop {
    /// Creates a cart or, by its token, changes it. `lines` replaces what was there; empty empties it.
    mutating func cart(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let given = try arguments.string("token")
        let known = cart(token: given)
        var cart =
            known
            ?? ShopifyCart(
                token: given ?? "c" + String(newID(), radix: 16), createdAt: now.wholeSecond,
                updatedAt: now.wholeSecond)
        if arguments.has("lines") { cart.lines = try basket(arguments) }
        guard known != nil || !cart.lines.isEmpty else { throw emptyBasket("cart") }
        cart.note = try arguments.string("note") ?? cart.note
        cart.email = try arguments.string("email") ?? cart.email
        cart.updatedAt = now.wholeSecond
        store(cart)
        return ShopifyActionResult(
            ids: [("cart", .string(cart.token))],
            hooks: [(known == nil ? "carts/create" : "carts/update", ShopifyPayload(shop: self).cart(cart))])
    }

    /// Creates a checkout or, by its token, changes it; what is not given stays. With an e-mail, a phone or a customer
    /// there is a customer record, unless `guest` (docs/vendors/shopify.md, Customers).
    mutating func checkout(_ arguments: ShopifyArguments, now: TwinInstant) throws(TwinProblem) -> ShopifyActionResult {
        let given = try arguments.string("token")
        let known = checkout(token: given)
        guard known?.completedAt == nil else { throw TwinProblem("checkout: it is completed", []) }
        var checkout: ShopifyCheckout
        if let known {
            checkout = known
        } else {
            let number = newID()
            checkout = ShopifyCheckout(
                token: given ?? "k" + String(number, radix: 16), number: number, createdAt: now.wholeSecond,
                updatedAt: now.wholeSecond)
        }
        try take(arguments, &checkout)
        guard !checkout.lines.isEmpty else { throw emptyBasket("checkout") }
        if try arguments.bool("completed", default: false) { checkout.completedAt = now.wholeSecond }
        var hooks: ShopifyActionResult.Hooks = []
        if ["customer", "email", "phone"].contains(where: { arguments.has($0) }),
            let shopper = try shopper(arguments, now: now)
        {
            checkout.customerID = shopper.customer.id
            checkout.email = checkout.email ?? shopper.customer.email
            checkout.phone = checkout.phone ?? shopper.customer.phone
            if shopper.isNew || !shopper.agreed.isEmpty {
                store(shopper.customer)
                hooks = self.hooks(of: shopper)
            }
        }
        checkout.updatedAt = now.wholeSecond
        store(checkout)
        let topic = known == nil ? "checkouts/create" : "checkouts/update"
        var ids: [(name: String, id: JSON)] = [("checkout", .string(checkout.token))]
        if let id = checkout.customerID { ids.append(("customer", JSON(id))) }
        return ShopifyActionResult(ids: ids, hooks: [(topic, ShopifyPayload(shop: self).checkout(checkout))] + hooks)
    }

    private func take(_ arguments: ShopifyArguments, _ checkout: inout ShopifyCheckout) throws(TwinProblem) {
        checkout.cartToken = try arguments.string("cart_token") ?? checkout.cartToken
        if arguments.has("lines") {
            checkout.lines = try basket(arguments)
        } else if checkout.lines.isEmpty, let cart = cart(token: checkout.cartToken) {
            checkout.lines = cart.lines
        }
        checkout.email = try arguments.string("email") ?? checkout.email
        checkout.phone = try arguments.string("phone") ?? checkout.phone
        checkout.shipping = try arguments.amount("shipping") ?? checkout.shipping
        checkout.shippingTitle = try arguments.string("shipping_title") ?? checkout.shippingTitle
        checkout.note = try arguments.string("note") ?? checkout.note
        checkout.noteAttributes = try arguments.attributes("note_attributes") ?? checkout.noteAttributes
        checkout.acceptsMarketing = try arguments.bool(
            "buyer_accepts_marketing", default: checkout.acceptsMarketing)
        checkout.acceptsMessages = try arguments.bool(
            "buyer_accepts_sms_marketing", default: checkout.acceptsMessages)
        if let address = arguments["shipping_address"] { try checkout.address.take(addressFields(address)) }
    }

    private func emptyBasket(_ place: String) -> TwinProblem {
        TwinProblem("\(place) needs lines: [{sku, quantity}]", variants.map(\.sku))
    }

    private func basket(_ arguments: ShopifyArguments) throws(TwinProblem) -> [ShopifyBasketLine] {
        var lines: [ShopifyBasketLine] = []
        for json in try arguments.list("lines") {
            let entry = try ShopifyArguments(json, place: "line", known: ["sku", "variant_id", "quantity", "price"])
            let found = try variant(of: entry)
            lines.append(
                ShopifyBasketLine(
                    variant: found, quantity: try entry.count("quantity", least: 1, default: 1),
                    unit: try entry.amount("price") ?? found.price))
        }
        return lines
    }

    // MARK: The order that comes of it

    /// The arguments of `place_order`, with what its checkout or cart knows where the action does not say.
    func filled(_ arguments: ShopifyArguments) throws(TwinProblem) -> ShopifyArguments {
        let checkout = checkout(token: try arguments.string("checkout_token"))
        guard checkout?.completedAt == nil else { throw TwinProblem("place_order: the checkout is completed", []) }
        let cart = cart(token: try arguments.string("cart_token") ?? checkout?.cartToken)
        guard checkout != nil || cart != nil else { return arguments }
        var object = arguments.json.object ?? JSONObject()
        func fill(_ name: String, _ value: JSON?) { if !arguments.has(name), let value { object[name] = value } }
        if !arguments.has("gift_card") {
            fill("lines", (checkout?.lines ?? cart?.lines).map { .array($0.map(Self.line)) })
        }
        fill("cart_token", (checkout?.cartToken).map { .string($0) })
        if !["customer", "guest", "email", "phone"].contains(where: { arguments.has($0) }) {
            fill("customer", checkout?.customerID.map { ["id": JSON($0)] })
            fill("email", (checkout?.email).map { .string($0) })
            fill("phone", (checkout?.phone).map { .string($0) })
            if let checkout, checkout.customerID == nil { fill("guest", true) }
        }
        fill("shipping", (checkout?.shipping).map { .string($0.shortText) })
        fill("shipping_title", (checkout?.shippingTitle).map { .string($0) })
        fill("buyer_accepts_marketing", (checkout?.acceptsMarketing).map { .bool($0) })
        return try ShopifyArguments(.object(object), place: arguments.place, known: object.keys)
    }

    private static func line(_ line: ShopifyBasketLine) -> JSON {
        [
            "variant_id": JSON(line.variant.id), "quantity": JSON(line.quantity),
            "price": .string(line.unit.shortText),
        ]
    }

    /// The checkout that an order came of is completed by it.
    mutating func complete(_ token: String?, of customer: ShopifyCustomer?, now: TwinInstant)
        -> ShopifyActionResult.Hooks
    {
        guard var checkout = checkout(token: token) else { return [] }
        checkout.completedAt = now.wholeSecond
        checkout.updatedAt = now.wholeSecond
        checkout.customerID = customer?.id ?? checkout.customerID
        store(checkout)
        return [("checkouts/update", ShopifyPayload(shop: self).checkout(checkout))]
    }
}
