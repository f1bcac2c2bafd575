import JSON

/// What a frozen event body says about itself, for looking whether it arrived.
struct FrozenEvent: Sendable {
    let customerIDs: JSON
    let eventType: String
    let eventKey: String

    /// `nil` when the bytes are no event with an `event_key` (a catalogue row, for example).
    init?(_ body: [UInt8]) {
        guard let document = try? JSON.parse(body), let customerIDs = document["customer_ids"],
            let eventType = document["event_type"]?.string,
            let eventKey = document["properties"]?["event_key"]?.string
        else { return nil }
        self.customerIDs = customerIDs
        self.eventType = eventType
        self.eventKey = eventKey
    }

    /// The ids of a frozen body; empty when there are none.
    static func customerIDs(in body: [UInt8]) -> JSON { (try? JSON.parse(body))?["customer_ids"] ?? [:] }

    /// The values of the ids in a frozen body: personal data that no message may carry.
    static func identifiers(in body: [UInt8]) -> [String] {
        let members = (try? JSON.parse(body))?["customer_ids"]?.object?.members ?? []
        return members.flatMap { ($0.value.array ?? [$0.value]).compactMap(\.decimalText) }
    }
}

/// What a frozen catalogue row says about itself.
struct FrozenRow: Sendable {
    let itemID: String
    let properties: JSON

    /// `nil` when the bytes are no row.
    init?(_ body: [UInt8]) {
        guard let document = try? JSON.parse(body), let itemID = document["item_id"]?.string,
            let properties = document["properties"]
        else { return nil }
        self.itemID = itemID
        self.properties = properties
    }
}
