import JSON

/// Reads and erasure of one customer (docs/vendors/bloomreach.md, Reading back; Anonymising). They see only what has
/// become visible.
extension BloomreachProject {
    /// Customers of one bulk anonymisation (docs/vendors/bloomreach.md, Limits).
    static let anonymizeBulkMax = 1_000

    /// The profile that the first visible id names; `nil` when none is found or an id is not valid.
    func readableProfile(_ ids: JSON?, at now: Int64) -> BloomreachProfile? {
        guard let ids = try? externalIDs(ids) else { return nil }
        for id in ids {
            if let owner = owners[id], owner.readableFrom <= now { return self[owner.number] }
        }
        return nil
    }

    /// `POST /customers/export-one`.
    func exportOne(_ body: JSON, by access: BloomreachAccess, at now: Int64) -> BloomreachAnswer {
        guard access.permissions.privacy.allows(BloomreachPermissions.PrivacyRight.exportCustomer.rawValue) else {
            return .refused(403, "_global", "No permission to export customer")
        }
        guard let profile = readableProfile(body["customer_ids"], at: now) else { return .unknownCustomer }
        return .ok([
            "success": true, "ids": profile.idsJSON { owners[$0].map { $0.readableFrom <= now } ?? false },
            "properties": profile.propertiesJSON { $0.value.readable(at: now) },
            "events": .array(profile.sortedEvents { $0.readableFrom <= now }.map(\.json)),
        ])
    }

    /// `POST /customers/events`: `{customer_ids, event_types, order, limit, skip}`. Ascending unless told otherwise
    /// [twin's choice].
    func exportEvents(_ body: JSON, by access: BloomreachAccess, at now: Int64) -> BloomreachAnswer {
        guard let types = body["event_types"]?.array?.map(\.string), !types.isEmpty, !types.contains(nil) else {
            return .refused(400, "event_types", "Event types should be a list of strings.")
        }
        let wanted = Set(types.compactMap { $0 })
        guard wanted.allSatisfy({ access.permissions.eventsGet.allows($0) }) else {
            return .refused(403, "_global", "No permission to get events")
        }
        let order = body["order"] ?? "asc"
        guard order == "asc" || order == "desc" else { return .refused(400, "order", "Order should be asc or desc.") }
        guard let skip = Self.count(body["skip"], otherwise: 0), let limit = Self.count(body["limit"], otherwise: .max)
        else { return .refused(400, "limit", "Limit and skip should be whole numbers.") }
        guard let profile = readableProfile(body["customer_ids"], at: now) else { return .unknownCustomer }
        let ascending = profile.sortedEvents { $0.readableFrom <= now && wanted.contains($0.type) }
        let ordered = order == "desc" ? ascending.reversed() : ascending
        return .ok(["success": true, "data": .array(ordered.dropFirst(skip).prefix(limit).map(\.json))])
    }

    static func count(_ json: JSON?, otherwise: Int) -> Int? {
        guard let json, !json.isNull else { return otherwise }
        return json.int64.flatMap { $0 >= 0 ? Int($0) : nil }
    }

    /// `POST /customers/attributes`: one result per asked attribute, in the asked order.
    func attributes(_ body: JSON, by access: BloomreachAccess, at now: Int64) -> BloomreachAnswer {
        guard let asked = body["attributes"]?.array else {
            return .refused(400, "attributes", "Attributes should be a list.")
        }
        guard let profile = readableProfile(body["customer_ids"], at: now) else { return .unknownCustomer }
        let results = asked.map { attribute -> JSON in
            switch self.value(of: attribute, profile, access, now) {
            case .success(let value): ["success": true, "value": value]
            case .failure(let refusal): ["success": false, "error": .string(refusal.text)]
            }
        }
        return .ok(["results": .array(results), "success": true])
    }

    private func value(
        of attribute: JSON, _ profile: BloomreachProfile, _ access: BloomreachAccess, _ now: Int64
    ) -> Result<JSON, BloomreachRefusal> {
        // Also the answer for segmentations, aggregates and the like, none of which this project has.
        let noPermission = Result<JSON, BloomreachRefusal>.failure(BloomreachRefusal(text: "No permission"))
        switch attribute["type"]?.string {
        case "property":
            guard let name = attribute["property"]?.string, access.permissions.propertiesGet.allows(name) else {
                return noPermission
            }
            return .success(profile.properties[name]?.value.readable(at: now) ?? .null)
        case "id":
            guard let name = attribute["id"]?.string, idTypes[name] != nil else {
                return .failure(BloomreachRefusal(text: "Unknown id type"))
            }
            let ids = profile.idsJSON { owners[$0].map { $0.readableFrom <= now } ?? false }
            return .success(ids[name] ?? .null)
        case "consent":
            guard access.permissions.eventsGet.allows("consent") else { return noPermission }
            let category = settings.consentCategories.first { $0.id == attribute["category"]?.string }
            let mode = attribute["mode"]?.string ?? "valid"
            guard let value = category.flatMap({ profile.consent($0, mode: mode, now: now) }) else {
                return .failure(BloomreachRefusal(text: "Unknown consent category or mode"))
            }
            return .success(value)
        default: return noPermission
        }
    }

    /// `POST /customers/anonymize`: drops the external ids and the properties flagged private, keeps the events, gives
    /// a fresh cookie.
    mutating func anonymize(
        _ body: JSON, by access: BloomreachAccess, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        guard access.permissions.privacy.allows(BloomreachPermissions.PrivacyRight.anonymizeCustomer.rawValue) else {
            return .refused(403, "_global", "No permission to anonymize customer")
        }
        guard let number = readableProfile(body["customer_ids"], at: moment.now)?.number else {
            return .unknownCustomer
        }
        anonymize(number, at: moment)
        return .done(["success": true])
    }

    /// `POST /customers/anonymize_bulk`: answers the number of the request, not the outcome.
    mutating func anonymizeBulk(
        _ body: JSON, by access: BloomreachAccess, at moment: BloomreachMoment
    ) -> BloomreachAnswer {
        guard access.permissions.privacy.allows(BloomreachPermissions.PrivacyRight.anonymizeCustomer.rawValue) else {
            return .refused(403, "_global", "No permission to anonymize customer")
        }
        guard let customers = body["customers"]?.array, customers.count <= Self.anonymizeBulkMax else {
            return .refused(400, "customers", "Customers should be a list of at most \(Self.anonymizeBulkMax).")
        }
        for customer in customers {
            let byInternalID = customer["internal_id"]?.string.flatMap(number(internalID:))
            let number = byInternalID ?? readableProfile(customer["customer_ids"], at: moment.now)?.number
            if let number { anonymize(number, at: moment) }
        }
        anonymizeBulksMade += 1
        return .done(["success": true, "bulk_id": .string("b-\(anonymizeBulksMade)")])
    }

    private func number(internalID: String) -> Int? {
        guard let number = Int(internalID.suffix(16), radix: 16), profiles.indices.contains(number - 1),
            profiles[number - 1]?.internalID == internalID
        else { return nil }
        return number
    }

    private mutating func anonymize(_ number: Int, at moment: BloomreachMoment) {
        for (type, value) in self[number].hardIDs { owners[BloomreachExternalID(type: type, value: value)] = nil }
        for (type, values) in self[number].softIDs {
            for value in values { owners[BloomreachExternalID(type: type, value: value)] = nil }
        }
        self[number].hardIDs = [:]
        self[number].softIDs = [:]
        for name in settings.privateProperties { self[number].properties[name] = nil }
        guard idTypes["cookie"]?.isHard == false else { return }
        let cookie = "anonymized-\(self[number].internalID)-\(nextSequence())"
        owners[BloomreachExternalID(type: "cookie", value: cookie)] = Owner(
            number: number, readableFrom: moment.readableFrom)
        self[number].softIDs["cookie"] = [cookie]
    }
}
