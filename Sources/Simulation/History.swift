import Commerce
import JSON
import Sync

/// Random but plausible actions of shoppers and staff, made from a seed: place, pay, edit, swap, burst, fulfil, refund
/// with and without money, settle, cancel, cancel and recreate, order again; guests, accounts, moves, merges, consent;
/// and noise.
///
/// Actions are the shop's (``ShopifyTwin``) with a few words of our own that ``World`` takes out: `shopper` says who is
/// behind an order, `of` that the original is meant though it was replaced, `again_as` whose order this one repeats.
struct History {
    /// One action for the shop, at a time.
    struct ShopAction {
        var at: Instant
        var body: JSON
    }

    private static let skus = [
        "TEE-RED-S", "TEE-RED-M", "TEE-BLUE-M", "HOODIE-GREY-L", "MUG-WHITE", "CAP-BLACK", "SOCKS-3PK", "POSTER-A2",
        "BAG-CANVAS",
    ]
    /// Names of ours; the shop counts its own from #1001.
    private static let firstName = 5_001
    private static let nameStepOfRepeats = 500
    private static let heavyBuyer = 0
    private static let heavyBuyerNumber = 20_000
    /// Longest age of an order from before the connector began.
    private static let earlierMost = TimeSpan.days(60)

    var random: SeededRandom
    let ways: ShopWays
    private var shoppers: Shoppers
    private let orders: Int
    private let heavyBuyerOrders: Int

    init(seed: UInt64, orders: Int, ways: ShopWays, heavyBuyerOrders: Int = 0) {
        random = SeededRandom(seed: seed)
        self.ways = ways
        self.orders = orders
        self.heavyBuyerOrders = heavyBuyerOrders
        shoppers = Shoppers(count: max(2, orders * 2 / 3), random: &random)
        if heavyBuyerOrders > 0 { shoppers.openAccount(of: Self.heavyBuyer) }
    }

    /// A visit that ends with an order.
    private struct Visit {
        var at: Instant
        var shopper: Int
        var number: Int
    }

    /// Orders from before the connector began: paid, and nobody told us.
    mutating func earlier(before start: Instant) -> [ShopAction] {
        let people = shoppers.people.indices.filter(shoppers.isListable)
        guard !people.isEmpty else { return [] }
        let visits = (0..<(orders / 3)).map { index in
            // Some so young that the first poll lists them.
            let age: TimeSpan = random.below(3) == 0 ? .seconds(1 + random.below(400)) : TimeSpan(microseconds: age())
            let shopper = people[Int(random.below(Int64(people.count)))]
            return Visit(at: start - age, shopper: shopper, number: orders + index)
        }
        return sorted(
            visits.sorted { ($0.at, $0.number) < ($1.at, $1.number) }.map { visit in
                ShopAction(at: visit.at, body: place(visit, isPaid: true, isEarlier: true))
            })
    }

    /// The orders of one buyer from before the connector began.
    mutating func heavyBuyer(before start: Instant) -> [ShopAction] {
        let ages = (0..<heavyBuyerOrders).map { _ in age() }.sorted(by: >)
        return ages.enumerated().map { index, age in
            let visit = Visit(
                at: start - TimeSpan(microseconds: age), shopper: Self.heavyBuyer, number: Self.heavyBuyerNumber + index
            )
            return ShopAction(at: visit.at, body: place(visit, isPaid: true, isEarlier: true))
        }
    }

    private mutating func age() -> Int64 { 1 + random.below(Self.earlierMost.microseconds) }

    private mutating func anybody() -> Int {
        Int(random.below(Int64(shoppers.people.count - Shoppers.namelessCount)))
    }

    /// Actions in the order of their times.
    mutating func actions(from start: Instant, over day: TimeSpan) -> [ShopAction] {
        // Two thirds of the day for placing leaves the rest for what happens to the order.
        let placing = day.microseconds * 2 / 3
        var visits = (0..<orders).map { index in
            Visit(at: start + TimeSpan(microseconds: random.below(placing)), shopper: anybody(), number: index)
        }
        for index in 0..<Shoppers.namelessCount where random.below(2) == 0 {
            visits.append(
                Visit(
                    at: start + TimeSpan(microseconds: random.below(placing)),
                    shopper: shoppers.people.count - 1 - index, number: orders * 2 + index))
        }
        if heavyBuyerOrders > 0 {
            visits.append(
                Visit(
                    at: start + TimeSpan(microseconds: random.below(placing)), shopper: Self.heavyBuyer,
                    number: Self.heavyBuyerNumber + heavyBuyerOrders))
        }
        var actions: [ShopAction] = []
        for visit in visits.sorted(by: { ($0.at, $0.number) < ($1.at, $1.number) }) {
            actions += account(of: visit)
            actions += story(of: visit, until: start + day)
            actions += consents(of: visit.shopper, after: visit.at)
        }
        return sorted(actions)
    }

    private func sorted(_ actions: [ShopAction]) -> [ShopAction] {
        actions.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
    }

    // MARK: People

    /// What happened to somebody's account since the last visit.
    private mutating func account(of visit: Visit) -> [ShopAction] {
        var actions: [ShopAction] = []
        if random.below(2) == 0, let moved = shoppers.move(visit.shopper) {
            actions.append(ShopAction(at: visit.at, body: moved))
        }
        if random.below(8) == 0, let merged = shoppers.merge(visit.shopper, random: &random) {
            actions.append(ShopAction(at: visit.at, body: merged))
        }
        return actions
    }

    /// Wishes of somebody with an account, some of them told later than they were decided.
    private mutating func consents(of shopper: Int, after placed: Instant) -> [ShopAction] {
        let account = shoppers.account(of: shopper)
        guard account.isMade, random.below(2) == 0 else { return [] }
        var time = placed
        return (0..<(1 + random.below(3))).map { _ in
            time = time + .seconds(2 + random.below(200))
            let isSMS = account.phone != nil && random.below(3) == 0
            var body: JSONObject = [
                "do": "set_consent", "customer": .string(account.email), "channel": isSMS ? "sms" : "email",
                "state": random.below(2) == 0 ? "subscribed" : "unsubscribed",
            ]
            if random.below(4) == 0 {
                let decided = Instant(seconds: time.wholeSeconds - random.below(30))
                body["at"] = .string(decided.description)
            }
            return ShopAction(at: time, body: .object(body))
        }
    }

    // MARK: Orders

    private func name(_ number: Int) -> String { "#\(Self.firstName + number)" }

    private mutating func story(of visit: Visit, until end: Instant) -> [ShopAction] {
        var actions: [ShopAction] = []
        let name = name(visit.number)
        let isPaid = random.below(4) > 0
        actions.append(ShopAction(at: visit.at, body: place(visit, isPaid: isPaid)))
        if !isPaid, random.below(3) == 0 { actions += deposit(.string(name), at: visit.at) }
        var time = visit.at
        func later(_ span: TimeSpan) -> Instant { min(time + span, end) }
        if !isPaid, random.below(5) > 0 {
            time = later(.seconds(20 + random.below(300)))
            actions.append(ShopAction(at: time, body: ["do": "pay", "order": .string(name)]))
        }
        for _ in 0..<(1 + random.below(6)) {
            // Sometimes the next action falls into the same second, as a burst of edits does.
            time = later(random.below(3) == 0 ? .milliseconds(random.below(900)) : .seconds(5 + random.below(400)))
            actions +=
                random.below(3) == 0
                ? refundStep(.string(name), at: time) : step(name, number: visit.number, at: time)
            actions += namingStep(.string(name), at: time)
        }
        return actions
    }

    private mutating func place(_ visit: Visit, isPaid: Bool, isEarlier: Bool = false) -> JSON {
        var body: JSONObject = [
            "do": "place_order", "name": .string(name(visit.number)), "lines": .array(lines()), "paid": .bool(isPaid),
            "shopper": JSON(visit.shopper),
        ]
        for member in shoppers.buyer(visit.shopper, isEarlier: isEarlier, random: &random).members {
            body[member.key] = member.value
        }
        if random.below(2) == 0 { body["shipping"] = "4.95" }
        addCharges(to: &body)
        return .object(body)
    }

    private mutating func lines() -> [JSON] {
        let first = Int(random.below(Int64(Self.skus.count)))
        return (0..<(1 + Int(random.below(3)))).map { offset in
            let sku = Self.skus[(first + offset * 2) % Self.skus.count]
            return ["sku": .string(sku), "quantity": JSON(1 + random.below(3))]
        }
    }

    mutating func sku() -> JSON { .string(Self.skus[Int(random.below(Int64(Self.skus.count)))]) }

    /// Somebody cancels, and soon orders anew, often much the same: two orders that are no journey.
    mutating func cancelAndOrderAgain(_ name: String, number: Int, at time: Instant) -> [ShopAction] {
        let again: JSON = [
            "do": "place_order", "name": .string(self.name(number + Self.nameStepOfRepeats)),
            "lines": .array(lines()), "again_as": .string(name),
        ]
        return [
            ShopAction(at: time, body: ["do": "cancel", "order": .string(name), "refund": true]),
            ShopAction(at: time + .seconds(1 + random.below(90)), body: again),
        ]
    }
}
