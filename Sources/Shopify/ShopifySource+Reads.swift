public import Commerce
import JSON
public import Sync
public import Transport

extension ShopifySource {
    public func request(for read: SourceRead) -> HTTPRequest {
        switch read.wanted {
        case .entities(let keys): ordersRequest(keys, sizes: .set, after: nil)
        case .continuation(let key, let text):
            // A text that is not ours starts the order over, with the largest pages.
            ordersRequest([key], cursor: OrderCursor(text) ?? OrderCursor())
        case .changes(let since, let cursor):
            configuration.request(
                .ordersChanged,
                variables: ["after": JSON(cursor), "search": .string("updated_at:>='\(since)'")])
        }
    }

    private func ordersRequest(_ keys: [EntityKey], cursor: OrderCursor) -> HTTPRequest {
        ordersRequest(keys, sizes: cursor.sizes, after: cursor.after)
    }

    private func ordersRequest(_ keys: [EntityKey], sizes: ReadSizes, after: String?) -> HTTPRequest {
        configuration.request(
            .ordersByID,
            variables: [
                "ids": .array(keys.map { .string(ShopifyID.global("Order", $0.id)) }), "lines": JSON(sizes.lines),
                "after": JSON(after), "parts": JSON(sizes.parts), "nested": JSON(sizes.nested),
            ])
    }

    /// An order that does not fit a read of several asks for fewer (`tooMuch(keysMax: 1)`); read alone it answers
    /// with a cursor (`found([], missing: [], nextCursor:)`), and its pages are joined by continuations.
    public func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        switch GraphQLAnswer(outcome) {
        case .later(let after, let reason): .later(after: after, reason: reason)
        case .denied(let reason): .denied(reason)
        case .unreadable(let reason): .unreadable(reason)
        case .tooMuch: tooMuch(read)
        case .data(let data, let faults): answer(data, faults: faults, of: read)
        }
    }

    private func tooMuch(_ read: SourceRead) -> SourceAnswer {
        switch read.wanted {
        case .entities(let keys):
            keys.count > 1
                ? .tooMuch(keysMax: keys.count / 2)
                : .found([], missing: [], nextCursor: OrderCursor(sizes: ReadSizes.whole.smaller ?? .whole).text)
        case .continuation(let key, let text):
            if let smaller = (OrderCursor(text) ?? OrderCursor()).smaller {
                .found([], missing: [], nextCursor: smaller.text)
            } else {
                .unreadable("\(key) costs more than one query may, even with pages of a few lines")
            }
        case .changes: .unreadable("a page of changed orders costs more than one query may")
        }
    }

    private func answer(_ data: Payload, faults: [GraphQLAnswer.Fault], of read: SourceRead) -> SourceAnswer {
        do throws(ShopifyError) {
            switch read.wanted {
            case .entities(let keys):
                return try orders(data, withheld: Self.withheld(faults), keys: keys)
            case .continuation(let key, let text):
                return try page(
                    data, withheld: Self.withheld(faults)[0] ?? [], key: key, cursor: OrderCursor(text) ?? OrderCursor()
                )
            case .changes: return try changes(data)
            }
        } catch {
            return .unreadable(error.description)
        }
    }

    private static func withheld(_ faults: [GraphQLAnswer.Fault]) -> [Int: Set<String>] {
        var fields: [Int: Set<String>] = [:]
        for fault in faults { if let (index, field) = fault.withheld { fields[index, default: []].insert(field) } }
        return fields
    }

    // MARK: Orders

    private func orders(
        _ data: Payload, withheld: [Int: Set<String>], keys: [EntityKey]
    ) throws(ShopifyError) -> SourceAnswer {
        var found: [Observation] = []
        var missing: [EntityKey] = []
        for (index, node) in try nodes(data, for: keys).enumerated() {
            guard let node else {
                missing.append(keys[index])
                continue
            }
            let fit = try Self.fit(node, sizes: .set)
            guard fit == .whole else {
                return keys.count > 1
                    ? .tooMuch(keysMax: 1) : .found([], missing: [], nextCursor: OrderCursor().text)
            }
            found.append(observation(node, key: keys[index], withheld: withheld[index] ?? []))
        }
        return .found(found, missing: missing, nextCursor: nil)
    }

    /// The order of each key, `nil` where Shopify does not know it or does not show it to us.
    private func nodes(_ data: Payload, for keys: [EntityKey]) throws(ShopifyError) -> [Payload?] {
        let place = data.place("nodes")
        guard let values = try data.required("nodes").array, values.count == keys.count else {
            throw ShopifyError(.badField, at: place)
        }
        var nodes: [Payload?] = []
        for (index, value) in values.enumerated() {
            if value.isNull {
                nodes.append(nil)
                continue
            }
            guard let object = value.object else { throw ShopifyError(.badField, at: "\(place)[\(index)]") }
            let node = Payload(object, path: "\(place)[\(index)]")
            // Another order's content under our key would be believed; better to stop.
            guard try node.requiredID("id", kind: "Order") == keys[index].id else {
                throw ShopifyError(.badID, at: node.place("id"))
            }
            nodes.append(node)
        }
        return nodes
    }

    /// One broken order must not hold up the others of its read.
    private func observation(_ node: Payload, key: EntityKey, withheld: Set<String>) -> Observation {
        do throws(ShopifyError) {
            let mapped = try OrderMapping.graphQL(node, withheld: withheld)
            return .snapshot(
                key, .order(mapped.order), sourceTime: mapped.order.updatedAt, eventID: nil, isPartial: mapped.isPartial
            )
        } catch {
            return .unreadable(key, code: error.code.rawValue, detail: error.description)
        }
    }

    private func page(
        _ data: Payload, withheld: Set<String>, key: EntityKey, cursor: OrderCursor
    ) throws(ShopifyError) -> SourceAnswer {
        guard let node = try nodes(data, for: [key]).first ?? nil else {
            return .found([], missing: [key], nextCursor: nil)
        }
        let updatedAt = try node.requiredText("updatedAt")
        if let first = cursor.updatedAt, first != updatedAt {
            // It changed between two pages: start over.
            return .found([], missing: [], nextCursor: OrderCursor(sizes: cursor.sizes).text)
        }
        let connection = try node.requiredChild("lineItems")
        let lines = cursor.lines + (connection.object["nodes"]?.array ?? [])
        switch try Self.fit(node, sizes: cursor.sizes) {
        case .partsTooLarge(let list): return .unreadable(Self.tooLarge(key, list: list, sizes: cursor.sizes))
        case .moreLines(let after):
            guard lines.count < ShopifyLimits.linesMax else {
                return .unreadable("\(key) has more than \(ShopifyLimits.linesMax) lines")
            }
            let next = OrderCursor(sizes: cursor.sizes, after: after, updatedAt: updatedAt, lines: lines)
            return .found([], missing: [], nextCursor: next.text)
        case .whole:
            var joined = connection.object
            joined["nodes"] = .array(lines)
            var order = node.object
            order["lineItems"] = .object(joined)
            let whole = Payload(order, path: node.path)
            return .found([observation(whole, key: key, withheld: withheld)], missing: [], nextCursor: nil)
        }
    }

    private static func tooLarge(_ key: EntityKey, list: String, sizes: ReadSizes) -> String {
        "\(key) does not fit one read: \(list) (at most \(sizes.parts) refunds or fulfilments"
            + " with \(sizes.nested) lines each)"
    }

    /// Whether the lists of an order came whole.
    private enum Fit: Equatable {
        case whole
        case moreLines(after: String?)
        /// A list within the order that cannot be paged on.
        case partsTooLarge(String)
    }

    private static func fit(_ node: Payload, sizes: ReadSizes) throws(ShopifyError) -> Fit {
        func hasMore(_ payload: Payload, _ list: String) throws(ShopifyError) -> Bool {
            try payload.requiredChild(list).requiredChild("pageInfo").flag("hasNextPage")
        }
        if try hasMore(node, "shippingLines") { return .partsTooLarge("shippingLines") }
        let fulfillments = try node.requiredItems("fulfillments")
        let refunds = try node.requiredItems("refunds")
        // Plain lists without a pageInfo: a full one may have been cut.
        if fulfillments.count >= sizes.parts { return .partsTooLarge("fulfillments") }
        if refunds.count >= sizes.parts { return .partsTooLarge("refunds") }
        for item in fulfillments where try hasMore(item, "fulfillmentLineItems") {
            return .partsTooLarge("fulfillmentLineItems")
        }
        for refund in refunds {
            for list in ["refundLineItems", "refundShippingLines", "orderAdjustments", "transactions"]
            where try hasMore(refund, list) {
                return .partsTooLarge(list)
            }
        }
        let pageInfo = try node.requiredChild("lineItems").requiredChild("pageInfo")
        return try pageInfo.flag("hasNextPage") ? .moreLines(after: try pageInfo.requiredText("endCursor")) : .whole
    }

    // MARK: Changes

    private func changes(_ data: Payload) throws(ShopifyError) -> SourceAnswer {
        let orders = try data.requiredChild("orders")
        var hints: [Observation] = []
        for node in try orders.requiredItems("nodes") {
            let key = key(order: try node.requiredID("id", kind: "Order"))
            let updatedAt = try node.requiredTime("updatedAt")
            hints.append(.hint(key, sourceTime: updatedAt, eventID: nil, awaitsCompanion: false))
        }
        let pageInfo = try orders.requiredChild("pageInfo")
        let next = try pageInfo.flag("hasNextPage") ? try pageInfo.requiredText("endCursor") : nil
        return .found(hints, missing: [], nextCursor: next)
    }
}
