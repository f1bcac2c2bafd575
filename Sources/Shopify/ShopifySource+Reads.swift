public import Commerce
import JSON
public import Sync
public import Transport

/// Set-based reads of customers, orders and products; one kind to a read.
///
/// Orders and products that do not fit the small lists of a set read are read on one by one, page by page: the answer
/// is then `found([], missing: [], nextCursor:)`, and the continuation that ends the reading answers for everything
/// that the first read asked for.
extension ShopifySource {
    public var readKeysMax: Int { ShopifyLimits.keysMax }
    public var polledKinds: [EntityKind] {
        ReadableKind.allCases.map(\.kind).filter(configuration.polledKinds.contains).sorted {
            $0.rawValue < $1.rawValue
        }
    }

    public func request(for read: SourceRead) -> HTTPRequest {
        switch ReadQuestion(read.wanted) {
        case .entities(let kind, let keys):
            return request(kind, keys.map(\.id).filter(kind.isID), sizes: kind.setSizes, after: nil)
        case .continuation(let kind, let key, let text):
            let cursor = cursor(text, of: key)
            let open = cursor.current.map { cursor.entries[$0].id }
            return request(kind, [open ?? key.id], sizes: cursor.sizes, after: cursor.after)
        case .changes(let kind, let since, let cursor):
            return login.request(
                kind.changed,
                variables: ["after": JSON(cursor), "search": .string(ReadQuestion.search(kind, since: since))])
        case .orders(let search, let cursor):
            return login.request(
                .ordersChanged, variables: ["after": JSON(cursor), "search": .string(search)])
        case nil:
            // There must be a request; this one costs nothing.
            return request(.order, [], sizes: .set, after: nil)
        }
    }

    private func request(_ kind: ReadableKind, _ ids: [String], sizes: ReadSizes, after: String?) -> HTTPRequest {
        let ids = JSON.array(ids.map { .string(ShopifyID.global(kind.type, $0)) })
        let variables: JSON =
            switch kind {
            case .customer: ["ids": ids]
            case .order:
                [
                    "ids": ids, "lines": JSON(sizes.lines), "after": JSON(after), "parts": JSON(sizes.parts),
                    "nested": JSON(sizes.nested),
                ]
            case .product: ["ids": ids, "variants": JSON(sizes.lines), "after": JSON(after)]
            }
        return login.request(kind.byID, variables: variables)
    }

    /// A text that is not ours starts it over.
    private func cursor(_ text: String, of key: EntityKey) -> ReadCursor {
        ReadCursor(text) ?? ReadCursor(entries: [.init(id: key.id, state: .open)])
    }

    public func interpret(_ outcome: HTTPOutcome, of read: SourceRead, at now: Instant) -> SourceAnswer {
        guard let question = ReadQuestion(read.wanted) else { return Self.unanswerable(read.wanted) }
        switch GraphQLAnswer(outcome) {
        case .later(let after, let reason): return .later(after: after, reason: reason)
        case .denied(let reason): return .denied(reason)
        case .unauthorised: return unauthorised
        case .noAccess(let reason): return .denied(Self.advised(reason, question.kind))
        case .unreadable(let reason): return .unreadable(reason)
        case .tooMuch: return tooMuch(question)
        case .data(let data, let faults):
            do throws(ShopifyError) { return try answer(data, faults: faults, of: question) } catch {
                return .unreadable(error.description)
            }
        }
    }

    /// Another token is asked for where one can be had.
    private var unauthorised: SourceAnswer {
        switch configuration.credentials {
        case .token: .denied("\(GraphQLAnswer.unauthorisedReason); put a valid one into access_token")
        case .client: .unprepared(GraphQLAnswer.unauthorisedReason)
        }
    }

    /// Baskets are never found by a read, whatever was answered.
    private static func unanswerable(_ wanted: SourceRead.Wanted) -> SourceAnswer {
        switch wanted {
        case .entities(let keys): .found([], missing: keys, nextCursor: nil)
        case .continuation(let key, _): .found([], missing: [key], nextCursor: nil)
        case .changes, .orders: .found([], missing: [], nextCursor: nil)
        }
    }

    /// Names the scope where Shopify does not.
    private static func advised(_ reason: String, _ kind: ReadableKind) -> String {
        if reason.contains("scope") { return reason }
        return "\(reason); to read \(kind.root) the app needs \(kind.scope) and access to protected customer data"
    }

    private func tooMuch(_ question: ReadQuestion) -> SourceAnswer {
        switch question {
        case .entities(let kind, let keys):
            if keys.count > 1 { return .tooMuch(keysMax: keys.count / 2) }
            let entries = keys.map { ReadCursor.Entry(id: $0.id, state: .open) }
            return go(ReadCursor(entries: entries, sizes: ReadSizes.whole.smaller ?? .whole), kind)
        case .continuation(let kind, let key, let text):
            var cursor = cursor(text, of: key)
            guard let index = cursor.current else { return go(cursor, kind) }
            if let smaller = cursor.sizes.smaller {
                cursor.sizes = smaller
            } else {
                let reason = "costs more than one query may, even with pages of \(cursor.sizes.lines) \(kind.pagedWord)"
                cursor.close(index, .tooLarge, node: .null, reason: reason)
            }
            return go(cursor, kind)
        case .changes, .orders:
            return .unreadable("a page of changed \(question.kind.root) costs more than one query may")
        }
    }

    private func answer(
        _ data: Payload, faults: [GraphQLAnswer.Fault], of question: ReadQuestion
    ) throws(ShopifyError) -> SourceAnswer {
        switch question {
        case .entities(let kind, let keys): try entities(data, faults: faults, keys: keys, kind)
        case .continuation(let kind, let key, let text):
            try page(data, faults: faults, cursor: cursor(text, of: key), kind)
        case .changes(let kind, let since, _): try hints(data, kind, since: kind == .customer ? since : nil)
        case .orders: try hints(data, .order, since: nil)
        }
    }

    // MARK: Entities

    private func entities(
        _ data: Payload, faults: [GraphQLAnswer.Fault], keys: [EntityKey], _ kind: ReadableKind
    ) throws(ShopifyError) -> SourceAnswer {
        var entries = try entries(data, faults: faults, ids: keys.map(\.id).filter(kind.isID), kind)
        for index in entries.indices {
            guard let object = entries[index].node.object else { continue }
            let node = Payload(object, path: "data.nodes[\(index)]")
            if try PageCompleteness(of: node, kind, sizes: kind.setSizes) != .whole {
                entries[index] = ReadCursor.Entry(id: entries[index].id, state: .open)
            }
        }
        entries += keys.map(\.id).filter { !kind.isID($0) }.map { .init(id: $0, state: .whole) }
        return go(ReadCursor(entries: entries), kind)
    }

    /// What was answered for each id: null where Shopify does not know it or does not show it to us.
    private func entries(
        _ data: Payload, faults: [GraphQLAnswer.Fault], ids: [String], _ kind: ReadableKind
    ) throws(ShopifyError) -> [ReadCursor.Entry] {
        let place = data.place("nodes")
        guard let values = try data.required("nodes").array, values.count == ids.count else {
            throw ShopifyError(.badField, at: place)
        }
        var entries: [ReadCursor.Entry] = []
        for (index, value) in values.enumerated() {
            var value = value
            if !value.isNull {
                guard let object = value.object else { throw ShopifyError(.badField, at: "\(place)[\(index)]") }
                let node = Payload(object, path: "\(place)[\(index)]")
                // Another one's content under our key would be believed; better to stop.
                guard try node.requiredID("id", kind: kind.type) == ids[index] else {
                    throw ShopifyError(.badID, at: node.place("id"))
                }
                // Prices are plain numbers; what they are in stands at the root of the answer.
                if kind == .product {
                    let shop = JSON.object(try data.requiredChild(ProductMapping.shopKey).object)
                    value = .object(object.setting(ProductMapping.shopKey, shop))
                }
            }
            let withheld = faults.compactMap(\.withheld).filter { $0.index == index }.map(\.field)
            entries.append(.init(id: ids[index], state: .whole, node: value, withheld: Set(withheld).sorted()))
        }
        return entries
    }

    /// Reads on, or answers when nothing is open any more.
    private func go(_ cursor: ReadCursor, _ kind: ReadableKind) -> SourceAnswer {
        if cursor.current != nil { return .found([], missing: [], nextCursor: cursor.text) }
        var found: [Observation] = []
        var missing: [EntityKey] = []
        for entry in cursor.entries {
            let key = key(kind.kind, entry.id)
            if entry.state == .tooLarge {
                found.append(.unreadable(key, code: kind.tooLarge.rawValue, detail: entry.reason ?? ""))
            } else if let object = entry.node.object {
                found.append(observation(Payload(object), key: key, kind, withheld: Set(entry.withheld)))
            } else {
                missing.append(key)
            }
        }
        return .found(found, missing: missing, nextCursor: nil)
    }

    /// A broken one must not hold up the others of its read.
    private func observation(
        _ node: Payload, key: EntityKey, _ kind: ReadableKind, withheld: Set<String>
    ) -> Observation {
        do throws(ShopifyError) {
            let state: EntityState
            let time: Instant
            var isPartial = false
            switch kind {
            case .customer:
                let mapped = try CustomerMapping.graphQL(node, withheld: withheld)
                (state, time, isPartial) = (.customer(mapped.customer), mapped.customer.updatedAt, mapped.isPartial)
            case .order:
                let mapped = try OrderMapping.graphQL(node, withheld: withheld)
                (state, time, isPartial) = (.order(mapped.order), mapped.order.updatedAt, mapped.isPartial)
            case .product:
                let product = try ProductMapping.graphQL(node)
                (state, time) = (.product(product), product.updatedAt)
            }
            return .snapshot(key, state, sourceTime: time, eventID: nil, isPartial: isPartial)
        } catch {
            return .unreadable(key, code: error.code.rawValue, detail: error.description)
        }
    }

    /// One page of the first open entry.
    private func page(
        _ data: Payload, faults: [GraphQLAnswer.Fault], cursor: ReadCursor, _ kind: ReadableKind
    ) throws(ShopifyError) -> SourceAnswer {
        var cursor = cursor
        guard let index = cursor.current else { return go(cursor, kind) }
        let answered = try entries(data, faults: faults, ids: [cursor.entries[index].id], kind)[0]
        guard let object = answered.node.object else {
            cursor.close(index, .whole, node: .null)
            return go(cursor, kind)
        }
        let node = Payload(object, path: "data.nodes[0]")
        let updatedAt = try node.requiredText("updatedAt")
        if let first = cursor.updatedAt, first != updatedAt {
            // It changed between two pages: start it over.
            return go(ReadCursor(entries: cursor.entries, sizes: cursor.sizes), kind)
        }
        guard let (list, itemsMax) = kind.paged else {
            cursor.close(index, .whole, node: answered.node, withheld: answered.withheld)
            return go(cursor, kind)
        }
        let connection = try node.requiredChild(list)
        let items = cursor.lines + (connection.object["nodes"]?.array ?? [])
        switch try PageCompleteness(of: node, kind, sizes: cursor.sizes) {
        case .partsTooLarge(let list):
            cursor.close(index, .tooLarge, node: .null, reason: Self.tooLarge(list, sizes: cursor.sizes))
        case .moreLines where items.count >= itemsMax, .whole where items.count > itemsMax:
            cursor.close(index, .tooLarge, node: .null, reason: "has more than \(itemsMax) \(kind.pagedWord)")
        case .moreLines(let after):
            (cursor.after, cursor.updatedAt, cursor.lines) = (after, updatedAt, items)
        case .whole:
            let joined = connection.object.setting("nodes", .array(items))
            cursor.close(
                index, .whole, node: .object(object.setting(list, .object(joined))), withheld: answered.withheld)
        }
        return go(cursor, kind)
    }

    private static func tooLarge(_ list: String, sizes: ReadSizes) -> String {
        "does not fit one read: \(list) (at most \(sizes.parts - 1) refunds or fulfilments"
            + " with \(sizes.nested) lines each)"
    }

    // MARK: Changes

    /// - Parameter since: what is older was listed only because Shopify matches whole days.
    private func hints(
        _ data: Payload, _ kind: ReadableKind, since: Instant?
    ) throws(ShopifyError) -> SourceAnswer {
        let connection = try data.requiredChild(kind.root)
        var hints: [Observation] = []
        for node in try connection.requiredItems("nodes") {
            let key = key(kind.kind, try node.requiredID("id", kind: kind.type))
            let updatedAt = try node.requiredTime("updatedAt")
            if let since, updatedAt < since { continue }
            hints.append(.hint(key, sourceTime: updatedAt, eventID: nil, awaitsCompanion: false))
        }
        let pageInfo = try connection.requiredChild("pageInfo")
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
