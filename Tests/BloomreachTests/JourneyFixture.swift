import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// Several orders of one buyer, each planned with the others as the engine does it.
struct JourneyFixture {
    private(set) var shops: [OrderPlanShop]
    private(set) var benches: [OrderPlanFixture]
    var decisions: [JourneyDecision] = []
    /// The order that stands for a journey is not in memory.
    var isCurrentMissing = false

    init(_ shops: [OrderPlanShop], change: (inout Policies) -> Void = { _ in }) {
        self.shops = shops
        benches = shops.map { OrderPlanFixture($0, change: change) }
    }

    mutating func add(_ shop: OrderPlanShop) {
        shops.append(shop)
        var fixture = OrderPlanFixture(shop)
        fixture.flow = benches[0].flow
        fixture.now = benches[0].now
        benches.append(fixture)
    }

    mutating func set(_ index: Int, _ shop: OrderPlanShop) { shops[index] = shop }
    mutating func change(_ index: Int, _ change: (inout OrderPlanShop) -> Void) { change(&shops[index]) }
    mutating func with(_ index: Int, _ change: (inout OrderPlanFixture) -> Void) { change(&benches[index]) }

    var now: Instant {
        get { benches[0].now }
        set { for index in benches.indices { benches[index].now = newValue } }
    }

    static func key(_ id: String) -> String { "shop/order/\(id)" }

    mutating func decide(_ original: String, _ replacement: String, isJoined: Bool) {
        decisions.append(
            JourneyDecision(original: Self.key(original), replacement: Self.key(replacement), isJoined: isJoined))
    }

    var summaries: [OrderSummary] { benches.compactMap { OrderSummary(of: $0.record, rules: JourneyRules()) } }
    var person: Person {
        var person = Person(brand: "acme")
        for order in summaries { person.put(order) }
        person.journeyDecisions = decisions
        return person
    }
    var journeys: Journeys { person.journeys(benches[0].flow) }

    /// Sees the shop as it is and plans one order.
    @discardableResult
    mutating func plan(_ index: Int) -> Plan {
        for index in benches.indices { benches[index].see(shops[index]) }
        let own = benches[index].record.key
        benches[index].otherOrders = summaries.filter { $0.key != own }
        benches[index].journeyDecisions = decisions
        let (person, flow) = (person, benches[index].flow)
        let journeys = person.journeys(flow)
        let role = journeys.role(of: own.description)
        let current = person.current(ofJourneyOf: own, journeys, flow)
        let showsAnother = role?.root == own.description && role?.replacedBy != nil
        benches[index].journeyCurrent =
            showsAnother && !isCurrentMissing
            ? benches.first { $0.record.key == current }?.record : nil
        benches[index].isJourneyCurrentMissing = showsAnother && isCurrentMissing
        return benches[index].plan()
    }

    /// Plans and tells every order until nothing is left to tell.
    mutating func catchUp() {
        for _ in 0..<3 {
            for index in benches.indices {
                plan(index)
                benches[index].tellAll()
            }
        }
    }

    func told(_ index: Int) -> [String] {
        benches[index].told.filter { !$0.contains(":purchase_item:") && !$0.contains(":item") }
    }
    var toldValue: Amount { benches.reduce(.zero) { $0 + $1.toldValue } }
}

extension OrderPlanShop {
    /// The order that takes the place of another one, made so many minutes after the first.
    static func replacement(
        _ id: String, name: String, minutes: Int64, lines: [(sku: String, price: String)] = [("TEE", "25.00")]
    ) -> OrderPlanShop {
        var shop = OrderPlanShop(id: id)
        shop.tick(minutes * 60)
        shop.order.createdAt = shop.order.updatedAt
        shop.order.processedAt = shop.order.updatedAt
        shop.order.name = name
        for line in lines { shop.add(line.sku, 1, at: line.price, isEdit: false) }
        shop.pay()
        return shop
    }
}
