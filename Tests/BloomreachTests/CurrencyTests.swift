import Commerce
import JSON
import Testing

@testable import Bloomreach
@testable import Sync

/// Every amount that leaves is in the currency that it claims. The same story is told of a shop in pounds, and of one
/// in a currency of which a hundred are a pound. What is declared in the local currency must then be a hundred times as
/// much, and everything else the same: an amount that is declared as nothing, or that nobody converts, is found without
/// being named here.
@Suite("Amounts and their currencies")
struct CurrencyTests {
    /// The shop's currency, and how many of it are a pound. Both have two decimals, so nothing is rounded.
    struct World: Sendable {
        var currency: String
        var factor: Int
        var rate: String

        static let pounds = World(currency: "GBP", factor: 1, rate: "")
        static let dollars = World(currency: "HKD", factor: 100, rate: "2026-09-01,HKD,GBP,0.01")
        /// Somebody forgot to convert.
        static let careless = World(currency: "HKD", factor: 100, rate: "2026-09-01,HKD,GBP,1")

        func price(_ text: String) -> String { (OrderPlanShop.amount(text) * factor).description }
        func amount(_ text: String) -> Amount { OrderPlanShop.amount(price(text)) }
        func money(_ text: String) -> Money { Money(amount(text), OrderPlanShop.currency(currency)) }
        func rates() throws -> RateTable { try RateTable(csv: rate, daysMax: 400) }
    }

    // MARK: Comparing

    /// What a delivery says, one value to a place; places of the local currency apart.
    private struct Said {
        var local: [String: Amount] = [:]
        var rest: [String: JSON] = [:]

        /// They hold a digest, or an amount's digest is part of them.
        private static let digests: Set<String> = ["event_key", "told_hash"]

        init(_ delivery: Delivery) throws {
            let catalog = BloomreachCatalog.allCases.first { $0.channel == delivery.channel }
            for member in try #require(try delivery.properties().object).members
            where !Self.digests.contains(member.key) {
                let unit =
                    catalog?.fields.first { $0.name == member.key }?.unit
                    ?? EventAttributes.declaration(of: delivery.eventType)?.attribute(member.key)?.unit
                    ?? CustomerProperties.property(member.key)?.unit
                // A list of objects as text is a list of objects.
                let value = member.key == "lines" ? try JSON.parse(member.value.string ?? "") : member.value
                add(value, at: "\(delivery.eventType) \(member.key)", isLocal: unit == "local currency")
            }
        }

        private mutating func add(_ value: JSON, at place: String, isLocal: Bool) {
            if let list = value.array {
                for (index, element) in list.enumerated() { add(element, at: "\(place)[\(index)]", isLocal: isLocal) }
            } else if let object = value.object {
                for member in object.members {
                    add(member.value, at: "\(place).\(member.key)", isLocal: member.key.hasSuffix("_local_currency"))
                }
            } else if isLocal, let amount = value.decimalText.flatMap({ Amount($0) }) {
                local[place] = amount
            } else {
                rest[place] = value
            }
        }
    }

    private static func problems(_ one: [Delivery], _ other: [Delivery], in world: World) throws -> [String] {
        guard one.map(\.eventType) == other.map(\.eventType) else { return ["not the same story"] }
        return try zip(one, other).flatMap { pair -> [String] in
            let (pounds, foreign) = (try Said(pair.0), try Said(pair.1))
            var problems: [String] = []
            for place in Set(pounds.local.keys).union(foreign.local.keys).sorted() {
                // Of a basket the buyer's price is told beside the other, where it is another.
                let sole = pounds.rest[place.replacing("_local_currency", with: "")]?.decimalText.flatMap { Amount($0) }
                if (pounds.local[place] ?? sole).map({ $0 * world.factor }) != foreign.local[place] {
                    problems.append("\(place) is not in the local currency")
                }
            }
            for place in Set(pounds.rest.keys).union(foreign.rest.keys).sorted()
            where pounds.rest[place] != foreign.rest[place] && !place.hasSuffix(" local_currency") {
                problems.append("\(place) is \(foreign.rest[place]?.text() ?? "-"), not reference currency")
            }
            return problems
        }
    }

    // MARK: Stories

    /// Everything that a shop tells: an order's whole life, its buyer's sums, baskets, goods.
    private static func story(in world: World) throws -> [Delivery] {
        try orders(in: world) + baskets(in: world) + goods(in: world)
    }

    private static func orders(in world: World) throws -> [Delivery] {
        var shop = OrderPlanShop(shop: world.currency, buyer: world.currency)
        shop.add("TEE", 3, at: world.price("25.5"), isEdit: false)
        shop.add("CAP", 1, at: world.price("18"), isEdit: false)
        shop.ship("Standard", at: world.price("3.5"))
        shop.order.totals.currentTax = shop.bag(world.price("7.25"))
        shop.pay()
        var fixture = OrderPlanFixture(shop)
        fixture.flow.rates = try world.rates()
        var told = fixture.catchUp(shop).deliveries
        let steps: [(inout OrderPlanShop) -> Void] = [
            { $0.discount("L2", by: world.price("2")) }, { $0.swap("L2", for: "MUG", at: world.price("12.5")) },
            { $0.settle() }, { $0.giveBack("L1", 1, beyond: world.price("1.25")) },
            { $0.appease(world.price("2.5")) }, { $0.fulfil("L1", tracking: "T1") },
        ]
        for step in steps {
            step(&shop)
            told += fixture.catchUp(shop).deliveries
        }
        told += try person(of: fixture)
        shop.cancel()
        return told + fixture.catchUp(shop).deliveries
    }

    private static func person(of fixture: OrderPlanFixture) throws -> [Delivery] {
        var record = try #require(fixture.person)
        guard case .person(var person)? = record.truth.state else { return [] }
        var history = BuyerHistory(connection: "shop", notBefore: fixture.now)
        history.isListed = true
        person.histories = [history]
        record.truth.state = .person(person)
        record.ledgers = []
        let plan = PersonPlan(configuration: Sample.configuration).plan(
            record, in: PlanContext(flow: fixture.flow, stages: fixture.stages, now: fixture.now))
        #expect(try plan.deliveries.contains { try $0.properties()["total_spent"] != nil })
        return plan.deliveries
    }

    private static func baskets(in world: World) throws -> [Delivery] {
        let time = Instant(seconds: 1_790_000_000)
        let price = MoneyBag(shop: world.money("19.99"), presentment: world.money("19.99"))
        var cart = Cart(
            id: "t", stage: .cart,
            lines: [
                .init(
                    productID: "55", variantID: "551", title: "Tee", quantity: 2, unitPrice: world.amount("19.99"),
                    unitMoney: price)
            ], createdAt: time, updatedAt: time)
        var told: [Delivery] = []
        for isCheckout in [false, true] {
            if isCheckout {
                cart.stage = .checkout
                cart.total = world.money("44.5")
                cart.lines[0].unitMoney = nil
            }
            var fixture = PlanFixture(.cart, id: "t", state: .cart(cart))
            fixture.configuration.identity.append(.init(name: "cart_id", source: .cart, kind: .soft))
            fixture.flow.rates = try world.rates()
            told += fixture.planned().deliveries
        }
        return told
    }

    private static func goods(in world: World) throws -> [Delivery] {
        let product = SampleProduct.tee {
            $0.priceCurrency = OrderPlanShop.currency(world.currency)
            for index in $0.variants.indices {
                $0.variants[index].price = $0.variants[index].price * world.factor
                $0.variants[index].compareAtPrice = $0.variants[index].compareAtPrice.map { $0 * world.factor }
            }
        }
        var fixture = PlanFixture(.product, id: "55", state: .product(product))
        fixture.flow.rates = try world.rates()
        return fixture.planned().deliveries
    }

    // MARK: Tests

    @Test("law 8 every amount that leaves is in the currency that it is declared in, in events, rows and properties")
    func everyAmount() throws {
        let pounds = try Self.story(in: .pounds)
        let problems = try Self.problems(pounds, try Self.story(in: .dollars), in: .dollars)
        #expect(problems == [])
        // What nothing is told of proves nothing.
        let told = Set(pounds.map(\.eventType))
        let events = Set(EventAttributes.everything.map(\.eventType)).subtracting(["consent"])
        #expect(told.isSuperset(of: events), "\(events.subtracting(told).sorted())")
        #expect(told.isSuperset(of: ["row", "product_row", "variant_row", "customer"]))
    }

    @Test("an amount that nobody converts is found, wherever it is")
    func alive() throws {
        let problems = try Self.problems(
            try Self.story(in: .pounds), try Self.story(in: .careless), in: .careless)
        let places = [
            "purchase total_price", "purchase product_list[0].price", "purchase_item price",
            "purchase_update total_delta",
            "purchase_update changes[0].price_before", "return total_price", "row total_price", "row lines[0].price",
            "cart_update total_price", "cart_update product_list[0].price", "product_row price", "variant_row price",
            "variant_row discount_value", "customer total_spent", "purchase_cancellation total_price",
        ]
        for place in places {
            #expect(problems.contains { $0.hasPrefix("\(place) ") }, "\(place)")
        }
    }

    @Test("law 8 what is a sum by its name is declared with its currency, and an event with a sum names the currency")
    func declared() {
        let sums = ["price", "total_delta", "value", "cost", "spent", "discount", "shipping", "tax"]
        func isSum(_ name: String) -> Bool {
            sums.contains { name == $0 || name.hasSuffix("_\($0)") || name.hasPrefix("\($0)_") }
        }
        let currencies = ["reference currency", "local currency"]
        for declaration in EventAttributes.everything {
            for attribute in declaration.attributes where attribute.type == .number && isSum(attribute.name) {
                #expect(currencies.contains(attribute.unit ?? ""), "\(declaration.eventType) \(attribute.name)")
            }
            for (unit, name) in zip(currencies, ["reference_currency", "local_currency"])
            where declaration.attributes.contains(where: { $0.unit == unit }) {
                #expect(declaration.attribute(name) != nil, "\(declaration.eventType)")
            }
        }
        for field in BloomreachCatalog.allCases.flatMap(\.fields) where field.type == .number && isSum(field.name) {
            #expect(currencies.contains(field.unit ?? "") || field.unit == "percent", "\(field.name)")
        }
        for property in CustomerProperties.all where property.type == .number && isSum(property.name) {
            #expect(currencies.contains(property.unit ?? ""), "\(property.name)")
        }
    }
}
