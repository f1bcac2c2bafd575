public import Commerce
import JSON
public import Sync
public import Transport

/// Set-based reads.
///
/// Orders that do not fit the small lists of a set read are read on one by one, page by page: the answer is then
/// `found([], missing: [], nextCursor:)`, and the continuation that ends the reading answers for everything that the
/// first read asked for.
extension ShopifySource {
    public var readKeysMax: Int { ShopifyLimits.keysMax }

    public func request(for read: SourceRead) -> HTTPRequest {
        switch read.wanted {
        case .entities(let keys):
            return ordersRequest(keys.map(\.id).filter(Self.isOrderID), sizes: .set, after: nil)
        case .continuation(let key, let text):
            let cursor = cursor(text, of: key)
            let open = cursor.current.map { cursor.entries[$0].id }
            return ordersRequest([open ?? key.id], sizes: cursor.sizes, after: cursor.after)
        case .changes(let since, let cursor):
            return configuration.request(
                .ordersChanged,
                variables: ["after": JSON(cursor), "search": .string("updated_at:>='\(since)'")])
        }
    }

    private func ordersRequest(_ ids: [String], sizes: ReadSizes, after: String?) -> HTTPRequest {
        configuration.request(
            .ordersByID,
            variables: [
                "ids": .array(ids.map { .string(ShopifyID.global("Order", $0)) }), "lines": JSON(sizes.lines),
                "after": JSON(after), "parts": JSON(sizes.parts), "nested": JSON(sizes.nested),
            ])
    }

    /// One id that is none of Shopify's would fail the whole query.
    private static func isOrderID(_ id: String) -> Bool { ShopifyID.digits(.string(id), kind: "Order") == id }

    /// A text that is not ours starts the order over.
    private func cursor(_ text: String, of key: EntityKey) -> OrderCursor {
        OrderCursor(text) ?? OrderCursor(entries: [.init(id: key.id, state: .open)])
    }

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
            if keys.count > 1 { return .tooMuch(keysMax: keys.count / 2) }
            let entries = keys.map { OrderCursor.Entry(id: $0.id, state: .open) }
            return go(OrderCursor(entries: entries, sizes: ReadSizes.whole.smaller ?? .whole))
        case .continuation(let key, let text):
            var cursor = cursor(text, of: key)
            guard let index = cursor.current else { return go(cursor) }
            if let smaller = cursor.sizes.smaller {
                cursor.sizes = smaller
            } else {
                let reason = "costs more than one query may, even with pages of \(cursor.sizes.lines) lines"
                cursor.close(index, .tooLarge, node: .null, reason: reason)
            }
            return go(cursor)
        case .changes: return .unreadable("a page of changed orders costs more than one query may")
        }
    }

    private func answer(_ data: Payload, faults: [GraphQLAnswer.Fault], of read: SourceRead) -> SourceAnswer {
        do throws(ShopifyError) {
            switch read.wanted {
            case .entities(let keys): return try orders(data, faults: faults, keys: keys)
            case .continuation(let key, let text):
                return try page(data, faults: faults, cursor: cursor(text, of: key))
            case .changes: return try changes(data)
            }
        } catch {
            return .unreadable(error.description)
        }
    }

    // MARK: Orders

    private func orders(
        _ data: Payload, faults: [GraphQLAnswer.Fault], keys: [EntityKey]
    ) throws(ShopifyError) -> SourceAnswer {
        let asked = keys.map(\.id).filter(Self.isOrderID)
        var entries = try entries(data, faults: faults, ids: asked)
        for index in entries.indices {
            guard let object = entries[index].node.object else { continue }
            if try OrderFit(of: Payload(object, path: "data.nodes[\(index)]"), sizes: .set) != .whole {
                entries[index] = OrderCursor.Entry(id: entries[index].id, state: .open)
            }
        }
        entries += keys.map(\.id).filter { !Self.isOrderID($0) }.map { .init(id: $0, state: .whole) }
        return go(OrderCursor(entries: entries))
    }

    /// What was answered for each id: null where Shopify does not know it or does not show it to us.
    private func entries(
        _ data: Payload, faults: [GraphQLAnswer.Fault], ids: [String]
    ) throws(ShopifyError) -> [OrderCursor.Entry] {
        let place = data.place("nodes")
        guard let values = try data.required("nodes").array, values.count == ids.count else {
            throw ShopifyError(.badField, at: place)
        }
        var entries: [OrderCursor.Entry] = []
        for (index, value) in values.enumerated() {
            if !value.isNull {
                guard let object = value.object else { throw ShopifyError(.badField, at: "\(place)[\(index)]") }
                let node = Payload(object, path: "\(place)[\(index)]")
                // Another order's content under our key would be believed; better to stop.
                guard try node.requiredID("id", kind: "Order") == ids[index] else {
                    throw ShopifyError(.badID, at: node.place("id"))
                }
            }
            let withheld = faults.compactMap(\.withheld).filter { $0.index == index }.map(\.field)
            entries.append(.init(id: ids[index], state: .whole, node: value, withheld: Set(withheld).sorted()))
        }
        return entries
    }

    /// Reads on, or answers when nothing is open any more.
    private func go(_ cursor: OrderCursor) -> SourceAnswer {
        if cursor.current != nil { return .found([], missing: [], nextCursor: cursor.text) }
        var found: [Observation] = []
        var missing: [EntityKey] = []
        for entry in cursor.entries {
            let key = key(order: entry.id)
            if entry.state == .tooLarge {
                let code = ShopifyError.Code.tooLarge.rawValue
                found.append(.unreadable(key, code: code, detail: entry.reason ?? ""))
            } else if let object = entry.node.object {
                found.append(observation(Payload(object), key: key, withheld: Set(entry.withheld)))
            } else {
                missing.append(key)
            }
        }
        return .found(found, missing: missing, nextCursor: nil)
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

    /// One page of the first open order.
    private func page(
        _ data: Payload, faults: [GraphQLAnswer.Fault], cursor: OrderCursor
    ) throws(ShopifyError) -> SourceAnswer {
        var cursor = cursor
        guard let index = cursor.current else { return go(cursor) }
        let answered = try entries(data, faults: faults, ids: [cursor.entries[index].id])[0]
        guard let object = answered.node.object else {
            cursor.close(index, .whole, node: .null)
            return go(cursor)
        }
        let node = Payload(object, path: "data.nodes[0]")
        let updatedAt = try node.requiredText("updatedAt")
        if let first = cursor.updatedAt, first != updatedAt {
            // It changed between two pages: start it over.
            return go(OrderCursor(entries: cursor.entries, sizes: cursor.sizes))
        }
        let connection = try node.requiredChild("lineItems")
        let lines = cursor.lines + (connection.object["nodes"]?.array ?? [])
        switch try OrderFit(of: node, sizes: cursor.sizes) {
        case .partsTooLarge(let list):
            cursor.close(index, .tooLarge, node: .null, reason: Self.tooLarge(list, sizes: cursor.sizes))
        case .moreLines where lines.count >= ShopifyLimits.linesMax:
            cursor.close(index, .tooLarge, node: .null, reason: "has more than \(ShopifyLimits.linesMax) lines")
        case .moreLines(let after):
            (cursor.after, cursor.updatedAt, cursor.lines) = (after, updatedAt, lines)
        case .whole:
            let joined = connection.object.setting("nodes", .array(lines))
            cursor.close(
                index, .whole, node: .object(object.setting("lineItems", .object(joined))), withheld: answered.withheld)
        }
        return go(cursor)
    }

    private static func tooLarge(_ list: String, sizes: ReadSizes) -> String {
        "does not fit one read: \(list) (at most \(sizes.parts - 1) refunds or fulfilments"
            + " with \(sizes.nested) lines each)"
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

extension JSONObject {
    fileprivate func setting(_ key: String, _ value: JSON) -> JSONObject {
        var object = self
        object[key] = value
        return object
    }
}
