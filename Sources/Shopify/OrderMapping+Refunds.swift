import Commerce

/// What refund records do not say by themselves is found from the order's sums, so that a refund never looks like an
/// edit: what a record took off the order is exactly what the order's total lost.
extension OrderMapping {
    /// - Throws: ``ShopifyError`` that ``ShopifyError/asksForRead`` where a record tells too little about its shipping.
    func refunds(from records: [RefundParts], _ sums: Sums) throws(ShopifyError) -> [Refund] {
        let basis = try shippingBasis(of: records, sums)
        var refunds = records.map { $0.refund(basis, taxesIncluded: taxesIncluded) }
        refunds.sort { Self.precedes(($0.createdAt, $0.id), ($1.createdAt, $1.id)) }
        spread(sums.originalDuties.map { $0 - sums.duties }, \.duties, over: &refunds)
        spread(sums.originalFees.map { $0 - sums.fees }, \.fees, over: &refunds)
        return refunds
    }

    /// What delivery was priced at before anything of it was given back; lines that an edit removed do not count.
    private var fullShipping: MoneyBag {
        shippingLines.filter { !$0.isRemoved }.reduce(money.zero) { $0 + $1.price }
    }

    private func shippingBasis(
        of records: [RefundParts], _ sums: Sums
    ) throws(ShopifyError) -> ShopifyAssumptions.ShippingBasis {
        let shipped = records.filter { !$0.shippingSubtotal.isZero }
        guard !shipped.isEmpty else { return .net }
        let lost = fullShipping - sums.shipping
        guard shipped.allSatisfy({ $0.shippingTax != nil }) else {
            // Prices that include tax need no tax beside them where they add up by themselves.
            let told = shipped.reduce(money.zero) { $0 + $1.shippingSubtotal }
            guard taxesIncluded, told.shop.equals(lost.shop) else {
                throw ShopifyError(.oldShape, at: "refunds.refund_shipping_lines")
            }
            return .gross
        }
        let fitting = ShopifyAssumptions.ShippingBasis.allCases.first { basis in
            shipped.reduce(money.zero) { sum, record in
                sum + record.refund(basis, taxesIncluded: taxesIncluded).shippingPrice
            }.shop.equals(lost.shop)
        }
        return fitting ?? basisByMoney(of: shipped) ?? .net
    }

    /// The basis by which each record explains all of its money.
    private func basisByMoney(of shipped: [RefundParts]) -> ShopifyAssumptions.ShippingBasis? {
        ShopifyAssumptions.ShippingBasis.allCases.first { basis in
            shipped.allSatisfy { record in
                let refund = record.refund(basis, taxesIncluded: taxesIncluded)
                return refund.itemised.shop.equals(refund.money.shop)
            }
        }
    }

    /// Charges that the order lost and no record names. Records whose unexplained money is no more than that gave them
    /// back. What is left went with a record that names nothing and moved nothing, which must have taken something off;
    /// else with money of which the rest has another reason, such as an edit.
    private func spread(
        _ lost: MoneyBag?, _ part: WritableKeyPath<Refund, MoneyBag>, over refunds: inout [Refund]
    ) {
        guard let lost else { return }
        var left = refunds.reduce(lost) { $0 - $1[keyPath: part] }
        func give(_ share: MoneyBag, to index: Int) {
            refunds[index][keyPath: part] = refunds[index][keyPath: part] + share
            left = left - share
        }
        for index in refunds.indices where refunds[index].movesMoney {
            let unexplained = refunds[index].unexplained
            guard unexplained.shop.amount > .zero, unexplained.shop.amount <= left.shop.amount else { continue }
            give(unexplained, to: index)
        }
        guard left.shop.amount > .zero else { return }
        let rest =
            refunds.firstIndex { !$0.movesMoney && $0.lines.isEmpty && $0.goodsValue.isZero }
            ?? refunds.firstIndex { $0.movesMoney && $0.unexplained.shop.amount > left.shop.amount }
        if let rest { give(left, to: rest) }
    }

    /// Whether the lines as they are now make the vendor's own subtotal, to the minor unit for each line whose share of
    /// a discount does not divide. Discounts of a payload are not always scaled after an edit; then only a read tells
    /// the price of a unit.
    func addsUp(to sums: Sums) -> Bool {
        var subtotal = Money.zero(money.shop)
        var crumbs = 0
        for line in lines where line.currentQuantity > 0 {
            let price = line.discountedUnitPrice.shop * line.currentQuantity
            subtotal = subtotal + price.rounded
            let isWhole = line.allocatedDiscount.isZero || line.currentQuantity == line.orderedQuantity
            if !isWhole || price != price.rounded { crumbs += 1 }
        }
        let tolerance = money.shop.minorUnit * crumbs
        return ShopifyAssumptions.goods(in: sums).contains { told in
            (told - subtotal).rounded.amount.magnitude <= tolerance
        }
    }
}

extension Refund {
    /// Money that nothing in the record accounts for.
    fileprivate var unexplained: MoneyBag { money - itemised }
}
