import JSON
import Testing

@Suite("JSON encoding")
struct EncodingTests {
    @Test("members keep their order, or are sorted by the bytes of their key")
    func order() {
        let json: JSON = ["b": 1, "é": 2, "a": ["d": 1, "c": 2], "B": 3, "aa": nil]
        #expect(json.text() == #"{"b":1,"é":2,"a":{"d":1,"c":2},"B":3,"aa":null}"#)
        #expect(json.text(sortingKeys: true) == #"{"B":3,"a":{"c":2,"d":1},"aa":null,"b":1,"é":2}"#)
    }

    @Test("setting a member replaces it in place, nil removes it")
    func members() {
        var object: JSONObject = ["a": 1, "b": 2]
        object["a"] = 3
        object["c"] = 4
        object["b"] = nil
        #expect(JSON.object(object).text() == #"{"a":3,"c":4}"#)
    }

    @Test("objects are equal whatever the order of their members")
    func equality() throws {
        #expect(try JSON.parse(#"{"a":1,"b":[2]}"#) == JSON.parse(#"{"b":[2],"a":1}"#))
        #expect(try JSON.parse(#"{"a":1,"b":[2]}"#) != JSON.parse(#"{"a":1,"b":[3]}"#))
        #expect(try JSON.parse(#"{"a":1}"#) != JSON.parse(#"{"a":1,"b":null}"#))
        #expect(try JSON.parse("1.0") != JSON.parse("1"), "the text of a number is its value")
    }

    @Test("what is read is what was written", arguments: 0..<300 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var documents = RandomDocument(random: SeededRandom(seed: seed))
        let value = documents.value()
        #expect(try JSON.parse(value.encoded()) == value)
        #expect(try JSON.parse(value.encoded()).encoded() == value.encoded(), "one spelling")
        #expect(try JSON.parse(value.pretty()) == value)
        let canonical = try JSON.parse(value.encoded(sortingKeys: true))
        #expect(canonical == value)
        #expect(canonical.encoded(sortingKeys: true) == value.encoded(sortingKeys: true))
    }

    @Test("any bytes are a document or an error, never a crash", arguments: 0..<40 as Range<UInt64>)
    func randomBytes(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let alphabet = Array(#"{}[]",:\u0123456789abcdefnulltruefalse-+.eE "#.utf8) + [0x00, 0x80, 0xC3, 0xA9, 0xFF]
        for _ in 0..<100 {
            let bytes = (0..<random.below(40)).map { _ in random.pick(alphabet) }
            expectDocumentOrError(bytes)
        }
    }

    @Test("a damaged document is a document or an error, never a crash", arguments: 0..<40 as Range<UInt64>)
    func damagedDocuments(seed: UInt64) {
        var documents = RandomDocument(random: SeededRandom(seed: seed))
        let sound = documents.value().encoded()
        for _ in 0..<40 {
            var bytes = sound
            for _ in 0...documents.random.below(3) where !bytes.isEmpty {
                let place = documents.random.below(bytes.count)
                switch documents.random.below(3) {
                case 0: bytes[place] = UInt8(truncatingIfNeeded: documents.random.next())
                case 1: bytes.removeSubrange(place...)
                default: bytes.insert(documents.random.pick(sound), at: place)
                }
            }
            expectDocumentOrError(bytes)
        }
    }

    /// What is accepted must have one spelling; what is refused must name a byte of the input, or its end.
    private func expectDocumentOrError(_ bytes: [UInt8]) {
        do throws(JSONError) {
            let encoded = try JSON.parse(bytes).encoded()
            #expect(try JSON.parse(encoded).encoded() == encoded)
        } catch {
            #expect((0...bytes.count).contains(error.offset), "\(error) of \(bytes.count)")
        }
    }
}
