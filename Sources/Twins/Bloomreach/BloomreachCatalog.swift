import JSON

/// One catalogue: a fixed schema and rows whose writes are queued (docs/vendors/bloomreach.md, Catalogues).
struct BloomreachCatalog: Sendable {
    let id: String
    var settings: BloomreachCatalogSettings
    private let fieldNames: Set<String>
    private let searchable: Set<String>
    /// In order of first writing. A deleted item keeps its place with `nil`, so nothing is ever searched or shifted.
    private var rows: [Row] = []
    private var places: [String: Int] = [:]

    private struct Row: Sendable {
        let itemID: String
        var properties: BloomreachDelayed<JSONObject?>
    }

    /// How an item write treats columns it does not name, and items it does not find.
    enum Writing: Sendable {
        /// Create or replace: omitted columns become blank.
        case replace
        /// Merge; an unknown item is made only when `upsert` is set.
        case merge(upsert: Bool)
    }

    /// Why an item is refused: the `errors` member it is told under and the text.
    struct Refusal: Error, Sendable {
        var status = 400
        var field = "_global"
        var text: String

        static let unknownItem = Refusal(status: 404, text: "Item does not exist")
        static let itemIDNotText = Refusal(text: "Malformed item id. Item id should be a string")
        /// Routes and edits of such an item break, so the twin does not let one in.
        static let itemIDWithSlash = Refusal(text: "Malformed item id. Item id should not contain '/'")
        static let properties = Refusal(field: "properties", text: "Properties should be an object.")
    }

    init(id: String, settings: BloomreachCatalogSettings) {
        self.id = id
        self.settings = settings
        fieldNames = Set(settings.fields.map(\.name))
        searchable = Set(settings.fields.filter(\.isSearchable).map(\.name))
    }

    /// `{id, name, is_product_catalog, fields}`.
    var json: JSON {
        [
            "id": .string(id), "name": .string(settings.name), "is_product_catalog": .bool(settings.isProductCatalog),
            "fields": .array(settings.fields.map(\.json)),
        ]
    }

    mutating func write(
        _ itemID: String, _ properties: JSON?, _ writing: Writing, at moment: BloomreachMoment
    ) throws(Refusal) {
        guard !itemID.isEmpty else { throw .itemIDNotText }
        guard !itemID.utf8.contains(UInt8(ascii: "/")) else { throw .itemIDWithSlash }
        guard let properties = properties?.object else { throw .properties }
        let undefined = properties.keys.filter { !fieldNames.contains($0) }
        guard undefined.isEmpty else {
            let names = undefined.joined(separator: ", ")
            throw Refusal(field: "properties", text: "Fields [\(names)] are not properly defined.")
        }
        switch writing {
        case .replace: store(itemID, properties, at: moment)
        case .merge(let upsert):
            let known = places[itemID].flatMap { rows[$0].properties.stored }
            guard known != nil || upsert else { throw .unknownItem }
            var merged = known ?? [:]
            for (name, value) in properties.members { merged[name] = value }
            store(itemID, merged, at: moment)
        }
    }

    /// Blanks an item; false when there is none.
    mutating func delete(_ itemID: String, at moment: BloomreachMoment) -> Bool {
        guard let place = places[itemID], rows[place].properties.stored != nil else { return false }
        store(itemID, nil, at: moment)
        return true
    }

    mutating func deleteAll(at moment: BloomreachMoment) {
        for place in rows.indices {
            rows[place].properties.set(nil, readableFrom: moment.readableFrom, now: moment.now)
        }
    }

    private mutating func store(_ itemID: String, _ properties: JSONObject?, at moment: BloomreachMoment) {
        if let place = places[itemID] {
            rows[place].properties.set(properties, readableFrom: moment.readableFrom, now: moment.now)
        } else {
            places[itemID] = rows.count
            // An item that is not yet readable does not exist for a reader.
            var delayed = BloomreachDelayed<JSONObject?>(nil, readableFrom: .min)
            delayed.set(properties, readableFrom: moment.readableFrom, now: moment.now)
            rows.append(Row(itemID: itemID, properties: delayed))
        }
    }

    /// One item as a reader sees it.
    func item(_ itemID: String, at now: Int64) -> JSON? {
        guard let place = places[itemID], let properties = rows[place].properties.readable(at: now) ?? nil else {
            return nil
        }
        return ["item_id": .string(itemID), "properties": .object(properties)]
    }

    /// A page: `{success, data, matched, matched_limited, limit, skip, total}`. `query` is looked for, without case, in
    /// `field`, or in the item id and every searchable field; what is not searchable is not found.
    func page(query: String?, field: String?, limit: Int, skip: Int, at now: Int64) -> JSON {
        var total = 0
        var matched: [JSON] = []
        let wanted = query?.lowercased() ?? ""
        var matches = 0
        for row in rows {
            guard let properties = row.properties.readable(at: now) ?? nil else { continue }
            total += 1
            guard wanted.isEmpty || isMatch(row.itemID, properties, wanted, field) else { continue }
            matches += 1
            guard matches > skip, matched.count < limit else { continue }
            matched.append([
                "catalog_id": .string(id), "item_id": .string(row.itemID), "properties": .object(properties),
            ])
        }
        return [
            "success": true, "data": .array(matched), "matched": JSON(matches), "matched_limited": false,
            "limit": JSON(limit), "skip": JSON(skip), "total": JSON(total),
        ]
    }

    private func isMatch(_ itemID: String, _ properties: JSONObject, _ wanted: String, _ field: String?) -> Bool {
        func holds(_ name: String) -> Bool {
            let value = name == "item_id" ? JSON.string(itemID) : searchable.contains(name) ? properties[name] : nil
            return (value?.string ?? value?.text())?.lowercased().contains(wanted) ?? false
        }
        if let field { return holds(field) }
        return holds("item_id") || settings.fields.contains { holds($0.name) }
    }

    /// All that is stored, by item id: `{id, name, fields, items:[{item_id, properties}]}`.
    var stateJSON: JSON {
        let items = rows.compactMap { row in row.properties.stored.map { (row.itemID, $0) } }.sorted { $0.0 < $1.0 }
        return [
            "id": .string(id), "name": .string(settings.name), "is_product_catalog": .bool(settings.isProductCatalog),
            "fields": .array(settings.fields.map(\.json)),
            "items": .array(items.map { ["item_id": .string($0.0), "properties": .object($0.1)] }),
        ]
    }
}
