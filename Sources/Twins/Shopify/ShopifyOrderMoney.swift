/// What an order's totals are, by Shopify's rules (apis/shopify.md 3.2): `total_*` count everything ever ordered,
/// `current_*` what is left after edits and returns. One place, read by REST, GraphQL and the checker's ledger alike.
extension ShopifyOrder {
    /// One family of totals, over a way to count units and shipping.
    struct Totals: Sendable, Hashable {
        var items: ShopifyMoney
        var discounts: ShopifyMoney
        var shipping: ShopifyMoney
        var itemTax: ShopifyMoney
        var shippingTax: ShopifyMoney
        var taxesIncluded: Bool

        var subtotal: ShopifyMoney { items - discounts }
        var tax: ShopifyMoney { itemTax + shippingTax }
        var total: ShopifyMoney { subtotal + shipping + (taxesIncluded ? .zero : tax) }
    }

    /// Before returns and removals.
    var totals: Totals { totals(units: \.quantity) { $0.removed ? .zero : $0.price } }
    /// After returns, edits and cancellations.
    var current: Totals { totals(units: \.current, shipping: \.current) }

    private func totals(units: (ShopifyLine) -> Int, shipping: (ShopifyShippingLine) -> ShopifyMoney) -> Totals {
        var sums = Totals(
            items: .zero, discounts: .zero, shipping: .zero, itemTax: .zero, shippingTax: .zero,
            taxesIncluded: tax.included)
        for line in lines {
            let count = units(line)
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
    /// What the merchant owes and has not begun to pay back.
    var owed: ShopifyMoney { ShopifyMoney.larger(.zero, net - refundPending - worth) }

    /// pending, authorized, partially_paid, paid, partially_refunded, refunded, voided
    var financialStatus: String {
        if received.shop == .zero {
            if cancelledAt != nil { return "voided" }
            if capturable.shop > .zero { return "authorized" }
            return worth.shop == .zero ? "paid" : "pending"
        }
        if net.shop <= .zero { return "refunded" }
        if outstanding.shop > .zero, cancelledAt == nil { return "partially_paid" }
        return refunded.shop > .zero ? "partially_refunded" : "paid"
    }

    /// null, partial, fulfilled
    var fulfilmentStatus: String? {
        let shipped = lines.contains { $0.fulfilled > 0 }
        let waiting = lines.contains { $0.unfulfilled > 0 }
        if !shipped { return nil }
        return waiting ? "partial" : "fulfilled"
    }

    /// Remembers what can only be seen at the moment it is true.
    mutating func noteMilestones() {
        // Of an order that was partly paid and then partly refunded, the shop says no more that something is owed.
        if ["paid", "partially_refunded", "refunded"].contains(financialStatus) { everPaid = true }
        if capturable.shop > .zero { everAuthorised = true }
    }
}
