import Commerce
import Testing

@Suite("Money")
struct MoneyTests {
    private func money(_ amount: String, _ currency: String) throws -> Money {
        Money(try #require(Amount(amount)), try #require(Currency(currency)))
    }

    @Test("a currency is three letters, in upper case")
    func currencies() {
        #expect(Currency("gbp")?.code == "GBP")
        for text in ["", "GB", "GBPX", "G1P", "G P", "£££"] { #expect(Currency(text) == nil) }
    }

    @Test(
        "minor units", arguments: [("GBP", 2), ("EUR", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3), ("MRU", 2)])
    func minorUnits(_ code: String, _ digits: Int) throws {
        #expect(try #require(Currency(code)).minorUnitDigits == digits)
    }

    @Test(
        "equality is to the currency's minor unit",
        arguments: [
            ("GBP", "10.004", "10.00", true), ("GBP", "10.006", "10.00", false), ("GBP", "10.01", "10.00", false),
            ("JPY", "100.4", "100", true), ("JPY", "100.6", "100", false), ("JPY", "101", "100", false),
            ("KWD", "1.0004", "1", true), ("KWD", "1.001", "1", false), ("KWD", "1.0006", "1", false),
        ])
    func equality(_ currency: String, _ left: String, _ right: String, _ expected: Bool) throws {
        let pair = (try money(left, currency), try money(right, currency))
        #expect(pair.0.equals(pair.1) == expected)
        #expect(pair.1.equals(pair.0) == expected)
    }

    @Test("two currencies are never equal")
    func otherCurrency() throws {
        #expect(try !money("1", "GBP").equals(money("1", "EUR")))
    }

    @Test("money rounds to its own minor unit")
    func rounding() throws {
        #expect(try money("2.5", "JPY").rounded == money("2", "JPY"))
        #expect(try money("3.5", "JPY").rounded == money("4", "JPY"))
        #expect(try money("0.0025", "KWD").rounded == money("0.002", "KWD"))
        #expect(try money("-12.345", "GBP").rounded == money("-12.34", "GBP"))
    }

    @Test("both sides of a bag follow the same arithmetic", arguments: 0..<50 as Range<UInt64>)
    func bags(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (pound, yen) = (try #require(Currency("GBP")), try #require(Currency("JPY")))
        var bag: MoneyBag {
            MoneyBag(shop: Money(random.amount(), pound), presentment: Money(random.amount(), yen))
        }
        let (a, b) = (bag, bag)
        #expect(a + b - b == a)
        #expect(a - b == -(b - a))
        #expect(a * 3 == a + a + a)
        #expect((a - a).isZero)
        #expect(MoneyBag.zero(shop: pound, presentment: yen).isZero)
        #expect(a.divided(by: 7).presentment.amount == a.presentment.amount.divided(by: 7))
    }
}
