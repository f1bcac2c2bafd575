/// Encodes `Codable` values as bytes, many times faster than as JSON: texts and byte strings are copied unchanged, and
/// the body of a delivery is one byte string instead of thousands of numbers. Field names are stored (compression
/// removes most of their cost), so values stored before an optional field was added still decode, as with JSON.
///
///     value = null | false | true | integer (zigzag varint) | text | bytes
///           | array value* end | object (text value)* end
///
/// Floating-point numbers are refused: no stored value may be one (docs/architecture.md, law 8).
enum BinaryTag: UInt8 {
    case end = 0, null, no, yes, integer, text, bytes, array, object
}

enum BinaryCoding {
    static func encoded(_ value: some Encodable) throws -> [UInt8] {
        let writer = BinaryWriter()
        try writer.put(value, depth: 0)
        return writer.bytes
    }
}

/// The bytes so far, and how many arrays and objects are open.
private final class BinaryWriter {
    private(set) var bytes: [UInt8] = []
    private var open = 0

    init() { bytes.reserveCapacity(4_096) }

    /// Closes all containers deeper than this: a write at `depth` means that everything inside is complete.
    func close(to depth: Int) {
        precondition(depth <= open, "a container is written to after it ended")
        while open > depth {
            bytes.append(BinaryTag.end.rawValue)
            open -= 1
        }
    }

    func begin(_ tag: BinaryTag, depth: Int) {
        close(to: depth)
        bytes.append(tag.rawValue)
        open += 1
    }

    func put(_ tag: BinaryTag) { bytes.append(tag.rawValue) }

    func put(integer: Int64) {
        put(.integer)
        put(varint: UInt64(bitPattern: (integer << 1) ^ (integer >> 63)))
    }

    func put(text: String) {
        put(.text)
        var text = text
        text.withUTF8 { utf8 in
            put(varint: UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    private func put(varint: UInt64) {
        var rest = varint
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    func put<Value: Encodable>(_ value: Value, depth: Int) throws {
        close(to: depth)
        if Value.self == [UInt8].self, let content = value as? [UInt8] {
            put(.bytes)
            put(varint: UInt64(content.count))
            bytes.append(contentsOf: content)
            return
        }
        let before = bytes.count
        try value.encode(to: BinaryEncoder(writer: self, depth: depth))
        close(to: depth)
        guard bytes.count == before else { return }
        // A type without fields never requests a container.
        begin(.object, depth: depth)
        close(to: depth)
    }
}

private struct BinaryEncoder: Encoder {
    let writer: BinaryWriter
    /// How many containers are open around the value that this encoder writes.
    let depth: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        writer.begin(.object, depth: depth)
        return KeyedEncodingContainer(BinaryKeyedEncoding<Key>(writer: writer, depth: depth + 1))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        writer.begin(.array, depth: depth)
        return BinaryUnkeyedEncoding(writer: writer, depth: depth + 1)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer {
        BinarySingleEncoding(writer: writer, depth: depth)
    }
}

extension BinaryWriter {
    func put(integer value: some FixedWidthInteger, depth: Int) throws {
        close(to: depth)
        guard let integer = Int64(exactly: value) else { throw Self.refused(value, "exceeds 64 bits") }
        put(integer: integer)
    }
    func put(_ value: Bool, depth: Int) {
        close(to: depth)
        put(value ? .yes : .no)
    }
    func put(_ value: String, depth: Int) {
        close(to: depth)
        put(text: value)
    }
    func putNull(depth: Int) {
        close(to: depth)
        put(.null)
    }
    func putKey(_ key: any CodingKey, depth: Int) {
        close(to: depth)
        put(text: key.stringValue)
    }
    static func refused(_ value: Any, _ why: String) -> EncodingError {
        EncodingError.invalidValue(value, EncodingError.Context(codingPath: [], debugDescription: "a number \(why)"))
    }
}

private struct BinaryKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: BinaryWriter
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) throws {
        writer.putKey(key, depth: depth)
        writer.putNull(depth: depth)
    }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        writer.putKey(key, depth: depth)
        try writer.put(value, depth: depth)
    }
    func encode(_ value: String, forKey key: Key) throws {
        writer.putKey(key, depth: depth)
        writer.put(value, depth: depth)
    }
    func encode(_ value: Bool, forKey key: Key) throws {
        writer.putKey(key, depth: depth)
        writer.put(value, depth: depth)
    }
    func encode(_ value: Int, forKey key: Key) throws {
        writer.putKey(key, depth: depth)
        try writer.put(integer: value, depth: depth)
    }
    func encode(_ value: Int64, forKey key: Key) throws {
        writer.putKey(key, depth: depth)
        try writer.put(integer: value, depth: depth)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        writer.putKey(key, depth: depth)
        return BinaryEncoder(writer: writer, depth: depth).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        writer.putKey(key, depth: depth)
        return BinaryEncoder(writer: writer, depth: depth).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { preconditionFailure("stored values are not subclasses") }
    func superEncoder(forKey key: Key) -> any Encoder { preconditionFailure("stored values are not subclasses") }
}

private struct BinaryUnkeyedEncoding: UnkeyedEncodingContainer {
    let writer: BinaryWriter
    let depth: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(writer: BinaryWriter, depth: Int) {
        self.writer = writer
        self.depth = depth
    }

    mutating func encodeNil() throws {
        count += 1
        writer.putNull(depth: depth)
    }
    mutating func encode<Value: Encodable>(_ value: Value) throws {
        count += 1
        try writer.put(value, depth: depth)
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        count += 1
        return BinaryEncoder(writer: writer, depth: depth).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        count += 1
        return BinaryEncoder(writer: writer, depth: depth).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { preconditionFailure("stored values are not subclasses") }
}

private struct BinarySingleEncoding: SingleValueEncodingContainer {
    let writer: BinaryWriter
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    func encodeNil() throws { writer.putNull(depth: depth) }
    func encode(_ value: Bool) throws { writer.put(value, depth: depth) }
    func encode(_ value: String) throws { writer.put(value, depth: depth) }
    func encode(_ value: Double) throws { throw BinaryWriter.refused(value, "is floating") }
    func encode(_ value: Float) throws { throw BinaryWriter.refused(value, "is floating") }
    func encode(_ value: Int) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: Int8) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: Int16) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: Int32) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: Int64) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: UInt) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: UInt8) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: UInt16) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: UInt32) throws { try writer.put(integer: value, depth: depth) }
    func encode(_ value: UInt64) throws { try writer.put(integer: value, depth: depth) }
    func encode<Value: Encodable>(_ value: Value) throws { try writer.put(value, depth: depth) }
}
