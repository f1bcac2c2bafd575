import JSON

/// What one simulated shop is and how it behaves. Every default is Shopify's own or named as an assumption.
public struct ShopifyTwinSettings: Sendable {
    public var domain = "acme.myshopify.com"
    public var name = "Acme"
    /// The shop's currency; an order's presentment currency may differ.
    public var currency = "GBP"
    public var timezone = "Europe/London"
    /// Minutes east of UTC in webhook times (`2021-12-31T19:00:00-05:00`).
    public var offsetMinutes = 0
    /// The only version that is served; others answer 404, as unknown paths do.
    public var apiVersion = "2026-04"
    /// The token of an app that was made in the admin; `nil` leaves the grant alone.
    public var accessToken: String?
    /// For the client-credentials grant (docs/vendors/shopify.md, Access tokens).
    public var clientID = "plumbline"
    /// Signs webhooks and is the client secret of the grant.
    public var webhookSecret: String
    public var accessScopes = [
        "read_all_orders", "read_customer_merge", "read_customers", "read_fulfillments", "read_orders", "read_products",
        "write_orders",
    ]
    /// Points per second; the bucket holds 20 times as many (docs/vendors/shopify.md, Reads and rate limits).
    public var restoreRate: Int64 = 100
    /// Prices include tax, as in most of Europe.
    public var taxesIncluded = true
    /// Millionths: 200 000 is 20 %.
    public var taxRateMillionths: Int64 = 200_000
    public var taxTitle = "VAT"
    /// Millionths by which the gaps between webhook retries are multiplied; 1 000 000 spreads them over four hours.
    public var retryScaleMillionths: Int64 = 1_000_000
    /// Whether a removing edit also fires `refunds/create`. Not confirmed by any source (docs/vendors/shopify.md, Open
    /// questions).
    public var removingEditFiresRefundsCreate = true
    /// Whether a refund of shipping also writes an adjustment of kind `shipping_refund`, the only place where REST
    /// tells the tax of refunded shipping. The documentation says that it does not from 2024-10 on; shops still saw it
    /// in 2026.
    public var shippingRefundAdjustments = true
    /// Whether `subtotal_amount_set` of refunded shipping holds the tax where prices include it. Not documented; seen
    /// without: 4.50 with 0.75 tax in it was refunded as 3.75 and 0.75.
    public var refundShippingSubtotalIncludesTax = false
    /// Whether an edit that adds units to a line scales what the payloads tell of a discount code's part. Shopify was
    /// seen not to: only the totals and `discountedUnitPriceAfterAllDiscountsSet` count the discount on the new units.
    public var rescalesAllocations = false
    /// Whether the subtotal holds a tip, which is a line of the order. Not documented.
    public var tipInSubtotal = false
    /// Whether an order lowers the stock and fires `products/update` for each product in it (docs/vendors/shopify.md,
    /// Products).
    public var productNoise = false

    public init(accessToken: String?, webhookSecret: String) {
        self.accessToken = accessToken
        self.webhookSecret = webhookSecret
    }

    /// What is sold at the start. Actions name these SKUs; `create_product` adds more.
    static let catalogue: [(sku: String, title: String, option: String?, price: String, giftCard: Bool)] = [
        ("TEE-RED-S", "Tee", "Red / S", "25.00", false),
        ("TEE-RED-M", "Tee", "Red / M", "25.00", false),
        ("TEE-BLUE-M", "Tee", "Blue / M", "27.50", false),
        ("HOODIE-GREY-L", "Hoodie", "Grey / L", "60.00", false),
        ("MUG-WHITE", "Mug", nil, "12.50", false),
        ("CAP-BLACK", "Cap", nil, "18.00", false),
        ("SOCKS-3PK", "Socks, three pairs", nil, "9.99", false),
        ("POSTER-A2", "Poster", "A2", "14.95", false),
        ("BAG-CANVAS", "Canvas bag", nil, "34.00", false),
        ("GIFT-25", "Gift card", "25", "25.00", true),
    ]
}

/// What the sources leave open and the twin had to decide; each is one line to change (docs/vendors/shopify.md, Orders:
/// totals; Open questions).
enum ShopifyTwinAssumptions {
    /// `currentTotalPriceSet` is "after returns" in the schema: money given back without goods does not lower it.
    static let appeasementLowersCurrentTotal = false
    /// A subscription is deleted when one delivery has failed on all its retries and nothing succeeded in between.
    static let retries = 8
    /// Seconds between attempts. Only "8 retries over 4 hours, exponential" is published; these add up to 14 400.
    static let retryGaps: [Int64] = [10, 30, 60, 300, 600, 1_800, 3_600, 8_000]
    /// The exchange must end within five seconds (docs/vendors/shopify.md, Webhooks: delivery and retries).
    static let timeoutMilliseconds = 5_000
    /// The first id. Shopify's ids exceed 2^53 in its own samples, so a client that uses doubles must fail here.
    static let firstID: Int64 = 55_500_000_000_000_001
    /// `shop_id` of the privacy topics.
    static let shopID: Int64 = 954_889
    /// Orders older than this are invisible without `read_all_orders`.
    static let visibleDays: Int64 = 60
    /// `status` of a `customers/merge` that worked; only "failed" was seen (docs/vendors/shopify.md, Customers).
    static let mergeStatus = "completed"
    /// Cleverific's tags on the old and the new order (docs/vendors/shopify.md, Editing apps).
    static let replacedTag = "Edit Order - Cancelled"
    static let replacementTag = "Edit Order"
    /// How a duplicating app names the original; no app documents a format (docs/vendors/shopify.md, Editing apps).
    static let replacementNote = "Duplicated from order "
    static let replacementAttribute = "original_order"
    /// What those leave who send something once more; merchants and apps each have a way of their own.
    static let reshipmentTag = "reshipment"
    static let reshipmentNote = "Reshipment of order "
    static let exchangeNote = "Exchange for order "
    static let splitNote = "Split from order "
    /// What the grant answers to a client it knows and a secret it does not; the documentation names only
    /// `shop_not_permitted`, field reports also `application_cannot_be_found` and `app_not_installed`.
    static let wrongSecretCode = "invalid_client"
    /// What it answers to a request that is no grant at all.
    static let badGrantCode = "invalid_request"
    /// When the first products were made, and how many of each variant there are.
    static let catalogueSince = TwinInstant(microseconds: 1_735_689_600_000_000)  // 2025-01-01T00:00:00Z
    static let stock = 100
    /// Orders count towards what a customer has spent unless they are void or a test; the schema says only "spent".
    static func isSpent(_ order: ShopifyOrder) -> Bool { !order.isVoid && !order.test }
}

/// Decimals of a currency's minor unit (ISO 4217).
func currencyDigits(_ code: String) -> Int {
    switch code {
    case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF":
        0
    case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
    default: 2
    }
}
