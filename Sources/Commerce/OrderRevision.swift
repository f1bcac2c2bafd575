/// What an order *is* after edits: what is on it now plus what came back for money (docs/architecture.md, What
/// Bloomreach is told).
///
/// A return changes an order as it is now but not its edited state, so comparing two edited states finds edits only.
public struct EditedState: Sendable, Hashable, Codable {
    public var lines: [EditedLine]
    public var shipping: MoneyBag
    /// The value of the edited state.
    public var total: MoneyBag
    /// Digests, because told-state outlives a person's data. `nil` while unknown.
    public var addressDigest: String?
    public var buyerDigest: String?

    /// One line with at least one unit.
    public struct EditedLine: Sendable, Hashable, Codable {
        public var lineID: String
        public var productID: String?
        public var variantID: String?
        public var sku: String?
        public var title: String
        public var quantity: Int
        /// One unit after discounts.
        public var unitPrice: MoneyBag

        /// So many units after discounts, to the minor unit. Where a unit's price does not divide, the parts of a line
        /// are differences of this, so that they add up to the whole.
        public func price(units: Int) -> MoneyBag { (unitPrice * units).rounded }

        public init(
            lineID: String, productID: String?, variantID: String?, sku: String?, title: String, quantity: Int,
            unitPrice: MoneyBag
        ) {
            self.lineID = lineID
            self.productID = productID
            self.variantID = variantID
            self.sku = sku
            self.title = title
            self.quantity = quantity
            self.unitPrice = unitPrice
        }
    }

    public init(
        lines: [EditedLine], shipping: MoneyBag, total: MoneyBag, addressDigest: String? = nil,
        buyerDigest: String? = nil
    ) {
        self.lines = lines
        self.shipping = shipping
        self.total = total
        self.addressDigest = addressDigest
        self.buyerDigest = buyerDigest
    }

    /// - Parameter returns: the refund records whose units came back, or are to come back, for money; the units of all
    ///   others were edited away.
    public init(of order: Order, returns: [Refund]) {
        var returnedUnits: [String: Int] = [:]
        for line in returns.flatMap(\.lines) { returnedUnits[line.lineID, default: 0] += line.quantity }
        lines = order.lines.compactMap { line in
            let quantity = line.currentQuantity + (returnedUnits[line.id] ?? 0)
            guard quantity > 0 else { return nil }
            return EditedLine(
                lineID: line.id, productID: line.productID, variantID: line.variantID, sku: line.sku,
                title: line.title, quantity: quantity, unitPrice: line.discountedUnitPrice)
        }
        // A refund of shipping leaves the shipping lines as they are. One without money lowers what delivery costs, as
        // an edit does; what came back for money is still part of the edited state.
        let zero = MoneyBag.zero(shop: order.totals.shopCurrency, presentment: order.totals.presentmentCurrency)
        let full = order.shippingLines.filter { !$0.isRemoved }.reduce(zero) { $0 + $1.price }
        let edited = order.refunds.reduce(full) { $0 - $1.shippingPrice }
        shipping = returns.reduce(edited) { $0 + $1.shippingPrice }
        total = returns.reduce(order.totals.current) { $0 + $1.goodsValue }
        addressDigest = order.shippingAddress.value.map { StableDigest.of($0) }
        buyerDigest = Self.digest(of: order.buyer)
    }

    /// Of an order of which nothing was told: each record that moves money is a return.
    public init(of order: Order) { self.init(of: order, returns: order.refunds.filter(\.movesMoney)) }

    /// A guest who gets an account keeps the e-mail, so the e-mail decides where both are known (E7).
    private static func digest(of buyer: Buyer) -> String? {
        guard let email = buyer.email.value else { return nil }
        return StableDigest.of(email?.lowercased() ?? buyer.phone.value.flatMap { $0 } ?? "")
    }
}

/// The exact difference between two edited states of one order. A swap (one line removed, another added) is *one*
/// revision with both in it (E4).
public struct OrderRevision: Sendable, Hashable {
    public var added: [UnitChange] = []
    public var removed: [UnitChange] = []
    public var priceChanges: [PriceChange] = []
    public var shippingChanged = false
    public var addressChanged = false
    public var buyerChanged = false
    /// Change of the edited state's total.
    public var totalDelta: MoneyBag

    /// Units of one line that came or went.
    public struct UnitChange: Sendable, Hashable {
        /// The line as it is now, or as it was where nothing is left of it.
        public var line: EditedState.EditedLine
        public var before: Int
        public var after: Int
        /// Units that came or went; positive.
        public var units: Int { after > before ? after - before : before - after }
        /// What these units are worth after discounts; positive. What comes and goes of a line adds up to the line.
        public var price: MoneyBag

        init(line: EditedState.EditedLine, before: Int, after: Int) {
            self.line = line
            self.before = before
            self.after = after
            price = line.price(units: max(before, after)) - line.price(units: min(before, after))
        }

        /// The line itself is new or gone, not only its number of units.
        public var isWholeLine: Bool { before == 0 || after == 0 }
    }

    /// One unit's price after discounts, before and after.
    public struct PriceChange: Sendable, Hashable {
        public var line: EditedState.EditedLine
        public var before: MoneyBag
        public var after: MoneyBag
    }

    /// - Returns: `nil` when nothing differs that an edit could have changed. Money differs only by a minor unit.
    public init?(from before: EditedState, to after: EditedState) {
        totalDelta = after.total - before.total
        let earlier = Dictionary(before.lines.map { ($0.lineID, $0) }, uniquingKeysWith: { first, _ in first })
        let later = Dictionary(after.lines.map { ($0.lineID, $0) }, uniquingKeysWith: { first, _ in first })
        for line in after.lines {
            let quantity = earlier[line.lineID]?.quantity ?? 0
            if line.quantity > quantity { added.append(UnitChange(line: line, before: quantity, after: line.quantity)) }
            if line.quantity < quantity {
                removed.append(UnitChange(line: line, before: quantity, after: line.quantity))
            }
            if let old = earlier[line.lineID], !old.unitPrice.shop.equals(line.unitPrice.shop) {
                priceChanges.append(PriceChange(line: line, before: old.unitPrice, after: line.unitPrice))
            }
        }
        for line in before.lines where later[line.lineID] == nil {
            removed.append(UnitChange(line: line, before: line.quantity, after: 0))
        }
        shippingChanged = !before.shipping.shop.equals(after.shipping.shop)
        addressChanged = Self.differs(before.addressDigest, after.addressDigest)
        buyerChanged = Self.differs(before.buyerDigest, after.buyerDigest)
        if isValueOnly, totalDelta.shop.rounded.isZero { return nil }
    }

    /// Nothing but the value differs: no unit, no price, no delivery, no buyer. An edit always changes one of those.
    public var isValueOnly: Bool {
        added.isEmpty && removed.isEmpty && priceChanges.isEmpty && !shippingChanged && !addressChanged && !buyerChanged
    }

    /// Nothing differs: a revision that only says something about the order as a whole.
    public init(unchanged state: EditedState) { totalDelta = state.total - state.total }

    /// What was unknown is no change when it becomes known.
    private static func differs(_ before: String?, _ after: String?) -> Bool {
        guard let before, let after else { return false }
        return before != after
    }
}
