import Commerce
import Testing

@Suite("Instants")
struct InstantTests {
    @Test(
        "known moments",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T00:00:00Z", 951_782_400), ("2023-11-14T22:13:20Z", 1_700_000_000),
            ("2100-01-01T00:00:00Z", 4_102_444_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func known(_ text: String, _ seconds: Int64) {
        #expect(Instant(iso8601: text) == Instant(seconds: seconds))
        #expect(Instant(seconds: seconds).description == text)
    }

    @Test("what is written is read back", arguments: 0..<200 as Range<UInt64>)
    func roundTrip(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let end: UInt64 = 253_402_300_800_000_000
        let unit: Int64 = random.pick([1, 1_000, 1_000_000])
        let instant = Instant(microseconds: Int64(random.next() % end) / unit * unit)
        #expect(Instant(iso8601: instant.description) == instant)
    }

    @Test(
        "an offset is taken away",
        arguments: [
            "2026-11-21T12:06:04+02:00", "2026-11-21T05:06:04-05:00", "2026-11-21T15:36:04+0530", "2026-11-21 10:06:04",
            "2026-11-21t10:06:04z", "2026-11-21T10:06:04.000Z", "2026-11-22T00:06:04+14:00",
            "2026-11-20T22:06:04-12:00",
        ])
    func offsets(_ text: String) {
        #expect(Instant(iso8601: text)?.description == "2026-11-21T10:06:04Z")
    }

    @Test("every offset is the same moment", arguments: 0..<50 as Range<UInt64>)
    func offsetProperty(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let instant = Instant(seconds: Int64(86_400 + random.below(4_000_000_000)))
        let minutes = random.below(2 * 14 * 60) - 14 * 60
        let local = (instant + .minutes(Int64(minutes))).description.dropLast()
        let (hour, minute) = abs(minutes).quotientAndRemainder(dividingBy: 60)
        let clock = (hour < 10 ? "0" : "") + "\(hour):" + (minute < 10 ? "0" : "") + "\(minute)"
        #expect(Instant(iso8601: "\(local)\(minutes < 0 ? "-" : "+")\(clock)") == instant)
    }

    @Test(
        "fractions are kept to the microsecond",
        arguments: [
            ("2026-11-21T10:06:04.5Z", 500_000), ("2026-11-21T10:06:04.123456Z", 123_456),
            ("2026-11-21T10:06:04.123456789Z", 123_456), ("2026-11-21T10:06:04.000001Z", 1),
        ] as [(String, Int64)])
    func fractions(_ text: String, _ microseconds: Int64) throws {
        let instant = try #require(Instant(iso8601: text))
        #expect(instant.microseconds - instant.wholeSeconds * 1_000_000 == microseconds)
    }

    @Test("leap days exist in leap years only")
    func leapDays() {
        for year in ["1972", "2000", "2024", "2400"] { #expect(Instant(iso8601: "\(year)-02-29T00:00:00Z") != nil) }
        for year in ["1973", "2023", "2100", "2200"] { #expect(Instant(iso8601: "\(year)-02-29T00:00:00Z") == nil) }
    }

    @Test("days follow each other", arguments: [1970, 1999, 2000, 2024, 2096, 2100, 2400])
    func calendar(_ year: Int) throws {
        let leap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        var expected = try #require(Instant(iso8601: "\(year)-01-01T00:00:00Z"))
        for (month, days) in [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].enumerated() {
            for day in 1...days {
                let date = "\(year)-\(month < 9 ? "0" : "")\(month + 1)-\(day < 10 ? "0" : "")\(day)"
                #expect(Instant(iso8601: "\(date)T00:00:00Z") == expected)
                #expect(expected.description == "\(date)T00:00:00Z")
                expected = expected + .days(1)
            }
        }
        #expect(Instant(iso8601: "\(year + 1)-01-01T00:00:00Z") == expected)
    }

    @Test(
        "what is no moment is refused",
        arguments: [
            "", "2026-11-21", "2026-11-21T10:06Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-11-21T24:00:00Z", "2026-11-21T10:60:00Z", "2026-11-21T10:06:61Z", "2026-11-21T10:06:04.Z",
            "2026-11-21T10:06:04+25:00", "2026-11-21T10:06:04+02:60", "2026-11-21T10:06:04Zx", "1969-12-31T23:59:59Z",
            "26-11-21T10:06:04Z", "2026-11-21T10:06:04 Z", "2026/11/21T10:06:04Z", "-026-11-21T10:06:04Z",
        ])
    func refused(_ text: String) {
        #expect(Instant(iso8601: text) == nil)
    }

    @Test("moments before 1970 are written too")
    func negative() {
        #expect(Instant(microseconds: -1).description == "1969-12-31T23:59:59.999999Z")
        #expect(Instant(seconds: -86_400).description == "1969-12-31T00:00:00Z")
    }

    @Test("spans")
    func spans() {
        #expect(Instant(seconds: 90) - Instant(seconds: 30) == .minutes(1))
        #expect(Instant(seconds: 90) - .minutes(1) == Instant(seconds: 30))
        #expect(TimeSpan.milliseconds(-1_500).description == "-1.500000s")
        #expect(TimeSpan.days(1) == .seconds(3_600) * 24)
    }
}
