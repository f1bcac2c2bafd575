/// What an order's totals are, by Shopify's rules (docs/vendors/shopify.md, Orders: totals): `total_*` count everything
/// ever ordered, `current_*` what is left after edits and returns. One place, read by REST, GraphQL and the checker's
/// ledger alike.
extension ShopifyOrder {
    /// One family of totals, over a way to count units and shipping.
    struct Totals: Sendable, Hashable {
        var items: ShopifyMoney
        var discounts: ShopifyMoney
        var shipping: ShopifyMoney
        var itemTax: ShopifyMoney
        var shippingTax: ShopifyMoney
        var duties: ShopifyMoney
        var fees: ShopifyMoney
        /// Tips that the items do not hold.
        var tips: ShopifyMoney
        var taxesIncluded: Bool

        var subtotal: ShopifyMoney { items - discounts }
        var tax: ShopifyMoney { itemTax + shippingTax }
        var total: ShopifyMoney { subtotal + tips + shipping + duties + fees + (taxesIncluded ? .zero : tax) }
    }

    /// Before returns and removals.
    var totals: Totals {
        totals(units: \.quantity, shipping: { $0.removed ? .zero : $0.price }, duty: \.price, fee: \.price)
    }
    /// After returns, edits and cancellations. An edit does not recalculate duties: only a refund lowers them.
    var current: Totals { totals(units: \.current, shipping: \.current, duty: \.current, fee: \.current) }

    private func totals(
        units: (ShopifyLine) -> Int, shipping: (ShopifyShippingLine) -> ShopifyMoney,
        duty: (ShopifyDuty) -> ShopifyMoney, fee: (ShopifyFee) -> ShopifyMoney
    ) -> Totals {
        var sums = Totals(
            items: .zero, discounts: .zero, shipping: .zero, itemTax: .zero, shippingTax: .zero, duties: .zero,
            fees: self.fee.map(fee) ?? .zero, tips: .zero, taxesIncluded: tax.included)
        for line in lines {
            let count = units(line)
            sums.duties += line.duty.map(duty) ?? .zero
            if line.isTip, !tipInSubtotal {
                sums.tips += line.unit * count
                continue
            }
            sums.items += line.unit * count
            sums.discounts += line.discount(units: count, currencies)
            sums.itemTax += lineTax(line, units: count)
        }
        for line in shippingLines {
            sums.shipping += shipping(line)
            sums.shippingTax += tax.of(shipping(line), currencies)
        }
        return sums
    }

    var hasDuties: Bool { lines.contains { $0.duty != nil } }
    /// Received, whatever of it was given back.
    var tip: ShopifyMoney { lines.filter(\.isTip).map { $0.unit * $0.quantity }.sum() }

    func lineTax(_ line: ShopifyLine, units: Int) -> ShopifyMoney {
        line.taxable ? tax.of(line.value(units: units, currencies), currencies) : .zero
    }

    /// What `units` of a line cost the buyer, tax included either way.
    func lineWorth(_ line: ShopifyLine, units: Int) -> ShopifyMoney {
        line.value(units: units, currencies) + (tax.included ? .zero : lineTax(line, units: units))
    }

    private func moved(_ kinds: [String], _ status: String = "success") -> ShopifyMoney {
        transactions.filter { kinds.contains($0.kind) && $0.status == status }.map(\.amount).sum()
    }

    var received: ShopifyMoney { moved(["sale", "capture"]) }
    var refunded: ShopifyMoney { moved(["refund"]) }
    var refundPending: ShopifyMoney { moved(["refund"], "pending") }
    var net: ShopifyMoney { received - refunded }
    /// What may still be captured.
    var capturable: ShopifyMoney {
        let voided = transactions.contains { $0.kind == "void" && $0.status == "success" }
        let authorised = moved(["authorization"])
        return voided || authorised == .zero ? .zero : ShopifyMoney.larger(.zero, authorised - moved(["capture"]))
    }

    /// Kept back (positive) or given beyond what was owed (negative), over all refunds.
    var discrepancy: ShopifyMoney { refunds.map(\.discrepancy).sum() }
    /// What the order is worth to the shop: what is left of it, less appeasements.
    var worth: ShopifyMoney { current.total + discrepancy }
    /// `current_total_price`.
    var currentTotal: ShopifyMoney {
        ShopifyTwinAssumptions.appeasementLowersCurrentTotal ? worth : current.total
    }
    /// Positive: the buyer owes; negative: the merchant owes.
    var outstanding: ShopifyMoney { worth - net }
    /// What the merchant owes and has not begun to pay back: of money on its way the discrepancy says that it is not
    /// paid yet, which is no debt.
    var owed: ShopifyMoney { ShopifyMoney.larger(.zero, net - worth) }
    /// The most that can be given back now.
    var refundable: ShopifyMoney { net - refundPending }

    /// pending, authorized, partially_paid, paid, partially_refunded, refunded, voided
    ///
    /// Refunds are measured by what was paid, not by the total ("the amount refunded to a customer is less than the
    /// full amount paid", says the schema): a deposit of which a part was given back is `partially_refunded`.
    var financialStatus: String {
        if received.shop == .zero {
            if cancelledAt != nil { return "voided" }
            if capturable.shop > .zero { return "authorized" }
            return worth.shop == .zero ? "paid" : "pending"
        }
        if net.shop <= .zero { return "refunded" }
        if refunded.shop > .zero { return "partially_refunded" }
        return outstanding.shop > .zero ? "partially_paid" : "paid"
    }

    /// Everything on the order was received and is still held, whatever else was given back.
    private var isSettled: Bool { cancelledAt == nil && net.shop > .zero && outstanding.shop <= .zero }

    /// null, partial, fulfilled
    var fulfilmentStatus: String? {
        let shipped = lines.contains { $0.fulfilled > 0 }
        let waiting = lines.contains { $0.unfulfilled > 0 }
        if !shipped { return nil }
        return waiting ? "partial" : "fulfilled"
    }

    /// Remembers what can only be seen at the moment it is true.
    mutating func noteMilestones() {
        if isSettled || (financialStatus == "paid" && cancelledAt == nil) { everPaid = true }
        if capturable.shop > .zero { everAuthorised = true }
    }
}

extension ShopifyRefund {
    /// What the order's worth fell by: everything that the record took off, less what it kept back or did not pay yet,
    /// plus what it gave beyond. An edit's record takes off too.
    func value(_ tax: ShopifyTax) -> ShopifyMoney {
        let goods = lines.map { $0.subtotal + (tax.included ? .zero : $0.tax) }.sum()
        let delivery = shipping.map { $0.amount + (tax.included ? .zero : $0.tax) }.sum()
        return goods + delivery + duties.map(\.amount).sum() + fees - discrepancy
    }
}
