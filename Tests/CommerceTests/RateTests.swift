import Commerce
import Foundation
import Testing

@Suite("Rates")
struct RateTests {
    private func currency(_ code: String) throws -> Currency { try #require(Currency(code)) }
    private func money(_ amount: String, _ code: String) throws -> Money {
        Money(try #require(Amount(amount)), try currency(code))
    }
    private func rate(_ text: String) throws -> Rate { try #require(Rate(text: text)) }

    // MARK: Text

    @Test(
        "a rate is read as it is written",
        arguments: [
            "EUR>GBP 0.8547 2026-11-20", "GBP>EUR 10000/8547 2026-11-20", "GBP>GBP 1", "GBP>JPY 198 2026-11-20",
            "EUR>GBP 0.000000000001 2026-11-20", "GBP>USD 4/3", "KWD>JPY 500.125 1970-01-01",
            "GBP>EUR 1000000000000000000 2026-11-20",
        ])
    func spelling(_ text: String) throws {
        let rate = try rate(text)
        #expect(rate.text == text)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = try encoder.encode([rate])
        #expect(String(decoding: bytes, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Rate].self, from: bytes) == [rate])
    }

    @Test(
        "what is no rate is refused",
        arguments: [
            "", "EUR>GBP", "EUR>GBP 0", "EUR>GBP -1", "EUR>GBP 1e3", "EUR>GBP 0.8547 2026-11-31", "EUR>GBP 1.",
            "EUR>GBP .5", "EUR>GBP 2/4", "EUR>GBP 1/0", "EUR>GBP 1/1/1", "EUR GBP 1", "EUR>GB 1", "eur>GBP 1",
            "EUR>GBP 1.50", "EUR>GBP 01", "EUR>GBP 1 2026-11-20 x", "EUR>GBP  1", "EUR>GBP 5/1",
            "EUR>GBP 0.0000000000001", "EUR>GBP 1000000000000000001", "EUR>GBP ٣",
            "EUR>GBP 99999999999999999999999999999999999999999",
        ])
    func refused(_ text: String) { #expect(Rate(text: text) == nil) }

    @Test("every rate is read back from its text", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let rate = try random.rate(from: currency("EUR"), to: currency("GBP"))
        #expect(Rate(text: rate.text) == rate)
        #expect(Rate(text: rate.inverse.text) == rate.inverse)
        #expect(rate.inverse.inverse == rate)
        #expect(rate.inverse.numerator == rate.denominator)
    }

    @Test("a rate's day is a midnight")
    func midnight() throws {
        let (euro, pound) = (try currency("EUR"), try currency("GBP"))
        #expect(Rate(from: euro, to: pound, numerator: 1, denominator: 2, date: Instant(seconds: 1)) == nil)
        #expect(Rate(from: euro, to: pound, numerator: 1, denominator: 2, date: Instant(seconds: 86_400)) != nil)
    }

    // MARK: Conversion

    @Test(
        "a conversion is rounded once, half to even, to the minor unit",
        arguments: [
            ("10", "EUR>GBP 0.8547", "8.55 GBP"), ("1", "EUR>GBP 0.005", "0 GBP"), ("3", "EUR>GBP 0.005", "0.02 GBP"),
            ("5", "EUR>GBP 0.005", "0.02 GBP"), ("-3", "EUR>GBP 0.005", "-0.02 GBP"), ("1", "EUR>JPY 0.5", "0 JPY"),
            ("3", "EUR>JPY 0.5", "2 JPY"), ("1", "EUR>KWD 0.3335", "0.334 KWD"), ("0.01", "EUR>JPY 4/3", "0 JPY"),
            ("10", "EUR>GBP 2/3", "6.67 GBP"), ("12.345", "EUR>EUR 1", "12.34 EUR"),
            // Rounded first to six decimals, the half would be made that is not there.
            ("0.01", "EUR>GBP 0.50000001", "0.01 GBP"), ("0.01", "EUR>GBP 0.5", "0 GBP"),
            ("999999999999.999999", "EUR>GBP 1000000", "999999999999999999 GBP"),
        ])
    func conversion(_ amount: String, _ rate: String, _ expected: String) throws {
        #expect(try self.rate(rate).convert(money(amount, "EUR")).description == expected)
    }

    @Test("a conversion is the nearest minor unit, even of two, odd, and monotone", arguments: 0..<200 as Range<UInt64>)
    func nearest(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let to = random.pick([try currency("GBP"), try currency("JPY"), try currency("KWD")])
        let euro = try currency("EUR")
        let rate = try random.rate(from: euro, to: to)
        let step = (0..<(6 - to.minorUnitDigits)).reduce(Int128(1)) { step, _ in step * 10 }
        let amounts = (0..<20).map { _ in random.amount() }.sorted()
        let converted = amounts.map { rate.convert(Money($0, euro)) }
        for (amount, money) in zip(amounts, converted) {
            #expect(money.amount.millionths.isMultiple(of: step))
            let miss = money.amount.millionths * rate.denominator - amount.millionths * rate.numerator
            let half = step * rate.denominator
            #expect(Int128(miss.magnitude) * 2 <= half)
            if Int128(miss.magnitude) * 2 == half { #expect((money.amount.millionths / step).isMultiple(of: 2)) }
            #expect(rate.convert(Money(-amount, euro)) == -money)
        }
        #expect(zip(converted, converted.dropFirst()).allSatisfy { $0.amount <= $1.amount })
    }

    @Test("the parts of a sum make the converted sum, and only the largest bends", arguments: 0..<200 as Range<UInt64>)
    func parts(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let euro = try currency("EUR")
        let rate = try random.rate(from: euro, to: random.pick([try currency("GBP"), try currency("JPY")]))
        let lines = (0..<(1 + random.below(20))).map { _ in Money(random.amount(), euro) }
        let total = lines.reduce(Money.zero(euro), +)
        let converted = rate.convert(total: total, lines: lines)
        #expect(converted.total == rate.convert(total))
        #expect(converted.lines.reduce(.zero(rate.to), +) == converted.total)
        let bent = lines.indices.filter { converted.lines[$0] != rate.convert(lines[$0]) }
        #expect(bent.count <= 1)
        let largest = lines.map(\.amount.magnitude).max()
        if let index = bent.first { #expect(lines[index].amount.magnitude == largest) }
    }

    @Test("of equal lines the first takes the remainder")
    func remainder() throws {
        let third = try money("1", "EUR")
        let converted = try rate("EUR>GBP 1/3").convert(total: money("3", "EUR"), lines: [third, third, third])
        #expect(converted.lines.map(\.description) == ["0.34 GBP", "0.33 GBP", "0.33 GBP"])
    }

    @Test("a difference that is no rounding is not hidden in a line")
    func difference() throws {
        let lines = [try money("1", "EUR"), try money("2", "EUR")]
        let converted = try rate("EUR>GBP 0.5").convert(total: money("8", "EUR"), lines: lines)
        #expect(converted.total.description == "4 GBP")
        #expect(converted.lines.map(\.description) == ["0.5 GBP", "1 GBP"])
        #expect(try rate("EUR>GBP 0.5").convert(total: money("8", "EUR"), lines: []).lines.isEmpty)
    }

    @Test("a bag is converted from the side that the rate is of")
    func bags() throws {
        let bag = MoneyBag(shop: try money("10", "USD"), presentment: try money("9", "EUR"))
        #expect(try rate("USD>GBP 0.8").convert(bag)?.description == "8 GBP")
        #expect(try rate("EUR>GBP 0.9").convert(bag)?.description == "8.1 GBP")
        #expect(try rate("JPY>GBP 0.9").convert(bag) == nil)
    }
}

extension SeededRandom {
    /// A decimal, or a fraction of any two numbers; now and then one that makes halves.
    mutating func rate(from: Currency, to: Currency) throws -> Rate {
        let parts: (Int128, Int128) =
            switch below(3) {
            case 0: (Int128(below(3_000_000) + 1), 1_000_000)
            case 1: (Int128(below(100_000) + 1), Int128(below(100_000) + 1))
            default: (1, Int128(pick([2, 4, 8, 1_000])))
            }
        let date = Instant(seconds: Int64(below(20_000)) * 86_400)
        return try #require(Rate(from: from, to: to, numerator: parts.0, denominator: parts.1, date: date))
    }
}
