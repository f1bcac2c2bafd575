/// Whether the lists of an answered order, or product, came whole.
enum PageCompleteness: Equatable {
    case whole
    case moreLines(after: String)
    /// A list within the order that cannot be paged on.
    case partsTooLarge(String)

    init(of node: Payload, _ kind: ReadableKind, sizes: ReadSizes) throws(ShopifyError) {
        if kind == .order, let list = try Self.cutList(of: node, sizes: sizes) {
            self = .partsTooLarge(list)
            return
        }
        guard let paged = kind.paged else {
            self = .whole
            return
        }
        let pageInfo = try node.requiredChild(paged.list).requiredChild("pageInfo")
        self = try pageInfo.flag("hasNextPage") ? .moreLines(after: try pageInfo.requiredText("endCursor")) : .whole
    }

    private static func cutList(of order: Payload, sizes: ReadSizes) throws(ShopifyError) -> String? {
        if try hasMore(order, "shippingLines") { return "shippingLines" }
        let fulfillments = try order.requiredItems("fulfillments")
        let refunds = try order.requiredItems("refunds")
        // Plain lists without a pageInfo: a full one may have been cut.
        if fulfillments.count >= sizes.parts { return "fulfillments" }
        if refunds.count >= sizes.parts { return "refunds" }
        for item in fulfillments {
            if try hasMore(item, "fulfillmentLineItems") { return "fulfillmentLineItems" }
            if try item.requiredItems("trackingInfo").count >= ShopifyLimits.trackingNumbers { return "trackingInfo" }
        }
        for refund in refunds {
            for list in ["refundLineItems", "refundShippingLines", "orderAdjustments", "transactions"]
            where try hasMore(refund, list) {
                return list
            }
        }
        return nil
    }

    private static func hasMore(_ payload: Payload, _ list: String) throws(ShopifyError) -> Bool {
        try payload.requiredChild(list).requiredChild("pageInfo").flag("hasNextPage")
    }
}
