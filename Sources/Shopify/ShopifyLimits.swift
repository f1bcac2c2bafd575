public import Commerce

/// What this module accepts at most; each crossing is an error that names the limit.
public enum ShopifyLimits {
    /// Of a refusal's answer so much is searched for Shopify's word: its web pages name it in their title.
    static let refusalBytesMax = 4_096
    /// The longest word that is taken for one of Shopify's: those that are known have up to 25 bytes.
    static let refusalCodeBytesMax = 64
    /// Things in one read. One order is estimated at 142 points (``ReadSizes``), five at 710; a query may cost 1000.
    /// A product is estimated at 31 and a customer at 3; one number serves all kinds.
    public static let keysMax = 5
    /// Lines of one order, read in pages: beyond any order seen, and a bound on what a cursor carries.
    public static let linesMax = 1_000
    /// Units of one line: far above any order, far below where sums could overflow.
    static let unitsMax: Int64 = 1_000_000_000
    /// Variants of one product, read in pages: Shopify's own limit.
    public static let variantsMax = 2_048
    /// Characters of a basket's token: several times the longest seen, so that a key stays short.
    static let tokenLengthMax = 256
    /// How long before its end a token is renewed: longer than any read takes, and than two clocks differ.
    public static let renewalMargin = TimeSpan.minutes(5)
    /// Seconds that a token is believed to live at most: what Shopify documents
    /// (docs/vendors/shopify.md, Access tokens).
    static let tokenSecondsMax: Int64 = 86_400
    /// Characters of a vendor's message that go into a reason.
    static let messageLengthMax = 200
    /// Tracking numbers of one parcel asked for in `OrdersByID.graphql`; as many may have been cut.
    static let trackingNumbers = 20
    /// Fewest lines that a page is cut down to before giving up.
    static let linesPerPageMin = 10
}

/// The sizes of the nested lists in one read of orders, or of products.
///
/// Shopify judges a query by its requested cost, at most 1000 points, and publishes no formula. Costs that others
/// measured (docs/vendors/shopify.md, Reads and rate limits) fit: an object 1; a list of n over children that cost c
/// together, b + ceil(c * max(6, b) / 6) with b = floor(2 + 2 ln n). By it one order of ``set`` costs 142 points and
/// one of ``whole`` 217. Where the estimate is wrong Shopify says so, and the read is made smaller (``smaller``).
struct ReadSizes: Sendable, Hashable {
    /// Lines of an order, or variants of a product.
    var lines: Int
    /// Refunds, and fulfilments.
    var parts: Int
    /// Lines in each of them.
    var nested: Int

    /// Several orders at once: most orders fit.
    static let set = ReadSizes(lines: 50, parts: 10, nested: 25)
    /// Several products at once: most have fewer variants.
    static let products = ReadSizes(lines: 100, parts: 1, nested: 1)
    /// One thing that did not fit: Shopify's largest pages.
    static let whole = ReadSizes(lines: 250, parts: 50, nested: 250)

    var smaller: ReadSizes? {
        guard lines / 2 >= ShopifyLimits.linesPerPageMin else { return nil }
        return ReadSizes(lines: lines / 2, parts: max(1, parts / 2), nested: max(1, nested / 2))
    }
}
