import Commerce

/// Durations and sizes as written in the file: `20ms`, `120s`, `5m`, `12h`, `400d`; `512KiB`, `2MiB`.
enum Measures {
    private static let spanUnits: [(name: String, factor: Int64)] = [
        ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]
    private static let sizeUnits: [(name: String, factor: Int64)] = [
        ("B", 1), ("KiB", 1_024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
    ]

    /// `nil` unless the text is a whole number followed by one known unit, and in range.
    static func span(_ text: String) -> TimeSpan? { whole(text, units: spanUnits).map(TimeSpan.init(microseconds:)) }

    static func bytes(_ text: String) -> Int? { whole(text, units: sizeUnits).flatMap(Int.init(exactly:)) }

    private static func whole(_ text: String, units: [(name: String, factor: Int64)]) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let number = Int64(digits), let factor = units.first(where: { $0.name == unit })?.factor else {
            return nil
        }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: factor)
        return isTooLarge ? nil : product
    }
}
