import Sync
import Twins

/// How the simulated shop does what Shopify leaves to the merchant or does not document; drawn from the seed.
struct ShopWays: Sendable {
    var taxesIncluded: Bool
    var taxRateMillionths: Int64
    var adjustsShippingRefunds: Bool
    var refundShippingSubtotalIncludesTax: Bool
    var rescalesAllocations: Bool
    var tipInSubtotal: Bool
    /// Some buyers pay in another currency: its code and what one unit of the shop's is worth.
    var second: (currency: String, rate: String)?
    /// Some orders carry import duties and fees.
    var hasDuties: Bool
    var hasTips: Bool

    /// Rates whose shares hardly ever come to whole minor units; and one without tax.
    private static let rates: [Int64] = [200_000, 190_000, 88_750, 72_500, 250_000, 0]
    private static let seconds: [(currency: String, rate: String)] = [("EUR", "1.1734"), ("JPY", "191.37")]

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        func one(in count: Int64) -> Bool { random.below(count) == 0 }
        taxesIncluded = one(in: 2)
        taxRateMillionths = Self.rates[Int(random.below(Int64(Self.rates.count)))]
        adjustsShippingRefunds = !one(in: 3)
        refundShippingSubtotalIncludesTax = one(in: 3)
        rescalesAllocations = one(in: 3)
        tipInSubtotal = one(in: 2)
        second = one(in: 3) ? Self.seconds[Int(random.below(Int64(Self.seconds.count)))] : nil
        hasDuties = one(in: 2)
        hasTips = one(in: 3)
    }

    func apply(to settings: inout ShopifyTwinSettings) {
        settings.taxesIncluded = taxesIncluded
        settings.taxRateMillionths = taxRateMillionths
        settings.shippingRefundAdjustments = adjustsShippingRefunds
        settings.refundShippingSubtotalIncludesTax = refundShippingSubtotalIncludesTax
        settings.rescalesAllocations = rescalesAllocations
        settings.tipInSubtotal = tipInSubtotal
    }

    /// For the story of a run.
    var text: String {
        let tax = "\(taxRateMillionths / 10_000).\(taxRateMillionths % 10_000 / 100) % \(taxesIncluded ? "in" : "on")"
        let told = [
            (adjustsShippingRefunds, "shipping adjustments"),
            (refundShippingSubtotalIncludesTax, "gross shipping subtotals"), (rescalesAllocations, "rescaled codes"),
            (tipInSubtotal, "tips in the subtotal"), (hasDuties, "duties"), (hasTips, "tips"),
        ].filter(\.0).map(\.1)
        return ([tax] + told + (second.map { ["some pay in \($0.currency)"] } ?? [])).joined(separator: ", ")
    }
}
