import Foundation
@testable import SQLiteStore
import Sync
import Testing

@Suite("SQLite store: binary coding")
struct BinaryCodingTests {
    struct Nothing: Codable, Equatable {}
    enum Choice: Codable, Equatable {
        case none, one(Int), two(first: String, second: [Choice])
    }
    struct Everything: Codable, Equatable {
        var numbers: [Int64] = [0, 1, -1, 63, 64, -64, -65, .max, .min]
        var small: [UInt16] = [0, .max]
        var texts = ["", "Zoë 🧵", "\u{0}\n", String(repeating: "x", count: 300)]
        var bytes: [UInt8] = [0, 255, 7]
        var noBytes: [UInt8] = []
        var nothing = Nothing()
        var absent: Int?
        var present: String? = "here"
        var holes: [String?] = [nil, "a", nil]
        var choices: [Choice] = [
            .none, .one(-5), .two(first: "a", second: [.one(1), .two(first: "", second: []), .none]),
        ]
        var flags = [true, false]
        var nested: [[[Int]]] = [[], [[]], [[1], [2, 3]]]
        var byName: [String: Int] = ["a": 1]
    }

    @Test("what is written is read back")
    func roundTrip() throws {
        #expect(try BinaryCoding.decoded(Everything.self, from: BinaryCoding.encoded(Everything())) == Everything())
        #expect(try BinaryCoding.decoded([Choice].self, from: BinaryCoding.encoded([Choice]())) == [])
        #expect(try BinaryCoding.decoded(Nothing.self, from: BinaryCoding.encoded(Nothing())) == Nothing())
    }

    struct Earlier: Codable { var second = 2 }
    struct Later: Codable, Equatable {
        var first: Int?
        var second = 0
    }

    @Test("a field that is added as an optional is absent from what was stored before; an extra one is passed over")
    func growth() throws {
        #expect(
            try BinaryCoding.decoded(Later.self, from: BinaryCoding.encoded(Earlier())) == Later(first: nil, second: 2))
        let later = try BinaryCoding.encoded(Later(first: 7, second: 8))
        #expect(try BinaryCoding.decoded(Earlier.self, from: later).second == 8)
    }

    @Test("cut or changed bytes are an error, never a crash")
    func damage() throws {
        let whole = try BinaryCoding.encoded(Everything())
        for count in 0..<whole.count {
            #expect(throws: DecodingError.self) {
                try BinaryCoding.decoded(Everything.self, from: Array(whole[..<count]))
            }
        }
        var refused = 0
        for index in whole.indices {
            for flip in [0x01, 0x08, 0x80] as [UInt8] {
                var bytes = whole
                bytes[index] ^= flip
                do { _ = try BinaryCoding.decoded(Everything.self, from: bytes) } catch { refused += 1 }
            }
        }
        #expect(refused > whole.count / 2)
    }

    @Test("law 8 a floating-point number is refused")
    func floating() {
        #expect(throws: EncodingError.self) { try BinaryCoding.encoded([1.5]) }
        #expect(throws: EncodingError.self) { try BinaryCoding.encoded(["a": 1.5]) }
        #expect(throws: EncodingError.self) { try BinaryCoding.encoded(UInt64.max) }
    }
}
