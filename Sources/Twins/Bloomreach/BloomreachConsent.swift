import JSON

/// What one `consent` event decides about a category (docs/vendors/bloomreach.md, Consent).
struct BloomreachConsentDecision: Sendable {
    /// The event's own time: the latest decides [I].
    var timestampMicros: Int64
    var sequence: Int
    var readableFrom: Int64
    var isAccepted: Bool
    /// `nil` is without end.
    var validUntilMicros: Int64?
    var properties: JSON

    static let requiredAttributes = ["action", "category", "timestamp", "valid_until"]

    /// An event that lacks a required attribute or has an unknown value **revokes** its category
    /// (docs/vendors/bloomreach.md, Consent). `nil` only where no category can be told.
    init?(properties: JSON, timestampMicros: Int64, sequence: Int, readableFrom: Int64) {
        guard properties["category"]?.string != nil else { return nil }
        self.timestampMicros = timestampMicros
        self.sequence = sequence
        self.readableFrom = readableFrom
        self.properties = properties
        let isComplete = Self.requiredAttributes.allSatisfy { properties[$0].map { !$0.isNull } ?? false }
        let isTimed = properties["timestamp"].flatMap(BloomreachTimestamp.micros) != nil
        isAccepted = isComplete && isTimed && properties["action"] == "accept"
        guard let until = properties["valid_until"], until != "unlimited" else { return }
        validUntilMicros = BloomreachTimestamp.micros(until)
        if validUntilMicros == nil { isAccepted = false }
    }

    func isValid(at now: Int64) -> Bool { isAccepted && validUntilMicros.map { now < $0 } ?? true }
}

extension BloomreachProfile {
    /// The value of `{"type":"consent","category":…,"mode":…}`; an unknown mode has none (docs/vendors/bloomreach.md,
    /// Consent).
    func consent(_ category: BloomreachConsentCategory, mode: String, now: Int64) -> JSON? {
        let readable = consents[category.id]?.filter { $0.readableFrom <= now } ?? []
        let latest = readable.max { ($0.timestampMicros, $0.sequence) < ($1.timestampMicros, $1.sequence) }
        switch mode {
        case "valid": return .bool(latest?.isValid(at: now) ?? category.isLegitimateInterest)
        case "message", "source": return latest?.properties[mode] ?? .null
        case "timestamp": return latest.map { BloomreachTimestamp.json($0.timestampMicros) } ?? .null
        case "until": return latest?.properties["valid_until"] ?? .null
        default: return nil
        }
    }
}
