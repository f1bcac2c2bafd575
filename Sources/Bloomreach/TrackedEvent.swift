import Commerce
import JSON
import Sync

/// The frozen body of an event that is no order's: `{customer_ids, event_type, properties, timestamp}`.
enum TrackedEvent {
    /// Sorted keys: equal facts have equal bytes in every process.
    /// - Parameter timestamp: seconds since 1970, as ``timestamp(microseconds:)`` writes them.
    static func body(
        customerIDs: JSONObject, eventType: String, properties: JSONObject, timestamp: String
    ) -> [UInt8] {
        JSON.object([
            "customer_ids": .object(customerIDs), "event_type": .string(eventType), "properties": .object(properties),
            "timestamp": .number(JSONNumber(exactly: timestamp)),
        ]).encoded(sortingKeys: true)
    }

    /// Seconds with as many decimals as needed (docs/vendors/bloomreach.md, Tracking: commands).
    static func timestamp(microseconds: Int64) -> String { Amount(millionths: Int128(microseconds)).description }
}
