import Commerce
import JSON

/// Reads the sums of one order, all of which must be in its two currencies.
struct OrderMoney {
    let shop: Currency
    let presentment: Currency
    /// The words of the wire: REST and GraphQL spell the same bag differently.
    let words: Words

    struct Words {
        var shop, presentment, currency: String
        static let rest = Words(shop: "shop_money", presentment: "presentment_money", currency: "currency_code")
        static let graphQL = Words(shop: "shopMoney", presentment: "presentmentMoney", currency: "currencyCode")
    }

    var zero: MoneyBag { .zero(shop: shop, presentment: presentment) }
    var isSingle: Bool { shop == presentment }

    /// The bag under `set`; `nil` when it is absent or null.
    func bag(_ set: String, of payload: Payload) throws(ShopifyError) -> MoneyBag? {
        guard let bag = try payload.child(set) else { return nil }
        return MoneyBag(
            shop: try side(words.shop, of: bag, in: shop),
            presentment: try side(words.presentment, of: bag, in: presentment))
    }

    func requiredBag(_ set: String, of payload: Payload) throws(ShopifyError) -> MoneyBag {
        guard let bag = try bag(set, of: payload) else {
            throw ShopifyError(.missingField, at: payload.place(set))
        }
        return bag
    }

    /// The bag, or the plain amount of an old payload. A plain amount tells one currency only.
    func bag(_ set: String, orPlain plain: String, of payload: Payload) throws(ShopifyError) -> MoneyBag? {
        if let bag = try bag(set, of: payload) { return bag }
        guard let value = payload.value(plain) else { return nil }
        guard isSingle else { throw ShopifyError(.oneSidedMoney, at: payload.place(plain)) }
        let amount = try amount(value, at: payload.place(plain))
        return MoneyBag(shop: Money(amount, shop), presentment: Money(amount, presentment))
    }

    func amount(_ value: JSON, at place: String) throws(ShopifyError) -> Amount {
        guard let amount = value.decimalText.flatMap({ Amount($0) }) else { throw ShopifyError(.badAmount, at: place) }
        return amount
    }

    private func side(_ key: String, of bag: Payload, in currency: Currency) throws(ShopifyError) -> Money {
        let money = try bag.requiredChild(key)
        guard try Self.currency(words.currency, of: money) == currency else {
            throw ShopifyError(.foreignCurrency, at: money.place(words.currency))
        }
        return Money(try amount(money.required("amount"), at: money.place("amount")), currency)
    }

    static func currency(_ key: String, of payload: Payload) throws(ShopifyError) -> Currency {
        guard let currency = Currency(try payload.requiredText(key)) else {
            throw ShopifyError(.badField, at: payload.place(key))
        }
        return currency
    }
}
