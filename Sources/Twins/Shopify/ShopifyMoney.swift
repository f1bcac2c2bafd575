import JSON

/// One amount on both sides: the shop's currency and the buyer's.
struct ShopifyMoney: Sendable, Hashable {
    var shop: TwinAmount
    var presentment: TwinAmount

    static let zero = ShopifyMoney(shop: .zero, presentment: .zero)

    static func + (left: Self, right: Self) -> Self {
        Self(shop: left.shop + right.shop, presentment: left.presentment + right.presentment)
    }
    static func - (left: Self, right: Self) -> Self {
        Self(shop: left.shop - right.shop, presentment: left.presentment - right.presentment)
    }
    static prefix func - (value: Self) -> Self { zero - value }
    static func += (left: inout Self, right: Self) { left = left + right }
    static func * (left: Self, right: Int) -> Self {
        Self(shop: left.shop * right, presentment: left.presentment * right)
    }

    /// The larger by the shop's side; both sides move together.
    static func larger(_ left: Self, _ right: Self) -> Self { left.shop < right.shop ? right : left }
    static func smaller(_ left: Self, _ right: Self) -> Self { left.shop < right.shop ? left : right }
}

extension Sequence where Element == ShopifyMoney {
    func sum() -> ShopifyMoney { reduce(.zero, +) }
}

/// The currencies of one order and how its amounts are rounded and written.
struct ShopifyCurrencies: Sendable, Hashable {
    var shop: String
    var presentment: String
    /// Presentment units per shop unit, in millionths.
    var rateMillionths: Int64

    var shopDigits: Int { currencyDigits(shop) }
    var presentmentDigits: Int { currencyDigits(presentment) }

    /// An amount given in the shop's currency, with its presentment side at the order's rate.
    func money(_ amount: TwinAmount) -> ShopifyMoney {
        ShopifyMoney(
            shop: amount.scaled(by: 1, over: 1, digits: shopDigits),
            presentment: amount.scaled(by: rateMillionths, over: 1_000_000, digits: presentmentDigits))
    }

    /// `money × numerator ÷ denominator`, each side half to even at its minor unit.
    func scaled(_ money: ShopifyMoney, by numerator: Int64, over denominator: Int64) -> ShopifyMoney {
        guard denominator != 0 else { return .zero }
        return ShopifyMoney(
            shop: money.shop.scaled(by: numerator, over: denominator, digits: shopDigits),
            presentment: money.presentment.scaled(by: numerator, over: denominator, digits: presentmentDigits))
    }

    /// The shop's side as REST writes it: `"12.50"`.
    func text(_ money: ShopifyMoney) -> JSON { .string(money.shop.text(digits: shopDigits)) }

    /// `{"shop_money": {"amount", "currency_code"}, "presentment_money": {...}}`; transactions' `total_unsettled_set`
    /// alone says `currency` (docs/vendors/shopify.md, Payload conventions).
    func set(_ money: ShopifyMoney, codeKey: String = "currency_code") -> JSON {
        func side(_ amount: TwinAmount, _ code: String, _ digits: Int) -> JSON {
            .object(JSONObject([("amount", .string(amount.text(digits: digits))), (codeKey, .string(code))]))
        }
        return [
            "shop_money": side(money.shop, shop, shopDigits),
            "presentment_money": side(money.presentment, presentment, presentmentDigits),
        ]
    }
}
