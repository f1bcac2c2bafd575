/// A refund record. Goods and money are two facts: the record that an edit leaves takes units off the order and moves
/// no money; an appeasement moves money and takes nothing off.
public struct Refund: Sendable, Hashable, Codable {
    public var id: String
    public var createdAt: Instant
    public var lines: [Line]
    /// Shipping given back as the shop prices it, like ``ShippingLine/price``; positive.
    public var shippingPrice: MoneyBag
    /// The same with all its taxes; positive.
    public var shipping: MoneyBag
    /// Duties given back; positive.
    public var duties: MoneyBag
    /// Charges given back that are neither goods nor shipping nor duties, such as import fees; positive.
    public var fees: MoneyBag
    /// Money that reached the buyer: the successful refund transactions; positive.
    public var moneySettled: MoneyBag
    /// Money on its way to the buyer; positive.
    public var moneyPending: MoneyBag
    /// What the shop gave beyond (positive) or below (negative) what it owed: all adjustments of the record, netted.
    /// While a gateway has not answered, the shop books what it has not paid yet as given below.
    public var discrepancy: MoneyBag
    public var note: String?

    /// - Parameter shippingPrice: equals `shipping` unless said otherwise.
    public init(
        id: String, createdAt: Instant, lines: [Line] = [], shippingPrice: MoneyBag? = nil, shipping: MoneyBag,
        duties: MoneyBag? = nil, fees: MoneyBag? = nil, moneySettled: MoneyBag, moneyPending: MoneyBag,
        discrepancy: MoneyBag, note: String? = nil
    ) {
        self.id = id
        self.createdAt = createdAt
        self.lines = lines
        self.shippingPrice = shippingPrice ?? shipping
        self.shipping = shipping
        self.duties = duties ?? shipping.zeroed
        self.fees = fees ?? shipping.zeroed
        self.moneySettled = moneySettled
        self.moneyPending = moneyPending
        self.discrepancy = discrepancy
        self.note = note
    }

    /// Units of one order line that this record took off the order.
    public struct Line: Sendable, Hashable, Codable {
        public var lineID: String
        public var quantity: Int
        /// What the units were worth after discounts as the shop prices them: with tax where its prices include it.
        public var price: MoneyBag
        /// The same, all taxes included.
        public var value: MoneyBag

        /// - Parameter price: equals `value` unless said otherwise.
        public init(lineID: String, quantity: Int, price: MoneyBag? = nil, value: MoneyBag) {
            self.lineID = lineID
            self.quantity = quantity
            self.price = price ?? value
            self.value = value
        }

        /// Units of the same line that two entries name.
        public func and(_ other: Line) -> Line {
            var both = self
            both.quantity += other.quantity
            both.price = price + other.price
            both.value = value + other.value
            return both
        }
    }

    /// Whether money moved, is moving, or was kept by a decision that the shop booked: only then its units are
    /// *returned*, else they were edited away.
    public var movesMoney: Bool { !moneySettled.isZero || !moneyPending.isZero || !discrepancy.isZero }

    /// Money that moved or is moving.
    public var money: MoneyBag { moneySettled + moneyPending }

    /// What the record itself says left the order with it: units, shipping, duties and fees, all taxes included.
    public var goodsValue: MoneyBag { lines.reduce(shipping + duties + fees) { $0 + $1.value } }

    /// What the record says the buyer gets: what left the order, and what was given beyond or kept back.
    public var itemised: MoneyBag { goodsValue + discrepancy }
}

// Records written before prices, duties and fees were kept apart are read as having none.
extension Refund {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let shipping = try container.decode(MoneyBag.self, forKey: .shipping)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            createdAt: try container.decode(Instant.self, forKey: .createdAt),
            lines: try container.decode([Line].self, forKey: .lines),
            shippingPrice: try container.decodeIfPresent(MoneyBag.self, forKey: .shippingPrice), shipping: shipping,
            duties: try container.decodeIfPresent(MoneyBag.self, forKey: .duties),
            fees: try container.decodeIfPresent(MoneyBag.self, forKey: .fees),
            moneySettled: try container.decode(MoneyBag.self, forKey: .moneySettled),
            moneyPending: try container.decode(MoneyBag.self, forKey: .moneyPending),
            discrepancy: try container.decode(MoneyBag.self, forKey: .discrepancy),
            note: try container.decodeIfPresent(String.self, forKey: .note))
    }
}

extension Refund.Line {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            lineID: try container.decode(String.self, forKey: .lineID),
            quantity: try container.decode(Int.self, forKey: .quantity),
            price: try container.decodeIfPresent(MoneyBag.self, forKey: .price),
            value: try container.decode(MoneyBag.self, forKey: .value))
    }
}
