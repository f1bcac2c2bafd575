import Commerce
import JSON
import Testing

@Suite("Amounts")
struct AmountTests {
    @Test(
        "amounts are read exactly and written shortest",
        arguments: [
            ("0", "0"), ("-0", "0"), ("12", "12"), ("12.50", "12.5"), ("-12.5", "-12.5"), ("0.000001", "0.000001"),
            ("-0.01", "-0.01"), ("007.10", "7.1"), ("1.50000000000", "1.5"),
            ("999999999999.999999", "999999999999.999999"),
        ])
    func spelling(_ text: String, _ expected: String) {
        #expect(Amount(text)?.description == expected)
    }

    @Test(
        "what is no exact amount is refused",
        arguments: [
            "", "-", ".", "1.", ".5", "+1", "1e3", "1,5", "1.2.3", "--1", " 1", "1 ", "0x1", "0.0000001",
            "1000000000000",
            "99999999999999999999999999999999999999999999", "٣",
        ])
    func refused(_ text: String) {
        #expect(Amount(text) == nil)
    }

    @Test(
        "a half goes to the even neighbour",
        arguments: [
            ("0.005", "0"), ("0.015", "0.02"), ("0.025", "0.02"), ("-0.005", "0"), ("-0.015", "-0.02"),
            ("0.0250001", nil),
            ("0.025001", "0.03"), ("2.675", "2.68"), ("1.004999", "1"),
        ] as [(String, String?)])
    func halfEven(_ text: String, _ expected: String?) {
        #expect(Amount(text)?.rounded(decimals: 2).description == expected)
    }

    @Test("rounding and dividing stay within half a step, and are odd functions", arguments: 0..<100 as Range<UInt64>)
    func rounding(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let amount = random.amount()
        for decimals in 0...6 {
            let step = (0..<(6 - decimals)).reduce(Int128(1)) { step, _ in step * 10 }
            let rounded = amount.rounded(decimals: decimals)
            #expect(rounded.millionths.isMultiple(of: step))
            #expect((rounded - amount).magnitude.millionths * 2 <= step)
            #expect((-amount).rounded(decimals: decimals) == -rounded)
            #expect(rounded.rounded(decimals: decimals) == rounded)
        }
        let parts = random.below(97) + 1
        #expect((amount.divided(by: parts) * parts - amount).magnitude.millionths * 2 <= Int128(parts))
        #expect((-amount).divided(by: parts) == -amount.divided(by: parts))
    }

    @Test("a sum is the sum of its parts, in any order", arguments: 0..<100 as Range<UInt64>)
    func sumOfParts(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let parts = (0..<(random.below(30) + 1)).map { _ in random.amount() }
        let sum = parts.reduce(Amount.zero, +)
        #expect(parts.shuffled(using: &random).reduce(.zero, +) == sum)
        #expect(parts.reduce(sum, -) == .zero)
        // Rounded lines may miss the rounded total only by half a minor unit each, and half for the total.
        let ofLines = parts.map { $0.rounded(decimals: 2) }.reduce(Amount.zero, +)
        #expect((ofLines - sum.rounded(decimals: 2)).magnitude.millionths <= 5_000 * Int128(parts.count + 1))
        #expect(parts.map { $0 * 3 }.reduce(.zero, +) == sum * 3)
    }

    @Test("what is written is read back", arguments: 0..<100 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let amount = random.amount()
        #expect(Amount(amount.description) == amount)
        #expect(try JSON.parse("[\(amount)]")[0]?.decimalText.flatMap { Amount($0) } == amount)
        let other = random.amount()
        #expect((amount < other) == (amount.millionths < other.millionths))
    }
}

extension SeededRandom {
    /// Up to ten million units either side, with all six decimals; now and then on a half.
    mutating func amount() -> Amount {
        let bound: Int128 = 10_000_000_000_000
        let value = Int128(next()) % (2 * bound) - bound
        return Amount(millionths: below(4) == 0 ? value / 5_000 * 5_000 : value)
    }
}
