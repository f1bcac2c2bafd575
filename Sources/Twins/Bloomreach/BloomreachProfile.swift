import JSON

/// An external id: its type's name and its value after transformation.
struct BloomreachExternalID: Sendable, Hashable {
    var type: String
    var value: String
}

/// One stored event. The properties are kept as canonical bytes: a load test stores millions, and a tree of values
/// would take several times the memory.
struct BloomreachEvent: Sendable {
    var type: String
    var timestampMicros: Int64
    /// Position in the project's order of application: the tie-break of equal timestamps.
    var sequence: Int
    var readableFrom: Int64
    var properties: [UInt8]
    var key: BloomreachEventKey

    /// `{type, timestamp, properties}` as the read routes write it.
    var json: JSON {
        // These bytes were encoded by this module from a parsed value.
        let properties = (try? JSON.parse(properties)) ?? .null
        return [
            "type": .string(type), "timestamp": BloomreachTimestamp.json(timestampMicros), "properties": properties,
        ]
    }

    /// As the state shows it: with its place among everything the project took.
    var stateJSON: JSON {
        guard var members = json.object else { return json }
        members["sequence"] = JSON(sequence)
        return .object(members)
    }
}

/// 128 bits over an event's type, time and canonical properties: what "1:1" means to the twin
/// (docs/vendors/bloomreach.md, Events: exact copies).
struct BloomreachEventKey: Sendable, Hashable {
    private var high: UInt64
    private var low: UInt64

    init(type: String, timestampMicros: Int64, properties: [UInt8]) {
        // FNV-1a over two bases. Not for enemies: the twin only meets the client it judges.
        high = 0xcbf2_9ce4_8422_2325
        low = 0x6c62_272e_07bb_0142
        for byte in type.utf8 { mix(UInt64(byte)) }
        mix(0x100)
        mix(UInt64(bitPattern: timestampMicros))
        properties.withUnsafeBufferPointer { bytes in for byte in bytes { mix(UInt64(byte)) } }
    }

    private mutating func mix(_ unit: UInt64) {
        high = (high ^ unit) &* 0x0000_0100_0000_01b3
        low = (low ^ unit ^ (low >> 29)) &* 0x9e37_79b9_7f4a_7c15
    }
}

/// A customer property with the time of its last update: an older update never overwrites a newer value
/// (docs/vendors/bloomreach.md, Tracking: commands).
struct BloomreachProperty: Sendable {
    var value: BloomreachDelayed<JSON>
    var updatedMicros: Int64
}

/// One profile. Its number says which was created first, hence which survives a merge (docs/vendors/bloomreach.md,
/// Identity: merging).
struct BloomreachProfile: Sendable {
    let number: Int
    var hardIDs: [String: String] = [:]
    /// Per soft type, the least recently used first.
    var softIDs: [String: [String]] = [:]
    var properties: [String: BloomreachProperty] = [:]
    var events: [BloomreachEvent] = []
    var eventKeys: Set<BloomreachEventKey> = []
    var consents: [String: [BloomreachConsentDecision]] = [:]

    init(number: Int) { self.number = number }

    /// The platform's own id: 24 hexadecimal digits (docs/vendors/bloomreach.md, Identity: ids).
    var internalID: String {
        let digits = String(number, radix: 16)
        return "57e99c7b" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Stores an event unless it is an exact copy of one stored already.
    mutating func store(_ event: BloomreachEvent) {
        guard eventKeys.insert(event.key).inserted else { return }
        events.append(event)
    }

    /// By time, then by order of application.
    func sortedEvents(_ isIncluded: (BloomreachEvent) -> Bool = { _ in true }) -> [BloomreachEvent] {
        events.filter(isIncluded).sorted {
            ($0.timestampMicros, $0.sequence) < ($1.timestampMicros, $1.sequence)
        }
    }

    /// `{registered: "a", cookie: ["x", "y"]}`: a text for a hard type, a list for a soft one
    /// (docs/vendors/bloomreach.md, Reading back).
    func idsJSON(_ isIncluded: (BloomreachExternalID) -> Bool = { _ in true }) -> JSON {
        var members: [(key: String, value: JSON)] = []
        for (type, value) in hardIDs where isIncluded(BloomreachExternalID(type: type, value: value)) {
            members.append((type, .string(value)))
        }
        for (type, values) in softIDs {
            let shown = values.filter { isIncluded(BloomreachExternalID(type: type, value: $0)) }
            if !shown.isEmpty { members.append((type, .array(shown.map(JSON.string)))) }
        }
        return .object(JSONObject(members.sorted { $0.key < $1.key }))
    }

    /// The properties that `value` yields, by name.
    func propertiesJSON(_ value: (BloomreachProperty) -> JSON?) -> JSON {
        let members = properties.compactMap { name, property in value(property).map { (key: name, value: $0) } }
        return .object(JSONObject(members.sorted { $0.key < $1.key }))
    }
}
