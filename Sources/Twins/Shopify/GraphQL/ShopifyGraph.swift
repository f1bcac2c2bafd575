import JSON

/// The object graph behind Admin GraphQL, over the same state and totals as the REST payloads, so that both describe an
/// order equally. Amounts are written shortest (`10.0`), times in UTC, ids as GIDs (docs/vendors/shopify.md, Payload
/// conventions).
struct ShopifyGraph {
    let shop: ShopifyShop
    let subscriptions: [ShopifySubscription]
    /// Serve each order as it was before its last action.
    let stale: Bool
    let now: TwinInstant

    /// A page of at most this many, and this many ids (docs/vendors/shopify.md, Reads and rate limits).
    static let pageMost = 250

    // MARK: Pieces

    func money(_ money: ShopifyMoney, _ order: ShopifyOrder) -> GraphQLResult {
        .object(
            GraphQLObject("MoneyBag") { field, _ in
                field == "shopMoney"
                    ? amount(money.shop, order.currencies.shop)
                    : amount(money.presentment, order.currencies.presentment)
            })
    }

    func amount(_ amount: TwinAmount, _ code: String) -> GraphQLResult {
        .object(
            GraphQLObject("MoneyV2") { field, _ in
                .leaf(.string(field == "amount" ? amount.shortText : code))
            })
    }

    func time(_ instant: TwinInstant?) -> GraphQLResult { .leaf(JSON(instant?.iso8601())) }

    /// An object with nothing but leaves.
    func leaves(_ type: String, _ values: [String: JSON]) -> GraphQLObject {
        GraphQLObject(type) { field, _ in .leaf(values[field] ?? .null) }
    }

    /// Relay pagination over items in order; cursors compare as text, so a page holds its place while items come and
    /// go.
    func connection(
        _ type: String, _ items: [(cursor: String, object: GraphQLObject)], _ arguments: JSONObject
    ) throws(GraphQLProblem) -> GraphQLResult {
        let (first, last) = (arguments["first"]?.int64, arguments["last"]?.int64)
        guard let size = first ?? last, first == nil || last == nil else {
            let text =
                first == nil
                ? "you must provide one of first or last" : "providing both first and last is not supported"
            throw GraphQLProblem(text, code: "BAD_REQUEST")
        }
        guard (0...Int64(Self.pageMost)).contains(size) else {
            throw GraphQLProblem("The page size must be between 0 and \(Self.pageMost)", code: "BAD_REQUEST")
        }
        let reversed = arguments["reverse"]?.bool == true
        let ordered = reversed ? Array(items.reversed()) : items
        func isBefore(_ left: String, _ right: String) -> Bool { reversed ? left > right : left < right }
        let after = arguments["after"]?.string
        let before = arguments["before"]?.string
        let wanted = ordered.filter { item in
            (after.map { isBefore($0, item.cursor) } ?? true) && (before.map { isBefore(item.cursor, $0) } ?? true)
        }
        let page = Array(first != nil ? wanted.prefix(Int(size)) : wanted.suffix(Int(size)))
        let info: [String: JSON] = [
            "hasNextPage": .bool(first != nil ? wanted.count > page.count : before != nil),
            "hasPreviousPage": .bool(first != nil ? after != nil : wanted.count > page.count),
            "startCursor": JSON(page.first?.cursor), "endCursor": JSON(page.last?.cursor),
        ]
        return .object(
            GraphQLObject(type + "Connection", count: page.count) { field, _ in
                switch field {
                case "nodes": .list(page.map(\.object))
                case "edges":
                    .list(
                        page.map { item in
                            GraphQLObject(type + "Edge") { field, _ in
                                field == "cursor" ? .leaf(.string(item.cursor)) : .object(item.object)
                            }
                        })
                default: .object(leaves("PageInfo", info))
                }
            })
    }

    /// A connection over children in their own order.
    func children(
        _ type: String, _ objects: [GraphQLObject], _ arguments: JSONObject
    ) throws(GraphQLProblem) -> GraphQLResult {
        try connection(
            type, objects.enumerated().map { (padded(Int64($0.offset), 10), $0.element) }, arguments)
    }

    /// A plain list with an optional `first`.
    func list(_ objects: [GraphQLObject], _ arguments: JSONObject) -> GraphQLResult {
        guard let first = arguments["first"]?.int64 else { return .list(objects) }
        return .list(Array(objects.prefix(Int(max(0, first)))))
    }

    // MARK: Roots

    var root: GraphQLObject {
        GraphQLObject("QueryRoot") { field, arguments throws(GraphQLProblem) in
            switch field {
            case "order": return .object(try order(gid: arguments["id"]?.string))
            case "customer":
                try require("read_customers", for: field)
                let id = try identifier(arguments["id"]?.string, "Customer")
                return .object(shop.customer(id: id).map(customer))
            case "customers": return try customers(arguments)
            case "orders": return try orders(arguments)
            case "product":
                try require("read_products", for: field)
                return .object(shop.product(id: try identifier(arguments["id"]?.string, "Product")).map(product))
            case "products": return try products(arguments)
            case "node": return .object(try node(arguments["id"]?.string))
            case "nodes":
                let ids = arguments["ids"]?.array ?? []
                guard ids.count <= Self.pageMost else {
                    throw GraphQLProblem(
                        "The input array size of \(ids.count) is greater than the maximum allowed of \(Self.pageMost).",
                        code: "MAX_INPUT_SIZE_EXCEEDED")
                }
                var found: [GraphQLObject?] = []
                for id in ids { found.append(try node(id.string)) }
                return .list(found)
            case "shop": return .object(shopObject)
            case "currentAppInstallation": return .object(installation)
            default: return try webhookSubscriptions(arguments)
            }
        }
    }

    /// The number of a GID of the wanted type.
    private func identifier(_ gid: String?, _ type: String) throws(GraphQLProblem) -> Int64? {
        let text = gid ?? ""
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, text.hasPrefix("gid://shopify/"), let id = Int64(parts[4]) else {
            throw GraphQLProblem("Invalid global id '\(text)'", code: "argumentLiteralsIncompatible")
        }
        return parts[3] == type ? id : nil
    }

    private func order(gid: String?) throws(GraphQLProblem) -> GraphQLObject? {
        guard let id = try identifier(gid, "Order"), let order = shop.order(id: id) else { return nil }
        return shop.visible(order, stale: stale, now: now).map(self.order)
    }

    private func node(_ gid: String?) throws(GraphQLProblem) -> GraphQLObject? {
        if let id = try identifier(gid, "Customer") { return shop.customer(id: id).map(customer) }
        if let id = try identifier(gid, "Product") { return shop.product(id: id).map(product) }
        if let id = try identifier(gid, "ProductVariant") { return shop.variant(id: id).map(variant) }
        if let id = try identifier(gid, "WebhookSubscription") {
            return subscriptions.first { $0.id == id }.map(subscription)
        }
        return try order(gid: gid)
    }

    private func orders(_ arguments: JSONObject) throws(GraphQLProblem) -> GraphQLResult {
        let search = try ShopifySearch(arguments["query"]?.string ?? "", fields: ShopifySearch.orderFields)
        let key = arguments["sortKey"]?.string ?? "PROCESSED_AT"
        var found: [(cursor: String, order: ShopifyOrder)] = []
        for candidate in shop.orders {
            guard let order = shop.visible(candidate, stale: stale, now: now), search.matches(order) else { continue }
            let rank =
                switch key {
                case "UPDATED_AT": order.updatedAt.seconds
                case "ORDER_NUMBER": order.number
                case "ID": order.id
                default: order.createdAt.seconds
                }
            found.append((padded(rank, 20) + padded(order.id, 20), order))
        }
        found.sort { $0.cursor < $1.cursor }
        return try connection("Order", found.map { ($0.cursor, order($0.order)) }, arguments)
    }

    private var shopObject: GraphQLObject {
        let settings = shop.settings
        let size = Int64(abs(settings.offsetMinutes))
        let offset = (settings.offsetMinutes < 0 ? "-" : "+") + padded(size / 60, 2) + padded(size % 60, 2)
        return leaves(
            "Shop",
            [
                "id": "gid://shopify/Shop/1", "name": .string(settings.name),
                "currencyCode": .string(settings.currency),
                "myshopifyDomain": .string(settings.domain), "ianaTimezone": .string(settings.timezone),
                "email": "shop@example.com", "url": .string("https://\(settings.domain)"),
                "taxesIncluded": .bool(settings.taxesIncluded), "timezoneOffset": .string(offset),
            ])
    }

    private var installation: GraphQLObject {
        GraphQLObject("AppInstallation") { field, _ in
            switch field {
            case "id": .leaf("gid://shopify/AppInstallation/1")
            case "app": .object(app(1))
            default:
                .list(
                    shop.settings.accessScopes.map {
                        leaves("AccessScope", ["handle": .string($0), "description": .string($0)])
                    })
            }
        }
    }

    func app(_ id: Int64) -> GraphQLObject {
        leaves("App", ["id": .string("gid://shopify/App/\(id)"), "title": .string("App \(id)"), "handle": "app"])
    }

    private func webhookSubscriptions(_ arguments: JSONObject) throws(GraphQLProblem) -> GraphQLResult {
        let topics = arguments["topics"]?.array?.compactMap(\.string)
        let uri = arguments["uri"]?.string
        let found = subscriptions.filter { subscription in
            (topics.map { $0.contains(ShopifyTopics.enumName(subscription.topic)) } ?? true)
                && (uri.map { $0 == subscription.address } ?? true)
        }
        return try connection(
            "WebhookSubscription", found.map { (padded($0.id, 20), subscription($0)) }, arguments)
    }

    func subscription(_ subscription: ShopifySubscription) -> GraphQLObject {
        leaves(
            "WebhookSubscription",
            [
                "id": .string(subscription.gid), "legacyResourceId": .string(String(subscription.id)),
                "topic": .string(ShopifyTopics.enumName(subscription.topic)), "uri": .string(subscription.address),
                "format": "JSON", "name": JSON(subscription.name), "includeFields": [],
                "createdAt": .string(subscription.createdAt.iso8601()),
                "updatedAt": .string(subscription.createdAt.iso8601()),
            ])
    }
}
