import Commerce
import JSON

/// Turns carts of the online store and checkouts into baskets (docs/vendors/shopify.md, Carts and checkouts). They come
/// as webhooks only.
enum CartMapping {
    /// A cart tells neither who fills it nor a total; each line tells its price in both currencies.
    static func cart(_ cart: Payload) throws(ShopifyError) -> Cart {
        let updatedAt = try cart.requiredTime("updated_at")
        var lines: [Cart.Line] = []
        for line in try cart.requiredItems("line_items") {
            let discounted = try line.amount("discounted_price")
            let price = if let discounted { discounted } else { try line.requiredAmount("price") }
            lines.append(try self.line(line, unitPrice: price, money: try bag("discounted_price_set", of: line)))
        }
        return Cart(
            id: try cartToken(cart), stage: .cart, lines: lines, createdAt: try cart.time("created_at") ?? updatedAt,
            updatedAt: updatedAt)
    }

    static func checkout(_ checkout: Payload) throws(ShopifyError) -> Cart {
        let updatedAt = try checkout.requiredTime("updated_at")
        var lines: [Cart.Line] = []
        for line in try checkout.requiredItems("line_items") {
            var allocated = Amount.zero
            for allocation in try line.items("discount_allocations") ?? [] {
                allocated = allocated + (try allocation.requiredAmount("amount"))
            }
            let price = ShopifyAssumptions.unitPrice(
                try line.requiredAmount("price"), allocated: allocated, quantity: try line.units("quantity"))
            lines.append(try self.line(line, unitPrice: price))
        }
        return Cart(
            id: try checkoutToken(checkout), stage: .checkout, cartToken: try token(checkout, "cart_token"),
            buyer: try buyer(checkout), lines: lines, total: try total(checkout),
            recoveryURL: try checkout.text("abandoned_checkout_url"),
            createdAt: try checkout.time("created_at") ?? updatedAt, updatedAt: updatedAt,
            completedAt: try checkout.time("completed_at"))
    }

    private static func line(
        _ line: Payload, unitPrice: Amount, money: MoneyBag? = nil
    ) throws(ShopifyError) -> Cart.Line {
        Cart.Line(
            productID: try line.id("product_id", kind: "Product"),
            variantID: try line.id("variant_id", kind: "ProductVariant"), sku: try line.text("sku"),
            title: try line.text("title") ?? "", quantity: try line.units("quantity"), unitPrice: unitPrice,
            unitMoney: money)
    }

    /// `nil` in payloads from before carts told both currencies.
    private static func bag(_ set: String, of line: Payload) throws(ShopifyError) -> MoneyBag? {
        guard let bag = try line.child(set) else { return nil }
        func side(_ key: String) throws(ShopifyError) -> Money {
            let money = try bag.requiredChild(key)
            return Money(
                try money.requiredAmount("amount"), try OrderMoney.currency(OrderMoney.Words.rest.currency, of: money))
        }
        return MoneyBag(
            shop: try side(OrderMoney.Words.rest.shop), presentment: try side(OrderMoney.Words.rest.presentment))
    }

    private static func total(_ checkout: Payload) throws(ShopifyError) -> Money? {
        func currency(_ key: String) throws(ShopifyError) -> Currency? {
            checkout.value(key) == nil ? nil : try OrderMoney.currency(key, of: checkout)
        }
        let currency = ShopifyAssumptions.currencyOfSums(
            shop: try currency("currency"), presentment: try currency("presentment_currency"))
        guard let currency, let amount = try checkout.amount("total_price") else { return nil }
        return Money(amount, currency)
    }

    /// An empty field proves nothing: it may be withheld, or not typed yet.
    private static func buyer(_ checkout: Payload) throws(ShopifyError) -> Buyer {
        func fact(_ value: String?) -> Known<String?> { value.map { .known($0) } ?? .unknown }
        return Buyer(
            customerID: fact(try checkout.child("customer")?.id("id", kind: "Customer")),
            email: fact(PersonalData.email(try checkout.text("email"))), phone: fact(try checkout.text("phone")))
    }

    // MARK: Tokens

    static func cartToken(_ cart: Payload) throws(ShopifyError) -> String {
        if let token = try token(cart, "token") { return token }
        guard let token = try token(cart, "id") else { throw ShopifyError(.missingField, at: cart.place("token")) }
        return token
    }

    static func checkoutToken(_ checkout: Payload) throws(ShopifyError) -> String {
        guard let token = try token(checkout, "token") else {
            throw ShopifyError(.missingField, at: checkout.place("token"))
        }
        return token
    }

    /// Visible ASCII, because it becomes part of a key; without the secret that may follow it.
    private static func token(_ payload: Payload, _ key: String) throws(ShopifyError) -> String? {
        guard let text = try payload.text(key) else { return nil }
        let token = text.prefix { $0 != "?" }
        let visible: ClosedRange<UInt8> = 0x21...0x7E
        guard (1...ShopifyLimits.tokenLengthMax).contains(token.utf8.count), token.utf8.allSatisfy(visible.contains)
        else { throw ShopifyError(.badID, at: payload.place(key)) }
        return String(token)
    }
}
