import Commerce
import JSON

/// A `customer_ids` object: external ids by type (docs/vendors/bloomreach.md, Identity: ids).
struct ExternalIDs: Hashable {
    struct Entry: Hashable {
        var type: String
        var value: String
    }
    /// In the order of their importance.
    var entries: [Entry]

    init(_ entries: [Entry]) { self.entries = entries }

    /// Reads what ``text`` wrote.
    init?(text: String) {
        guard let object = (try? JSON.parse(text))?.object else { return nil }
        entries = object.members.compactMap { member in member.value.string.map { Entry(type: member.key, value: $0) } }
    }

    var object: JSONObject { JSONObject(entries.map { (key: $0.type, value: JSON.string($0.value)) }) }

    /// Sorted keys: equal ids have equal text.
    var text: String { JSON.object(object).text(sortingKeys: true) }

    func contains(type: String) -> Bool { entries.contains { $0.type == type } }

    /// At least one alphanumeric character, not the words `null` or `undefined`, at most 256 bytes
    /// (docs/vendors/bloomreach.md, Tracking: commands).
    static func isValid(_ value: String) -> Bool {
        value.utf8.count <= 256 && value != "null" && value != "undefined"
            && value.contains { $0.isLetter || $0.isNumber }
    }
}

/// The data of a `customers` command (docs/vendors/bloomreach.md, Tracking: commands).
enum CustomerCommand {
    static func body(_ ids: ExternalIDs, properties: JSONObject, updatedAt: Instant) -> [UInt8] {
        var body = Array("{\"customer_ids\":\(ids.text),\"properties\":".utf8)
        body += JSON.object(properties).encoded(sortingKeys: true)
        body += Array(",\"update_timestamp\":\(seconds(updatedAt))}".utf8)
        return body
    }

    /// Seconds with milliseconds where there are any.
    static func seconds(_ time: Instant) -> String {
        let milliseconds = (time.microseconds - time.wholeSeconds * 1_000_000) / 1_000
        guard milliseconds != 0 else { return String(time.wholeSeconds) }
        let digits = String(milliseconds)
        return "\(time.wholeSeconds)." + String(repeating: "0", count: 3 - digits.count) + digits
    }
}
