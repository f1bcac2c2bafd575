/// An ISO 4217 currency code.
public struct Currency: Sendable, Hashable, Codable, CustomStringConvertible {
    public let code: String

    /// `nil` unless `code` is three ASCII letters; it is kept in upper case.
    public init?(_ code: String) {
        let upper = code.uppercased()
        guard upper.utf8.count == 3, upper.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else { return nil }
        self.code = upper
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let currency = Currency(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a currency code")
        }
        self = currency
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }

    /// Decimal digits of the minor unit (ISO 4217): 2 unless listed.
    public var minorUnitDigits: Int {
        switch code {
        case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF",
            "XPF":
            0
        case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND": 3
        default: 2
        }
    }

    /// The smallest amount of cash or credit there is: 0.01, or 1 of a currency without a minor unit.
    public var minorUnit: Amount {
        Amount(millionths: (0..<(6 - minorUnitDigits)).reduce(Int128(1)) { step, _ in step * 10 })
    }

    public var description: String { code }
}

/// An exact decimal with at most six digits after the point (docs/architecture.md, law 8).
///
/// Reading refuses amounts of 10^12 units and more, so that sums of any order fit the 128 bits with room to spare.
public struct Amount: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
    /// Millionths of a unit.
    public let millionths: Int128

    public init(millionths: Int128) { self.millionths = millionths }
    public init(units: Int64) { millionths = Int128(units) * 1_000_000 }
    public static let zero = Amount(millionths: 0)

    /// Units a single amount must stay below.
    public static let unitsMax: Int128 = 1_000_000_000_000

    /// Reads `12`, `-12.5`, `0.000001`. `nil` for an exponent, more than six significant decimals, an amount beyond
    /// ``unitsMax``, or anything else that is no plain decimal.
    public init?(_ text: String) {
        var digits: Int128 = 0
        var decimals = -1
        var count = 0
        var units = Substring(text).utf8
        let negative = units.first == UInt8(ascii: "-")
        if negative { units.removeFirst() }
        for unit in units {
            switch unit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                count += 1
                let digit = Int128(unit - UInt8(ascii: "0"))
                if decimals >= 6 {
                    guard digit == 0 else { return nil }
                    continue
                }
                digits = digits * 10 + digit
                if decimals >= 0 { decimals += 1 }
                guard digits < Self.unitsMax * 1_000_000 else { return nil }
            case UInt8(ascii: "."):
                guard decimals < 0, count > 0 else { return nil }
                decimals = 0
            default: return nil
            }
        }
        guard count > 0, decimals != 0 else { return nil }
        for _ in 0..<(6 - max(decimals, 0)) { digits *= 10 }
        guard digits < Self.unitsMax * 1_000_000 else { return nil }
        millionths = negative ? -digits : digits
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let amount = Amount(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an amount")
        }
        self = amount
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    public static func < (left: Self, right: Self) -> Bool { left.millionths < right.millionths }
    public static func + (left: Self, right: Self) -> Self { Amount(millionths: left.millionths + right.millionths) }
    public static func - (left: Self, right: Self) -> Self { Amount(millionths: left.millionths - right.millionths) }
    public static prefix func - (value: Self) -> Self { Amount(millionths: -value.millionths) }
    public static func * (left: Self, right: Int) -> Self { Amount(millionths: left.millionths * Int128(right)) }

    public var isZero: Bool { millionths == 0 }
    public var isNegative: Bool { millionths < 0 }
    public var magnitude: Amount { isNegative ? -self : self }

    /// The nearest amount with that many decimals; a half goes to the even neighbour.
    public func rounded(decimals: Int) -> Amount {
        precondition((0...6).contains(decimals), "an amount has zero to six decimals")
        let step = (0..<(6 - decimals)).reduce(Int128(1)) { step, _ in step * 10 }
        return Amount(millionths: Self.divideHalfEven(millionths, by: step) * step)
    }

    /// `self / divisor`, half-even at the sixth decimal.
    public func divided(by divisor: Int) -> Amount {
        precondition(divisor > 0, "units are counted from one")
        return Amount(millionths: Self.divideHalfEven(millionths, by: Int128(divisor)))
    }

    static func divideHalfEven(_ value: Int128, by divisor: Int128) -> Int128 {
        let (quotient, remainder) = value.magnitude.quotientAndRemainder(dividingBy: divisor.magnitude)
        let twice = remainder * 2
        let up = twice > divisor.magnitude || (twice == divisor.magnitude && !quotient.isMultiple(of: 2))
        let magnitude = Int128(quotient) + (up ? 1 : 0)
        return value < 0 ? -magnitude : magnitude
    }

    /// The shortest spelling: `12`, `12.5`, `-0.01`.
    public var description: String {
        let (whole, rest) = millionths.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let units = (isNegative ? "-" : "") + (Int64(exactly: whole).map { String($0) } ?? String(whole))
        guard rest != 0 else { return units }
        var (fraction, decimals) = (Int(rest), 6)
        while fraction.isMultiple(of: 10) { (fraction, decimals) = (fraction / 10, decimals - 1) }
        let digits = String(fraction)
        return units + "." + String(repeating: "0", count: decimals - digits.utf8.count) + digits
    }
}

/// An amount in a currency. Adding two currencies is a programming error and traps.
public struct Money: Sendable, Hashable, Codable, CustomStringConvertible {
    public var amount: Amount
    public var currency: Currency

    public init(_ amount: Amount, _ currency: Currency) {
        self.amount = amount
        self.currency = currency
    }
    public static func zero(_ currency: Currency) -> Money { Money(.zero, currency) }

    public static func + (left: Self, right: Self) -> Self {
        precondition(left.currency == right.currency, "cannot add \(left.currency) and \(right.currency)")
        return Money(left.amount + right.amount, left.currency)
    }
    public static func - (left: Self, right: Self) -> Self { left + -right }
    public static prefix func - (value: Self) -> Self { Money(-value.amount, value.currency) }
    public static func * (left: Self, right: Int) -> Self { Money(left.amount * right, left.currency) }

    /// Rounded half-even to the currency's minor unit.
    public var rounded: Money { Money(amount.rounded(decimals: currency.minorUnitDigits), currency) }
    /// Equality to the currency's minor unit, the only equality of money that counts (docs/architecture.md, law 8).
    public func equals(_ other: Money) -> Bool { rounded == other.rounded }
    public var isZero: Bool { amount.isZero }

    public var description: String { "\(amount) \(currency)" }
}

/// One sum in the shop's currency and in the buyer's (Shopify's `MoneyBag`).
public struct MoneyBag: Sendable, Hashable, Codable {
    public var shop: Money
    public var presentment: Money

    public init(shop: Money, presentment: Money) {
        self.shop = shop
        self.presentment = presentment
    }
    public static func zero(shop: Currency, presentment: Currency) -> MoneyBag {
        MoneyBag(shop: .zero(shop), presentment: .zero(presentment))
    }

    public static func + (left: Self, right: Self) -> Self {
        MoneyBag(shop: left.shop + right.shop, presentment: left.presentment + right.presentment)
    }
    public static func - (left: Self, right: Self) -> Self { left + -right }
    public static prefix func - (value: Self) -> Self { MoneyBag(shop: -value.shop, presentment: -value.presentment) }
    public static func * (left: Self, right: Int) -> Self {
        MoneyBag(shop: left.shop * right, presentment: left.presentment * right)
    }
    /// Half-even at the sixth decimal.
    public func divided(by divisor: Int) -> MoneyBag {
        MoneyBag(
            shop: Money(shop.amount.divided(by: divisor), shop.currency),
            presentment: Money(presentment.amount.divided(by: divisor), presentment.currency))
    }
    public var isZero: Bool { shop.isZero && presentment.isZero }
    /// Nothing, in the same two currencies.
    public var zeroed: MoneyBag { .zero(shop: shop.currency, presentment: presentment.currency) }
    /// Each side rounded half-even to its currency's minor unit.
    public var rounded: MoneyBag { MoneyBag(shop: shop.rounded, presentment: presentment.rounded) }
}
