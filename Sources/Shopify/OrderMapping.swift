import Commerce

/// An order as mapped, and whether something is missing that a read could bring.
struct MappedOrder: Hashable {
    var order: Order
    var isPartial: Bool
}

/// Turns Shopify's order into the language of shops.
///
/// The two wires (`OrderMapping+REST.swift`, `OrderMapping+GraphQL.swift`) only find the facts; everything that is
/// reckoned is reckoned here, once, so that one order gives one value whichever way it came.
struct OrderMapping {
    var money: OrderMoney
    var taxesIncluded: Bool
    var lines: [OrderLine] = []
    var shippingLines: [ShippingLine] = []
    var fulfillments: [Fulfillment] = []
    var refunds: [Refund] = []

    /// The vendor's sums as they stand on the order now.
    struct Sums {
        var total, subtotal, tax, discounts, shipping: MoneyBag
        /// Duties and additional fees: part of the total, no part of the subtotal.
        var duties, fees: MoneyBag
        /// In the shop's currency, as REST tells it.
        var tip: Money
        /// Duties and fees before anything of them was given back; `nil` where the payload does not say.
        var originalDuties, originalFees: MoneyBag?
        /// What the buyer still owes; negative where the shop does.
        var outstanding: Money?
    }

    /// The value of goods with their tax: Shopify's amounts include it only where prices do.
    func withTax(_ amount: MoneyBag, _ tax: MoneyBag) -> MoneyBag { taxesIncluded ? amount : amount + tax }

    /// Units that succeeded in leaving, and units that came back for money.
    func finishedLines() -> [OrderLine] {
        var fulfilled: [String: Int] = [:]
        for fulfillment in fulfillments where fulfillment.status == .success {
            for line in fulfillment.lines { fulfilled[line.lineID, default: 0] += line.quantity }
        }
        var refunded: [String: Int] = [:]
        for refund in refunds where refund.movesMoney {
            for line in refund.lines { refunded[line.lineID, default: 0] += line.quantity }
        }
        return lines.map { line in
            var line = line
            line.fulfilledQuantity = fulfilled[line.id] ?? 0
            line.refundedQuantity = refunded[line.id] ?? 0
            return line
        }
    }

    func totals(_ sums: Sums) -> OrderTotals {
        OrderTotals(
            current: ShopifyAssumptions.totalWithoutAppeasements(
                sums, taxesIncluded: taxesIncluded, discrepancy: refunds.reduce(money.zero) { $0 + $1.discrepancy }),
            currentTax: sums.tax, currentDiscounts: sums.discounts, currentShipping: sums.shipping,
            outstanding: sums.outstanding)
    }

    /// Lists whose order means nothing are put into one order, so that both wires and every read agree.
    mutating func sortParts() {
        fulfillments.sort { Self.precedes(($0.createdAt, $0.id), ($1.createdAt, $1.id)) }
        refunds.sort { Self.precedes(($0.createdAt, $0.id), ($1.createdAt, $1.id)) }
        for index in fulfillments.indices {
            fulfillments[index].lines.sort { ($0.lineID, $0.quantity) < ($1.lineID, $1.quantity) }
        }
        for index in refunds.indices {
            refunds[index].lines.sort {
                ($0.lineID, $0.quantity, $0.value.shop.amount) < ($1.lineID, $1.quantity, $1.value.shop.amount)
            }
        }
    }

    static func precedes(_ left: (Instant, String), _ right: (Instant, String)) -> Bool {
        (left.0, left.1.utf8.count, left.1) < (right.0, right.1.utf8.count, right.1)
    }

    /// Tags are a set: REST and GraphQL do not promise one order.
    static func tags(_ tags: some Sequence<String>) -> [String] {
        Set(tags.map(trimmed).filter { !$0.isEmpty }).sorted()
    }

    static func trimmed(_ text: String) -> String {
        // Nearly every text begins and ends with a visible ASCII character; looking at two bytes tells.
        let visible: ClosedRange<UInt8> = 0x21...0x7E
        if let first = text.utf8.first, let last = text.utf8.last, visible.contains(first), visible.contains(last) {
            return text
        }
        func isSpace(_ character: Character) -> Bool { character.isWhitespace }
        return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }

    static func financialStatus(_ word: String?, at place: String) throws(ShopifyError) -> Order.FinancialStatus {
        guard let word else { return ShopifyAssumptions.financialStatusOfNull }
        guard let status = Order.FinancialStatus(rawValue: word.lowercased()) else {
            throw ShopifyError(.unknownValue, at: place)
        }
        return status
    }

    static func fulfillmentStatus(_ word: String, at place: String) throws(ShopifyError) -> Fulfillment.Status {
        guard let status = Fulfillment.Status(rawValue: word.lowercased()) else {
            throw ShopifyError(.unknownValue, at: place)
        }
        return status
    }
}
