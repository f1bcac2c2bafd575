import Commerce
import Testing

@Suite("Table of rates")
struct RateTableTests {
    private let csv = """
        # central bank, closing

        date,from,to,rate
        2026-11-20,EUR,GBP,0.8547
        2026-11-18 , eur , gbp , 0.85
          # a comment
        2026-11-19,USD,GBP,0.75
        """

    private func rate(_ table: RateTable, _ from: String, _ to: String, _ time: String) throws -> String? {
        let instant = try #require(Instant(iso8601: time))
        return table.rate(from: try #require(Currency(from)), to: try #require(Currency(to)), on: instant)?.text
    }

    @Test("heading, comments, empty lines, spaces, case and line ends do not matter")
    func reading() throws {
        let table = try RateTable(csv: csv)
        #expect(table.count == 3)
        #expect(try RateTable(csv: csv.split(separator: "\n").joined(separator: "\r\n")) == table)
        #expect(try RateTable(csv: "\u{FEFF}" + csv) == table)
        let rows = csv.split(separator: "\n").filter { $0.hasPrefix("2026") }
        #expect(try RateTable(csv: rows.reversed().joined(separator: "\n")) == table)
        #expect(try RateTable(csv: "") == .empty)
    }

    @Test("the newest rate of the day or before it, in UTC")
    func newest() throws {
        let table = try RateTable(csv: csv)
        #expect(try rate(table, "EUR", "GBP", "2026-11-17T23:59:59.999999Z") == nil)
        #expect(try rate(table, "EUR", "GBP", "2026-11-18T00:00:00Z") == "EUR>GBP 0.85 2026-11-18")
        #expect(try rate(table, "EUR", "GBP", "2026-11-20T01:00:00+02:00") == "EUR>GBP 0.85 2026-11-18")
        #expect(try rate(table, "EUR", "GBP", "2026-11-20T00:00:00Z") == "EUR>GBP 0.8547 2026-11-20")
        #expect(try rate(table, "EUR", "GBP", "2026-11-27T23:59:59Z") == "EUR>GBP 0.8547 2026-11-20")
        #expect(try rate(table, "EUR", "GBP", "2026-11-28T00:00:00Z") == nil)
        let strict = try RateTable(csv: csv, daysMax: 0)
        #expect(try rate(strict, "EUR", "GBP", "2026-11-20T23:59:59Z") != nil)
        #expect(try rate(strict, "EUR", "GBP", "2026-11-21T00:00:00Z") == nil)
    }

    @Test("a pair turned around is inverted exactly, its own rate comes first, and nothing is chained")
    func inverse() throws {
        let time = "2026-11-20T10:00:00Z"
        let table = try RateTable(csv: csv)
        #expect(try rate(table, "GBP", "EUR", time) == "GBP>EUR 10000/8547 2026-11-20")
        #expect(try rate(table, "USD", "EUR", time) == nil)
        #expect(try rate(table, "GBP", "GBP", "1970-01-01T00:00:00Z") == "GBP>GBP 1")
        let both = try RateTable(csv: csv + "\n2026-11-19,GBP,EUR,1.2")
        #expect(try rate(both, "GBP", "EUR", time) == "GBP>EUR 1.2 2026-11-19")
        #expect(try rate(both, "EUR", "GBP", time) == "EUR>GBP 0.8547 2026-11-20")
    }

    @Test("an order needs no rate where its source told the reference currency, and else its shop's first")
    func bags() throws {
        let table = try RateTable(csv: csv)
        let instant = try #require(Instant(iso8601: "2026-11-20T10:00:00Z"))
        func rate(_ shop: String, _ presentment: String, _ to: String) throws -> String? {
            let bag = MoneyBag.zero(
                shop: try #require(Currency(shop)), presentment: try #require(Currency(presentment)))
            return table.rate(for: bag, to: try #require(Currency(to)), on: instant)?.text
        }
        #expect(try rate("USD", "GBP", "GBP") == "GBP>GBP 1")
        #expect(try rate("USD", "EUR", "GBP") == "USD>GBP 0.75 2026-11-19")
        #expect(try rate("JPY", "EUR", "GBP") == "EUR>GBP 0.8547 2026-11-20")
        #expect(try rate("JPY", "JPY", "GBP") == nil)
    }

    @Test(
        "a row that cannot be used is named, with what to do",
        arguments: [
            ("2026-11-20,EUR,GBP", .fields(3)), ("2026-11-20,EUR,GBP,1,2", .fields(5)), ("date,from,to,rate", .date),
            ("20.11.2026,EUR,GBP,1", .date), ("2026-11-31,EUR,GBP,1", .date), ("2026-11-20T00,EUR,GBP,1", .date),
            ("2026-11-20,EURO,GBP,1", .currencies), ("2026-11-20,GBP,GBP,1", .currencies),
            ("2026-11-20,EUR,GBP,0", .rate), ("2026-11-20,EUR,GBP,-1", .rate), ("2026-11-20,EUR,GBP,1e3", .rate),
            ("2026-11-20,EUR,GBP,", .rate), ("2026-11-20,EUR,GBP,0.1234567890123", .rate),
            ("2026-11-20,EUR,GBP,0.000", .rate), ("2026-11-20,EUR,GBP,\"1.2\"", .rate),
            ("2026-11-19,eur,gbp,0.9", .duplicate),
        ] as [(String, RateTableError.Problem)])
    func refused(_ row: String, _ problem: RateTableError.Problem) {
        let error = #expect(throws: RateTableError.self) {
            try RateTable(csv: "# first\n2026-11-19,EUR,GBP,1\n\(row)\n")
        }
        #expect(error?.line == 3)
        #expect(error?.problem == problem)
        #expect(error?.description.hasPrefix("line 3: ") == true)
        #expect(error?.code == "rates_unreadable")
    }

    @Test("rows have a limit")
    func rowsMax() throws {
        #expect(try RateTable(csv: csv, rowsMax: 3).count == 3)
        let error = #expect(throws: RateTableError.self) { try RateTable(csv: csv, rowsMax: 2) }
        #expect(error?.problem == .tooManyRows)
        #expect(error?.line == 7)
    }
}
