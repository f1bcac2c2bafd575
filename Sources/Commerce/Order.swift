/// An order as the shop holds it now.
///
/// Sums are in two currencies: the shop's and the buyer's. Everything that an edit, a refund or a fulfilment changes
/// is here; what a payload lacks is ``Known/unknown``.
public struct Order: Sendable, Hashable, Codable {
    /// The shop's own id, its digits as text.
    public var id: String
    /// What people call it, for example `#1001`.
    public var name: String
    /// `web`, `pos`, an app's id.
    public var sourceName: String?
    /// The app that created the order.
    public var appID: String?
    public var isTest: Bool

    public var createdAt: Instant
    /// When the shop says the order was placed; imports carry an earlier time than ``createdAt``.
    public var processedAt: Instant
    public var updatedAt: Instant
    public var closedAt: Instant?
    public var cancelledAt: Instant?
    public var cancelReason: String?
    public var financialStatus: FinancialStatus

    public var tags: [String]
    public var note: String?
    public var attributes: [OrderAttribute]
    public var buyer: Buyer
    /// Who pays, else who gets the parcel; `nil` where the order does not say. Names tell apart the buyers who share an
    /// e-mail or a phone; they never join people.
    public var buyerName: String?
    public var shippingAddress: Known<PostalAddress?>

    public var lines: [OrderLine]
    public var shippingLines: [ShippingLine]
    public var discountCodes: [DiscountCode]
    public var fulfillments: [Fulfillment]
    public var refunds: [Refund]
    public var totals: OrderTotals

    public init(
        id: String, name: String, sourceName: String? = nil, appID: String? = nil, isTest: Bool = false,
        createdAt: Instant, processedAt: Instant, updatedAt: Instant, closedAt: Instant? = nil,
        cancelledAt: Instant? = nil, cancelReason: String? = nil, financialStatus: FinancialStatus,
        tags: [String] = [], note: String? = nil, attributes: [OrderAttribute] = [], buyer: Buyer = Buyer(),
        buyerName: String? = nil, shippingAddress: Known<PostalAddress?> = .unknown, lines: [OrderLine],
        shippingLines: [ShippingLine] = [],
        discountCodes: [DiscountCode] = [], fulfillments: [Fulfillment] = [], refunds: [Refund] = [],
        totals: OrderTotals
    ) {
        self.id = id
        self.name = name
        self.sourceName = sourceName
        self.appID = appID
        self.isTest = isTest
        self.createdAt = createdAt
        self.processedAt = processedAt
        self.updatedAt = updatedAt
        self.closedAt = closedAt
        self.cancelledAt = cancelledAt
        self.cancelReason = cancelReason
        self.financialStatus = financialStatus
        self.tags = tags
        self.note = note
        self.attributes = attributes
        self.buyer = buyer
        self.buyerName = buyerName
        self.shippingAddress = shippingAddress
        self.lines = lines
        self.shippingLines = shippingLines
        self.discountCodes = discountCodes
        self.fulfillments = fulfillments
        self.refunds = refunds
        self.totals = totals
    }

    /// What is known of the order, this first: what a payload lacks never overwrites what was told once.
    public func or(_ earlier: Order) -> Order {
        var order = self
        order.buyer = buyer.or(earlier.buyer)
        order.buyerName = buyerName ?? earlier.buyerName
        order.shippingAddress = shippingAddress.or(earlier.shippingAddress)
        let lines = Dictionary(earlier.lines.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        order.lines = order.lines.map { line in lines[line.id].map(line.or) ?? line }
        return order
    }

    /// What is paid so far, in accounting's words.
    public enum FinancialStatus: String, Sendable, Hashable, Codable {
        case pending, authorized, partiallyPaid = "partially_paid", paid, partiallyRefunded = "partially_refunded"
        case refunded, voided, expired
    }
}

extension Order.FinancialStatus {
    /// The sum, or part of it, is at least authorised.
    public var hasBeenAuthorized: Bool {
        switch self {
        case .authorized, .partiallyPaid, .paid, .partiallyRefunded, .refunded: true
        case .pending, .voided, .expired: false
        }
    }

    /// Money went back. That says how much of what was *paid* was refunded, not that everything was paid.
    public var isRefund: Bool { self == .partiallyRefunded || self == .refunded }
}

extension Order {
    /// Everything on the order was paid for at some time; refunds do not undo that. A deposit of which part was given
    /// back is `partially_refunded` too, so there the sums tell: nothing is owed. Where all money went back, it must
    /// have been all that the order was worth, with its returns added back, and that must have been something.
    public var hasBeenPaid: Bool {
        if financialStatus == .paid { return true }
        guard financialStatus.isRefund, let outstanding = totals.outstanding, outstanding.rounded.amount <= .zero else {
            return false
        }
        guard financialStatus == .refunded else { return true }
        guard !EditedState(of: self).total.isZero else { return false }
        // What was received, less the order's worth: what the refunds moved beyond what they itemise, less what is
        // owed.
        let moved = refunds.filter(\.movesMoney).reduce(Money.zero(totals.shopCurrency)) { sum, refund in
            sum + (refund.moneySettled - refund.itemised).shop
        }
        return (moved - outstanding).rounded.amount >= .zero
    }
}

/// The order's sums. `current` is what the goods, shipping, duties and taxes *still on the order* are worth: it falls
/// with edits and with returned units, and an appeasement (money given back without goods) does not lower it.
public struct OrderTotals: Sendable, Hashable, Codable {
    public var current: MoneyBag
    public var currentTax: MoneyBag
    public var currentDiscounts: MoneyBag
    public var currentShipping: MoneyBag
    /// What the buyer still owes (positive) or is owed (negative), in the shop's currency; `nil` where the source does
    /// not say.
    public var outstanding: Money?

    public init(
        current: MoneyBag, currentTax: MoneyBag, currentDiscounts: MoneyBag, currentShipping: MoneyBag,
        outstanding: Money? = nil
    ) {
        self.current = current
        self.currentTax = currentTax
        self.currentDiscounts = currentDiscounts
        self.currentShipping = currentShipping
        self.outstanding = outstanding
    }

    public var shopCurrency: Currency { current.shop.currency }
    public var presentmentCurrency: Currency { current.presentment.currency }
}

/// Who bought. Each part may be redacted, or known to be absent (a guest has no customer id).
public struct Buyer: Sendable, Hashable, Codable {
    public var customerID: Known<String?>
    public var email: Known<String?>
    public var phone: Known<String?>
    /// When the shop made the customer's record; not before it are any of their orders.
    public var customerSince: Known<Instant?>

    public init(
        customerID: Known<String?> = .unknown, email: Known<String?> = .unknown, phone: Known<String?> = .unknown,
        customerSince: Known<Instant?> = .unknown
    ) {
        self.customerID = customerID
        self.email = email
        self.phone = phone
        self.customerSince = customerSince
    }

    /// What is known of either, this one first.
    public func or(_ earlier: Buyer) -> Buyer {
        Buyer(
            customerID: customerID.or(earlier.customerID), email: email.or(earlier.email),
            phone: phone.or(earlier.phone), customerSince: customerSince.or(earlier.customerSince))
    }
}

/// A free name and value that an app or the checkout left on an order or a line.
public struct OrderAttribute: Sendable, Hashable, Codable {
    public var name: String
    public var value: String
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// Where a parcel goes.
public struct PostalAddress: Sendable, Hashable, Codable {
    public var name: String?
    public var company: String?
    public var address1: String?
    public var address2: String?
    public var city: String?
    public var provinceCode: String?
    public var zip: String?
    public var countryCode: String?
    public var phone: String?

    public init(
        name: String? = nil, company: String? = nil, address1: String? = nil, address2: String? = nil,
        city: String? = nil, provinceCode: String? = nil, zip: String? = nil, countryCode: String? = nil,
        phone: String? = nil
    ) {
        self.name = name
        self.company = company
        self.address1 = address1
        self.address2 = address2
        self.city = city
        self.provinceCode = provinceCode
        self.zip = zip
        self.countryCode = countryCode
        self.phone = phone
    }
}

/// A discount code as the buyer typed it.
public struct DiscountCode: Sendable, Hashable, Codable {
    public var code: String
    public init(code: String) { self.code = code }
}
