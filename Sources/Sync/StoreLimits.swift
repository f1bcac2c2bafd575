public import Commerce

/// Limits that every store keeps.
public enum StoreLimits {
    /// Delivery ids are kept at least this long, however short the retention of bodies is. Shopify repeats a webhook
    /// for 4 hours and BigCommerce for 2 days; a week end in somebody's queue is added to that.
    public static let consumedKeptMin = TimeSpan.days(10)
}
