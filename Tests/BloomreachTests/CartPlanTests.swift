import Bloomreach
import Commerce
import JSON
import Sync
import Testing

/// Baskets and checkouts.
@Suite("Cart plan")
struct CartPlanTests {
    private static let createdAt = Instant(seconds: 1_790_000_000)
    private static let ada = #"{"shopify_id":"777"}"#

    private static func cart(_ change: (inout Cart) -> Void = { _ in }) -> Cart {
        var cart = Cart(
            id: "tok1", stage: .cart,
            lines: [
                .init(
                    productID: "55", variantID: "551", sku: "TEE-S", title: "Tee", quantity: 2,
                    unitPrice: OrderPlanShop.amount("19.99"), unitMoney: pounds("19.99")),
                .init(
                    title: "Engraving", quantity: 1, unitPrice: OrderPlanShop.amount("5"), unitMoney: pounds("5")),
            ], createdAt: createdAt, updatedAt: createdAt)
        change(&cart)
        return cart
    }

    private static func money(_ text: String, _ currency: String) -> Money {
        Money(OrderPlanShop.amount(text), OrderPlanShop.currency(currency))
    }
    private static func pounds(_ text: String) -> MoneyBag {
        MoneyBag(shop: money(text, "GBP"), presentment: money(text, "GBP"))
    }

    /// A checkout's lines are plain numbers.
    private static func checkout(_ change: (inout Cart) -> Void = { _ in }) -> Cart {
        cart {
            $0.id = "chk1"
            $0.stage = .checkout
            $0.cartToken = "tok1"
            $0.total = money("48.97", "GBP")
            for index in $0.lines.indices { $0.lines[index].unitMoney = nil }
            $0.recoveryURL = "https://acme.test/recover?key=s3cret"
            change(&$0)
        }
    }

    private func fixture(_ cart: Cart = cart(), softType: String? = "cart_id") -> PlanFixture {
        var fixture = PlanFixture(.cart, id: cart.id, state: .cart(cart))
        if let softType { fixture.configuration.identity.append(.init(name: softType, source: .cart, kind: .soft)) }
        return fixture
    }

    private func see(_ fixture: inout PlanFixture, after seconds: Int64 = 10, _ change: (inout Cart) -> Void) {
        guard var cart = fixture.record.truth.cart else { return }
        cart.updatedAt = cart.updatedAt + .seconds(seconds)
        change(&cart)
        fixture.record.truth.state = .cart(cart)
    }

    private func event(_ plan: Plan, _ type: String = "cart_update") throws -> JSON {
        try plan.event(type).properties()
    }

    // MARK: Content

    @Test("B3 a basket is told whole, under its own id, as declared")
    func first() throws {
        let plan = fixture().planned()
        #expect(plan.historyTypes == ["cart_update"])
        let delivery = try plan.event("cart_update")
        #expect(delivery.lane == .identity)
        #expect(try DeclarationCheck.problems(delivery) == [])
        let body = try delivery.json()
        #expect(body["customer_ids"] == ["cart_id": "tok1"])
        #expect(body["timestamp"]?.decimalText == "1790000000")
        let event = try event(plan)
        #expect(event["action"] == "create")
        #expect(event["cart_id"] == "tok1")
        #expect(event["total_quantity"] == 3)
        #expect(event["total_price"]?.decimalText == "44.98")
        #expect(event["product_ids"] == ["55"])
        #expect(event["variant_ids"] == ["551"])
        #expect(event["product_list"]?.array?.count == 2)
        #expect(event["product_list"]?[0]?["price"]?.decimalText == "19.99")
        #expect(event["live"] == true)
        #expect(event["total_price_local_currency"]?.decimalText == "44.98")
        #expect(event["local_currency"] == "GBP")
    }

    @Test("a checkout is told once as begun, and as the basket with its link; nothing says who it is")
    func checkout() throws {
        let cart = Self.checkout {
            $0.buyer = Buyer(customerID: .known("777"), email: .known("ada@example.test"), phone: .known("+441234567"))
        }
        var fixture = fixture(cart)
        let plan = fixture.plan()
        #expect(plan.historyTypes == ["checkout", "cart_update"])
        for delivery in plan.deliveries {
            #expect(try DeclarationCheck.problems(delivery) == [])
            #expect(try delivery.json()["customer_ids"] == ["cart_id": "tok1"])
            let text = String(decoding: delivery.body, as: UTF8.self)
            for personal in ["ada@", "777", "441234567"] { #expect(!text.contains(personal)) }
        }
        #expect(try event(plan, "checkout")["step_title"] == "begin")
        #expect(try plan.event("checkout").json()["timestamp"]?.decimalText == "1790000000.002")
        let update = try event(plan)
        #expect(update["action"] == "update", "a checkout begins from a basket that was there")
        #expect(update["stage"] == "checkout")
        #expect(update["cart_url"] == "https://acme.test/recover?key=s3cret")
        #expect(update["total_price"]?.decimalText == "48.97")
        #expect(update["total_price_local_currency"]?.decimalText == "48.97")
        fixture.acknowledgeAll()
        see(&fixture) { $0.lines[0].quantity = 3 }
        #expect(fixture.plan().historyTypes == ["cart_update"])
    }

    @Test(
        "law 8 a basket in another currency without a rate is told without its prices, which the shop's owner is told")
    func currency() throws {
        let plan = fixture(Self.checkout { $0.total = Self.money("60.125", "EUR") }).planned()
        let event = try event(plan)
        #expect(event["total_price"] == nil)
        #expect(event["total_price_local_currency"]?.decimalText == "60.12")
        #expect(event["local_currency"] == "EUR")
        #expect(event["reference_currency"] == "GBP")
        #expect(event["product_list"]?[0]?["price"] == nil)
        #expect(event["product_list"]?[0]?["price_local_currency"]?.decimalText == "19.99")
        #expect(try DeclarationCheck.problems(plan.event("cart_update")) == [])
        #expect(plan.raised.map(\.kind) == [.rateMissing])
        #expect(plan.raised.map(\.subject) == ["shop prices"], "one for the shop, whatever the number of baskets")
        #expect(plan.raised.first?.cause.contains("shop sells in EUR") == true)
        #expect(plan.decisions.contains { $0.reason == .rateMissing })
        #expect(plan.waiting == [], "it is told, and waits for nothing")
    }

    @Test(
        "law 8 a basket in another currency is told at the rate of its own day, to the unit of the reference currency")
    func converted() throws {
        var fixture = fixture(
            Self.cart {
                for index in $0.lines.indices {
                    let price = [Self.money("3999", "JPY"), Self.money("1000", "JPY")][index]
                    $0.lines[index].unitMoney = MoneyBag(shop: price, presentment: price)
                }
            })
        fixture.flow.rates = try RateTable(csv: "2026-09-20,JPY,GBP,0.0051\n2026-09-23,JPY,GBP,0.0049")
        fixture.now = Self.createdAt + .days(2)
        let plan = fixture.planned()
        let event = try event(plan)
        #expect(event["total_price"]?.decimalText == "45.89", "8998 yen at 0.0051, not at the newest rate")
        #expect(event["total_price_local_currency"]?.decimalText == "8998")
        #expect(event["local_currency"] == "JPY")
        #expect(event["product_list"]?[0]?["price"]?.decimalText == "20.39")
        #expect(event["product_list"]?[0]?["price_local_currency"]?.decimalText == "3999")
        #expect(plan.raised == [])
        #expect(plan.resolvedIDs == [RaisedException.id(.rateMissing, subject: "shop prices")])
    }

    @Test("law 8 a buyer who sees the reference currency needs no rate, and says nothing of the shop's own")
    func presentment() throws {
        let plan = fixture(
            Self.cart {
                $0.lines = [$0.lines[0]]
                $0.lines[0].unitMoney = MoneyBag(
                    shop: Self.money("4000", "JPY"), presentment: Self.money("20.5", "GBP"))
            }
        ).planned()
        let event = try event(plan)
        #expect(event["total_price"]?.decimalText == "41")
        #expect(event["product_list"]?[0]?["price"]?.decimalText == "20.5")
        #expect(plan.raised == [] && plan.resolvedIDs == [])
    }

    @Test("law 8 a basket that names no currency has no prices, and no exception: there is nothing to be done about it")
    func noCurrency() throws {
        let plan = fixture(Self.checkout { $0.total = nil }).planned()
        let event = try event(plan)
        for name in ["total_price", "total_price_local_currency", "local_currency"] { #expect(event[name] == nil) }
        #expect(event["product_list"]?[0]?["price"] == nil && event["total_quantity"] == 3)
        #expect(plan.raised == [] && plan.resolvedIDs == [])
    }

    @Test("E10 a basket names a variant as its row is named")
    func variantKey() throws {
        var fixture = fixture()
        fixture.configuration.productKey = .sku
        #expect(try event(fixture.planned())["variant_ids"] == ["TEE-S"])
    }

    // MARK: Changes

    @Test("each change of the content is one event; the same content again is none")
    func changes() throws {
        var fixture = fixture()
        fixture.tell()
        see(&fixture) { $0.recoveryURL = "https://acme.test/other" }
        #expect(fixture.plan().reason("cart_update") == .noChange)
        see(&fixture) { $0.lines[0].quantity = 1 }
        let second = fixture.tell()
        #expect(try event(second)["action"] == "update")
        #expect(try second.event("cart_update").json()["timestamp"]?.decimalText == "1790000020")
        see(&fixture) { $0.lines[0].quantity = 2 }
        #expect(fixture.tell().historyTypes == ["cart_update"], "back to what it was is a change again")
        see(&fixture) { $0.lines = [] }
        let empty = try event(fixture.tell())
        #expect(empty["action"] == "empty")
        #expect(empty["total_price"]?.decimalText == "0")
        #expect(empty["product_list"] == [])
        #expect(fixture.ledger.told.count == 4)
    }

    @Test("changes within one instant are told apart")
    func oneInstant() {
        var fixture = fixture()
        fixture.tell()
        for quantity in [1, 2, 1, 2, 1] {
            see(&fixture, after: 0) { $0.lines[0].quantity = quantity }
            #expect(fixture.tell().historyTypes == ["cart_update"])
        }
        #expect(Set(fixture.ledger.told.map(\.key)).count == 6)
    }

    @Test("what was not attempted is coalesced; what was stays, and is not said again")
    func coalesced() throws {
        var fixture = fixture()
        fixture.plan()
        see(&fixture) { $0.lines[0].quantity = 5 }
        fixture.plan()
        #expect(fixture.ledger.deliveries.count == 1)
        #expect(try fixture.ledger.deliveries[0].properties()["total_quantity"] == 6)
        #expect(try fixture.ledger.deliveries[0].properties()["action"] == "create")
        fixture.attemptAll()
        #expect(fixture.plan().reason("cart_update") == .noChange)
        see(&fixture) { $0.lines[0].quantity = 6 }
        #expect(fixture.plan().historyTypes == ["cart_update"])
    }

    @Test("A3 a change waits for the one before it, so that none is told again")
    func inOrder() throws {
        var fixture = fixture(Self.checkout())
        fixture.plan()
        fixture.attemptAll()
        let first = try #require(fixture.ledger.deliveries.first { $0.eventType == "cart_update" }).key
        see(&fixture) { $0.lines[0].quantity = 5 }
        #expect(try fixture.plan().event("cart_update").after == [first], "not for the checkout")
    }

    @Test("the same basket gives the same bytes")
    func stable() {
        #expect(fixture().planned() == fixture().planned())
    }

    @Test("an empty basket that was never told is not told")
    func empty() {
        let plan = fixture(Self.cart { $0.lines = [] }).planned()
        #expect(plan.deliveries == [])
        #expect(plan.reason("cart_update") == .noChange)
    }

    @Test("nothing is told of a basket that became an order, that is gone, or was not read")
    func over() {
        var fixture = fixture()
        fixture.tell()
        see(&fixture) {
            $0.lines[0].quantity = 9
            $0.completedAt = $0.updatedAt
        }
        #expect(fixture.planned().deliveries == [])
        #expect(fixture.planned().reason("cart_update") == .superseded)
        see(&fixture) { $0.completedAt = nil }
        fixture.record.truth.acts = [Act(id: "d", kind: .deleted, at: fixture.now)]
        #expect(fixture.planned().reason("cart_update") == .superseded)
        fixture.record.truth.acts = []
        fixture.record.truth.state = nil
        #expect(fixture.planned().reason("cart_update") == .heldForSnapshot)
    }

    @Test("a refused telling waits; the next content is told")
    func refused() {
        var fixture = fixture()
        fixture.plan()
        fixture.refuseAll()
        #expect(fixture.plan().waiting.map(\.reason) == [.refused])
        see(&fixture) { $0.lines[0].quantity = 9 }
        #expect(fixture.plan().historyTypes == ["cart_update"])
    }

    // MARK: Whether

    @Test("A15 baskets from before the flow or beyond the horizon are not told; live is the fact's")
    func past() throws {
        var fixture = fixture()
        fixture.stages = [StageChange(stage: .live, at: Self.createdAt + .seconds(1))]
        #expect(fixture.planned().reason("cart_update") == .beforeBaseline)
        fixture.stages = [
            StageChange(stage: .ingest, at: Self.createdAt - .days(1)),
            StageChange(stage: .live, at: Self.createdAt + .seconds(5)),
        ]
        #expect(try event(fixture.planned())["live"] == false)
        see(&fixture) { _ in }
        #expect(try event(fixture.planned())["live"] == true)
        fixture.now = Self.createdAt + .days(401)
        #expect(fixture.planned().reason("cart_update") == .historyHorizon)
        #expect(fixture.planned().deliveries == [])
    }

    // MARK: Who

    @Test("B3 a basket whose owner becomes known is told once more, under both ids")
    func joined() throws {
        var fixture = fixture()
        fixture.tell()
        fixture.know(nil)
        let waiting = fixture.plan()
        #expect(waiting.deliveries == [], "the person is told first (law 4)")
        #expect(waiting.waiting.map(\.reason) == [.waitsForDependency])
        fixture.know(Self.ada)
        let joined = fixture.tell()
        let delivery = try joined.event("cart_update")
        #expect(try delivery.json()["customer_ids"] == ["cart_id": "tok1", "shopify_id": "777"])
        #expect(try delivery.json()["timestamp"]?.decimalText == "1790000000.001")
        #expect(try delivery.properties()["action"] == "update")
        #expect(fixture.plan().reason("cart_update") == .noChange)
        fixture.person = nil
        #expect(fixture.plan().reason("cart_update") == .noChange, "told under the person is told")
    }

    @Test("B3 a basket of a known person needs no soft id; of nobody it does")
    func withoutSoftType() throws {
        var fixture = fixture(softType: nil)
        #expect(fixture.planned().waiting.map(\.reason) == [.noIdentity])
        #expect(fixture.planned().deliveries == [])
        fixture.know(Self.ada)
        #expect(try fixture.planned().event("cart_update").json()["customer_ids"] == ["shopify_id": "777"])
        fixture.configuration.identity.append(.init(name: "cart_id", source: .cart, kind: .hard))
        #expect(
            try fixture.planned().event("cart_update").json()["customer_ids"] == ["shopify_id": "777"],
            "a basket is never a person")
    }

    @Test("A15 stage observe shows an owned basket; one whose owner no id names goes under its own id alone")
    func observe() throws {
        var fixture = fixture()
        fixture.stages = [StageChange(stage: .observe, at: Self.createdAt - .days(1))]
        fixture.know(nil)
        let shown = fixture.planned()
        #expect(!shown.awaitsAddress)
        #expect(
            try shown.event("cart_update").json()["customer_ids"] == ["cart_id": "tok1", "shopify_id": "777"])
        fixture.stages = [StageChange(stage: .live, at: Self.createdAt - .days(1))]
        #expect(fixture.planned().awaitsAddress)
        fixture.person?.truth.state = .person(Person(brand: "acme"))
        let alone = fixture.tell()
        #expect(!alone.awaitsAddress)
        #expect(try alone.event("cart_update").json()["customer_ids"] == ["cart_id": "tok1"])
        #expect(fixture.plan().reason("cart_update") == .noChange)
        fixture.know(Self.ada)
        #expect(fixture.plan().historyTypes == ["cart_update"], "joined once they can be named")
    }

    @Test("a token that Bloomreach would refuse is no id", arguments: ["null", "undefined", "--", ""])
    func unusable(_ token: String) {
        #expect(fixture(Self.cart { $0.id = token }).planned().waiting.map(\.reason) == [.noIdentity])
    }
}
