import JSON

/// Documents of every shape the parser knows, from a seed.
struct RandomDocument {
    var random: SeededRandom

    private static let pieces = [
        "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\r", "\u{0}", "\u{1F}", "\u{7F}", "é", "ß", "€", "漢", "👍🏽",
        "\u{FFFD}",
        "\u{10FFFF}", "\u{2028}", "{", "}", "[", "]", ",", ":",
    ]
    private static let numbers = [
        "0", "-0", "1", "-1", "12.50", "0.000001", "-0.10", "1e3", "1E+3", "2.5e-7", "9223372036854775807",
        "-9223372036854775808", "18446744073709551616", "820982911946154508", "0.1000000000000000055511151231257827",
    ]

    mutating func value(depth: Int = 0) -> JSON {
        let isLeaf = depth >= 5 || random.below(3) == 0
        switch random.below(isLeaf ? 5 : 7) {
        case 0: return .null
        case 1: return .bool(random.below(2) == 0)
        case 2: return .number(JSONNumber(exactly: random.pick(Self.numbers)))
        case 3: return .number(JSONNumber(Int64(bitPattern: random.next())))
        case 4: return .string(text())
        case 5: return .array((0..<random.below(5)).map { _ in value(depth: depth + 1) })
        default:
            // Numbered, because a repeated key is no round trip: the last one wins.
            return .object(
                JSONObject((0..<random.below(5)).map { (key: "\($0)" + text(), value: value(depth: depth + 1)) }))
        }
    }

    mutating func text() -> String { (0..<random.below(6)).map { _ in random.pick(Self.pieces) }.joined() }
}
