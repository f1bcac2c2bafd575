import Bloomreach
import Commerce
import Sync
import Testing

/// Random truths, planned after each, with random luck on the way to the destination.
@Suite("Order plan: any life of an order")
struct OrderPlanPropertyTests {
    @Test(
        "E5 E6 the sum of what was told is the order's worth, each key once, revisions without repetition",
        arguments: UInt64(1)...400)
    func algebra(seed: UInt64) throws {
        var life = OrderPlanLife(seed: seed)
        var luck = SeededGenerator(seed: seed &+ 9_000)
        var fixture = life.fixture
        var frozen: [String: [UInt8]] = [:]
        for _ in 0..<12 {
            fixture.plan()
            tellSome(&fixture, &luck, mayRefuse: seed % 2 == 0)
            for delivery in fixture.ledger.deliveries where delivery.mayBeTold {
                #expect(
                    frozen[delivery.key, default: delivery.body] == delivery.body,
                    "seed \(seed): \(delivery.key) thawed")
                frozen[delivery.key] = delivery.body
            }
            life.step()
            fixture.see(life.shop)
        }
        life.answerAll()
        fixture.see(life.shop)
        finish(&fixture, &life)
        let shop = life.shop
        let counts = shop.order.cancelledAt == nil && fixture.told.contains("shop-1001:purchase")
        let expected = counts ? shop.worth * (life.isForeign ? 2 : 1) : .zero
        #expect(
            fixture.toldValue == expected, "seed \(seed): told \(fixture.toldValue), worth \(expected): \(fixture.told)"
        )
        #expect(Set(fixture.told).count == fixture.told.count, "seed \(seed)")
        // An item that was refused alone and then given up is not told again.
        if seed % 2 == 1 { try expectUnits(of: shop, in: fixture, seed) }
        let numbers = try fixture.told.filter {
            $0.hasPrefix("shop-1001:revision:") && $0.split(separator: ":").count == 3
        }
        .map { try #require(Int($0.split(separator: ":")[2])) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "seed \(seed): \(numbers)")
    }

    /// Each unit that is gone was told once: as removed, as returned, or with a cancellation.
    private func expectUnits(of shop: OrderPlanShop, in fixture: OrderPlanFixture, _ seed: UInt64) throws {
        guard shop.order.cancelledAt == nil, fixture.told.contains("shop-1001:purchase") else { return }
        let told = try ToldItems(fixture.events)
        for line in shop.order.lines {
            #expect(
                told.units[line.id, default: 0] == line.currentQuantity,
                "seed \(seed): units of \(line.id): \(fixture.told)")
        }
    }

    @Test("E6 a refund record alone never makes a revision, whatever is in it", arguments: UInt64(1)...300)
    func refundsAlone(seed: UInt64) throws {
        var life = OrderPlanLife(seed: seed)
        var fixture = life.fixture
        fixture.catchUp(life.shop)
        for _ in 0..<10 {
            life.refund()
            let plan = fixture.catchUp(life.shop)
            #expect(!plan.historyTypes.contains("purchase_update"), "seed \(seed): \(plan.historyTypes)")
            life.step()
            fixture.catchUp(life.shop)
        }
    }

    @Test("A5 E4 whatever a steward gives up, and when, each key is told once and nothing is left waiting")
    func givenUp() throws {
        for seed in UInt64(1)...200 {
            var life = OrderPlanLife(seed: seed)
            var luck = SeededGenerator(seed: seed &+ 5_000)
            var fixture = life.fixture
            for _ in 0..<12 {
                fixture.plan()
                tellSome(&fixture, &luck, mayRefuse: true)
                for delivery in fixture.parked where luck.next() % 3 == 0 { fixture.skip(delivery.key) }
                life.step()
                fixture.see(life.shop)
            }
            for _ in 0..<4 {
                fixture.plan()
                fixture.tellAll()
                for delivery in fixture.parked { fixture.skip(delivery.key) }
            }
            #expect(Set(fixture.told).count == fixture.told.count, "seed \(seed): \(fixture.told)")
            #expect(fixture.ledger.deliveries == [], "seed \(seed)")
        }
    }

    /// Any runnable delivery may be attempted, told, refused or left alone; any attempted one may be told.
    private func tellSome(_ fixture: inout OrderPlanFixture, _ luck: inout SeededGenerator, mayRefuse: Bool) {
        for _ in 0..<Int(luck.next() % 6) {
            guard let key = fixture.runnable.first else { break }
            fixture.attempt(key)
            switch luck.next() % 10 {
            case 0..<6: fixture.acknowledge(key)
            case 6 where mayRefuse:
                fixture.refuse(key)
                fixture.plan()
            default: break
            }
        }
        for delivery in fixture.ledger.deliveries where delivery.mayBeTold && luck.next() % 2 == 0 {
            fixture.acknowledge(delivery.key)
        }
    }

    /// Everything is told; what was refused is given up, so that it is planned anew.
    private func finish(_ fixture: inout OrderPlanFixture, _ life: inout OrderPlanLife) {
        for _ in 0..<4 {
            for delivery in fixture.parked { fixture.forget(delivery.key) }
            fixture.plan()
            fixture.tellAll()
        }
        #expect(fixture.ledger.deliveries == [], "something is left: \(fixture.ledger.deliveries.map(\.key))")
    }
}
