import Commerce
import JSON
import Sync

/// One object of a document together with the way to it, so that an error can say where it is.
struct Payload {
    let object: JSONObject
    let path: String

    init(_ object: JSONObject, path: String = "") {
        self.object = object
        self.path = path
    }

    func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Whether the member is there at all: an absent member is redacted or of an old shape, a null one is known empty.
    func has(_ key: String) -> Bool { object[key] != nil }

    /// The member unless it is absent or null.
    func value(_ key: String) -> JSON? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    func required(_ key: String) throws(ShopifyError) -> JSON {
        guard let value = value(key) else { throw ShopifyError(.missingField, at: place(key)) }
        return value
    }

    func child(_ key: String) throws(ShopifyError) -> Payload? {
        guard let value = value(key) else { return nil }
        guard let object = value.object else { throw ShopifyError(.badField, at: place(key)) }
        return Payload(object, path: place(key))
    }

    func requiredChild(_ key: String) throws(ShopifyError) -> Payload {
        guard let child = try child(key) else { throw ShopifyError(.missingField, at: place(key)) }
        return child
    }

    /// The objects of a list; `nil` when the list is absent or null.
    func items(_ key: String) throws(ShopifyError) -> [Payload]? {
        guard let value = value(key) else { return nil }
        guard let values = value.array else { throw ShopifyError(.badField, at: place(key)) }
        var items: [Payload] = []
        items.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            guard let object = value.object else { throw ShopifyError(.badField, at: "\(place(key))[\(index)]") }
            items.append(Payload(object, path: "\(place(key))[\(index)]"))
        }
        return items
    }

    func requiredItems(_ key: String) throws(ShopifyError) -> [Payload] {
        guard let items = try items(key) else { throw ShopifyError(.missingField, at: place(key)) }
        return items
    }

    /// A text; `nil` when absent, null or empty.
    func text(_ key: String) throws(ShopifyError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw ShopifyError(.badField, at: place(key)) }
        return text.isEmpty ? nil : text
    }

    /// A text that may be empty but must be there.
    func requiredText(_ key: String) throws(ShopifyError) -> String {
        guard let text = try required(key).string else { throw ShopifyError(.badField, at: place(key)) }
        return text
    }

    func texts(_ key: String) throws(ShopifyError) -> [String] {
        guard let value = value(key) else { return [] }
        guard let values = value.array else { throw ShopifyError(.badField, at: place(key)) }
        var texts: [String] = []
        for value in values where !value.isNull {
            guard let text = value.string else { throw ShopifyError(.badField, at: place(key)) }
            if !text.isEmpty { texts.append(text) }
        }
        return texts
    }

    func flag(_ key: String, absent: Bool = false) throws(ShopifyError) -> Bool {
        guard let value = value(key) else { return absent }
        guard let flag = value.bool else { throw ShopifyError(.badField, at: place(key)) }
        return flag
    }

    func time(_ key: String) throws(ShopifyError) -> Instant? {
        guard let value = value(key) else { return nil }
        guard let instant = value.string.flatMap(Instant.init(iso8601:)) else {
            throw ShopifyError(.badTime, at: place(key))
        }
        return instant
    }

    func requiredTime(_ key: String) throws(ShopifyError) -> Instant {
        guard let time = try time(key) else { throw ShopifyError(.missingField, at: place(key)) }
        return time
    }

    /// A number of units.
    func units(_ key: String) throws(ShopifyError) -> Int {
        guard let units = try required(key).int64, (0...ShopifyLimits.unitsMax).contains(units) else {
            throw ShopifyError(.badField, at: place(key))
        }
        return Int(units)
    }

    /// A count that may lie below zero, such as stock that was oversold.
    func count(_ key: String) throws(ShopifyError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let count = value.int64, (-ShopifyLimits.unitsMax...ShopifyLimits.unitsMax).contains(count) else {
            throw ShopifyError(.badField, at: place(key))
        }
        return Int(count)
    }

    /// Money, as text or as a number, to the last digit.
    func amount(_ key: String) throws(ShopifyError) -> Amount? {
        guard let value = value(key) else { return nil }
        guard let amount = value.decimalText.flatMap({ Amount($0) }) else {
            throw ShopifyError(.badAmount, at: place(key))
        }
        return amount
    }

    func requiredAmount(_ key: String) throws(ShopifyError) -> Amount {
        guard let amount = try amount(key) else { throw ShopifyError(.missingField, at: place(key)) }
        return amount
    }

    /// An id as the digits Shopify prints, whether it came as a number, as text or as a `gid://shopify/KIND/…`.
    func id(_ key: String, kind: String) throws(ShopifyError) -> String? {
        guard let value = value(key) else { return nil }
        guard let id = ShopifyID.digits(value, kind: kind) else { throw ShopifyError(.badID, at: place(key)) }
        return id
    }

    func requiredID(_ key: String, kind: String) throws(ShopifyError) -> String {
        guard let id = try id(key, kind: kind) else { throw ShopifyError(.missingField, at: place(key)) }
        return id
    }
}

/// Shopify's ids: 64-bit integers, which exceed 2^53, and the same digits at the end of a global id.
enum ShopifyID {
    /// How Shopify names the type of a kind in its ids. Baskets and persons have none of their own.
    static func type(of kind: EntityKind) -> String {
        switch kind {
        case .customer: "Customer"
        case .order: "Order"
        case .product: "Product"
        case .cart, .person: "none"
        }
    }

    static func global(_ kind: String, _ digits: String) -> String { "gid://shopify/\(kind)/\(digits)" }

    static func digits(_ value: JSON, kind: String) -> String? {
        switch value {
        case .number(let number): digits(number.text[...])
        case .string(let text): digits(text, kind: kind)
        default: nil
        }
    }

    /// `nil` for the id of another kind of object. A global id may end in a query, which names no other object.
    static func digits(_ text: String, kind: String) -> String? {
        let prefix = "gid://shopify/\(kind)/"
        guard text.hasPrefix("gid:") else { return digits(text[...]) }
        guard text.hasPrefix(prefix) else { return nil }
        return digits(text.dropFirst(prefix.count).prefix { $0 != "?" })
    }

    /// Canonical: no sign, no leading zero, within 64 bits.
    private static func digits(_ text: Substring) -> String? {
        guard let id = Int64(text), id > 0, String(id) == text else { return nil }
        return String(id)
    }
}
