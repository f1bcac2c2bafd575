/// A moment in UTC, exact to the microsecond. Twins never ask for the time; they are told.
public struct TwinInstant: Sendable, Hashable, Comparable {
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let microseconds: Int64

    public init(microseconds: Int64) { self.microseconds = microseconds }

    /// Whole seconds since 1970, rounded down.
    public var seconds: Int64 { microseconds.floorDivided(by: 1_000_000) }
    /// The start of this moment's second.
    public var wholeSecond: TwinInstant { TwinInstant(microseconds: seconds * 1_000_000) }

    public func advanced(seconds: Int64) -> TwinInstant {
        TwinInstant(microseconds: microseconds + seconds * 1_000_000)
    }
    public func advanced(microseconds delta: Int64) -> TwinInstant {
        TwinInstant(microseconds: microseconds + delta)
    }

    public static func < (left: Self, right: Self) -> Bool { left.microseconds < right.microseconds }

    /// `2026-11-21T10:06:04Z`; with `fractionDigits` 6 also the microseconds; with an offset `…T11:06:04+01:00`.
    public func iso8601(offsetMinutes: Int? = nil, fractionDigits: Int = 0) -> String {
        let local = seconds + Int64(offsetMinutes ?? 0) * 60
        let day = local.floorDivided(by: 86_400)
        let second = local - day * 86_400
        let date = Self.civil(day: day)
        var text = "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
        text += "T\(padded(second / 3_600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
        if fractionDigits > 0 {
            text += "." + padded(microseconds - seconds * 1_000_000, 6).prefix(fractionDigits)
        }
        guard let offsetMinutes else { return text + "Z" }
        let size = Int64(abs(offsetMinutes))
        return text + (offsetMinutes < 0 ? "-" : "+") + "\(padded(size / 60, 2)):\(padded(size % 60, 2))"
    }

    /// Reads `2026-11-21`, `2026-11-21T10:06:04`, with a fraction, with `Z` or an offset; no offset means UTC.
    public init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var total = Self.day(year: year, month: month, day: day) * 86_400
        guard bytes.count > 10 else {
            self.init(microseconds: total * 1_000_000)
            return
        }
        guard let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            hour < 24, minute < 60, second < 61
        else { return nil }
        total += hour * 3_600 + minute * 60 + second
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            let six = Array(digits.prefix(6)) + Array(repeating: UInt8(ascii: "0"), count: max(0, 6 - digits.count))
            fraction = Int64(String(decoding: six, as: UTF8.self)) ?? 0
            rest = rest.dropFirst(1 + digits.count)
        }
        if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            let start = rest.startIndex
            guard let hours = number(start + 1..<start + 3), let minutes = number(start + 4..<start + 6) else {
                return nil
            }
            total -= (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
        } else if !rest.isEmpty, Array(rest) != [UInt8(ascii: "Z")] {
            return nil
        }
        self.init(microseconds: total * 1_000_000 + fraction)
    }

    /// The proleptic Gregorian date of a day number (Howard Hinnant, "chrono-compatible low-level date algorithms").
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Int64 {
    /// Division that rounds down, also below zero.
    func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// `value` with leading zeros.
func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
