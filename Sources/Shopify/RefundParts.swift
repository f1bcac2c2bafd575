import Commerce

/// A refund record as told: both wires add what they find. What shipping was worth with its tax, and which charges went
/// back beside goods, only the order's sums say (`OrderMapping+Refunds.swift`).
struct RefundParts {
    var id: String
    var createdAt: Instant
    var note: String?
    var lines: [Refund.Line] = []
    /// As told. Whether it includes tax is not documented.
    var shippingSubtotal: MoneyBag
    /// `nil` where the record does not say.
    var shippingTax: MoneyBag?
    var duties, settled, pending, discrepancy: MoneyBag

    init(id: String, createdAt: Instant, note: String?, _ money: OrderMoney) {
        self.id = id
        self.createdAt = createdAt
        self.note = note
        shippingSubtotal = money.zero
        shippingTax = money.zero
        duties = money.zero
        settled = money.zero
        pending = money.zero
        discrepancy = money.zero
    }

    /// Counts a transaction of the record by its kind and status.
    mutating func count(_ amount: MoneyBag, status: ShopifyAssumptions.TransactionStatus) {
        switch status {
        case .settled: settled = settled + amount
        case .pending: pending = pending + amount
        case .nothing: break
        }
    }

    func refund(_ basis: ShopifyAssumptions.ShippingBasis, taxesIncluded: Bool) -> Refund {
        let shipping = basis.amounts(subtotal: shippingSubtotal, tax: shippingTax, taxesIncluded: taxesIncluded)
        return Refund(
            id: id, createdAt: createdAt, lines: lines, shippingPrice: shipping.price, shipping: shipping.withTax,
            duties: duties, moneySettled: settled, moneyPending: pending, discrepancy: discrepancy, note: note)
    }
}
