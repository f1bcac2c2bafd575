/// A basket that has not become an order: a cart of the online store, or a checkout begun.
public struct Cart: Sendable, Hashable, Codable {
    /// The token of this cart or checkout.
    public var id: String
    public var stage: CartStage
    /// The cart that a checkout began from.
    public var cartToken: String?
    public var buyer: Buyer
    public var lines: [Line]
    /// `nil` where the payload does not say: carts tell no total.
    public var total: Money?
    /// Where the buyer goes on.
    public var recoveryURL: String?
    public var createdAt: Instant
    public var updatedAt: Instant
    /// The order was placed; the basket is no basket any more.
    public var completedAt: Instant?

    public enum CartStage: String, Sendable, Hashable, Codable { case cart, checkout }

    public struct Line: Sendable, Hashable, Codable {
        public var productID: String?
        public var variantID: String?
        public var sku: String?
        public var title: String
        public var quantity: Int
        /// One unit after discounts, in whatever currency; see ``Cart/unitPrice(of:)``.
        public var unitPrice: Amount
        /// The same in both currencies; `nil` where the payload tells a plain number only.
        public var unitMoney: MoneyBag?
        public init(
            productID: String? = nil, variantID: String? = nil, sku: String? = nil, title: String, quantity: Int,
            unitPrice: Amount, unitMoney: MoneyBag? = nil
        ) {
            self.productID = productID
            self.variantID = variantID
            self.sku = sku
            self.title = title
            self.quantity = quantity
            self.unitPrice = unitPrice
            self.unitMoney = unitMoney
        }
    }

    public init(
        id: String, stage: CartStage, cartToken: String? = nil, buyer: Buyer = Buyer(), lines: [Line],
        total: Money? = nil,
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

    /// One unit of a line after discounts. `nil` where its currency is not known: a plain number is in the currency of
    /// the total, if that is known.
    public func unitPrice(of line: Line) -> MoneyBag? {
        line.unitMoney
            ?? total.map { total in
                let price = Money(line.unitPrice, total.currency)
                return MoneyBag(shop: price, presentment: price)
            }
    }

    /// The total, else the sum of the lines. `nil` where a currency is not known, or the lines have several, or there
    /// is nothing to sum up.
    public var worth: MoneyBag? {
        if let total { return MoneyBag(shop: total, presentment: total) }
        let prices = lines.map { line in unitPrice(of: line).map { $0 * line.quantity } }
        let known = prices.compactMap { $0 }
        guard let first = known.first, known.count == lines.count,
            known.allSatisfy({
                $0.shop.currency == first.shop.currency && $0.presentment.currency == first.presentment.currency
            })
        else { return nil }
        return known.dropFirst().reduce(first, +)
    }

    /// What names the basket for the browser and for us alike: the cart's token, else the checkout's own.
    public var cartID: String { cartToken ?? id }
}
