import Commerce
import Sync
import Testing

/// What a product's webhooks and reads make of it: only a read tells what prices are in.
@Suite("Reducer: products")
struct ProductReducerTests {
    private static let key = EntityKey(connection: "shop", kind: .product, id: "1")
    private static let start = Instant(seconds: 1_790_000_000)
    private static let yen = Currency("JPY")
    private let reducer = Reducer(policies: Policies())

    private static func product(_ title: String, at seconds: Int64, currency: Currency? = nil) -> Product {
        Product(
            id: "1", title: title, handle: "1", status: .active, createdAt: start, updatedAt: start + .seconds(seconds),
            variants: [.init(id: "11", sku: "A", title: "A", price: Amount(units: 500))], priceCurrency: currency)
    }

    private func hear(_ product: Product, _ truth: inout Truth) -> Reducer.Change {
        reducer.apply(
            .snapshot(Self.key, .product(product), sourceTime: product.updatedAt, eventID: nil, isPartial: true),
            from: .webhook, to: &truth, now: product.updatedAt)
    }

    private func read(_ product: Product, _ truth: inout Truth, at now: Instant? = nil) -> Reducer.Change {
        let now = now ?? product.updatedAt
        return reducer.apply(
            .snapshot(Self.key, .product(product), sourceTime: product.updatedAt, eventID: nil, isPartial: false),
            from: .read(sequence: 1, startedAt: now, mark: truth.dirty?.mark), to: &truth, now: now)
    }

    @Test("law 8 a product is read once, for its currency; what comes with every sale asks for nothing")
    func once() throws {
        var truth = Truth()
        _ = hear(Self.product("a", at: 1), &truth)
        #expect(truth.dirty?.reason == .hint)
        // In the same second, which would be a tie if it said another thing.
        let learned = read(Self.product("a", at: 1, currency: Self.yen), &truth)
        #expect(learned.changedTruth && truth.dirty == nil)
        #expect(truth.product?.priceCurrency == Self.yen)
        for second in 2...30 {
            #expect(hear(Self.product("sold", at: Int64(second)), &truth).changedTruth)
            #expect(truth.dirty == nil && truth.product?.priceCurrency == Self.yen)
        }
        #expect(hear(Self.product("sold", at: 30), &truth).reason == .duplicate)
        #expect(truth.dirty == nil)
    }

    @Test("law 8 a read that says another thing in the same second is a tie all the same")
    func tie() {
        var truth = Truth()
        _ = hear(Self.product("a", at: 1), &truth)
        _ = read(Self.product("b", at: 1, currency: Self.yen), &truth)
        #expect(truth.dirty?.reason == .tie && truth.product?.title == "b")
    }

    @Test("law 8 a read that a webhook has overtaken tells the currency, and nothing else")
    func overtaken() {
        var truth = Truth()
        _ = hear(Self.product("a", at: 1), &truth)
        _ = hear(Self.product("b", at: 2), &truth)
        let late = read(Self.product("a", at: 1, currency: Self.yen), &truth)
        #expect(late.reason == .olderVersion && late.changedTruth)
        #expect(truth.product?.title == "b" && truth.product?.priceCurrency == Self.yen)
        #expect(truth.product?.updatedAt == Self.start + .seconds(2))
        #expect(!read(Self.product("a", at: 1, currency: Self.yen), &truth).changedTruth)
    }

    @Test("law 8 a product of which no read has told the currency is read again with its next change")
    func again() {
        var truth = Truth()
        _ = hear(Self.product("a", at: 1), &truth)
        // As stored by a program that knew of no currencies, or after a read that the shop denied.
        truth.dirty = nil
        truth.wasRead = true
        _ = hear(Self.product("b", at: 2), &truth)
        #expect(truth.dirty?.reason == .hint)
    }

    @Test("a product is as old as the earliest that was told of it")
    func age() {
        var truth = Truth()
        var first = Self.product("a", at: 5)
        first.createdAt = first.updatedAt
        _ = hear(first, &truth)
        _ = read(Self.product("a", at: 6, currency: Self.yen), &truth)
        var later = Self.product("b", at: 9)
        later.createdAt = later.updatedAt
        _ = hear(later, &truth)
        #expect(truth.product?.createdAt == Self.start && truth.product?.title == "b")
    }
}
