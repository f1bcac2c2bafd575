import JSON

/// Bloomreach's times as microseconds since 1970.
///
/// The vendor keeps a 64-bit float of seconds, which at today's dates resolves about a quarter of a microsecond, so
/// whole microseconds lose nothing and stay exact. A number is always seconds: milliseconds are not recognised and
/// land in the far future (docs/vendors/bloomreach.md, Tracking: commands).
enum BloomreachTimestamp {
    static let microsPerSecond: Int64 = 1_000_000
    /// Digits kept of one number: more than fit an Int64 would overflow, and no clock needs them.
    private static let digitsMax = 18

    /// Reads UNIX seconds (whole or fraction) or ISO 8601 text; `nil` when it is neither or beyond 64 bits.
    static func micros(_ json: JSON) -> Int64? {
        switch json {
        case .number(let number): micros(seconds: number.text)
        case .string(let text): TwinInstant(iso8601: text)?.microseconds
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
}
