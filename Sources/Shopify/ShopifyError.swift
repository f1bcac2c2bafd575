/// Why something of Shopify's cannot be understood: a stable code and the place, never the value (it may be personal).
public struct ShopifyError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        case badAmount = "shopify_bad_amount"
        case badField = "shopify_bad_field"
        case badID = "shopify_bad_id"
        case badTime = "shopify_bad_time"
        /// A webhook tells only the first hundred variants of the product.
        case cutVariants = "shopify_cut_variants"
        case foreignCurrency = "shopify_foreign_currency"
        case missingField = "shopify_missing_field"
        /// The product has more variants than a read can bring.
        case productTooLarge = "shopify_product_too_large"
        /// The order has more in it than a read can bring.
        case tooLarge = "shopify_order_too_large"
        case unknownValue = "shopify_unknown_value"
        /// The payload is older than the fields that say what an order is *now*.
        case oldShape = "shopify_old_shape"
        /// Money is told in one of the order's two currencies only.
        case oneSidedMoney = "shopify_one_sided_money"
        /// Its lines do not make its own sum: discounts were not scaled after an edit.
        case sumsDisagree = "shopify_sums_disagree"
    }
    public var code: Code
    /// `line_items[2].price_set.shop_money.amount`
    public var path: String

    public init(_ code: Code, at path: String) {
        self.code = code
        self.path = path
    }

    /// The payload is sound but not enough: reading over GraphQL brings the rest.
    public var asksForRead: Bool {
        [.oldShape, .oneSidedMoney, .cutVariants, .sumsDisagree].contains(code)
    }

    public var nextStep: String {
        switch code {
        case .unknownValue: "see whether the API version serves a new word; then teach the mapping"
        case .foreignCurrency: "look at the order in the admin: its sums are in more than its two currencies"
        case .tooLarge: "raise the limit in ShopifyLimits; until then the webhooks alone tell of this order"
        case .productTooLarge: "raise the limit in ShopifyLimits; until then this product is not told"
        case .oldShape, .oneSidedMoney, .cutVariants, .sumsDisagree: "it is read over GraphQL; nothing to do"
        default: "the webhook is kept as it came; look at the entity in the admin, a change there sends it again"
        }
    }
    public var description: String { "\(code.rawValue) at \(path); \(nextStep)" }
}
