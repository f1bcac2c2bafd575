extension BinaryCoding {
    /// - Throws: `DecodingError` if the bytes are not the encoding of such a value by ``encoded(_:)``.
    static func decoded<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        let tape = try BinaryTape(bytes)
        return try tape.value(type, at: 0)
    }
}

/// The values in the order of their bytes, each with the index of the value after it.
private final class BinaryTape {
    struct Node {
        var tag: BinaryTag
        /// The integer; for texts and byte strings their first byte's position.
        var value: Int64 = 0
        /// How many bytes a text or byte string has.
        var count = 0
        /// The node after this value and everything in it.
        var next = 0
    }

    let bytes: [UInt8]
    private(set) var nodes: [Node] = []

    init(_ bytes: [UInt8]) throws {
        self.bytes = bytes
        nodes.reserveCapacity(bytes.count / 8)
        var offset = 0
        var open: [Int] = []
        repeat {
            guard offset < bytes.count, let tag = BinaryTag(rawValue: bytes[offset]) else { throw Self.damaged }
            offset += 1
            var node = Node(tag: tag)
            switch tag {
            case .end:
                guard let container = open.popLast() else { throw Self.damaged }
                nodes[container].next = nodes.count
                continue
            case .null, .no, .yes: break
            case .integer:
                let zigzag = try Self.varint(bytes, &offset)
                node.value = Int64(bitPattern: zigzag >> 1) ^ -Int64(bitPattern: zigzag & 1)
            case .text, .bytes:
                let count = try Self.varint(bytes, &offset)
                guard count <= UInt64(bytes.count - offset) else { throw Self.damaged }
                node.value = Int64(offset)
                node.count = Int(count)
                offset += node.count
            case .array, .object: open.append(nodes.count)
            }
            node.next = nodes.count + 1
            nodes.append(node)
        } while !open.isEmpty
        guard offset == bytes.count else { throw Self.damaged }
    }

    private static func varint(_ bytes: [UInt8], _ offset: inout Int) throws -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count, shift < 64 {
            let byte = bytes[offset]
            offset += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw damaged
    }

    static let damaged = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "damaged bytes"))
    static func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, .init(codingPath: [], debugDescription: "a value of another kind"))
    }

    func text(at index: Int) throws -> String {
        let node = nodes[index]
        guard node.tag == .text else { throw Self.mismatch(String.self) }
        let start = Int(node.value)
        guard let text = String(validating: bytes[start..<start + node.count], as: UTF8.self) else {
            throw Self.damaged
        }
        return text
    }
    func bool(at index: Int) throws -> Bool {
        switch nodes[index].tag {
        case .yes: true
        case .no: false
        default: throw Self.mismatch(Bool.self)
        }
    }
    func integer<Value: FixedWidthInteger>(_ type: Value.Type, at index: Int) throws -> Value {
        guard nodes[index].tag == .integer, let value = Value(exactly: nodes[index].value) else {
            throw Self.mismatch(type)
        }
        return value
    }
    func value<Value: Decodable>(_ type: Value.Type, at index: Int) throws -> Value {
        let node = nodes[index]
        if type == [UInt8].self, node.tag == .bytes {
            let content = Array(bytes[Int(node.value)..<Int(node.value) + node.count])
            if let content = content as? Value { return content }
        }
        return try Value(from: BinaryDecoder(tape: self, index: index))
    }
    func isNull(at index: Int) -> Bool { nodes[index].tag == .null }

    /// Whether the text at `index` is this key.
    func matches(_ key: String, at index: Int) -> Bool {
        let node = nodes[index]
        let utf8 = key.utf8
        guard node.count == utf8.count else { return false }
        var offset = Int(node.value)
        for byte in utf8 {
            if bytes[offset] != byte { return false }
            offset += 1
        }
        return true
    }
}

private struct BinaryDecoder: Decoder {
    let tape: BinaryTape
    let index: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard tape.nodes[index].tag == .object else { throw BinaryTape.mismatch([String: Any].self) }
        return KeyedDecodingContainer(BinaryKeyedDecoding<Key>(tape: tape, object: index))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard tape.nodes[index].tag == .array else { throw BinaryTape.mismatch([Any].self) }
        return BinaryUnkeyedDecoding(tape: tape, array: index)
    }
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        BinarySingleDecoding(tape: tape, index: index)
    }
}

/// Searches for each key from the last one found: fields are read in the order in which they were written.
private final class BinaryKeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let tape: BinaryTape
    private let first: Int
    private let end: Int
    private var cursor: Int

    init(tape: BinaryTape, object: Int) {
        self.tape = tape
        first = object + 1
        end = tape.nodes[object].next
        cursor = first
    }

    var codingPath: [any CodingKey] { [] }

    var allKeys: [Key] {
        var keys: [Key] = []
        var index = first
        while index < end {
            if let text = try? tape.text(at: index), let key = Key(stringValue: text) { keys.append(key) }
            index = tape.nodes[index + 1].next
        }
        return keys
    }

    /// The node of the value under a key.
    private func find(_ key: Key) -> Int? {
        let name = key.stringValue
        for (start, stop) in [(cursor, end), (first, cursor)] {
            var index = start
            while index < stop {
                let isFound = tape.matches(name, at: index)
                let next = tape.nodes[index + 1].next
                if isFound {
                    cursor = next
                    return index + 1
                }
                index = next
            }
        }
        return nil
    }
    private func needed(_ key: Key) throws -> Int {
        guard let index = find(key) else {
            throw DecodingError.keyNotFound(key, .init(codingPath: [], debugDescription: "no such field"))
        }
        return index
    }

    func contains(_ key: Key) -> Bool {
        let before = cursor
        defer { cursor = before }
        return find(key) != nil
    }
    func decodeNil(forKey key: Key) throws -> Bool {
        let before = cursor
        defer { cursor = before }
        return tape.isNull(at: try needed(key))
    }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try tape.text(at: needed(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try tape.bool(at: needed(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try tape.integer(type, at: needed(key)) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try tape.integer(type, at: needed(key)) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try tape.value(type, at: needed(key))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        try BinaryDecoder(tape: tape, index: needed(key)).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try BinaryDecoder(tape: tape, index: needed(key)).unkeyedContainer()
    }
    func superDecoder() throws -> any Decoder { preconditionFailure("stored values are not subclasses") }
    func superDecoder(forKey key: Key) throws -> any Decoder { preconditionFailure("stored values are not subclasses") }
}

private struct BinaryUnkeyedDecoding: UnkeyedDecodingContainer {
    private let tape: BinaryTape
    private let end: Int
    private var index: Int
    private(set) var currentIndex = 0

    init(tape: BinaryTape, array: Int) {
        self.tape = tape
        index = array + 1
        end = tape.nodes[array].next
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { nil }
    var isAtEnd: Bool { index >= end }

    private mutating func advance() throws -> Int {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(Any.self, .init(codingPath: [], debugDescription: "no more values"))
        }
        defer {
            index = tape.nodes[index].next
            currentIndex += 1
        }
        return index
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, tape.isNull(at: index) else { return false }
        _ = try advance()
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try tape.value(type, at: advance()) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        try BinaryDecoder(tape: tape, index: advance()).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try BinaryDecoder(tape: tape, index: advance()).unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder { preconditionFailure("stored values are not subclasses") }
}

private struct BinarySingleDecoding: SingleValueDecodingContainer {
    let tape: BinaryTape
    let index: Int
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { tape.isNull(at: index) }
    func decode(_ type: Bool.Type) throws -> Bool { try tape.bool(at: index) }
    func decode(_ type: String.Type) throws -> String { try tape.text(at: index) }
    func decode(_ type: Double.Type) throws -> Double { throw BinaryTape.mismatch(type) }
    func decode(_ type: Float.Type) throws -> Float { throw BinaryTape.mismatch(type) }
    func decode(_ type: Int.Type) throws -> Int { try tape.integer(type, at: index) }
    func decode(_ type: Int8.Type) throws -> Int8 { try tape.integer(type, at: index) }
    func decode(_ type: Int16.Type) throws -> Int16 { try tape.integer(type, at: index) }
    func decode(_ type: Int32.Type) throws -> Int32 { try tape.integer(type, at: index) }
    func decode(_ type: Int64.Type) throws -> Int64 { try tape.integer(type, at: index) }
    func decode(_ type: UInt.Type) throws -> UInt { try tape.integer(type, at: index) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try tape.integer(type, at: index) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try tape.integer(type, at: index) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try tape.integer(type, at: index) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try tape.integer(type, at: index) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try tape.value(type, at: index) }
}
