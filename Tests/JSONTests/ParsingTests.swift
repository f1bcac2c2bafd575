import JSON
import Testing

@Suite("JSON parsing")
struct ParsingTests {
    @Test("every kind of value is read")
    func kinds() throws {
        let text = #" { "n" : null , "b":[true,false],"i":-12,"d":12.50,"s":"a\"b\\c\/d\n\u00e9" } "#
        let json = try JSON.parse(text)
        #expect(json["n"]?.isNull == true)
        #expect(json["b"]?[0]?.bool == true)
        #expect(json["b"]?[1]?.bool == false)
        #expect(json["b"]?[2] == nil)
        #expect(json["i"]?.int64 == -12)
        #expect(json["d"]?.decimalText == "12.50")
        #expect(json["s"]?.string == "a\"b\\c/d\né")
        #expect(json.object?.keys == ["n", "b", "i", "d", "s"])
        #expect(json["absent"] == nil)
    }

    @Test(
        "numbers keep their text",
        arguments: [
            "0", "-0", "12.50", "0.10", "1e3", "1E-3", "-2.5e+10", "9007199254740993", "820982911946154508",
            "0.1000000000000000055511151231257827021181583404541015625",
        ])
    func exactNumbers(_ text: String) throws {
        let json = try JSON.parse("[\(text)]")
        #expect(json[0] == .number(JSONNumber(exactly: text)))
        #expect(json.text() == "[\(text)]")
    }

    @Test("64-bit ids are exact, and nothing else is an id")
    func ids() throws {
        #expect(try JSON.parse("9223372036854775807").int64 == Int64.max)
        #expect(try JSON.parse("-9223372036854775808").int64 == Int64.min)
        #expect(try JSON.parse("9223372036854775808").int64 == nil)
        #expect(try JSON.parse("1.0").int64 == nil)
        #expect(try JSON.parse("1e3").int64 == nil)
        #expect(try JSON.parse("\"1\"").int64 == nil)
    }

    @Test("money is read from numbers and from texts")
    func decimals() throws {
        #expect(try JSON.parse("12.50").decimalText == "12.50")
        #expect(try JSON.parse("\"12.50\"").decimalText == "12.50")
        #expect(try JSON.parse("true").decimalText == nil)
    }

    @Test(
        "what is no number is refused",
        arguments: ["01", "-01", "1.", ".5", "+1", "-", "1e", "1e+", "0x10", "NaN", "Infinity", "--1", "1.2.3"])
    func brokenNumbers(_ text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test("a number has at most 64 characters")
    func numberLength() throws {
        let longest = String(repeating: "1", count: 64)
        #expect(try JSON.parse(longest).decimalText == longest)
        let error = #expect(throws: JSONError.self) { try JSON.parse(longest + "1") }
        #expect(error?.code == .invalidNumber)
    }

    @Test("the depth limit is exact, for arrays and for objects")
    func depthLimit() throws {
        for (open, middle, close) in [("[", "", "]"), (#"{"a":"#, "1", "}")] {
            func nested(_ depth: Int) -> String {
                String(repeating: open, count: depth) + middle + String(repeating: close, count: depth)
            }
            #expect(throws: Never.self) { try JSON.parse(nested(64)) }
            let error = #expect(throws: JSONError.self) { try JSON.parse(nested(65)) }
            #expect(error?.code == .depthExceeded)
            #expect(throws: Never.self) { try JSON.parse(nested(3), limits: JSONLimits(depthMax: 3)) }
            #expect(throws: JSONError.self) { try JSON.parse(nested(4), limits: JSONLimits(depthMax: 3)) }
        }
    }

    @Test("a million open brackets are an error, not a crash", arguments: ["[", #"{"a":"#])
    func deepNesting(_ open: String) {
        let bytes = Array(String(repeating: open, count: 1_000_000).utf8)
        let error = #expect(throws: JSONError.self) { try JSON.parse(bytes) }
        #expect(error?.code == .depthExceeded)
    }

    @Test(
        "nothing may follow the document",
        arguments: ["{} {}", "[] ,", "1 2", "null null", "{}\u{0}", "\"a\"b", "[1]]"])
    func trailingGarbage(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.code == .unexpectedByte)
    }

    @Test(
        "a document that ends early says so",
        arguments: [
            "", "  ", "{", "[", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "\"a", "\"\\", "\"\\u12", "tru", "nul",
        ])
    func earlyEnd(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.code == .unexpectedEnd)
    }

    @Test(
        "what other dialects allow is refused",
        arguments: [
            "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[,]", "// a\n1", "True", "trux", "\u{FEFF}{}", "[1 2]",
            "{\"a\" 1}",
            "{1:2}",
        ])
    func dialects(_ text: String) {
        #expect(throws: JSONError.self) { try JSON.parse(text) }
    }

    @Test("control characters must be escaped", arguments: [0x00, 0x09, 0x0A, 0x1F] as [UInt8])
    func controlCharacters(_ byte: UInt8) {
        for text in [[0x22, byte, 0x22], [0x22, 0x5C, 0x6E, byte, 0x22]] as [[UInt8]] {
            let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
            #expect(error?.code == .invalidText)
        }
    }

    @Test("the error names the offending byte")
    func errorOffset() {
        let error = #expect(throws: JSONError.self) { try JSON.parse(#"{"a": x}"#) }
        #expect(error?.code == .unexpectedByte)
        #expect(error?.offset == 6)
        #expect(error?.description == "json_unexpected_byte at byte 6")
    }

    @Test("of a repeated key the last one wins")
    func repeatedKeys() throws {
        #expect(try JSON.parse(#"{"a":1,"a":2}"#)["a"]?.int64 == 2)
    }
}
