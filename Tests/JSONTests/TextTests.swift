import JSON
import Testing

@Suite("JSON texts")
struct TextTests {
    @Test("surrogate pairs are joined")
    func surrogatePairs() throws {
        #expect(try JSON.parse(#""\ud83d\udc4d""#).string == "👍")
        #expect(try JSON.parse(#""\uD83D\uDC4D""#).string == "👍")
        #expect(try JSON.parse(#""\udbff\udfff""#).string == "\u{10FFFF}")
        #expect(try JSON.parse(#""a\u00e9\u20ac""#).string == "aé€")
    }

    @Test(
        "a lone surrogate becomes U+FFFD and loses nothing around it",
        arguments: [
            (#""a\ud83d""#, "a\u{FFFD}"), (#""\ud83db""#, "\u{FFFD}b"), (#""a\udc4db""#, "a\u{FFFD}b"),
            (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
            (#""\ud83d\ud83d\udc4d""#, "\u{FFFD}👍"), (#""\udc4d\ud83d""#, "\u{FFFD}\u{FFFD}"),
        ])
    func loneSurrogates(_ text: String, _ expected: String) throws {
        #expect(try JSON.parse(text).string == expected)
    }

    @Test("an escape is one of those of the standard", arguments: [#""\x41""#, #""\'""#, #""\u00g0""#, #""\u-123""#])
    func unknownEscapes(_ text: String) {
        let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
        #expect(error?.code == .invalidText)
    }

    @Test(
        "invalid UTF-8 is refused, with and without an escape beside it",
        arguments: [
            [0x80], [0xC3], [0xC3, 0x28], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xFF],
        ] as [[UInt8]])
    func invalidUTF8(_ units: [UInt8]) {
        for document in [[0x22] + units + [0x22], [0x22, 0x5C, 0x6E] + units + [0x22]] as [[UInt8]] {
            let error = #expect(throws: JSONError.self) { try JSON.parse(document) }
            #expect(error?.code == .invalidText)
        }
    }

    @Test("texts are written with the fewest escapes")
    func encoding() {
        #expect(JSON.string("a\"\\/é👍\n\r\t\u{8}\u{1F}\u{7F}").text() == #""a\"\\/é👍\n\r\t\u0008\u001f"# + "\u{7F}\"")
    }
}
