/// Writes numbers and byte strings one after the other, little-endian, lengths before contents.
struct ByteFieldWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func put(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    mutating func put(raw value: some Collection<UInt8>) { bytes.append(contentsOf: value) }
    mutating func put(_ value: some Collection<UInt8>) {
        put(UInt32(value.count))
        bytes.append(contentsOf: value)
    }
    mutating func put(_ value: String) { put(value.utf8) }
    /// One byte for whether there is a value, then the value.
    mutating func put(_ value: String?) {
        put(UInt8(value == nil ? 0 : 1))
        if let value { put(value) }
    }
    mutating func put(_ value: Int64?) {
        put(UInt8(value == nil ? 0 : 1))
        if let value { put(value) }
    }
}

/// Reads what ``ByteFieldWriter`` wrote. Every read returns `nil` past the end.
struct ByteFieldReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func number<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
        let width = Value.bitWidth / 8
        guard offset + width <= bytes.count else { return nil }
        let value = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) }
        offset += width
        return Value(littleEndian: value)
    }
    mutating func raw(_ count: Int) -> [UInt8]? {
        guard count >= 0, offset + count <= bytes.count else { return nil }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }
    mutating func byteString() -> [UInt8]? {
        guard let count = number(UInt32.self) else { return nil }
        return raw(Int(count))
    }
    mutating func text() -> String? { byteString().flatMap { String(validating: $0, as: UTF8.self) } }
    mutating func optionalText() -> String?? {
        switch number(UInt8.self) {
        case 0: .some(nil)
        case 1: text().map(Optional.some)
        default: nil
        }
    }
    mutating func optionalNumber() -> Int64?? {
        switch number(UInt8.self) {
        case 0: .some(nil)
        case 1: number(Int64.self).map(Optional.some)
        default: nil
        }
    }
}

/// FNV-1a: detects torn and overwritten headers. AES-GCM authenticates the contents.
func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(0x811C_9DC5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
}
