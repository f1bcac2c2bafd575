import Commerce
import JSON
import Testing

@testable import Bloomreach
@testable import Sync

/// One SKU in several products of a brand.
@Suite("Shared SKUs")
struct SharedSKUTests {
    private static let early: Int64 = 1_770_000_000

    /// Product 55, made at 1,780,000,000 with TEE-S and TEE-M.
    private func fixture(
        beside others: [EntityRecord] = [], key: BloomreachConfiguration.ProductKey = .sku,
        _ change: (inout Product) -> Void = { _ in }
    ) -> PlanFixture {
        var fixture = PlanFixture(.product, id: "55", state: .product(SampleProduct.tee(change)))
        fixture.configuration.productKey = key
        fixture.namesakes = others
        fixture.record.truth.namesakes = Namesakes(keys: others.map(\.key).sorted(), wasSearched: true)
        return fixture
    }

    /// With TEE-S alone.
    private func other(
        _ id: String, at connection: String = "shop", createdAt seconds: Int64,
        _ change: (inout Product) -> Void = { _ in }
    ) -> EntityRecord {
        SampleProduct.record(id, at: connection, createdAt: seconds) {
            $0.title = "Other tee"
            $0.variants.removeLast()
            change(&$0)
        }
    }

    private let rowsWithoutS = ["catalog:products 55", "catalog:variants TEE-M"]
    private let allRows = ["catalog:products 55", "catalog:variants TEE-M", "catalog:variants TEE-S"]

    @Test("E10 the older product keeps the row of a SKU; the younger's is not written, and its owner is told why")
    func younger() throws {
        let plan = fixture(beside: [other("44", createdAt: Self.early)]).planned()
        #expect(try plan.rows().keys.sorted() == rowsWithoutS)
        #expect(plan.reason("variant_row") == .exceptionOpen)
        #expect(plan.waiting.map(\.reason) == [.exceptionOpen])
        let raised = try #require(plan.raised.first)
        #expect(plan.raised.count == 1 && raised.kind == .productUnknown && raised.subject == "shop/product/55")
        for part in ["SKU TEE-S", "55 \"Tee\"", "44 \"Other tee\"", "another SKU", "archive"] {
            #expect(raised.cause.contains(part), "\(part): \(raised.cause)")
        }
        #expect(plan.resolved == [.mappingFailed])
    }

    @Test("E10 the older product itself writes its row, whoever else has its SKU, and nobody is asked about it")
    func older() throws {
        let plan = fixture(beside: [other("66", createdAt: 1_785_000_000)]).planned()
        #expect(try plan.rows().keys.sorted() == allRows)
        #expect(plan.raised == [] && plan.waiting == [])
    }

    @Test("E10 made in one second, the lower number is the older product; of two shops the first by name")
    func sameTime() throws {
        let made: Int64 = 1_780_000_000
        #expect(try fixture(beside: [other("54", createdAt: made)]).planned().rows().keys.sorted() == rowsWithoutS)
        #expect(try fixture(beside: [other("9", createdAt: made)]).planned().rows().keys.sorted() == rowsWithoutS)
        #expect(try fixture(beside: [other("500", createdAt: made)]).planned().rows().keys.sorted() == allRows)
        let outlet = other("55", at: "outlet", createdAt: made)
        let plan = fixture(beside: [outlet]).planned()
        #expect(try plan.rows().keys.sorted() == rowsWithoutS)
        #expect(plan.raised.first?.cause.contains("\"Other tee\" of outlet") == true)
        #expect(
            try fixture(beside: [other("55", at: "web", createdAt: made)]).planned().rows().keys.sorted() == allRows)
    }

    @Test("E10 a product that is archived or deleted stands in nobody's way", arguments: [true, false])
    func gone(isDeleted: Bool) throws {
        var older = other("44", createdAt: Self.early) { if !isDeleted { $0.status = .archived } }
        if isDeleted { older.truth.acts = [Act(id: "d", kind: .deleted, at: Instant(seconds: 1_790_000_000))] }
        let plan = fixture(beside: [older]).planned()
        #expect(try plan.rows().keys.sorted() == allRows)
        #expect(plan.raised == [])
    }

    @Test("E10 an archived product leaves the row to the younger one, and nobody is asked; alone again it is inactive")
    func archived() throws {
        var fixture = fixture { $0.status = .archived }
        let younger = other("66", createdAt: 1_785_000_000)
        fixture.namesakes = [younger]
        let plan = fixture.planned()
        #expect(try plan.rows().keys.sorted() == rowsWithoutS)
        #expect(plan.raised == [] && plan.waiting == [])
        fixture.namesakes = [other("66", createdAt: 1_785_000_000) { $0.status = .archived }]
        #expect(try fixture.planned().rows()["catalog:variants TEE-S"]?["active"] == false)
    }

    @Test("E10 with the shop's ids as key a SKU is no name, and nobody contends")
    func otherKey() throws {
        let plan = fixture(beside: [other("44", createdAt: Self.early)], key: .id).planned()
        #expect(plan.deliveries.count == 3 && plan.raised == [])
        let record = fixture().record
        var destination = BloomreachDestination(configuration: fixture(key: .id).configuration)
        #expect(destination.sharedNames(of: record) == [])
        destination = BloomreachDestination(configuration: fixture().configuration)
        #expect(destination.sharedNames(of: record).map(\.lookup) == [Lookup(.sku, "TEE-S"), Lookup(.sku, "TEE-M")])
    }

    @Test("E10 products of a shop that is not the master contend for nothing")
    func master() throws {
        var fixture = fixture(beside: [other("44", at: "outlet", createdAt: Self.early)])
        fixture.configuration.productMaster = "shop"
        #expect(try fixture.planned().rows().keys.sorted() == allRows)
        let destination = BloomreachDestination(configuration: fixture.configuration)
        #expect(destination.sharedNames(of: fixture.record).count == 2)
        #expect(destination.sharedNames(of: fixture.namesakes[0]) == [])
    }

    // MARK: What was told before

    @Test("E10 a row told before the older product was known is given up, not ended; once it is ours again it is whole")
    func takenOver() throws {
        var fixture = fixture()
        fixture.tell()
        fixture.namesakes = [other("44", createdAt: Self.early)]
        let plan = fixture.tell()
        #expect(try plan.rows().keys.sorted() == ["catalog:products 55"], "the faults of a product are in its own slot")
        #expect(plan.forgotten == ["variant:TEE-S"])
        #expect(fixture.ledger.toldSlot("variant:TEE-S") == nil)
        let quiet = fixture.tell()
        #expect(quiet.deliveries == [] && quiet.raised == [], "said once")
        fixture.namesakes = []
        let back = fixture.tell()
        #expect(try back.rows()["catalog:variants TEE-S"]?["title"] == "Tee")
        #expect(back.resolved == [.productUnknown, .mappingFailed])
    }

    @Test("E10 a variant that lost its SKU to another product leaves the row alone; to nobody, it ends it")
    func lostSKU() throws {
        var fixture = fixture()
        fixture.tell()
        fixture.record.truth.state = .product(SampleProduct.tee { $0.variants[0].sku = "TEE-SMALL" })
        for status in [Product.Status.active, .archived] {
            fixture.namesakes = [other("66", createdAt: 1_785_000_000) { $0.status = status }]
            let plan = fixture.planned()
            #expect(try plan.rows().keys.sorted() == ["catalog:variants TEE-SMALL"])
            #expect(plan.forgotten == ["variant:TEE-S"])
        }
        // Deleted before it was told: it has no row, and never will.
        fixture.namesakes[0].truth.acts = [Act(id: "d", kind: .deleted, at: fixture.now)]
        for others in [fixture.namesakes, []] {
            fixture.namesakes = others
            #expect(try fixture.planned().rows()["catalog:variants:retired TEE-S"]?["active"] == false)
        }
    }

    @Test(
        "E10 of several that are out of the shop one has the row too: the archived before the deleted, the older first")
    func outOfShop() throws {
        var deleted = fixture()
        deleted.tell()
        deleted.record.truth.acts = [Act(id: "d", kind: .deleted, at: deleted.now)]
        deleted.namesakes = [other("66", createdAt: 1_785_000_000) { $0.status = .archived }]
        let plan = deleted.tell()
        #expect(try plan.rows().keys.sorted() == ["catalog:products 55", "catalog:variants TEE-M"])
        #expect(plan.forgotten == ["variant:TEE-S"])
        var archived = fixture { $0.status = .archived }
        archived.namesakes = [deleted.record]
        #expect(try archived.planned().rows().keys.sorted() == allRows)
        archived.namesakes = [other("44", createdAt: Self.early) { $0.status = .archived }]
        #expect(try archived.planned().rows().keys.sorted() == rowsWithoutS)
    }

    @Test("law 4 a row waits until what another product has under way for it is settled")
    func order() throws {
        var younger = other("66", createdAt: 1_785_000_000)
        var writing = PlanFixture(.product, id: "66", state: younger.truth.state)
        writing.configuration.productKey = .sku
        for isAttempted in [false, true] {
            writing.plan()
            if isAttempted { writing.attemptAll() }
            younger[flow: "edits"] = writing.ledger
            let plan = fixture(beside: [younger]).planned()
            #expect(try plan.rows().keys.sorted() == rowsWithoutS)
            #expect(plan.waiting.map(\.reason) == [.waitsForDependency])
            #expect(plan.planAgainAt != nil && plan.raised == [])
        }
        writing.refuseAll()
        younger[flow: "edits"] = writing.ledger
        #expect(
            try fixture(beside: [younger]).planned().rows().keys.sorted() == allRows, "what is parked comes no more")
    }

    @Test("E10 a refused row that is another product's now is dropped: no retry may write it")
    func refused() {
        var fixture = fixture()
        fixture.plan()
        fixture.refuseAll()
        fixture.namesakes = [other("44", createdAt: Self.early)]
        let plan = fixture.plan()
        #expect(plan.superseded.count == 1 && plan.superseded[0].contains("variant:TEE-S"))
        #expect(!fixture.ledger.deliveries.contains { $0.key.contains("TEE-S") })
    }

    // MARK: Within one product, and too many

    @Test("E10 of two variants of one product with one SKU the older keeps the row, whatever their order on the page")
    func variants() throws {
        let variants: [Product.Variant] = [
            .init(id: "1000", sku: " TEE-S ", title: "L", price: .zero),
            .init(id: "551", sku: "TEE-S", title: "S", price: .zero),
        ]
        for order in [variants, variants.reversed()] {
            let plan = fixture { $0.variants = order }.planned()
            let rows = try plan.rows()
            #expect(rows.keys.sorted() == ["catalog:products 55", "catalog:variants TEE-S"])
            #expect(rows["catalog:variants TEE-S"]?["shop_variant_id"] == "551")
            #expect(plan.waiting.map(\.reason) == [.exceptionOpen])
            #expect(plan.raised.map(\.kind) == [.productUnknown])
            let cause = try #require(plan.raised.first?.cause)
            for part in ["product 55", "1000", "551", "TEE-S"] { #expect(cause.contains(part), "\(part): \(cause)") }
        }
    }

    @Test("a SKU of too many products is nobody's who came last, and says so")
    func crowded() throws {
        var fixture = fixture()
        fixture.record.truth.namesakes?.crowded = ["TEE-S"]
        let plan = fixture.planned()
        #expect(try plan.rows().keys.sorted() == rowsWithoutS)
        #expect(plan.raised.map(\.kind) == [.productUnknown])
        #expect(plan.raised.first?.cause.contains("too many products") == true)
    }

    @Test("all that is wrong with a product's SKUs is one exception, and another owner of one is news")
    func together() throws {
        var fixture = fixture(beside: [other("44", createdAt: Self.early)]) {
            $0.variants.append(.init(id: "553", title: "L", price: .zero))
        }
        let plan = fixture.tell()
        #expect(plan.raised.map(\.kind) == [.productUnknown])
        #expect(plan.raised.first?.cause.contains("without a SKU") == true)
        #expect(plan.raised.first?.cause.contains("TEE-S") == true)
        #expect(fixture.tell().raised == [])
        fixture.namesakes = [other("45", createdAt: Self.early)]
        #expect(fixture.tell().raised.count == 1)
    }
}
