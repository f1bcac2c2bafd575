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
        var bench = life.bench
        var frozen: [String: [UInt8]] = [:]
        for _ in 0..<12 {
            bench.plan()
            tellSome(&bench, &luck, mayRefuse: seed % 2 == 0)
            for delivery in bench.ledger.deliveries where delivery.mayBeTold {
                #expect(
                    frozen[delivery.key, default: delivery.body] == delivery.body,
                    "seed \(seed): \(delivery.key) thawed")
                frozen[delivery.key] = delivery.body
            }
            life.step()
            bench.see(life.shop)
        }
        life.answerAll()
        bench.see(life.shop)
        finish(&bench, &life)
        let shop = life.shop
        let counts = shop.order.cancelledAt == nil && bench.told.contains("shop-1001:purchase")
        let expected = counts ? shop.worth * (life.isForeign ? 2 : 1) : .zero
        #expect(bench.toldValue == expected, "seed \(seed): told \(bench.toldValue), worth \(expected): \(bench.told)")
        #expect(Set(bench.told).count == bench.told.count, "seed \(seed)")
        // An item that was refused alone and then given up is not told again.
        if seed % 2 == 1 { try expectUnits(of: shop, in: bench, seed) }
        let numbers = try bench.told.filter {
            $0.hasPrefix("shop-1001:revision:") && $0.split(separator: ":").count == 3
        }
        .map { try #require(Int($0.split(separator: ":")[2])) }
        #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "seed \(seed): \(numbers)")
    }

    /// Each unit that is gone was told once: as removed, as returned, or with a cancellation.
    private func expectUnits(of shop: OrderPlanShop, in bench: OrderPlanBench, _ seed: UInt64) throws {
        guard shop.order.cancelledAt == nil, bench.told.contains("shop-1001:purchase") else { return }
        let told = try ToldItems(bench.events)
        for line in shop.order.lines {
            #expect(
                told.units[line.id, default: 0] == line.currentQuantity,
                "seed \(seed): units of \(line.id): \(bench.told)")
        }
    }

    @Test("E6 a refund record alone never makes a revision, whatever is in it", arguments: UInt64(1)...300)
    func refundsAlone(seed: UInt64) throws {
        var life = OrderPlanLife(seed: seed)
        var bench = life.bench
        bench.catchUp(life.shop)
        for _ in 0..<10 {
            life.refund()
            let plan = bench.catchUp(life.shop)
            #expect(!plan.historyTypes.contains("purchase_update"), "seed \(seed): \(plan.historyTypes)")
            life.step()
            bench.catchUp(life.shop)
        }
    }

    @Test("A5 E4 whatever a steward gives up, and when, each key is told once and nothing is left waiting")
    func givenUp() throws {
        for seed in UInt64(1)...200 {
            var life = OrderPlanLife(seed: seed)
            var luck = SeededGenerator(seed: seed &+ 5_000)
            var bench = life.bench
            for _ in 0..<12 {
                bench.plan()
                tellSome(&bench, &luck, mayRefuse: true)
                for delivery in bench.parked where luck.next() % 3 == 0 { bench.skip(delivery.key) }
                life.step()
                bench.see(life.shop)
            }
            for _ in 0..<4 {
                bench.plan()
                bench.tellAll()
                for delivery in bench.parked { bench.skip(delivery.key) }
            }
            #expect(Set(bench.told).count == bench.told.count, "seed \(seed): \(bench.told)")
            #expect(bench.ledger.deliveries == [], "seed \(seed)")
        }
    }

    /// Any runnable delivery may be attempted, told, refused or left alone; any attempted one may be told.
    private func tellSome(_ bench: inout OrderPlanBench, _ luck: inout SeededGenerator, mayRefuse: Bool) {
        for _ in 0..<Int(luck.next() % 6) {
            guard let key = bench.runnable.first else { break }
            bench.attempt(key)
            switch luck.next() % 10 {
            case 0..<6: bench.acknowledge(key)
            case 6 where mayRefuse:
                bench.refuse(key)
                bench.plan()
            default: break
            }
        }
        for delivery in bench.ledger.deliveries where delivery.mayBeTold && luck.next() % 2 == 0 {
            bench.acknowledge(delivery.key)
        }
    }

    /// Everything is told; what was refused is given up, so that it is planned anew.
    private func finish(_ bench: inout OrderPlanBench, _ life: inout OrderPlanLife) {
        for _ in 0..<4 {
            for delivery in bench.parked { bench.forget(delivery.key) }
            bench.plan()
            bench.tellAll()
        }
        #expect(bench.ledger.deliveries == [], "something is left: \(bench.ledger.deliveries.map(\.key))")
    }
}
