import JSON

/// A route after `/data/v2/projects/{token}/catalogs` with what it needs.
struct BloomreachCatalogRequest {
    var method: String
    /// Percent-decoded. An encoded slash has become one too, so such an item id finds no route
    /// (docs/vendors/bloomreach.md, Catalogues).
    var segments: [String]
    var query: [String: String]
    var body: JSON?
    var bodyBytes: Int
    var permissions: BloomreachPermissions
}

/// The catalogue routes (docs/vendors/bloomreach.md, Catalogues).
extension BloomreachProject {
    /// Items and bytes of one bulk request, as a third party says (docs/vendors/bloomreach.md, Limits).
    static let bulkItemsMax = 5_000
    static let bulkBytesMax = 10_000_000
    /// Searchable fields of one catalogue (docs/vendors/bloomreach.md, Limits).
    static let searchableFieldsMax = 20
    /// Items of a page when `count` is not given (docs/vendors/bloomreach.md, Catalogues).
    static let itemsPageDefault = 20

    mutating func catalogs(_ request: BloomreachCatalogRequest, at moment: BloomreachMoment) -> BloomreachAnswer {
        if request.segments.isEmpty { return collection(request) }
        let id = request.segments[0]
        guard catalogs[id] != nil else { return .refused(404, "_global", "Catalog does not exist") }
        switch request.segments.count {
        case 1: return catalog(id, request)
        case 2 where request.segments[1] == "items": return items(id, request, at: moment)
        case 3 where request.segments[1] == "items":
            switch (request.method, request.segments[2]) {
            case ("POST", "partial-update"): return bulkWrite(id, request, isMerge: true, at: moment)
            case ("DELETE", "bulk-delete"): return bulkDelete(id, request, at: moment)
            default: return item(id, request, at: moment)
            }
        case 4 where request.segments[1] == "items" && request.segments[3] == "partial-update":
            guard request.method == "POST" else { return .noRoute }
            return write(id, request, isMerge: true, at: moment)
        default: return .noRoute
        }
    }

    private mutating func collection(_ request: BloomreachCatalogRequest) -> BloomreachAnswer {
        switch request.method {
        case "GET":
            if let refused = Self.missing(.getCatalog, request) { return refused }
            let data = catalogs.values.sorted { $0.id < $1.id }.map { catalog -> JSON in
                ["_id": .string(catalog.id), "name": .string(catalog.settings.name)]
            }
            return .ok(["success": true, "data": .array(data)])
        case "POST":
            if let refused = Self.missing(.createCatalog, request) { return refused }
            do throws(BloomreachCatalog.Refusal) {
                let id = try createCatalog(request.body)
                return .done(["success": true, "id": .string(id)])
            } catch {
                return .refused(error.status, error.field, error.text)
            }
        default: return .noRoute
        }
    }

    /// Makes a catalogue from `{name, is_product_catalog?, fields:[{name, type, searchable?}]}`; its id is returned.
    mutating func createCatalog(_ body: JSON?) throws(BloomreachCatalog.Refusal) -> String {
        guard let name = body?["name"]?.string, !name.isEmpty else {
            throw BloomreachCatalog.Refusal(field: "name", text: "Name should be specified.")
        }
        guard let fields = body?["fields"]?.array else {
            throw BloomreachCatalog.Refusal(field: "fields", text: "Fields should be a list.")
        }
        var settings = BloomreachCatalogSettings(
            name: name, isProductCatalog: body?["is_product_catalog"]?.bool ?? false, fields: [])
        for field in fields {
            guard let fieldName = field["name"]?.string, let type = field["type"]?.string, !fieldName.isEmpty,
                !settings.fields.contains(where: { $0.name == fieldName })
            else { throw BloomreachCatalog.Refusal(field: "fields", text: "Fields are not properly defined.") }
            let isSearchable = field["searchable"]?.bool ?? false
            settings.fields.append(.init(name: fieldName, type: type, isSearchable: isSearchable))
        }
        guard settings.fields.count(where: \.isSearchable) <= Self.searchableFieldsMax else {
            throw BloomreachCatalog.Refusal(field: "fields", text: "Too many searchable fields.")
        }
        guard !catalogs.values.contains(where: { $0.settings.name == name }) else {
            throw BloomreachCatalog.Refusal(text: "Catalog with name '\(name)' already exists")
        }
        return addCatalog(settings)
    }

    @discardableResult
    mutating func addCatalog(_ settings: BloomreachCatalogSettings) -> String {
        catalogsMade += 1
        let digits = String(catalogsMade, radix: 16)
        let id = "66f0" + String(repeating: "0", count: 20 - digits.count) + digits
        catalogs[id] = BloomreachCatalog(id: id, settings: settings)
        return id
    }

    private mutating func catalog(_ id: String, _ request: BloomreachCatalogRequest) -> BloomreachAnswer {
        switch request.method {
        case "GET":
            if let refused = Self.missing(.getCatalog, request) { return refused }
            return .ok(["success": true, "data": catalogs[id]?.json ?? .null])
        case "PUT":
            if let refused = Self.missing(.updateCatalog, request) { return refused }
            return rename(id, request.body)
        case "DELETE":
            if let refused = Self.missing(.deleteCatalog, request) { return refused }
            catalogs[id] = nil
            return .done(["success": true])
        default: return .noRoute
        }
    }

    /// Existing fields must be repeated, and the schema of a legacy catalogue is fixed.
    private mutating func rename(_ id: String, _ body: JSON?) -> BloomreachAnswer {
        guard let name = body?["name"]?.string, !name.isEmpty else {
            return .refused(400, "name", "Name should be specified.")
        }
        let named = body?["fields"]?.array?.compactMap { $0["name"]?.string } ?? []
        guard Set(named) == Set(catalogs[id]?.settings.fields.map(\.name) ?? []) else {
            return .refused(400, "fields", "Existing fields should be repeated.")
        }
        guard !catalogs.values.contains(where: { $0.settings.name == name && $0.id != id }) else {
            return .refused(400, "_global", "Catalog with name '\(name)' already exists")
        }
        catalogs[id]?.settings.name = name
        return .done(["success": true])
    }

    private mutating func items(
        _ id: String, _ request: BloomreachCatalogRequest, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        switch request.method {
        case "GET":
            if let refused = Self.missing(.getItems, request) { return refused }
            guard let limit = Self.whole(request.query["count"], otherwise: Self.itemsPageDefault),
                let skip = Self.whole(request.query["skip"], otherwise: 0)
            else { return .refused(400, "_global", "Count and skip should be whole numbers.") }
            let page = catalogs[id]?.page(
                query: request.query["query"], field: request.query["field"], limit: limit, skip: skip, at: moment.now)
            return .ok(page ?? .null)
        case "PUT": return bulkWrite(id, request, isMerge: false, at: moment)
        case "DELETE":
            if let refused = Self.missing(.deleteAllItems, request) { return refused }
            catalogs[id]?.deleteAll(at: moment)
            return .done(["success": true])
        default: return .noRoute
        }
    }

    private static func whole(_ text: String?, otherwise: Int) -> Int? {
        guard let text else { return otherwise }
        return Int(text).flatMap { $0 >= 0 ? $0 : nil }
    }

    private mutating func item(
        _ id: String, _ request: BloomreachCatalogRequest, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        let itemID = request.segments[2]
        switch request.method {
        case "GET":
            if let refused = Self.missing(.getItems, request) { return refused }
            guard let item = catalogs[id]?.item(itemID, at: moment.now) else { return Self.unknownItem }
            return .ok(["success": true, "data": item])
        case "PUT": return write(id, request, isMerge: false, at: moment)
        case "DELETE":
            if let refused = Self.missing(.deleteItem, request) { return refused }
            guard catalogs[id]?.delete(itemID, at: moment) ?? false else { return Self.unknownItem }
            return .done(["success": true])
        default: return .noRoute
        }
    }

    private static let unknownItem = BloomreachAnswer.refused(
        404, "_global", BloomreachCatalog.Refusal.unknownItem.text)

    private mutating func write(
        _ id: String, _ request: BloomreachCatalogRequest, isMerge: Bool, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        if let refused = Self.missing(isMerge ? .partialUpdateItem : .writeItem, request) { return refused }
        do throws(BloomreachCatalog.Refusal) {
            let writing = isMerge ? BloomreachCatalog.Writing.merge(upsert: request.body?["upsert"] == true) : .replace
            try catalogs[id]?.write(request.segments[2], request.body?["properties"], writing, at: moment)
            return .done(["success": true, "queued": true])
        } catch {
            return .refused(error.status, error.field, error.text)
        }
    }

    /// An array in, an array of the same length and order out; one bad item fails alone.
    private mutating func bulkWrite(
        _ id: String, _ request: BloomreachCatalogRequest, isMerge: Bool, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        if let refused = Self.missing(isMerge ? .partialUpdateItem : .writeItem, request) { return refused }
        return bulk(request) { project, element throws(BloomreachCatalog.Refusal) in
            guard let itemID = element["item_id"]?.string else { throw .itemIDNotText }
            let writing = isMerge ? BloomreachCatalog.Writing.merge(upsert: element["upsert"] == true) : .replace
            try project.catalogs[id]?.write(itemID, element["properties"], writing, at: moment)
        }
    }

    /// A missing id does not fail the request.
    private mutating func bulkDelete(
        _ id: String, _ request: BloomreachCatalogRequest, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        if let refused = Self.missing(.deleteItem, request) { return refused }
        return bulk(request) { project, element throws(BloomreachCatalog.Refusal) in
            guard let itemID = element.string else { throw .itemIDNotText }
            _ = project.catalogs[id]?.delete(itemID, at: moment)
        }
    }

    private mutating func bulk(
        _ request: BloomreachCatalogRequest,
        each: (inout Self, JSON) throws(BloomreachCatalog.Refusal) -> Void
    ) -> BloomreachAnswer {
        guard let elements = request.body?.array else { return .refused(400, "_global", "Body should be a list.") }
        guard elements.count <= Self.bulkItemsMax, request.bodyBytes <= Self.bulkBytesMax else {
            return .refused(400, "_global", "Request is too large.")
        }
        var hasEffect = false
        let lines = elements.map { element -> JSON in
            do throws(BloomreachCatalog.Refusal) {
                try each(&self, element)
                hasEffect = true
                return ["success": true, "queued": true]
            } catch {
                return ["success": false, "queued": false, "errors": .object([error.field: [.string(error.text)]])]
            }
        }
        return BloomreachAnswer(status: 200, body: .array(lines), hasEffect: hasEffect)
    }

    /// The refusal for a right the key lacks, by analogy with the import routes [I].
    private static func missing(
        _ right: BloomreachPermissions.CatalogRight, _ request: BloomreachCatalogRequest
    ) -> BloomreachAnswer? {
        guard !request.permissions.catalogs.allows(right.rawValue) else { return nil }
        let words = right.rawValue.split(separator: "_").joined(separator: " ")
        return .refused(403, "_global", "No permission to \(words)")
    }
}

extension BloomreachAnswer {
    /// `"success":"False"` as some documented samples have it (docs/vendors/bloomreach.md, Catalogues).
    func withBooleansAsText() -> Self {
        var answer = self
        answer.body = body.map { body in
            if let lines = body.array {
                .array(lines.map(Self.withBooleansAsText))
            } else {
                Self.withBooleansAsText(body)
            }
        }
        return answer
    }

    private static func withBooleansAsText(_ line: JSON) -> JSON {
        guard var object = line.object else { return line }
        for name in ["success", "queued"] {
            if let value = object[name]?.bool { object[name] = value ? "True" : "False" }
        }
        return .object(object)
    }
}
