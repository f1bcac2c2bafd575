/// A basket that has not become an order: a cart of the online store, or a checkout begun.
public struct Cart: Sendable, Hashable, Codable {
    /// The token of this cart or checkout.
    public var id: String
    public var stage: Stage
    /// The cart that a checkout began from.
    public var cartToken: String?
    public var buyer: Buyer
    public var lines: [Line]
    /// `nil` where the payload does not say (carts have no currency of their own).
    public var total: Money?
    /// Where the buyer goes on.
    public var recoveryURL: String?
    public var createdAt: Instant
    public var updatedAt: Instant
    /// The order was placed; the basket is no basket any more.
    public var completedAt: Instant?

    public enum Stage: String, Sendable, Hashable, Codable { case cart, checkout }

    public struct Line: Sendable, Hashable, Codable {
        public var productID: String?
        public var variantID: String?
        public var sku: String?
        public var title: String
        public var quantity: Int
        /// One unit after discounts.
        public var unitPrice: Amount
        public init(
            productID: String? = nil, variantID: String? = nil, sku: String? = nil, title: String, quantity: Int,
            unitPrice: Amount
        ) {
            self.productID = productID
            self.variantID = variantID
            self.sku = sku
            self.title = title
            self.quantity = quantity
            self.unitPrice = unitPrice
        }
    }

    public init(
        id: String, stage: Stage, cartToken: String? = nil, buyer: Buyer = Buyer(), lines: [Line], total: Money? = nil,
        recoveryURL: String? = nil, createdAt: Instant, updatedAt: Instant, completedAt: Instant? = nil
    ) {
        self.id = id
        self.stage = stage
        self.cartToken = cartToken
        self.buyer = buyer
        self.lines = lines
        self.total = total
        self.recoveryURL = recoveryURL
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.completedAt = completedAt
    }

    /// What names the basket for the browser and for us alike: the cart's token, else the checkout's own.
    public var cartID: String { cartToken ?? id }
}
