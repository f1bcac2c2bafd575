/// One line of an order. A removed line stays, with nothing left of it.
public struct OrderLine: Sendable, Hashable, Codable {
    public var id: String
    public var productID: String?
    public var variantID: String?
    public var sku: String?
    public var title: String
    public var variantTitle: String?
    public var vendor: String?

    /// Units ever ordered; never shrinks.
    public var orderedQuantity: Int
    /// Units on the order now, after edits and returns.
    public var currentQuantity: Int
    /// Units in fulfilments that succeeded.
    public var fulfilledQuantity: Int
    /// Units taken back by refunds that gave money back.
    public var refundedQuantity: Int

    /// One unit before discounts.
    public var unitPrice: MoneyBag
    /// All discounts allocated to the *ordered* units. They are not scaled when units are taken off, so always take the
    /// share of a unit.
    public var allocatedDiscount: MoneyBag
    public var isGiftCard: Bool
    public var requiresShipping: Bool

    public init(
        id: String, productID: String? = nil, variantID: String? = nil, sku: String? = nil, title: String,
        variantTitle: String? = nil, vendor: String? = nil, orderedQuantity: Int, currentQuantity: Int,
        fulfilledQuantity: Int = 0, refundedQuantity: Int = 0, unitPrice: MoneyBag, allocatedDiscount: MoneyBag,
        isGiftCard: Bool = false, requiresShipping: Bool = true
    ) {
        self.id = id
        self.productID = productID
        self.variantID = variantID
        self.sku = sku
        self.title = title
        self.variantTitle = variantTitle
        self.vendor = vendor
        self.orderedQuantity = orderedQuantity
        self.currentQuantity = currentQuantity
        self.fulfilledQuantity = fulfilledQuantity
        self.refundedQuantity = refundedQuantity
        self.unitPrice = unitPrice
        self.allocatedDiscount = allocatedDiscount
        self.isGiftCard = isGiftCard
        self.requiresShipping = requiresShipping
    }

    /// What is known of a line, this first: a shop that deletes a product forgets what its lines were. The price of a
    /// line of which nothing is left is not part of any sum that could prove it, and no edit changes it: it stays.
    public func or(_ earlier: OrderLine) -> OrderLine {
        var line = self
        line.productID = productID ?? earlier.productID
        line.variantID = variantID ?? earlier.variantID
        line.sku = sku ?? earlier.sku
        line.variantTitle = variantTitle ?? earlier.variantTitle
        line.vendor = vendor ?? earlier.vendor
        if currentQuantity == 0, orderedQuantity == earlier.orderedQuantity {
            line.unitPrice = earlier.unitPrice
            line.allocatedDiscount = earlier.allocatedDiscount
        }
        return line
    }

    /// One unit after its share of the discounts.
    public var discountedUnitPrice: MoneyBag {
        orderedQuantity > 0 ? unitPrice - allocatedDiscount.divided(by: orderedQuantity) : unitPrice
    }

    /// Whether campaigns may still speak of this line as on its way (E2).
    public var fulfillmentStatus: LineFulfillmentStatus {
        if currentQuantity == 0 { return refundedQuantity > 0 ? .returned : .removed }
        if fulfilledQuantity <= 0 { return .unfulfilled }
        return fulfilledQuantity >= currentQuantity ? .fulfilled : .partial
    }
}

/// Where the units of one line are.
public enum LineFulfillmentStatus: String, Sendable, Hashable, Codable {
    case unfulfilled, partial, fulfilled, removed, returned
}

/// What the buyer pays for delivery.
public struct ShippingLine: Sendable, Hashable, Codable {
    public var id: String
    public var title: String
    /// After discounts.
    public var price: MoneyBag
    public var isRemoved: Bool

    public init(id: String, title: String, price: MoneyBag, isRemoved: Bool = false) {
        self.id = id
        self.title = title
        self.price = price
        self.isRemoved = isRemoved
    }
}
