import Commerce
import JSON
import Sync
import Testing

@testable import Bloomreach

/// Prices of a shop that sells in another currency than the brand counts in.
@Suite("Product prices")
struct ProductPriceTests {
    private static let table = """
        2026-09-01,JPY,GBP,0.0049
        2026-09-20,JPY,GBP,0.0051
        2026-09-22,JPY,GBP,0.0047
        """
    private static let subject = "shop prices"
    private static let priceNames = ["discount_value", "original_price", "price"]

    /// 4,000 yen, reduced from 6,000; and 4,400 yen.
    private func fixture(rates: String? = table, _ change: (inout Product) -> Void = { _ in }) throws -> PlanFixture {
        let product = SampleProduct.tee {
            $0.priceCurrency = OrderPlanShop.currency("JPY")
            $0.variants[0].price = OrderPlanShop.amount("4000")
            $0.variants[0].compareAtPrice = OrderPlanShop.amount("6000")
            $0.variants[1].price = OrderPlanShop.amount("4400")
            change(&$0)
        }
        var fixture = PlanFixture(.product, id: "55", state: .product(product))
        if let rates { fixture.flow.rates = try RateTable(csv: rates) }
        return fixture
    }

    @Test("law 8 E10 prices of a yen shop are pounds in both catalogues, at the rate of the day, and add up")
    func converted() throws {
        let plan = try fixture().planned()
        let rows = try plan.rows()
        let small = try #require(rows["catalog:variants 551"])
        #expect(small["price"]?.decimalText == "20.4")
        #expect(small["original_price"]?.decimalText == "30.6")
        #expect(small["discount_value"]?.decimalText == "10.2")
        #expect(small["discount_percentage"]?.decimalText == "33.33")
        #expect(small["on_sale"] == true)
        #expect(rows["catalog:variants 552"]?["price"]?.decimalText == "22.44")
        #expect(rows["catalog:products 55"]?["price"]?.decimalText == "20.4", "the cheapest")
        #expect(plan.raised == [])
        #expect(plan.resolvedIDs == [RaisedException.id(.rateMissing, subject: Self.subject)])
        for delivery in plan.deliveries { #expect(try DeclarationCheck.problems(delivery) == []) }
    }

    @Test("law 8 what a conversion rounds away is in no price: the reduction is what the two prices differ by")
    func addsUp() throws {
        let plan = try fixture {
            $0.variants[0].price = OrderPlanShop.amount("101")
            $0.variants[0].compareAtPrice = OrderPlanShop.amount("298")
        }.planned()
        let row = try #require(try plan.rows()["catalog:variants 551"])
        // 0.5151 and 1.5198: the reduction of 1.0047 would be 1.00.
        #expect(Self.priceNames.map { row[$0]?.decimalText } == ["1", "1.52", "0.52"])
    }

    @Test("law 8 present is projected again when the rate changes: at midnight, though nothing happened in the shop")
    func newDay() throws {
        var fixture = try fixture()
        let midnight = try #require(Instant(iso8601: "2026-09-22T00:00:00Z"))
        #expect(fixture.tell().refreshAt == midnight)
        #expect(fixture.plan().deliveries == [], "the same day, the same rate")
        fixture.now = midnight
        let again = fixture.tell()
        let rows = try again.rows()
        #expect(rows.count == 3)
        #expect(rows["catalog:variants 551"]?["price"]?.decimalText == "18.8")
        #expect(again.deliveries.allSatisfy { $0.lane == .stock })
        #expect(again.refreshAt == midnight + .days(1))
    }

    @Test("a shop that sells in the reference currency needs no rate and no second look")
    func sameCurrency() throws {
        let plan = try fixture(rates: nil) { $0.priceCurrency = OrderPlanShop.currency("GBP") }.planned()
        #expect(try plan.rows()["catalog:variants 551"]?["price"]?.decimalText == "4000")
        #expect(plan.refreshAt == nil && plan.raised == [] && plan.waiting == [])
    }

    @Test("law 8 without a rate rows are written without prices, and one exception says so for the whole shop")
    func noRate() throws {
        var fixture = try fixture(rates: "2026-09-01,JPY,GBP,0.0049")
        let plan = fixture.tell()
        let rows = try plan.rows()
        #expect(rows.keys.sorted() == ["catalog:products 55", "catalog:variants 551", "catalog:variants 552"])
        for row in rows.values {
            for name in Self.priceNames { #expect(row[name] == nil) }
            #expect(row["title"] == "Tee" && row["stock_level"] != nil)
        }
        #expect(rows["catalog:variants 551"]?["on_sale"] == true, "no amount")
        #expect(plan.reason("product_row") == .rateMissing)
        #expect(plan.waiting.map(\.reason) == [.rateMissing])
        #expect(plan.raised.map(\.kind) == [.rateMissing] && plan.raised.map(\.subject) == [Self.subject])
        let cause = try #require(plan.raised.first?.cause)
        #expect(cause.contains("JPY") && cause.contains("GBP") && cause.contains("2026-09-21"))
        #expect(plan.refreshAt == fixture.now + .minutes(60), "somebody may add one")
        let again = fixture.tell()
        #expect(again.raised == [], "said once by each product")
        #expect(again.deliveries == [] && again.waiting.map(\.reason) == [.rateMissing])

        fixture.flow.rates = try RateTable(csv: Self.table)
        let cured = fixture.tell()
        #expect(try cured.rows().values.allSatisfy { $0["price"] != nil })
        #expect(cured.resolvedIDs == [RaisedException.id(.rateMissing, subject: Self.subject)])
        #expect(cured.waiting == [] && cured.raised == [])
    }

    @Test("law 8 a price that was told goes with its rate: the row that replaces it has none")
    func rateGone() throws {
        var fixture = try fixture()
        fixture.tell()
        fixture.now = fixture.now + .days(10)
        let plan = fixture.plan()
        #expect(plan.deliveries.count == 3)
        #expect(plan.deliveries.allSatisfy { !$0.channel.hasSuffix("retired") }, "rows that replace the whole row")
        for row in try plan.rows().values { #expect(Self.priceNames.allSatisfy { row[$0] == nil }) }
        #expect(plan.raised.map(\.subject) == [Self.subject])
    }

    @Test("law 8 until a read has told what prices are in nothing is told; should it fail, all but the prices is")
    func unknownCurrency() throws {
        var fixture = try fixture { $0.priceCurrency = nil }
        fixture.record.truth.dirty = Dirty(reason: .hint, notBefore: fixture.now, mark: 1)
        let waiting = fixture.plan()
        #expect(waiting.deliveries == [] && waiting.waiting.map(\.reason) == [.heldForSnapshot])
        #expect(waiting.planAgainAt == fixture.now + .seconds(30))
        fixture.record.truth.dirty?.attempts = 1
        for dirty in [fixture.record.truth.dirty, nil] {
            fixture.record.truth.dirty = dirty
            let plan = fixture.planned()
            let rows = try plan.rows()
            #expect(rows.count == 3)
            for row in rows.values { #expect(Self.priceNames.allSatisfy { row[$0] == nil }) }
            #expect(plan.waiting.map(\.reason) == [.heldForSnapshot])
            #expect(plan.raised == [] && plan.resolvedIDs == [])
        }
    }

    @Test("law 8 a product stored before currencies were known is one whose currency is not known")
    func storedEarlier() throws {
        var fixture = try fixture()
        fixture.tell()
        guard case .product(var product)? = fixture.record.truth.state else { return }
        product.priceCurrency = nil
        fixture.record.truth.state = .product(product)
        let rows = try fixture.plan().rows()
        #expect(rows.count == 3 && rows.values.allSatisfy { $0["price"] == nil }, "a stale price does not stay")
    }
}
