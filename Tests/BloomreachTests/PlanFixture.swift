import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// One record of any kind and its ledger, planned and told as the engine does it, without an engine.
struct PlanFixture {
    var configuration = Sample.configuration
    var flow: Flow
    var stages = [StageChange(stage: .live, at: Instant(seconds: 1_789_000_000))]
    var now = Instant(seconds: 1_790_001_000)
    var record: EntityRecord
    var person: EntityRecord?
    /// Others that share a name with the record.
    var namesakes: [EntityRecord] = []

    init(_ kind: EntityKind, id: String, state: EntityState? = nil, reference: String = "GBP") {
        flow = Flow(
            name: "edits", blueprint: "order-editing-to-bloomreach", brand: "acme", source: "shop", destination: "crm",
            initialStage: .live, idPrefix: "shop", referenceCurrency: OrderPlanShop.currency(reference),
            sourceName: "acme.myshopify.com")
        record = EntityRecord(key: EntityKey(connection: "shop", kind: kind, id: id))
        record.truth.state = state
    }

    var ledger: Ledger {
        get { record[flow: flow.name] }
        set { record[flow: flow.name] = newValue }
    }

    /// A person whom Bloomreach has acknowledged under these ids, or has not yet.
    mutating func know(_ ids: String?) {
        var person = EntityRecord(key: EntityKey(connection: "acme", kind: .person, id: "p1"))
        var known = Person(brand: "acme")
        known.claim([PersonIdentifier.customerID("777", connection: "shop")].compactMap { $0 })
        person.truth.state = .person(known)
        if let ids { person[flow: flow.name].slots = [AcknowledgedValue("address", ids)] }
        self.person = person
    }

    /// What the destination plans for this kind of record; changes nothing.
    func planned() -> Plan {
        var context = PlanContext(flow: flow, stages: stages, now: now, person: person)
        context.namesakes = namesakes
        return BloomreachDestination(configuration: configuration).plan(record, in: context)
    }

    /// Plans, and replaces what was planned before.
    @discardableResult
    mutating func plan() -> Plan {
        let plan = planned()
        let replaced = Set(plan.deliveries.map(\.key))
        var ledger = ledger
        ledger.deliveries.removeAll { delivery in
            if case .parked = delivery.phase {
                return replaced.contains(delivery.key) || plan.superseded.contains(delivery.key)
            }
            return delivery.phase == .planned
        }
        for delivery in plan.deliveries {
            #expect(
                !ledger.deliveries.contains { $0.key == delivery.key }, "\(delivery.key) is planned while it is open")
            ledger.deliveries.append(delivery)
        }
        ledger.waiting = plan.waiting
        ledger.forget(plan.forgotten)
        self.ledger = ledger
        return plan
    }

    mutating func attemptAll() {
        var ledger = ledger
        for index in ledger.deliveries.indices where ledger.deliveries[index].phase == .planned {
            ledger.deliveries[index].phase = .attempted
        }
        self.ledger = ledger
    }

    mutating func refuseAll() {
        var ledger = ledger
        for index in ledger.deliveries.indices { ledger.deliveries[index].phase = .parked(.refused) }
        self.ledger = ledger
    }

    /// A steward gives up whatever is parked.
    mutating func giveUpAll() {
        var ledger = ledger
        for delivery in ledger.deliveries {
            if case .parked = delivery.phase { ledger.giveUp(delivery, at: now) }
        }
        self.ledger = ledger
    }

    /// Everything planned or attempted is acknowledged.
    mutating func acknowledgeAll() {
        var ledger = ledger
        for delivery in ledger.deliveries {
            if case .parked = delivery.phase { continue }
            ledger.apply(delivery.slots)
            guard delivery.kind == .history else { continue }
            #expect(!ledger.told.contains { $0.key == delivery.key }, "\(delivery.key) is told a second time")
            ledger.told.append(
                Told(key: delivery.key, occurredAt: delivery.occurredAt, toldAt: now, contribution: .zero))
        }
        ledger.deliveries.removeAll { if case .parked = $0.phase { false } else { true } }
        self.ledger = ledger
    }

    /// Plans and tells.
    @discardableResult
    mutating func tell() -> Plan {
        let plan = plan()
        acknowledgeAll()
        return plan
    }
}

/// What a delivery says against what is declared.
enum DeclarationCheck {
    static func problems(_ delivery: Delivery) throws -> [String] {
        let body = try delivery.json()
        let properties = try #require(try delivery.properties().object)
        if let catalog = BloomreachCatalog.allCases.first(where: { delivery.channel.hasPrefix($0.channel) }) {
            return row(properties, catalog.fields)
        }
        guard let declaration = EventAttributes.declaration(of: delivery.eventType) else {
            return ["\(delivery.eventType) is not declared"]
        }
        var problems = properties.keys.filter { declaration.attribute($0) == nil }.map { "\($0) is not declared" }
        if properties["event_key"]?.string != delivery.key { problems.append("event_key is not the key") }
        if body["event_type"]?.string != delivery.eventType { problems.append("another event_type") }
        for attribute in declaration.attributes {
            guard let value = properties[attribute.name] else {
                if attribute.presence == .always { problems.append("\(attribute.name) is missing") }
                continue
            }
            switch (attribute.type, value) {
            case (.string, .string), (.number, .number), (.boolean, .bool): continue
            case (.list, .array(let elements)):
                let names = elements.flatMap { $0.object?.keys ?? [] }
                problems += names.filter { !attribute.members.contains($0) }.map { "\(attribute.name): \($0)" }
            default: problems.append("\(attribute.name) is no \(attribute.type.rawValue)")
            }
        }
        return problems
    }

    private static func row(_ properties: JSONObject, _ fields: [CatalogField]) -> [String] {
        properties.members.compactMap { member in
            guard let field = fields.first(where: { $0.name == member.key }) else {
                return "\(member.key) is not declared"
            }
            switch (field.type, member.value) {
            case (.string, .string(let text)): return text.utf8.count > 255 ? "\(member.key) is too long" : nil
            case (.longText, .string), (.number, .number), (.boolean, .bool), (.list, .array): return nil
            default: return "\(member.key) is no \(field.type.rawValue)"
            }
        }
    }
}
