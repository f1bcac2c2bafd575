/// The operator's dated table of exchange rates, used only where the source gives no rate (docs/architecture.md, law
/// 8):
///
/// ```
/// # central bank, closing
/// date,from,to,rate
/// 2026-11-20,EUR,GBP,0.8547
/// ```
///
/// The heading, comments and empty lines may be left out. A rate holds from its day (UTC) until the next one's.
public struct RateTable: Sendable, Hashable {
    private struct Pair: Hashable, Sendable {
        var from: Currency
        var to: Currency
    }
    /// Each by its date.
    private var rates: [Pair: [Rate]] = [:]
    /// Days that a rate holds at most.
    private let daysMax: Int

    /// No bank closes for longer: Easter and the turn of the year leave five days without a rate.
    public static let daysMaxDefault = 7
    /// Rows of a file: thirty currencies' days of twenty years.
    public static let rowsMaxDefault = 200_000

    /// A table that knows no rate but a currency's in itself.
    public static let empty = RateTable(daysMax: daysMaxDefault)

    private init(daysMax: Int) { self.daysMax = daysMax }

    /// - Parameters:
    ///   - csv: the file's text.
    ///   - daysMax: a rate older than so many days is none; so a forgotten file is noticed.
    ///   - rowsMax: rows a file may have.
    /// - Throws: ``RateTableError`` with the line that must be changed.
    public init(csv: String, daysMax: Int = daysMaxDefault, rowsMax: Int = rowsMaxDefault) throws(RateTableError) {
        precondition(daysMax >= 0, "a rate holds on its own day at least")
        self.init(daysMax: daysMax)
        var days: Set<String> = []
        var isFirst = true
        for (index, content) in Self.lines(of: csv) {
            let fields = content.split(separator: ",", omittingEmptySubsequences: false).map { Self.trim($0) }
            let isHeading = isFirst && fields.map { $0.lowercased() } == ["date", "from", "to", "rate"]
            isFirst = false
            if isHeading { continue }
            let rate = try Self.rate(fields, line: index)
            guard days.insert(rate.dayAndPair).inserted else {
                throw RateTableError(line: index, problem: .duplicate)
            }
            guard days.count <= rowsMax else { throw RateTableError(line: index, problem: .tooManyRows) }
            rates[Pair(from: rate.from, to: rate.to), default: []].append(rate)
        }
        for pair in Array(rates.keys) { rates[pair]?.sort { $0.day < $1.day } }
    }

    /// Rows read.
    public var count: Int { rates.values.reduce(0) { $0 + $1.count } }

    /// The newest rate that held on that day (UTC), at most `daysMax` days old; 1 for a currency in itself.
    ///
    /// Where the table has no such rate of the pair, but one of the pair turned around, that one is inverted, exactly.
    /// Rates are not chained over a third currency: the operator writes down what is to be used.
    /// - Returns: `nil` where there is none: exception `rate_missing`.
    public func rate(from: Currency, to: Currency, on instant: Instant) -> Rate? {
        if from == to { return .same(from) }
        if let rate = newest(Pair(from: from, to: to), on: instant) { return rate }
        return newest(Pair(from: to, to: from), on: instant)?.inverse
    }

    /// The rate that brings sums such as `bag` into `reference`: none is needed where the source already told them in
    /// it; else the shop's currency is converted, and the buyer's only where the shop's has no rate.
    public func rate(for bag: MoneyBag, to reference: Currency, on instant: Instant) -> Rate? {
        let sides = [bag.shop.currency, bag.presentment.currency]
        if sides.contains(reference) { return .same(reference) }
        for side in sides { if let rate = rate(from: side, to: reference, on: instant) { return rate } }
        return nil
    }

    private func newest(_ pair: Pair, on instant: Instant) -> Rate? {
        let days = rates[pair] ?? []
        var (low, high) = (0, days.count)
        while low < high {
            let middle = (low + high) / 2
            if days[middle].day <= instant { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return nil }
        let rate = days[low - 1]
        return instant - rate.day < TimeSpan.days(1) * Int64(daysMax + 1) ? rate : nil
    }

    // MARK: Reading

    /// Lines with something in them, and their numbers from 1.
    private static func lines(of csv: String) -> [(Int, Substring)] {
        let text = csv.hasPrefix("\u{FEFF}") ? csv.dropFirst() : Substring(csv)
        // Characters, because a carriage return with its line feed is one of them.
        return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated()
            .map { ($0.offset + 1, $0.element) }
            .filter { !trim($0.1).isEmpty && !trim($0.1).hasPrefix("#") }
    }

    private static func rate(_ fields: [String], line: Int) throws(RateTableError) -> Rate {
        guard fields.count == 4 else { throw RateTableError(line: line, problem: .fields(fields.count)) }
        guard fields[0].utf8.count == 10, let date = Instant(iso8601: fields[0] + "T00:00:00Z") else {
            throw RateTableError(line: line, problem: .date)
        }
        guard let from = Currency(fields[1]), let to = Currency(fields[2]), from != to else {
            throw RateTableError(line: line, problem: .currencies)
        }
        guard let parts = Rate.decimal(fields[3]),
            let rate = Rate(
                from: from, to: to, numerator: parts.numerator, denominator: parts.denominator, date: date)
        else { throw RateTableError(line: line, problem: .rate) }
        return rate
    }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}

extension Rate {
    fileprivate var day: Instant { date ?? Instant(seconds: 0) }
    fileprivate var dayAndPair: String { "\(day) \(from) \(to)" }
}

/// Why a table of rates cannot be used, and what to do about it.
public struct RateTableError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Problem: Sendable, Hashable {
        case fields(Int), date, currencies, rate, duplicate, tooManyRows
    }
    /// Counted from 1, comments and empty lines included.
    public let line: Int
    public let problem: Problem

    /// For every problem of the file; it does not change.
    public var code: String { "rates_unreadable" }

    public var description: String { "line \(line): \(advice)" }

    /// What is wrong with the line, and what to write instead.
    public var advice: String {
        switch problem {
        case .fields(let count): "\(count) fields instead of 4; write date,from,to,rate"
        case .date: "not a date; write it as 2026-11-20"
        case .currencies: "not two different currencies; write their codes, such as EUR and GBP"
        case .rate:
            "not a rate; write a decimal above zero, such as 0.8547, of at most \(Rate.decimalsMax) decimals "
                + "and 18 digits"
        case .duplicate: "this day has a rate of the pair already; remove one of the two"
        case .tooManyRows: "more rows than the table may have; remove the oldest days"
        }
    }
}
