import JSON

/// Bloomreach's times as microseconds since 1970.
///
/// The vendor keeps a 64-bit float of seconds, which at today's dates resolves about a quarter of a microsecond, so
/// whole microseconds lose nothing and stay exact. A number is always seconds: milliseconds are not recognised and
/// land in the far future (apis/bloomreach.md 1.10, 3.1).
enum BloomreachTimestamp {
    static let microsPerSecond: Int64 = 1_000_000
    /// Digits kept of one number: more than fit an Int64 would overflow, and no clock needs them.
    private static let digitsMax = 18

    /// Reads UNIX seconds (whole or fraction) or ISO 8601 text; `nil` when it is neither or beyond 64 bits.
    static func micros(_ json: JSON) -> Int64? {
        switch json {
        case .number(let number): micros(seconds: number.text)
        case .string(let text): micros(iso: text)
        default: nil
        }
    }

    /// Seconds as the vendor writes them: a float, so always with a fraction (`1790000000.0`).
    static func json(_ micros: Int64) -> JSON {
        let magnitude = micros.magnitude
        let whole = magnitude / UInt64(microsPerSecond)
        var fraction = String(magnitude % UInt64(microsPerSecond))
        fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
        while fraction.count > 1, fraction.hasSuffix("0") { fraction.removeLast() }
        return .number(JSONNumber(exactly: "\(micros < 0 ? "-" : "")\(whole).\(fraction)"))
    }

    /// `-12.5e3` as an exact decimal, cut to microseconds.
    private static func micros(seconds text: String) -> Int64? {
        var digits = ""
        var scale = 6
        var inFraction = false
        var exponent = ""
        var inExponent = false
        for character in text {
            if inExponent {
                exponent.append(character)
            } else if character == "e" || character == "E" {
                inExponent = true
            } else if character == "." {
                inFraction = true
            } else if character != "-" {
                digits.append(character)
                if inFraction { scale -= 1 }
            }
        }
        if inExponent {
            guard let power = Int(exponent), abs(power) <= digitsMax else { return nil }
            scale += power
        }
        while scale < 0, !digits.isEmpty {
            digits.removeLast()
            scale += 1
        }
        let significant = digits.drop { $0 == "0" }
        guard !significant.isEmpty else { return 0 }
        digits = String(significant) + String(repeating: "0", count: max(0, scale))
        guard let value = Int64(digits) else { return nil }
        return text.hasPrefix("-") ? -value : value
    }

    /// `2026-09-21T10:00:00[.5](Z|+02:00)`; without a zone it is UTC.
    private static func micros(iso text: String) -> Int64? {
        let characters = Array(text.utf8)
        guard characters.count >= 19, characters[4] == UInt8(ascii: "-"), characters[7] == UInt8(ascii: "-"),
            characters[10] == UInt8(ascii: "T") || characters[10] == UInt8(ascii: " "),
            characters[13] == UInt8(ascii: ":"), characters[16] == UInt8(ascii: ":")
        else { return nil }
        func field(_ range: Range<Int>) -> Int64? {
            guard characters[range].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int64(String(decoding: characters[range], as: UTF8.self))
        }
        guard let year = field(0..<4), let month = field(5..<7), (1...12).contains(month), let day = field(8..<10),
            (1...31).contains(day), let hour = field(11..<13), hour < 24, let minute = field(14..<16), minute < 60,
            let second = field(17..<19), second <= 60,
            let (fraction, offset) = fractionAndZone(String(decoding: characters[19...], as: UTF8.self))
        else { return nil }
        let seconds = days(year: year, month: month, day: day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return seconds * microsPerSecond + fraction
    }

    /// Microseconds of the fraction and seconds of the zone's offset.
    private static func fractionAndZone(_ tail: String) -> (Int64, Int64)? {
        var rest = tail[...]
        var fraction: Int64 = 0
        if rest.first == "." {
            rest = rest.dropFirst()
            let digits = rest.prefix { ("0"..."9").contains($0) }
            guard !digits.isEmpty, let value = Int64((digits + "000000").prefix(6)) else { return nil }
            fraction = value
            rest = rest.dropFirst(digits.count)
        }
        if rest.isEmpty || rest == "Z" { return (fraction, 0) }
        let digits = rest.dropFirst().filter { $0 != ":" }
        guard let sign = rest.first, sign == "+" || sign == "-", digits.count == 4, let hours = Int64(digits.prefix(2)),
            let minutes = Int64(digits.suffix(2))
        else { return nil }
        return (fraction, (hours * 3_600 + minutes * 60) * (sign == "-" ? -1 : 1))
    }

    /// Days since 1970 of a Gregorian date (H. Hinnant's `days_from_civil`).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
