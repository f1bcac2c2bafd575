import Commerce
import JSON
import Sync
import Testing
import Transport

@testable import Bloomreach

/// Rows of products and variants.
@Suite("Product plan")
struct ProductPlanTests {
    private static func amount(_ text: String) -> Amount { OrderPlanShop.amount(text) }

    private func fixture(
        key: BloomreachConfiguration.ProductKey = .id, _ change: (inout Product) -> Void = { _ in }
    ) -> PlanFixture {
        var fixture = PlanFixture(.product, id: "55", state: .product(SampleProduct.tee(change)))
        fixture.configuration.productKey = key
        return fixture
    }

    private func see(_ fixture: inout PlanFixture, _ change: (inout Product) -> Void) {
        guard var product = fixture.record.truth.product else { return }
        change(&product)
        product.updatedAt = Instant(seconds: product.updatedAt.wholeSeconds + 10)
        fixture.record.truth.state = .product(product)
    }

    private func rows(_ plan: Plan) throws -> [String: JSON] { try plan.rows() }

    // MARK: Rows

    @Test("E10 a product is one row, each variant one row, in the two catalogues")
    func first() throws {
        let plan = fixture().planned()
        #expect(plan.deliveries.map(\.channel) == ["catalog:products", "catalog:variants", "catalog:variants"])
        #expect(plan.deliveries.allSatisfy { $0.kind == .present && $0.lane == .attributes })
        #expect(plan.decisions.map(\.reason) == [.told, .told])
        let rows = try rows(plan)
        #expect(rows.keys.sorted() == ["catalog:products 55", "catalog:variants 551", "catalog:variants 552"])
        let product = try #require(rows["catalog:products 55"])
        #expect(product["title"] == "Tee")
        #expect(product["price"]?.decimalText == "20")
        #expect(product["stock_level"] == 6)
        #expect(product["variants_count"] == 2)
        #expect(product["description"] == "<p>Soft \"tee\"</p>")
        let small = try #require(rows["catalog:variants 551"])
        #expect(small["product_id"] == "55")
        #expect(small["sku"] == "TEE-S")
        #expect(small["original_price"]?.decimalText == "30")
        #expect(small["discount_value"]?.decimalText == "10")
        #expect(small["discount_percentage"]?.decimalText == "33.33")
        #expect(small["on_sale"] == true)
        #expect(small["image"] == "https://cdn.test/tee.png")
        #expect(small["options"] == ["Red", "S"])
        let medium = try #require(rows["catalog:variants 552"])
        #expect(medium["on_sale"] == false)
        #expect(medium["original_price"] == medium["price"])
        #expect(medium["discount_percentage"]?.decimalText == "0")
        #expect(medium["image"] == "https://cdn.test/m.png")
        #expect(medium["active"] == true)
    }

    @Test("E10 every row holds declared columns of the declared type, and never item_id")
    func declared() throws {
        for delivery in fixture().planned().deliveries {
            #expect(try DeclarationCheck.problems(delivery) == [])
            #expect(try delivery.properties()["item_id"] == nil)
        }
    }

    @Test("what the shop does not say stays out of the row")
    func unknown() throws {
        let plan = fixture {
            $0.vendor = nil
            $0.productType = ""
            $0.url = nil
            $0.imageURL = nil
            $0.descriptionHTML = String(repeating: "é", count: 15_001)
            $0.variants[1].inventoryQuantity = nil
            $0.variants[1].sku = nil
            $0.variants[1].imageURL = nil
        }.planned()
        let product = try #require(try rows(plan)["catalog:products 55"])
        for name in ["brand", "category_level_1", "url", "image", "description"] { #expect(product[name] == nil) }
        #expect(product["stock_level"] == 4, "only what is counted")
        let variant = try #require(try rows(plan)["catalog:variants 552"])
        for name in ["stock_level", "sku", "barcode", "image"] { #expect(variant[name] == nil) }
        #expect(plan.raised == [], "with ids as keys a SKU is not needed")
    }

    @Test("a product without variants is a row without a price")
    func noVariants() throws {
        let plan = fixture { $0.variants = [] }.planned()
        #expect(plan.deliveries.count == 1)
        #expect(try rows(plan)["catalog:products 55"]?["price"] == nil)
    }

    // MARK: What changes

    @Test("E10 A4 the same product again writes nothing, whatever its time")
    func noise() {
        var fixture = fixture()
        fixture.tell()
        see(&fixture) { _ in }
        let again = fixture.plan()
        #expect(again.deliveries == [])
        #expect(again.decisions.map(\.reason) == [.noChange, .noChange])
    }

    @Test("E10 A6 a sale writes the rows whose stock changed, in the lane of stock")
    func stock() throws {
        var fixture = fixture()
        fixture.tell()
        see(&fixture) { $0.variants[1].inventoryQuantity = 1 }
        let plan = fixture.plan()
        #expect(try rows(plan).keys.sorted() == ["catalog:products 55", "catalog:variants 552"])
        #expect(plan.deliveries.allSatisfy { $0.lane == .stock })
        fixture.acknowledgeAll()
        see(&fixture) { $0.variants[1].price = Self.amount("21") }
        let priced = fixture.plan()
        #expect(try rows(priced).keys.sorted() == ["catalog:variants 552"], "the cheapest price did not change")
        #expect(priced.deliveries.allSatisfy { $0.lane == .stock })
        fixture.acknowledgeAll()
        see(&fixture) {
            $0.variants[0].title = "Red / Small"
            $0.variants[0].inventoryQuantity = 9
        }
        let titled = fixture.plan()
        #expect(titled.deliveries.first { $0.channel == "catalog:variants" }?.lane == .attributes)
    }

    @Test("while a row is under way, the next version of it waits for it, and a return to it is written again")
    func order() throws {
        var fixture = fixture()
        fixture.plan()
        fixture.attemptAll()
        see(&fixture) { $0.variants[1].inventoryQuantity = 1 }
        let second = fixture.plan()
        let first = fixture.ledger.deliveries.filter { $0.mayBeTold }
        for delivery in second.deliveries {
            #expect(delivery.after == first.filter { $0.slots[0].name == delivery.slots[0].name }.map(\.key))
            #expect(delivery.after.count == 1)
        }
        fixture.attemptAll()
        see(&fixture) { $0.variants[1].inventoryQuantity = 2 }
        let third = fixture.plan()
        #expect(third.deliveries.count == 2)
        #expect(third.deliveries.allSatisfy { $0.key.hasSuffix(":again") && $0.after.count == 2 })
    }

    @Test("a refused row waits, and a row of other content is written")
    func refused() {
        var fixture = fixture()
        fixture.plan()
        fixture.refuseAll()
        let waiting = fixture.plan()
        #expect(waiting.deliveries == [])
        #expect(waiting.waiting.map(\.reason) == [.refused, .refused, .refused])
        see(&fixture) { $0.title = "Better tee" }
        #expect(fixture.plan().deliveries.count == 3)
    }

    @Test("the hash of a row follows its content, its version does not change it")
    func hash() throws {
        let one = try rows(fixture().planned())
        var later = fixture()
        see(&later) { _ in }
        let two = try rows(later.planned())
        for (name, row) in one {
            #expect(row["told_hash"] == two[name]?["told_hash"], "\(name)")
            #expect(row["updated_at"] != two[name]?["updated_at"], "\(name)")
        }
        var other = fixture()
        see(&other) { $0.title = "Better tee" }
        #expect(
            try rows(other.planned())["catalog:products 55"]?["told_hash"] != one["catalog:products 55"]?["told_hash"])
    }

    // MARK: What is gone

    @Test("E10 a variant that is gone keeps its row, inactive, once")
    func gone() throws {
        var fixture = fixture()
        fixture.tell()
        see(&fixture) { $0.variants.remove(at: 0) }
        let plan = fixture.plan()
        let retired = try #require(plan.deliveries.first { $0.channel == "catalog:variants:retired" })
        #expect(try retired.json()["item_id"] == "551")
        let properties = try #require(try retired.properties().object)
        #expect(properties["active"] == false)
        #expect(properties.keys.sorted() == ["active", "told_hash", "truth_version", "updated_at"])
        fixture.acknowledgeAll()
        #expect(fixture.plan().deliveries == [])
        see(&fixture) { $0.variants.insert(SampleProduct.tee().variants[0], at: 0) }
        let back = fixture.plan()
        #expect(try rows(back)["catalog:variants 551"]?["active"] == true, "a variant that comes back is whole again")
    }

    @Test("E10 a variant that is gone while its row is under way is told inactive after it; one never told, not at all")
    func goneEarly() throws {
        var fixture = fixture()
        fixture.plan()
        fixture.attemptAll()
        see(&fixture) { $0.variants.remove(at: 0) }
        let plan = fixture.plan()
        let retired = try #require(plan.deliveries.first { $0.channel == "catalog:variants:retired" })
        #expect(retired.after == ["shop-product:55:variant:551:row:\(try digest(of: "551", in: fixture))"])
        var never = self.fixture()
        never.plan()
        see(&never) { $0.variants.remove(at: 0) }
        #expect(!never.plan().deliveries.contains { $0.channel == "catalog:variants:retired" })
    }

    private func digest(of itemID: String, in fixture: PlanFixture) throws -> String {
        let delivery = try #require(fixture.ledger.deliveries.first { $0.key.contains("variant:\(itemID):row") })
        return String(try #require(try delivery.properties()["told_hash"]?.string).prefix(12))
    }

    @Test(
        "E10 rows of a product that is not for sale are inactive and whole",
        arguments: [Product.Status.archived, .draft, .unlisted])
    func inactive(_ status: Product.Status) throws {
        var fixture = fixture()
        fixture.tell()
        see(&fixture) { $0.status = status }
        let rows = try rows(fixture.plan())
        #expect(rows.count == 3)
        #expect(rows.values.allSatisfy { $0["active"] == false && $0["title"] == "Tee" })
    }

    @Test("E10 rows of a deleted product stay, inactive; one that was never told leaves none")
    func deleted() throws {
        let act = Act(id: "d", kind: .deleted, at: Instant(seconds: 1_790_000_500))
        var fixture = fixture()
        fixture.tell()
        fixture.record.truth.acts = [act]
        let plan = fixture.tell()
        #expect(plan.deliveries.count == 3)
        #expect(try rows(plan).values.allSatisfy { $0["active"] == false && $0["updated_at"] == 1_790_000_500 })
        #expect(fixture.plan().deliveries == [])
        var never = self.fixture()
        never.record.truth.acts = [act]
        #expect(never.planned().deliveries == [])
        never.record.truth.state = nil
        #expect(never.planned().decisions.map(\.reason) == [.noChange])
        never.record.truth.acts = []
        #expect(never.planned().decisions.map(\.reason) == [.heldForSnapshot])
    }

    // MARK: Keys

    @Test("E10 with the SKU as key a row is named by it, and what has none is an exception, once")
    func skuKey() throws {
        var fixture = fixture(key: .sku) { $0.variants.append(.init(id: "553", title: "L", price: .zero)) }
        let plan = fixture.plan()
        #expect(
            try rows(plan).keys.sorted() == ["catalog:products 55", "catalog:variants TEE-M", "catalog:variants TEE-S"])
        #expect(try rows(plan)["catalog:variants TEE-S"]?["shop_variant_id"] == "551")
        #expect(plan.reason("variant_row") == .productUnknown)
        #expect(plan.waiting.map(\.reason) == [.productUnknown])
        #expect(plan.raised.map(\.kind) == [.productUnknown])
        #expect(plan.raised.first?.subject == "shop/product/55")
        #expect(plan.raised.first?.cause.contains("product 55") == true)
        #expect(plan.resolved == [.mappingFailed])
        fixture.acknowledgeAll()
        see(&fixture) { $0.variants[0].inventoryQuantity = 0 }
        let sale = fixture.tell()
        #expect(sale.raised == [], "a sale is no new exception")
        #expect(sale.waiting.map(\.reason) == [.productUnknown])
        see(&fixture) { $0.variants.append(.init(id: "554", title: "XL", price: .zero)) }
        #expect(fixture.tell().raised.count == 1, "another variant without a SKU is")
        see(&fixture) { $0.variants.removeLast(2) }
        let healed = fixture.plan()
        #expect(healed.raised == [])
        #expect(healed.resolved == [.productUnknown, .mappingFailed])
    }

    @Test("E10 a SKU that no row can have is an exception; the rest is written")
    func unusable() throws {
        let plan = fixture(key: .sku) {
            $0.variants.append(.init(id: "553", sku: "TEE/L", title: "L", price: .zero))
        }.planned()
        #expect(plan.deliveries.count == 3)
        #expect(plan.raised.map(\.kind) == [.mappingFailed])
        #expect(plan.raised.first?.cause.contains("1 variants whose SKU holds a /, first 553") == true)
    }

    @Test("E10 a variant that loses its SKU leaves its old row inactive")
    func lostSKU() throws {
        var fixture = fixture(key: .sku)
        fixture.tell()
        see(&fixture) { $0.variants[0].sku = "TEE-SMALL" }
        let rows = try rows(fixture.plan())
        #expect(rows["catalog:variants:retired TEE-S"]?["active"] == false)
        #expect(rows["catalog:variants TEE-SMALL"] != nil)
    }

    @Test("E10 an order's events name a variant as its row is named, by id and by SKU")
    func joins() throws {
        for key in BloomreachConfiguration.ProductKey.allCases {
            var shop = OrderPlanShop.teeAndCap()
            shop.order.financialStatus = .paid
            var fixture = OrderPlanFixture(shop)
            fixture.destination.configuration.productKey = key
            let line = shop.order.lines[0]
            let expected = key == .id ? line.variantID : line.sku
            let plan = fixture.planned()
            let purchase = try plan.event("purchase").properties()
            #expect(purchase["product_list"]?[0]?["variant_id"]?.string == expected)
            #expect(purchase["variant_ids"]?[0]?.string == expected)
            #expect(purchase["product_list"]?[0]?["product_id"]?.string == line.productID)
            #expect(try plan.event("purchase_item").properties()["variant_id"]?.string == expected)
            let lines = try JSON.parse(try #require(try plan.event("row").properties()["lines"]?.string))
            #expect(lines[0]?["variant_id"]?.string == expected)
        }
    }

    @Test("E10 a name is trimmed, and none without a SKU or with a slash")
    func names() {
        let sku = BloomreachConfiguration.ProductKey.sku
        #expect(sku.variantItemID(id: "1", sku: " A B ") == "A B")
        for text in [nil, "", "  ", "A/B"] { #expect(sku.variantItemID(id: "1", sku: text) == nil) }
        #expect(BloomreachConfiguration.ProductKey.id.variantItemID(id: "1", sku: nil) == "1")
        #expect(BloomreachConfiguration.ProductKey.id.variantItemID(id: nil, sku: "A") == nil)
    }

    // MARK: Arithmetic

    @Test("a percentage is exact to two decimals and half-even, rounded once")
    func percentage() {
        func percentage(_ price: String, _ before: String?) -> String {
            PriceReduction(
                of: .init(
                    id: "1", title: "", price: Self.amount(price), compareAtPrice: before.map(Self.amount))
            ).percentage.description
        }
        #expect(percentage("20", "30") == "33.33")
        #expect(percentage("10", "30") == "66.67")
        #expect(percentage("0", "30") == "100")
        #expect(percentage("799.96", "800") == "0", "0.005 goes to the even neighbour")
        #expect(percentage("799.88", "800") == "0.02", "0.015 too")
        #expect(percentage("799.959999", "800") == "0.01", "just above the half")
        #expect(percentage("30", "30") == "0")
        #expect(percentage("30", "20") == "0")
        #expect(percentage("30", nil) == "0")
        #expect(percentage("1", "999999999999") == "100")
    }

    @Test("a reduction is within its bounds and adds up", arguments: UInt64(1)...200)
    func reductions(seed: UInt64) {
        var luck = SeededGenerator(seed: seed)
        let price = Amount(millionths: Int128(luck.next() % 100_000) * 10_000)
        let before = Amount(millionths: Int128(luck.next() % 100_000) * 10_000)
        let reduction = PriceReduction(of: .init(id: "1", title: "", price: price, compareAtPrice: before))
        #expect(price + reduction.value == reduction.original)
        #expect(!reduction.value.isNegative)
        #expect((Amount.zero...Amount(units: 100)).contains(reduction.percentage))
        #expect(reduction.percentage == reduction.percentage.rounded(decimals: 2))
        let difference = reduction.percentage.millionths * reduction.original.millionths
        let exact = reduction.value.millionths * 100_000_000
        #expect((difference - exact).magnitude <= (reduction.original.millionths * 5_000).magnitude)
    }

    @Test("prices are written to the minor unit of the reference currency")
    func minorUnit() throws {
        var fixture = PlanFixture(
            .product, id: "55",
            state: .product(
                SampleProduct.tee {
                    $0.variants[0].price = Self.amount("19.995")
                    $0.priceCurrency = OrderPlanShop.currency("JPY")
                }), reference: "JPY")
        fixture.configuration.productKey = .id
        #expect(try rows(fixture.planned())["catalog:variants 551"]?["price"]?.decimalText == "20")
    }

    // MARK: Requests

    @Test("E10 rows of variants that are gone are merged, all others replaced")
    func requests() throws {
        var destination = BloomreachDestination(configuration: Sample.configuration)
        let list = Sample.answer(
            200,
            #"{"data":[{"_id":"p","name":"products"},{"_id":"v","name":"variants"},{"_id":"o","name":"orders"}]}"#)
        for channel in ["catalog:products", "catalog:variants", "catalog:variants:retired"] {
            #expect(destination.prepared(list, for: channel) == .ready)
        }
        func path(_ channel: String) -> String {
            var row = Sample.row("1")
            row.channel = channel
            let request = destination.request(for: Sample.batch([row]))
            return "\(request.method) " + request.path.split(separator: "/").dropFirst(4).joined(separator: "/")
        }
        #expect(path("catalog:products") == "PUT catalogs/p/items")
        #expect(path("catalog:variants") == "PUT catalogs/v/items")
        #expect(path("catalog:variants:retired") == "POST catalogs/v/items/partial-update")
    }
}
