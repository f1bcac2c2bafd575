/// A refund record. Goods and money are two facts: the record that an edit leaves takes units off the order and moves
/// no money; an appeasement moves money and takes nothing off (apis/shopify.md fact 3).
public struct Refund: Sendable, Hashable, Codable {
    public var id: String
    public var createdAt: Instant
    public var lines: [Line]
    /// Shipping given back, taxes included; positive.
    public var shipping: MoneyBag
    /// Money that reached the buyer: the successful refund transactions; positive.
    public var moneySettled: MoneyBag
    /// Money on its way to the buyer; positive.
    public var moneyPending: MoneyBag
    /// What the shop gave beyond (positive) or below (negative) what it owed: Shopify's refund discrepancy.
    public var discrepancy: MoneyBag
    public var note: String?

    public init(
        id: String, createdAt: Instant, lines: [Line] = [], shipping: MoneyBag, moneySettled: MoneyBag,
        moneyPending: MoneyBag, discrepancy: MoneyBag, note: String? = nil
    ) {
        self.id = id
        self.createdAt = createdAt
        self.lines = lines
        self.shipping = shipping
        self.moneySettled = moneySettled
        self.moneyPending = moneyPending
        self.discrepancy = discrepancy
        self.note = note
    }

    /// Units of one order line that this record took off the order.
    public struct Line: Sendable, Hashable, Codable {
        public var lineID: String
        public var quantity: Int
        /// What the units were worth after discounts, taxes included.
        public var value: MoneyBag
        public init(lineID: String, quantity: Int, value: MoneyBag) {
            self.lineID = lineID
            self.quantity = quantity
            self.value = value
        }
    }

    /// Whether money moved, is moving, or was kept by a decision that the shop booked: only then its units are
    /// *returned*, else they were edited away.
    public var movesMoney: Bool { !moneySettled.isZero || !moneyPending.isZero || !discrepancy.isZero }

    /// What left the order with this record: its units and shipping.
    public var goodsValue: MoneyBag { lines.reduce(shipping) { $0 + $1.value } }
}
