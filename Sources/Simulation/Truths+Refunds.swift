public import Commerce
import JSON

/// What the shop took off an order and gave back, record by record.
extension ShopTruth {
    public struct ShopLine: Sendable {
        public var id: String
        /// On the order now.
        public var units: Int64
        /// What they cost, as the shop prices them.
        public var value: Amount
        /// An edit gave it a discount, so that its units have had more than one price.
        public var isRepriced: Bool
        /// Its discount is told for another number of units, so that its price can only be approximated.
        public var isUnscaled: Bool
    }

    public struct ShopRefund: Sendable {
        public var id: String
        /// What the order's worth fell by.
        public var value: Amount
        public var pending: Amount
        public var shipping: Amount
        /// It is the removal of an edit.
        public var isEdit: Bool
        /// Nothing was paid, is to be paid or was kept, whatever was tried: only units, as an edit leaves them.
        public var isWithoutMoney: Bool
        public var lines: [(line: String, units: Int64, value: Amount)]
    }
}

extension ShopTruth.ShopOrder {
    mutating func takeRefunds(from order: JSON) {
        lines = (order["lines"]?.array ?? []).map { line in
            ShopTruth.ShopLine(
                id: line["id"]?.decimalText ?? "", units: line["current_quantity"]?.int64 ?? 0,
                value: amount(line["value"]), isRepriced: line["repriced"]?.bool ?? false,
                isUnscaled: line["unscaled"]?.bool ?? false)
        }
        refunds = (order["refunds"]?.array ?? []).map { refund in
            let sums = ["money", "pending", "discrepancy"].map { amount(refund[$0]) }
            return ShopTruth.ShopRefund(
                id: refund["id"]?.decimalText ?? "", value: amount(refund["value"]), pending: amount(refund["pending"]),
                shipping: amount(refund["shipping"]), isEdit: refund["edit"]?.bool ?? false,
                isWithoutMoney: sums.allSatisfy(\.isZero),
                lines: (refund["lines"]?.array ?? []).map { line in
                    (
                        line: line["line"]?.decimalText ?? "", units: line["quantity"]?.int64 ?? 0,
                        value: amount(line["subtotal"])
                    )
                })
        }
        // A payment of what was owed already is booked as kept while it is on its way; nobody is told of that.
        netValue = pendingRefunds.reduce(netValue) { $0 + $1.value }
        edits = order["edits"]?.array?.count ?? 0
        contactChanges = Int(order["contact_changes"]?.int64 ?? 0)
        shipping = amount(order["shipping"])
        hasLostShipping = order["shipping_removed"]?.bool ?? false
    }

    /// Money that is on its way; nothing of its record is told yet.
    var pendingRefunds: [ShopTruth.ShopRefund] { refunds.filter { !$0.pending.isZero } }
}
