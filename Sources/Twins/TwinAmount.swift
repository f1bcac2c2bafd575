/// An exact decimal amount with six decimals (docs/architecture.md, law 8), independent of the arithmetic it judges.
public struct TwinAmount: Sendable, Hashable, Comparable {
    /// The amount in millionths.
    public let millionths: Int64

    public static let zero = TwinAmount(millionths: 0)

    public init(millionths: Int64) { self.millionths = millionths }

    /// Reads `12`, `-0.5`, `12.345678`; `nil` for more than six decimals, an exponent or anything else.
    public init?(_ text: String) {
        var digits = Substring(text)
        let negative = digits.first == "-"
        if negative { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first, (1...12).contains(whole.utf8.count),
            whole.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let fraction = parts.count == 2 ? parts[1] : "0"
        guard (1...6).contains(fraction.utf8.count), fraction.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let units = Int64(whole),
            let part = Int64(fraction + String(repeating: "0", count: 6 - fraction.utf8.count))
        else { return nil }
        let value = units * 1_000_000 + part
        millionths = negative ? -value : value
    }

    public static func < (left: Self, right: Self) -> Bool { left.millionths < right.millionths }
    public static func + (left: Self, right: Self) -> Self { Self(millionths: left.millionths + right.millionths) }
    public static func - (left: Self, right: Self) -> Self { Self(millionths: left.millionths - right.millionths) }
    public static prefix func - (value: Self) -> Self { Self(millionths: -value.millionths) }
    public static func += (left: inout Self, right: Self) { left = left + right }
    public static func -= (left: inout Self, right: Self) { left = left - right }
    public static func * (left: Self, right: Int) -> Self { Self(millionths: left.millionths * Int64(right)) }

    /// `self × numerator ÷ denominator`, half to even at `digits` decimals. Int128 holds every product of two Int64.
    public func scaled(by numerator: Int64, over denominator: Int64, digits: Int) -> TwinAmount {
        let step = Self.step(digits: digits)
        let divisor = Int128(denominator) * Int128(step)
        let (quotient, remainder) = (Int128(millionths) * Int128(numerator)).quotientAndRemainder(dividingBy: divisor)
        let twice = remainder.magnitude * 2
        let away = twice > divisor.magnitude || (twice == divisor.magnitude && quotient % 2 != 0)
        let sign: Int128 = (remainder < 0) == (divisor < 0) ? 1 : -1
        return TwinAmount(millionths: Int64(quotient + (away ? sign : 0)) * step)
    }

    /// Exactly `digits` decimals, for example `12.50`; the caller has rounded.
    public func text(digits: Int) -> String {
        let step = Self.step(digits: digits)
        let units = abs(millionths) / step
        let sign = millionths < 0 && units != 0 ? "-" : ""
        guard digits > 0 else { return sign + String(units) }
        let scale = 1_000_000 / step
        return sign + "\(units / scale)." + padded(units % scale, digits)
    }

    /// The shortest spelling with at least one decimal: `12.5`, `10.0`.
    public var shortText: String {
        var text = text(digits: 6)
        while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
        return text
    }

    private static func step(digits: Int) -> Int64 {
        [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1][min(max(digits, 0), 6)]
    }
}

extension Sequence where Element == TwinAmount {
    public func sum() -> TwinAmount { reduce(.zero, +) }
}
