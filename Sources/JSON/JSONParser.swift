/// What a document may be at most; crossing a limit is a ``JSONError``, never a crash.
public struct JSONLimits: Sendable {
    /// Nested arrays and objects. Vendors' documents stay below 20; the stack is safe far beyond 64.
    public var depthMax: Int
    /// Characters of one number. An Int64 has 19 and money 30; a longer one is an attack or a mistake.
    public var numberLengthMax: Int

    public init(depthMax: Int = 64, numberLengthMax: Int = 64) {
        self.depthMax = depthMax
        self.numberLengthMax = numberLengthMax
    }
}

/// Why bytes are not a JSON document, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case depthExceeded = "json_depth_exceeded"
        case invalidNumber = "json_invalid_number"
        case invalidText = "json_invalid_text"
        case unexpectedByte = "json_unexpected_byte"
        case unexpectedEnd = "json_unexpected_end"
    }
    public var code: Code
    /// The offset of the offending byte.
    public var offset: Int

    public var description: String { "\(code.rawValue) at byte \(offset)" }
}

extension JSON {
    /// Reads one document (RFC 8259, UTF-8).
    /// - Throws: ``JSONError`` with the byte offset; the text itself is never part of the error.
    public static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
        var result: Result<JSON, JSONError> = .failure(JSONError(code: .unexpectedEnd, offset: 0))
        bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, limits: limits)
            do throws(JSONError) {
                result = .success(try parser.document())
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    public static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// A recursive-descent reader over the raw bytes; recursion is bounded by ``JSONLimits/depthMax``.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var offset = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipWhitespace()
        guard offset == bytes.count else { throw failure(.unexpectedByte) }
        return value
    }

    private func failure(_ code: JSONError.Code) -> JSONError { JSONError(code: code, offset: offset) }

    private mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    private mutating func next() throws(JSONError) -> UInt8 {
        skipWhitespace()
        guard offset < bytes.count else { throw failure(.unexpectedEnd) }
        return bytes[offset]
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        switch try next() {
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw failure(.unexpectedByte)
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth <= limits.depthMax else { throw failure(.depthExceeded) }
        offset += 1
        var members: [(key: String, value: JSON)] = []
        if try next() == UInt8(ascii: "}") {
            offset += 1
            return JSONObject(members)
        }
        while true {
            guard try next() == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let key = try text()
            guard try next() == UInt8(ascii: ":") else { throw failure(.unexpectedByte) }
            offset += 1
            members.append((key: key, value: try value(depth: depth)))
            if try endsAfterSeparator(closing: UInt8(ascii: "}")) { return JSONObject(members) }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSON] {
        guard depth <= limits.depthMax else { throw failure(.depthExceeded) }
        offset += 1
        var values: [JSON] = []
        if try next() == UInt8(ascii: "]") {
            offset += 1
            return values
        }
        while true {
            values.append(try value(depth: depth))
            if try endsAfterSeparator(closing: UInt8(ascii: "]")) { return values }
        }
    }

    private mutating func endsAfterSeparator(closing: UInt8) throws(JSONError) -> Bool {
        let byte = try next()
        guard byte == closing || byte == UInt8(ascii: ",") else { throw failure(.unexpectedByte) }
        offset += 1
        return byte == closing
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let count = word.utf8CodeUnitCount
        guard offset + count <= bytes.count else { throw failure(.unexpectedEnd) }
        for index in 0..<count where bytes[offset + index] != word.utf8Start[index] {
            throw failure(.unexpectedByte)
        }
        offset += count
        return value
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = offset
        if bytes[offset] == UInt8(ascii: "-") { offset += 1 }
        let leadingZero = offset < bytes.count && bytes[offset] == UInt8(ascii: "0")
        let whole = try digits()
        guard whole == 1 || !leadingZero else { throw failure(.invalidNumber) }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: ".") {
            offset += 1
            _ = try digits()
        }
        if offset < bytes.count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < bytes.count, bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-") {
                offset += 1
            }
            _ = try digits()
        }
        guard offset - start <= limits.numberLengthMax else { throw failure(.invalidNumber) }
        return JSONNumber(exactly: String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func digits() throws(JSONError) -> Int {
        let start = offset
        while offset < bytes.count, bytes[offset] >= UInt8(ascii: "0"), bytes[offset] <= UInt8(ascii: "9") {
            offset += 1
        }
        guard offset > start else { throw failure(.invalidNumber) }
        return offset - start
    }

    private mutating func text() throws(JSONError) -> String {
        offset += 1
        let start = offset
        var high: UInt8 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            high |= byte
            if byte == UInt8(ascii: "\"") {
                let slice = UnsafeBufferPointer(rebasing: bytes[start..<offset])
                offset += 1
                // Nearly every text is ASCII, which needs no validation.
                if high < 0x80 { return String(decoding: slice, as: UTF8.self) }
                guard let text = String(validating: slice, as: UTF8.self) else { throw failure(.invalidText) }
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedText(from: start) }
            guard byte >= 0x20 else { throw failure(.invalidText) }
            offset += 1
        }
        throw failure(.unexpectedEnd)
    }

    /// The slow path, taken at the first backslash.
    private mutating func escapedText(from start: Int) throws(JSONError) -> String {
        var units = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw failure(.invalidText) }
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                offset += 1
                try appendEscape(to: &units)
            case 0x00..<0x20:
                throw failure(.invalidText)
            default:
                units.append(byte)
                offset += 1
            }
        }
        throw failure(.unexpectedEnd)
    }

    private mutating func appendEscape(to units: inout [UInt8]) throws(JSONError) {
        guard offset < bytes.count else { throw failure(.unexpectedEnd) }
        let escape = bytes[offset]
        offset += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(escape)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"): try appendCodePoint(to: &units)
        default: throw failure(.invalidText)
        }
    }

    /// Joins surrogate pairs. A lone surrogate becomes U+FFFD, as browsers do: one broken emoji in a note must
    /// not lose an order.
    private mutating func appendCodePoint(to units: inout [UInt8]) throws(JSONError) {
        var scalar = UInt32(try hexUnit())
        if (0xD800..<0xDC00).contains(scalar), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        {
            let mark = offset
            offset += 2
            let low = UInt32(try hexUnit())
            if (0xDC00..<0xE000).contains(low) {
                scalar = 0x10000 + ((scalar - 0xD800) << 10) + (low - 0xDC00)
            } else {
                offset = mark
            }
        }
        let character = Unicode.Scalar(scalar) ?? "\u{FFFD}"
        units.append(contentsOf: Array(String(character).utf8))
    }

    private mutating func hexUnit() throws(JSONError) -> UInt16 {
        guard offset + 4 <= bytes.count else { throw failure(.unexpectedEnd) }
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[offset])).hexDigitValue, bytes[offset] < 0x80 else {
                throw failure(.invalidText)
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
