/// What one unit of a currency is worth in another, exactly: a fraction of two whole numbers (docs/architecture.md, law
/// 8).
///
/// It is frozen with the order's first told fact as its ``text``, so that what is told later of the same order
/// compares with what was told first, whatever the table says by then.
public struct Rate: Sendable, Hashable, Codable, CustomStringConvertible {
    public let from: Currency
    public let to: Currency
    /// `numerator / denominator`, without a common divisor; both from 1 to ``partMax``.
    public let numerator: Int128
    public let denominator: Int128
    /// Midnight (UTC) of the table's day. `nil` for a rate that needs none: a currency in itself.
    public let date: Instant?

    /// Keeps a product with the largest amount, ``Amount/unitsMax``, a hundred times below the 128 bits.
    public static let partMax: Int128 = 1_000_000_000_000_000_000
    /// Digits after the point of a decimal rate.
    public static let decimalsMax = 12

    /// `nil` unless both numbers, without their common divisor, are from 1 to ``partMax``, and `date` is a midnight.
    public init?(from: Currency, to: Currency, numerator: Int128, denominator: Int128, date: Instant?) {
        guard numerator > 0, denominator > 0 else { return nil }
        let divisor = Self.commonDivisor(numerator, denominator)
        guard numerator / divisor <= Self.partMax, denominator / divisor <= Self.partMax else { return nil }
        if let date, date.microseconds % TimeSpan.days(1).microseconds != 0 { return nil }
        self.from = from
        self.to = to
        self.numerator = numerator / divisor
        self.denominator = denominator / divisor
        self.date = date
    }

    private init(same currency: Currency) {
        from = currency
        to = currency
        numerator = 1
        denominator = 1
        date = nil
    }

    /// A currency in itself.
    public static func same(_ currency: Currency) -> Rate { Rate(same: currency) }

    /// The same rate in the other direction, exactly.
    public var inverse: Rate {
        // Both parts keep their bounds when they change places.
        Rate(from: to, to: from, numerator: denominator, denominator: numerator, date: date) ?? self
    }

    private static func commonDivisor(_ one: Int128, _ other: Int128) -> Int128 {
        var (left, right) = (one, other)
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }

    // MARK: Text

    /// `EUR>GBP 0.8547 2026-11-20`; a rate that is no decimal, such as an inverse, is written `10000/8547`.
    public var text: String {
        let day = date.map { " " + $0.description.prefix(10) } ?? ""
        return "\(from)>\(to) \(decimal ?? "\(numerator)/\(denominator)")\(day)"
    }
    public var description: String { text }

    /// Reads what ``text`` writes, and nothing else.
    public init?(text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(words.count), let parts = Self.parts(of: words[1]) else { return nil }
        let codes = words[0].split(separator: ">", omittingEmptySubsequences: false)
        guard codes.count == 2, let from = Currency(String(codes[0])), let to = Currency(String(codes[1])) else {
            return nil
        }
        let date = words.count == 3 ? Instant(iso8601: words[2] + "T00:00:00Z") : nil
        guard words.count == 2 || date != nil else { return nil }
        self.init(from: from, to: to, numerator: parts.numerator, denominator: parts.denominator, date: date)
        guard self.text == text else { return nil }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let rate = Rate(text: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a rate")
        }
        self = rate
    }
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// `nil` where the fraction has no end within ``decimalsMax`` digits.
    private var decimal: String? {
        var (scale, decimals): (Int128, Int) = (1, 0)
        while !(scale.isMultiple(of: denominator)), decimals < Self.decimalsMax {
            scale *= 10
            decimals += 1
        }
        guard scale.isMultiple(of: denominator) else { return nil }
        let digits = numerator.multipliedReportingOverflow(by: scale / denominator)
        guard !digits.overflow else { return nil }
        let (whole, rest) = digits.partialValue.quotientAndRemainder(dividingBy: scale)
        guard decimals > 0 else { return "\(whole)" }
        let fraction = String(rest)
        return "\(whole)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    /// `0.8547` or `10000/8547`.
    private static func parts(of text: String) -> (numerator: Int128, denominator: Int128)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        if parts.count == 1 { return Rate.decimal(text) }
        guard parts.count == 2, let above = decimal(String(parts[0])), let below = decimal(String(parts[1])),
            above.denominator == 1, below.denominator == 1
        else { return nil }
        return (above.numerator, below.numerator)
    }

    /// Reads a plain decimal of at most ``decimalsMax`` digits after the point; `nil` for anything else.
    static func decimal(_ text: String) -> (numerator: Int128, denominator: Int128)? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        let digits = String(parts.first ?? "") + fraction
        guard parts.count == 1 || (parts.count == 2 && !fraction.isEmpty), parts.first?.isEmpty == false,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), fraction.count <= decimalsMax,
            // 38 digits fit 128 bits; what is larger than a part may be is refused when the rate is made.
            digits.utf8.count <= 38, let numerator = Int128(digits)
        else { return nil }
        return (numerator, (0..<fraction.count).reduce(Int128(1)) { scale, _ in scale * 10 })
    }
}
