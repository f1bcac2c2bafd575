import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// One order's record and its ledger, planned and told as the engine does it, without an engine.
struct OrderPlanFixture {
    var flow: Flow
    var stages: [StageChange]
    var now = Instant(seconds: 1_790_001_000)
    var record: EntityRecord
    var destination = OrderPlan(configuration: Sample.configuration)
    /// Bloomreach has acknowledged who the buyer is.
    var isPersonTold = true
    /// Of the same buyer.
    var otherOrders: [OrderSummary] = []
    var journeyDecisions: [JourneyDecision] = []
    /// Of a journey's first order: the one that stands for it now, and whether that one is not at hand.
    var journeyCurrent: EntityRecord?
    var isJourneyCurrentMissing = false
    /// Which orders counted as purchases before the flow's policies of now; `nil`: always those.
    var purchaseRules: PurchaseRulesHistory?
    /// Events as they were told, in the order in which they were acknowledged.
    private(set) var events: [Delivery] = []

    /// The baseline lies a day before the order.
    init(
        _ shop: OrderPlanShop, reference: String = "GBP", purchaseWhen: Policies.PurchaseGate = .paid,
        change: (inout Policies) -> Void = { _ in }
    ) {
        var policies = Policies()
        policies.purchaseWhen = purchaseWhen
        change(&policies)
        flow = Flow(
            name: "edits", blueprint: "order-editing-to-bloomreach", brand: "acme", source: "shop", destination: "crm",
            initialStage: .live, policies: policies, idPrefix: "shop",
            referenceCurrency: OrderPlanShop.currency(reference), sourceName: "acme.myshopify.com")
        stages = [StageChange(stage: .live, at: OrderPlanShop.placedAt - .days(1))]
        record = EntityRecord(key: EntityKey(connection: "shop", kind: .order, id: shop.order.id))
        record.truth.wasRead = true
        see(shop)
    }

    var ledger: Ledger {
        get { record[flow: flow.name] }
        set { record[flow: flow.name] = newValue }
    }
    var told: [String] { ledger.told.map(\.key) }
    /// What Bloomreach's sums say.
    var toldValue: Amount { ledger.told.reduce(.zero) { $0 + $1.contribution } }
    var parked: [Delivery] { ledger.deliveries.filter { if case .parked = $0.phase { true } else { false } } }

    /// The shop's order becomes truth. Being paid is an act, as the reducer keeps it.
    mutating func see(_ shop: OrderPlanShop) {
        record.truth.state = .order(shop.order)
        record.truth.version = Version(sourceTime: shop.order.updatedAt)
        if shop.order.hasBeenPaid, record.truth.act(.paid) == nil {
            record.truth.acts.append(Act(id: "paid/\(shop.order.id)", kind: .paid, at: shop.order.processedAt))
        }
    }

    /// What the plan says now; changes nothing.
    func planned() -> Plan {
        var context = PlanContext(
            flow: flow, stages: stages, now: now, person: person, purchaseRules: purchaseRules)
        context.journeyCurrent = journeyCurrent
        context.isJourneyCurrentMissing = isJourneyCurrentMissing
        return destination.plan(record, in: context)
    }

    /// The buyer as the engine holds them, acknowledged by Bloomreach unless the test says otherwise.
    var person: EntityRecord? {
        guard let buyer = record.truth.order?.buyer, let summary = OrderSummary(of: record, rules: JourneyRules())
        else { return nil }
        let identifiers = buyer.identifiers(connection: "shop")
        guard !identifiers.isEmpty else { return nil }
        var person = Person(brand: "acme")
        person.claim(identifiers)
        person.put(summary)
        for other in otherOrders { person.put(other) }
        person.journeyDecisions = journeyDecisions
        var held = EntityRecord(key: EntityKey(connection: "acme", kind: .person, id: "shop-order-1"))
        held.truth.state = .person(person)
        guard isPersonTold else { return held }
        let plan = PersonPlan(configuration: Sample.configuration).plan(
            held, in: PlanContext(flow: flow, stages: stages, now: now))
        held[flow: flow.name].apply(plan.deliveries.first?.slots ?? [])
        return held
    }

    /// Plans and replaces what was planned before; what was attempted stays (docs/architecture.md, law 3).
    @discardableResult
    mutating func plan() -> Plan {
        let plan = planned()
        var ledger = ledger
        let contradiction = Planner(now: now).merge(plan, into: &ledger)
        #expect(contradiction == nil)
        self.ledger = ledger
        return plan
    }

    // MARK: What becomes of deliveries

    /// Keys of what could leave now, in order.
    var runnable: [String] { ledger.runnable.filter { $0.phase == .planned }.map(\.key) }

    mutating func attempt(_ key: String) {
        guard let index = ledger.deliveries.firstIndex(where: { $0.key == key }) else {
            Issue.record("\(key) is not there to be attempted: \(ledger.deliveries.map(\.key))")
            return
        }
        ledger.deliveries[index].phase = .attempted
        ledger.deliveries[index].attempts += 1
    }

    /// Acknowledges what was attempted: as the engine does, keys and slots move to what is told.
    mutating func acknowledge(_ key: String) {
        guard let index = ledger.deliveries.firstIndex(where: { $0.key == key }) else {
            Issue.record("\(key) is not there to be acknowledged: \(ledger.deliveries.map(\.key))")
            return
        }
        let delivery = ledger.deliveries.remove(at: index)
        for slot in delivery.slots {
            ledger.slots.removeAll { $0.name == slot.name }
            ledger.slots.append(slot)
        }
        ledger.slots.sort { $0.name < $1.name }
        guard delivery.kind == .history else { return }
        events.append(delivery)
        #expect(!told.contains(key), "\(key) is told a second time")
        ledger.told.append(
            Told(key: key, occurredAt: delivery.occurredAt, toldAt: now, contribution: delivery.contribution))
    }

    mutating func refuse(_ key: String) {
        guard let index = ledger.deliveries.firstIndex(where: { $0.key == key }) else {
            Issue.record("\(key) is not there to be refused: \(ledger.deliveries.map(\.key))")
            return
        }
        ledger.deliveries[index].phase = .parked(.refused)
    }

    /// What refused it does so no longer, and it is planned anew.
    mutating func forget(_ key: String) { ledger.deliveries.removeAll { $0.key == key || $0.leader == key } }

    /// A person gives a parked delivery up.
    mutating func skip(_ key: String) {
        guard let delivery = ledger.deliveries.first(where: { $0.key == key }) else { return }
        ledger.giveUp(delivery, at: now)
    }

    /// Tells everything that can be told; each key once.
    mutating func tellAll() {
        while let key = runnable.first {
            attempt(key)
            acknowledge(key)
        }
        for delivery in ledger.deliveries where delivery.mayBeTold { acknowledge(delivery.key) }
        if !runnable.isEmpty { tellAll() }
    }

    /// Sees the shop as it is, plans, tells.
    @discardableResult
    mutating func catchUp(_ shop: OrderPlanShop) -> Plan {
        see(shop)
        let plan = plan()
        tellAll()
        return plan
    }
}

/// What Bloomreach's item events of one order come to, by line.
struct ToldItems {
    /// Units that the buyer keeps.
    private(set) var units: [String: Int] = [:]
    /// What these are worth, in the reference currency.
    private(set) var worth: [String: Amount] = [:]

    /// A cancellation takes back whatever was told before it.
    init(_ events: [Delivery]) throws {
        for event in events {
            let sign: Int
            switch event.eventType {
            case "purchase_item": sign = 1
            case "purchase_item_removed", "return_item": sign = -1
            case "purchase_cancellation":
                units = [:]
                worth = [:]
                continue
            default: continue
            }
            let line = try #require(try event.properties()["line_id"]?.string)
            let quantity = try #require(try event.properties()["quantity"]?.int64)
            units[line, default: 0] += sign * Int(quantity)
            worth[line, default: .zero] = worth[line, default: .zero] + (try event.amount("total_price")) * sign
        }
    }
}

extension Plan {
    func delivery(_ key: String) throws -> Delivery {
        try #require(deliveries.first { $0.key == key }, "\(key) is not planned: \(deliveries.map(\.key))")
    }
    /// The first planned event of this type.
    func event(_ type: String) throws -> Delivery {
        try #require(deliveries.first { $0.eventType == type }, "no \(type) is planned: \(deliveries.map(\.key))")
    }
    func reason(_ eventType: String) -> Reason? { decisions.first { $0.eventType == eventType }?.reason }
    var historyTypes: [String] { deliveries.filter { $0.kind == .history }.map(\.eventType) }
}

extension Delivery {
    func json() throws -> JSON { try JSON.parse(body) }
    func properties() throws -> JSON { try #require(try json()["properties"]) }
    func amount(_ property: String) throws -> Amount {
        let text = try properties()[property]?.decimalText
        return try #require(text.flatMap { Amount($0) }, "\(key) has no \(property)")
    }
}
