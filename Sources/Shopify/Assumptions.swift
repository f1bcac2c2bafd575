import Commerce
import JSON

/// Everything this module takes for granted that Shopify does not document, each with its mark: `SDL` the vendor's
/// schema, `samples` its published payloads, `field reports`, `inference`, `GK` general knowledge, `unknown`
/// (docs/vendors/shopify.md, Where each assumption is in the code). When one proves wrong, it is changed here and
/// nowhere else.
public enum ShopifyAssumptions {
    // MARK: Access

    /// Why Shopify refuses a token: `shop_not_permitted` and the like. The documentation shows one, in the sentence
    /// "Oauth error shop_not_permitted: …"; shops were seen to send a web page with it in the title, or the document
    /// `{"error": "invalid_request"}` [field reports]. Both are read, and nothing else of the answer.
    static func refusalCode(in body: [UInt8]) -> String? {
        let text = String(decoding: body.prefix(ShopifyLimits.refusalBytesMax), as: UTF8.self)
        let code =
            (try? JSON.parse(body))?["error"]?.string
            ?? text.firstRange(of: "Oauth error ").map { range in
                String(text[range.upperBound...].prefix { $0.isLetter || $0 == "_" })
            }
        guard let code, !code.isEmpty, code.utf8.count <= ShopifyLimits.refusalCodeBytesMax,
            code.utf8.allSatisfy(isLetterOfCode)
        else { return nil }
        return code
    }

    private static func isLetterOfCode(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    // Whether a new token ends the one before it is [unknown]. If it does, a read on its way is repeated once.

    // MARK: Versions

    /// `updated_at` is told in whole seconds [samples], so two different contents of one second can share it.
    public static let versionGranularity = TimeSpan.seconds(1)

    /// The tie rule: which of two contents with one `updated_at` to hold until the order was read once more.
    ///
    /// Everything compared first only grows at Shopify (ordered units, lines, records, money back, cancellation,
    /// closing) [inference; docs/vendors/shopify.md, Orders: edits], so what has more of it is later. What is still
    /// equal is decided by content, so that every order of arrival ends at the same value.
    public static func later(of left: Order, _ right: Order) -> Order {
        guard left.updatedAt == right.updatedAt else { return left.updatedAt < right.updatedAt ? right : left }
        let leftProgress = progress(of: left)
        let rightProgress = progress(of: right)
        if leftProgress != rightProgress { return leftProgress.lexicographicallyPrecedes(rightProgress) ? right : left }
        return StableDigest.of("\(left)") < StableDigest.of("\(right)") ? right : left
    }

    private static func progress(of order: Order) -> [Int128] {
        [
            order.cancelledAt == nil ? 0 : 1, Int128(order.refunds.count),
            order.refunds.reduce(0) { $0 + $1.moneySettled.shop.amount.millionths }, Int128(order.lines.count),
            order.lines.reduce(0) { $0 + Int128($1.orderedQuantity) }, Int128(order.fulfillments.count),
            order.lines.reduce(0) { $0 + Int128($1.fulfilledQuantity) }, order.closedAt == nil ? 0 : 1,
        ]
    }

    // MARK: Money

    /// The current total as Commerce means it: an appeasement does not lower it.
    ///
    /// Whether `current_total_price` already contains a refund discrepancy is [unknown], so the sums decide: if the
    /// parts (subtotal, taxes where prices exclude them, shipping, duties, fees, tips) make the vendor's total as they
    /// are, it does not; if they make it less the discrepancy, it does, and the discrepancy is added back. Whether the
    /// subtotal already holds the tip (a tip is a line) is [unknown]; both are tried.
    static func totalWithoutAppeasements(
        _ sums: OrderMapping.Sums, taxesIncluded: Bool, discrepancy: MoneyBag
    ) -> MoneyBag {
        guard !discrepancy.isZero else { return sums.total }
        let goods = taxesIncluded ? sums.subtotal : sums.subtotal + sums.tax
        let parts = (goods + sums.shipping + sums.duties + sums.fees).shop
        func makesTotal(_ parts: Money) -> Bool { [parts, parts + sums.tip].contains { $0.equals(sums.total.shop) } }
        let isLowered = !makesTotal(parts) && makesTotal(parts - discrepancy.shop)
        return isLowered ? sums.total + discrepancy : sums.total
    }

    /// What the lines of an order may come to. A tip is a line or none, and the subtotal holds it or not [unknown].
    static func goods(in sums: OrderMapping.Sums) -> [Money] {
        let subtotal = sums.subtotal.shop
        return sums.tip.isZero ? [subtotal] : [subtotal, subtotal - sums.tip, subtotal + sums.tip]
    }

    /// An adjustment's amount is negative in the customer's favour [GK for REST; the SDL says so of the order's
    /// `refundDiscrepancySet`]; ours is positive. While a refund is pending one of its whole amount is booked in the
    /// shop's favour, and booked back under the reason "Pending refund discrepancy" when it settles [field reports]; so
    /// all of a record are netted, whatever their reason.
    static func discrepancy(amount: MoneyBag, tax: MoneyBag) -> MoneyBag { -(amount + tax) }

    /// REST tells shipping given back as an adjustment of this kind; every other kind is a discrepancy [GK].
    static let shippingAdjustmentKind = "shipping_refund"

    /// GraphQL's adjustments have no kind. One without a reason whose amount is the refunded shipping of the same
    /// record is that shipping told twice [inference]; every other one is a discrepancy [SDL].
    static func isShippingAgain(reason: String?, amount: MoneyBag, shippingSubtotal: MoneyBag) -> Bool {
        reason == nil && !shippingSubtotal.isZero && amount == -shippingSubtotal
    }

    /// Whether the subtotal of refunded shipping includes its tax is [unknown]; an adjustment's `tax_amount` is "the
    /// taxes that are added to `amount`" (the vendor's page of refunds). The order's own sums decide: with the right
    /// one, the shipping that went back is what the order's shipping fell by; else each record's parts are its money.
    /// Where neither decides, tax is taken to come beside the subtotal.
    enum ShippingBasis: CaseIterable {
        case net, gross

        /// As the shop prices shipping, and with its tax. An unknown tax is needed by neither side of ``gross`` where
        /// prices include it.
        func amounts(
            subtotal: MoneyBag, tax: MoneyBag?, taxesIncluded: Bool
        ) -> (price: MoneyBag, withTax: MoneyBag) {
            let tax = tax ?? subtotal.zeroed
            let withTax = self == .net ? subtotal + tax : subtotal
            return (taxesIncluded ? withTax : withTax - tax, withTax)
        }
    }

    /// The discount on all ordered units of a line, from the two things that GraphQL tells of it.
    ///
    /// After an edit that raises a line, allocations are not always scaled to its new units [field reports], while
    /// `discountedUnitPriceAfterAllDiscountsSet` is of one unit as it is now, but "approximate" (the schema's word):
    /// rounded to the minor unit. So the allocations count where they say the same to the minor unit, because they are
    /// exact; else the price of a unit does.
    static func discount(
        allocated: MoneyBag, ordered: Int, unitPrice: MoneyBag, discountedUnitPrice: MoneyBag
    ) -> MoneyBag {
        guard ordered > 0 else { return allocated }
        let difference = unitPrice - allocated.divided(by: ordered) - discountedUnitPrice
        let isSame = difference.shop.amount.magnitude < discountedUnitPrice.shop.currency.minorUnit
        return isSame ? allocated : (unitPrice - discountedUnitPrice) * ordered
    }

    /// What a transaction of a refund record means for the buyer's money. Failed ones are facts about an attempt.
    enum TransactionStatus { case settled, pending, nothing }
    static func transaction(kind: String, status: String) -> TransactionStatus {
        guard word(kind) == "refund" else { return .nothing }
        return switch word(status) {
        case "success": .settled
        // AWAITING_RESPONSE is a refund that the gateway has taken but not answered [GK].
        case "pending", "awaiting_response": .pending
        default: .nothing
        }
    }

    // Which field tells refunded additional fees is [unknown]; they are what the order's fees fell by.
    //
    // `total_outstanding` counts a refund discrepancy as settled [inference: the admin asks no buyer for money that was
    // given back as an appeasement], so of an order that was paid in full it is never positive.

    // MARK: States

    /// The schema lets the financial status be null but says not when [unknown]; `pending` opens no gate.
    static let financialStatusOfNull = Order.FinancialStatus.pending

    /// GraphQL's `displayStatus` mixes our fulfilment's state with the carrier's (docs/vendors/shopify.md,
    /// Fulfilments). As REST's `shipment_status`:
    ///
    /// | displayStatus | shipment_status |
    /// |---|---|
    /// | LABEL_PURCHASED, LABEL_PRINTED, CONFIRMED, CARRIER_PICKED_UP, IN_TRANSIT, DELAYED | the word in lower case |
    /// | OUT_FOR_DELIVERY, ATTEMPTED_DELIVERY, READY_FOR_PICKUP, PICKED_UP, DELIVERED | the word in lower case |
    /// | NOT_DELIVERED | failure [GK] |
    /// | FAILURE | failure; null where the fulfilment itself failed [inference] |
    /// | FULFILLED, MARKED_AS_FULFILLED, SUBMITTED, CANCELED, LABEL_VOIDED | null: no word of a carrier |
    /// | any later addition | the word in lower case |
    static func shipmentStatus(displayStatus: String?, of status: Fulfillment.Status) -> String? {
        switch displayStatus {
        case nil, "FULFILLED", "MARKED_AS_FULFILLED", "SUBMITTED", "CANCELED", "LABEL_VOIDED": nil
        case "NOT_DELIVERED": "failure"
        case "FAILURE": status == .failure ? nil : "failure"
        case .some(let word): word.lowercased()
        }
    }

    // MARK: Customers

    /// `failed` is the only word for the outcome of a merge that is known; the word for success is [unknown]. A merge
    /// taken for granted would be found out by the next read of the customer, one not believed would be lost.
    static func isMerged(status: String?) -> Bool { word(status) != "failed" }

    // A checkout's empty e-mail or phone may be withheld or not typed yet [inference], so it is unknown. A customer of
    // whom neither name nor e-mail nor phone is shown is taken as withheld too.

    // MARK: Baskets

    /// A checkout's `price` is one unit before what its `discount_allocations` give off the whole line, as with orders
    /// [inference].
    static func unitPrice(_ price: Amount, allocated: Amount, quantity: Int) -> Amount {
        quantity > 0 ? price - allocated.divided(by: quantity) : price
    }

    /// In which of a checkout's two currencies its plain sums are is [unknown]: then there is no total.
    static func currencyOfSums(shop: Currency?, presentment: Currency?) -> Currency? {
        guard let presentment else { return shop }
        return shop == presentment ? shop : nil
    }

    // `checkouts/delete` tells the number that checkouts had before 2026-04 and no token [sample], so which checkout
    // it means cannot be told; without a token it is only counted. An abandoned basket that stays does no harm.
    //
    // A token may be followed by `?key=`, a secret that names no other basket [GK].

    // MARK: Products

    // Versions from 2024-10 no longer tell `inventory_management` [samples]: there the quantity stands as told, and
    // only a read says that the shop does not count (`tracked: false`).
    //
    // The samples of products have no `created_at`; the time of the change stands in for it until a read tells it.
    //
    // A shop's currency stays as it is once it sells [GK]: what a read told of a product's prices holds for the web
    // hooks after it, which name no currency. Were it changed, the next read of each product would tell.

    // MARK: Lists

    // Both wires list an order's lines in one order, which Shopify does not promise [inference]. Were it not so, each
    // read after a webhook would be a tie and cost one more read; nothing false would be told.
    //
    // A deleted product's id may stay in REST (`product_exists: false`) and be null in GraphQL [unknown]: what was told
    // of a line once is kept.

    // MARK: Words

    /// REST writes a reason as a sentence (`Pending refund discrepancy`), GraphQL as a constant [GK].
    static func word(_ text: String?) -> String? {
        text.map { $0.lowercased().split { $0 == " " || $0 == "_" }.joined(separator: "_") }
    }
}
