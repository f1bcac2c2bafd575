import JSON

/// An order as the shop holds it. Times are whole seconds, as Shopify's are: several actions in one second share one.
struct ShopifyOrder: Sendable {
    var id: Int64
    var number: Int64
    var name: String
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
    var cancelledAt: TwinInstant?
    var cancelReason: String?
    var deleted = false
    var test = false
    var email: String?
    var phone: String?
    var customerID: Int64?
    var note: String?
    var tags: [String] = []
    var noteAttributes: [ShopifyAttribute] = []
    var sourceName = "web"
    var appID: Int64?
    /// The box that the buyer ticked at this checkout; what became of it is on the customer.
    var acceptsMarketing = false
    var cartToken: String?
    var checkoutToken: String?
    /// The order that an editor app made this one of. Nothing in the shop's own data says so; only the checker sees it.
    var recreatedFrom: Int64?
    /// For which other order it was made without taking its place; the checker's too.
    var origin: ShopifyOrigin?
    var currencies: ShopifyCurrencies
    var tax: ShopifyTax
    var lines: [ShopifyLine] = []
    var shippingLines: [ShopifyShippingLine] = []
    /// What was charged beside goods and delivery: import fees, handling.
    var fee: ShopifyFee?
    var discounts: [ShopifyDiscount] = []
    var transactions: [ShopifyTransaction] = []
    var refunds: [ShopifyRefund] = []
    var fulfilments: [ShopifyFulfilment] = []
    var agreements: [ShopifyAgreement] = []
    var edits: [ShopifyEdit] = []
    var shippingAddress: ShopifyAddress
    /// Changes of the e-mail, the phone or the delivery address after placing. They are not order edits.
    var contactChanges = 0
    var originalTotal = ShopifyMoney.zero
    /// Whether the subtotal holds the tip's line (``ShopifyTwinSettings/tipInSubtotal``).
    var tipInSubtotal = false
    /// Whether everything on the order was ever paid: the checker's "gate opened" for `purchase_when: paid`. A deposit
    /// does not count, nor does a deposit that was given back.
    var everPaid = false
    var everAuthorised = false

    var gid: String { "gid://shopify/Order/\(id)" }
    /// Cancelled or deleted: worth nothing to the shop's revenue any more.
    var isVoid: Bool { cancelledAt != nil || deleted }
}

/// Why an order names another that it does not replace.
struct ShopifyOrigin: Sendable, Hashable {
    enum Kind: String {
        case exchange, reshipment, split
    }
    var kind: Kind
    var order: Int64
}

struct ShopifyAttribute: Sendable, Hashable {
    var name: String
    var value: String
}

struct ShopifyTax: Sendable, Hashable {
    var included: Bool
    var rateMillionths: Int64
    var title: String

    /// The tax within (or upon) an amount.
    func of(_ money: ShopifyMoney, _ currencies: ShopifyCurrencies) -> ShopifyMoney {
        currencies.scaled(
            money, by: rateMillionths, over: included ? 1_000_000 + rateMillionths : 1_000_000)
    }
}

struct ShopifyAddress: Sendable, Hashable {
    var firstName: String?
    var lastName: String?
    var company: String?
    var address1 = "1 High Street"
    var address2: String?
    var city = "London"
    var province: String?
    var provinceCode: String?
    var zip = "N1 1AA"
    var country = "United Kingdom"
    var countryCode = "GB"
    var phone: String?

    var name: String { [firstName, lastName].compactMap(\.self).joined(separator: " ") }
}

/// A line. `quantity` only grows; removals and returns lower `current` (docs/vendors/shopify.md, Orders: edits).
struct ShopifyLine: Sendable {
    var id: Int64
    var variant: ShopifyVariant?
    var sku: String?
    var title: String
    var variantTitle: String?
    var unit: ShopifyMoney
    var quantity: Int
    var current: Int
    /// Units still to ship.
    var unfulfilled: Int
    var allocations: [ShopifyAllocation] = []
    var taxable = true
    var giftCard = false
    var isTip = false
    /// The brand as it was when the line was made.
    var vendor: String?
    var duty: ShopifyDuty?
    /// An edit put a discount on it, so its units have had more than one price.
    var isRepriced = false

    var requiresShipping: Bool { !giftCard && !isTip }
    var gid: String { "gid://shopify/LineItem/\(id)" }
    var name: String { variantTitle.map { "\(title) - \($0)" } ?? title }

    /// The discount on `units`: the share that each unit has of every allocation.
    func discount(units: Int, _ currencies: ShopifyCurrencies) -> ShopifyMoney {
        allocations.map { $0.share(of: units, currencies) }.sum()
    }
    func value(units: Int, _ currencies: ShopifyCurrencies) -> ShopifyMoney {
        unit * units - discount(units: units, currencies)
    }
    /// Units that were shipped, whether returned later or not.
    var fulfilled = 0

    /// REST `fulfillment_status` of a line: null, partial, fulfilled.
    var fulfilmentStatus: String? {
        if fulfilled == 0 { return nil }
        return unfulfilled == 0 ? "fulfilled" : "partial"
    }
}

/// A discount's part on one line. What each unit gets is kept apart from the amount that payloads tell: an edit that
/// adds units counts the discount on them too and leaves the told amount as it was
/// (``ShopifyTwinSettings/rescalesAllocations``).
struct ShopifyAllocation: Sendable, Hashable {
    var discountIndex: Int
    /// As told in payloads.
    var amount: ShopifyMoney
    /// The discount of `units` units; each unit has an equal share of it.
    var whole: ShopifyMoney
    var units: Int

    init(discountIndex: Int, amount: ShopifyMoney, units: Int) {
        self.discountIndex = discountIndex
        self.amount = amount
        whole = amount
        self.units = units
    }

    func share(of count: Int, _ currencies: ShopifyCurrencies) -> ShopifyMoney {
        currencies.scaled(whole, by: Int64(count), over: Int64(units))
    }

    /// Tells the discount of as many units as the line has now.
    mutating func rescale(to count: Int, _ currencies: ShopifyCurrencies) {
        self = Self(discountIndex: discountIndex, amount: share(of: count, currencies), units: count)
    }
}

/// An import duty on one line. Units that an edit adds carry none.
struct ShopifyDuty: Sendable, Hashable {
    var id: Int64
    /// For all `units`.
    var price: ShopifyMoney
    var units: Int
    var refunded = ShopifyMoney.zero
    /// Units whose share was given back.
    var refundedUnits = 0
    var systemCode = "610910"
    var origin = "CN"

    var gid: String { "gid://shopify/Duty/\(id)" }
    var current: ShopifyMoney { price - refunded }
}

/// An additional fee. No field of a refund record names it: only the order's sums tell that some was given back.
struct ShopifyFee: Sendable, Hashable {
    var id: Int64
    var name = "Import fee"
    var price: ShopifyMoney
    var refunded = ShopifyMoney.zero

    var gid: String { "gid://shopify/AdditionalFee/\(id)" }
    var current: ShopifyMoney { price - refunded }
}

struct ShopifyDiscount: Sendable, Hashable {
    /// Set for `discount_code`; a `manual` discount has only a title.
    var code: String?
    var title: String
    var amount: ShopifyMoney
}

struct ShopifyShippingLine: Sendable {
    var id: Int64
    var title: String
    var price: ShopifyMoney
    var refunded = ShopifyMoney.zero
    var removed = false

    var gid: String { "gid://shopify/ShippingLine/\(id)" }
    var current: ShopifyMoney { removed ? .zero : price - refunded }
}

struct ShopifyTransaction: Sendable {
    var id: Int64
    var parentID: Int64?
    /// authorization, sale, capture, void, refund
    var kind: String
    /// success, pending, failure
    var status: String
    var amount: ShopifyMoney
    var gateway: String
    var createdAt: TwinInstant

    var gid: String { "gid://shopify/OrderTransaction/\(id)" }
}

/// A refund record. One without transactions moved no money: it belongs to an edit, or its money comes later in a
/// record of its own; then a discrepancy says so.
struct ShopifyRefund: Sendable {
    var id: Int64
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
    var note: String?
    var restock: Bool
    var lines: [ShopifyRefundLine] = []
    var shipping: [ShopifyRefundShipping] = []
    var duties: [ShopifyRefundDuty] = []
    /// Additional fees given back with it; told nowhere.
    var fees = ShopifyMoney.zero
    var discrepancies: [ShopifyDiscrepancy] = []
    var transactionIDs: [Int64] = []
    /// What is to be paid for it by a later record.
    var dueLater = ShopifyMoney.zero
    /// It is the removal of an edit.
    var isEdit = false

    init(id: Int64, at time: TwinInstant, note: String? = nil, restock: Bool) {
        self.id = id
        createdAt = time
        updatedAt = time
        self.note = note
        self.restock = restock
    }

    var gid: String { "gid://shopify/Refund/\(id)" }
    /// Negative: given beyond what was owed (appeasement); positive: kept back, or not paid yet.
    var discrepancy: ShopifyMoney { discrepancies.map(\.amount).sum() }
}

/// One order adjustment of kind `refund_discrepancy`; never of no amount.
struct ShopifyDiscrepancy: Sendable {
    enum Reason: String, Sendable {
        case refund = "Refund discrepancy"
        /// Takes back what was booked while the money was on its way.
        case pendingRefund = "Pending refund discrepancy"

        var constant: String { self == .refund ? "REFUND_DISCREPANCY" : "PENDING_REFUND_DISCREPANCY" }
    }
    var id: Int64
    var amount: ShopifyMoney
    var reason: Reason
}

struct ShopifyRefundDuty: Sendable {
    var dutyID: Int64
    var amount: ShopifyMoney
}

struct ShopifyRefundLine: Sendable {
    var id: Int64
    var lineID: Int64
    var quantity: Int
    /// cancel, return, no_restock
    var restockType: String
    var subtotal: ShopifyMoney
    var tax: ShopifyMoney
}

struct ShopifyRefundShipping: Sendable {
    var id: Int64
    var adjustmentID: Int64
    var shippingLineID: Int64
    /// As the shipping line is priced: with tax where prices include it.
    var amount: ShopifyMoney
    var tax: ShopifyMoney

    func net(_ tax: ShopifyTax) -> ShopifyMoney { tax.included ? amount - self.tax : amount }
    /// As both wires tell it.
    func subtotal(_ tax: ShopifyTax, _ settings: ShopifyTwinSettings) -> ShopifyMoney {
        settings.refundShippingSubtotalIncludesTax ? amount : net(tax)
    }
}

struct ShopifyFulfilment: Sendable {
    var id: Int64
    var name: String
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
    /// success, cancelled
    var status = "success"
    /// null, label_printed, confirmed, in_transit, out_for_delivery, delivered, failure
    var shipmentStatus: String?
    var company: String?
    var trackingNumber: String?
    var lines: [(id: Int64, lineID: Int64, quantity: Int)] = []

    var gid: String { "gid://shopify/Fulfillment/\(id)" }
    var trackingURL: String? { trackingNumber.map { "https://track.example.test/\($0)" } }
}

/// One row of `order.agreements`: the financial audit trail (docs/vendors/shopify.md, Orders: totals).
struct ShopifyAgreement: Sendable {
    var id: Int64
    var at: TwinInstant
    /// ORDER, ORDER_EDIT, REFUND, RETURN
    var reason: String
    var appID: Int64?
    var sales: [ShopifySale] = []
}

struct ShopifySale: Sendable {
    var id: Int64
    /// ORDER, RETURN, UPDATE
    var action: String
    /// PRODUCT, SHIPPING, GIFT_CARD, ADJUSTMENT
    var lineType: String
    var quantity: Int?
    var lineID: Int64?
    var total: ShopifyMoney
    var tax: ShopifyMoney
    var discount: ShopifyMoney
}

/// A committed edit, as `orders/edited` reports it.
struct ShopifyEdit: Sendable {
    var id: Int64
    var at: TwinInstant
    var appID: Int64?
    var notify: Bool
    var staffNote: String
    var additions: [(id: Int64, delta: Int)] = []
    var removals: [(id: Int64, delta: Int)] = []
    var discountAdditions: [Int64] = []
    var shippingAdditions: [Int64] = []
    var shippingRemovals: [Int64] = []
    var refundID: Int64?
}

struct ShopifyCustomer: Sendable {
    var id: Int64
    var createdAt: TwinInstant
    var updatedAt: TwinInstant
    var email: String?
    var phone: String?
    var firstName: String?
    var lastName: String?
    /// disabled, invited, enabled, declined
    var state = "disabled"
    var note: String?
    var tags: [String] = []
    var emailConsent = ShopifyConsent()
    var smsConsent = ShopifyConsent()
    var addressID: Int64
    var address: ShopifyAddress

    var gid: String { Self.gid(id) }
    static func gid(_ id: Int64) -> String { "gid://shopify/Customer/\(id)" }
    /// The address that a channel's consent is about.
    func address(of channel: ShopifyChannel) -> String? { channel == .email ? email : phone }
    subscript(channel: ShopifyChannel) -> ShopifyConsent {
        get { channel == .email ? emailConsent : smsConsent }
        set { if channel == .email { emailConsent = newValue } else { smsConsent = newValue } }
    }
    var displayName: String {
        let name = [firstName, lastName].compactMap(\.self).joined(separator: " ")
        return name.isEmpty ? email ?? phone ?? "" : name
    }
}
