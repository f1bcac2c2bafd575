import JSON

/// What became of one command.
struct BloomreachOutcome: Sendable {
    var refusal: BloomreachRefusal?
    /// Set by `system/time`.
    var time: JSON?
    /// False for reads and refusals.
    var hasEffect = false

    /// The command's line in `results`: `{success, command_id?, errors?, time?}` (docs/vendors/bloomreach.md, Tracking:
    /// batches).
    func json(commandID: String?) -> JSON {
        var line: JSONObject = ["success": .bool(refusal == nil)]
        line["command_id"] = commandID.map(JSON.string)
        line["errors"] = refusal.map { [.string($0.text)] }
        line["time"] = time
        return .object(line)
    }
}

/// The tracking commands (docs/vendors/bloomreach.md, Tracking: commands; Tracking: batches).
extension BloomreachProject {
    /// Commands of one batch (docs/vendors/bloomreach.md, Tracking: batches).
    static let batchCommandsMax = 50

    mutating func perform(
        _ name: String?, data: JSON?, by access: BloomreachAccess, at moment: BloomreachMoment
    ) -> BloomreachOutcome {
        do throws(BloomreachRefusal) {
            switch name {
            case "customers": try updateCustomer(data, by: access, at: moment)
            case "customers/events": try addEvent(data, by: access, at: moment)
            case "system/time":
                return BloomreachOutcome(time: Self.systemTime(at: moment))
            default: throw BloomreachRefusal(text: "Unknown command.")
            }
            return BloomreachOutcome(hasEffect: true)
        } catch {
            return BloomreachOutcome(refusal: error)
        }
    }

    static func systemTime(at moment: BloomreachMoment) -> JSON {
        BloomreachTimestamp.json(moment.now + moment.settings.clockSkewMilliseconds * 1_000)
    }

    /// `{customer_ids, properties, update_timestamp?}`.
    private mutating func updateCustomer(
        _ data: JSON?, by access: BloomreachAccess, at moment: BloomreachMoment
    ) throws(BloomreachRefusal) {
        let ids = try externalIDs(data?["customer_ids"])
        let properties = try Self.properties(of: data)
        let updated = try Self.time(data?["update_timestamp"], otherwise: moment.now)
        for name in properties.keys where !access.permissions.propertiesSet.allows(name) { throw .propertyForbidden }
        let number = try identify(ids, at: moment)
        for (name, value) in properties.members { set(name, to: value, updated: updated, of: number, at: moment) }
    }

    /// A property beyond the cap, or too large, is discarded without a word (docs/vendors/bloomreach.md, Limits).
    private mutating func set(
        _ name: String, to value: JSON, updated: Int64, of number: Int, at moment: BloomreachMoment
    ) {
        let settings = moment.settings
        guard value.encoded().count <= settings.attributeBytesMax, name.utf8.allSatisfy({ $0 < 0x80 }) else { return }
        if let known = self[number].properties[name] {
            guard updated >= known.updatedMicros else { return }
            self[number].properties[name]?.updatedMicros = updated
            self[number].properties[name]?.value.set(value, readableFrom: moment.readableFrom, now: moment.now)
        } else if self[number].properties.count < settings.attributeCountMax {
            let delayed = BloomreachDelayed(value, readableFrom: moment.readableFrom)
            self[number].properties[name] = BloomreachProperty(value: delayed, updatedMicros: updated)
        }
    }

    /// `{customer_ids, event_type, timestamp?, properties?}`.
    private mutating func addEvent(
        _ data: JSON?, by access: BloomreachAccess, at moment: BloomreachMoment
    ) throws(BloomreachRefusal) {
        let ids = try externalIDs(data?["customer_ids"])
        guard let type = data?["event_type"]?.string, !type.isEmpty else { throw .noEventType }
        let properties = try Self.properties(of: data)
        let timestamp = try Self.time(data?["timestamp"], otherwise: moment.now)
        guard access.permissions.eventsSet.allows(type) else { throw .eventForbidden }
        if type == "consent" { try checkSource(of: properties, access) }
        let number = try identify(ids, at: moment)
        processedEvents += 1
        append(eventType: type, properties: .object(properties), timestamp: timestamp, to: number, at: moment)
    }

    /// A category must allow the source that writes it: inferred (docs/vendors/bloomreach.md, Consent).
    private func checkSource(of properties: JSONObject, _ access: BloomreachAccess) throws(BloomreachRefusal) {
        let category = settings.consentCategories.first { $0.id == properties["category"]?.string }
        guard category?.sources.contains(access.consentSource) ?? true else {
            throw BloomreachRefusal(text: "Consent category does not allow source \(access.consentSource).")
        }
    }

    mutating func append(
        eventType: String, properties: JSON, timestamp: Int64, to number: Int, at moment: BloomreachMoment
    ) {
        let canonical = properties.encoded(sortingKeys: true)
        let second = BloomreachTimestamp.microsPerSecond
        let keyed = moment.settings.timestampFractionsCount ? timestamp : timestamp / second * second
        let key = BloomreachEventKey(type: eventType, timestampMicros: keyed, properties: canonical)
        let sequence = nextSequence()
        if eventType == "consent",
            let decision = BloomreachConsentDecision(
                properties: properties, timestampMicros: timestamp, sequence: sequence,
                readableFrom: moment.readableFrom),
            let category = properties["category"]?.string
        {
            self[number].consents[category, default: []].append(decision)
        }
        self[number].store(
            BloomreachEvent(
                type: eventType, timestampMicros: timestamp, sequence: sequence, readableFrom: moment.readableFrom,
                properties: canonical, key: key))
    }

    private static func properties(of data: JSON?) throws(BloomreachRefusal) -> JSONObject {
        guard let properties = data?["properties"], !properties.isNull else { return [:] }
        guard let object = properties.object else { throw .properties }
        return object
    }

    private static func time(_ json: JSON?, otherwise now: Int64) throws(BloomreachRefusal) -> Int64 {
        guard let json, !json.isNull else { return now }
        guard let micros = BloomreachTimestamp.micros(json) else { throw .timestamp }
        return micros
    }
}
