import Bloomreach
import Commerce
import JSON
import Testing

@testable import Sync

/// Who a person is to Bloomreach, what else they are called, and what they are like now.
@Suite("Person plan")
struct PersonPlanTests {
    private static let identity: [BloomreachConfiguration.IdentifierType] = [
        .init(name: "shopify_id", source: .customerID(connection: "shop")),
        .init(name: "till_id", source: .customerID(connection: "till")),
        .init(name: "email_id", source: .email), .init(name: "phone_id", source: .phone),
        .init(name: "cookie", source: .cookie, kind: .soft),
    ]

    private func fixture(
        _ identifiers: [PersonIdentifier?], orders: [OrderSummary] = [], reference: String = "GBP",
        change: (inout Person) -> Void = { _ in }
    ) -> PlanFixture {
        var person = Person(brand: "acme")
        var history = BuyerHistory(connection: "shop", notBefore: OrderPlanShop.placedAt)
        history.isListed = true
        person.put(history)
        person.claim(identifiers.compactMap { $0 })
        for order in orders { person.put(order) }
        change(&person)
        var fixture = PlanFixture(.person, id: "p1", state: .person(person), reference: reference)
        fixture.record.key = EntityKey(connection: "acme", kind: .person, id: "p1")
        fixture.configuration.identity = Self.identity
        return fixture
    }

    private func number(_ value: String, at connection: String = "shop") -> PersonIdentifier? {
        .customerID(value, connection: connection)
    }
    private func email(_ name: String) -> PersonIdentifier? { .email("\(name)@example.test") }
    private let phone = PersonIdentifier.phone("+44 20 7946 0000")

    private func summary(_ shop: OrderPlanShop, change: (inout OrderSummary) -> Void = { _ in }) throws -> OrderSummary
    {
        var summary = try #require(OrderSummary(of: OrderPlanFixture(shop).record, rules: JourneyRules()))
        change(&summary)
        return summary
    }

    private func change(_ fixture: inout PlanFixture, _ change: (inout Person) -> Void) throws {
        var person = try #require(fixture.record.truth.person)
        change(&person)
        fixture.record.truth.state = .person(person)
    }

    private func ids(_ delivery: Delivery) throws -> JSON { try #require(try delivery.json()["customer_ids"]) }

    // MARK: Address

    @Test(
        "B1 the first telling is under the highest-ranked hard id alone; each further id goes in a command of its own")
    func address() throws {
        var fixture = fixture([phone, email("ada"), number("7")])
        let plan = fixture.plan()
        let customer = try plan.event("customer")
        #expect(try ids(customer) == ["shopify_id": "7"])
        #expect(customer.slots.contains(AcknowledgedValue(Ledger.addressSlot, #"{"shopify_id":"7"}"#)))
        let links = plan.deliveries.filter { $0.eventType == "customer_link" }
        #expect(
            try links.map(ids) == [
                ["shopify_id": "7", "email_id": "ada@example.test"], ["shopify_id": "7", "phone_id": "+442079460000"],
            ])
        for link in links {
            #expect(link.after == [customer.key], "not before the person is known")
            #expect(try link.properties() == [:])
        }
        fixture.acknowledgeAll()
        #expect(fixture.plan().deliveries == [])
    }

    @Test("B1 the address is kept for ever: a number that comes later is linked, and used for nothing else")
    func addressIsKept() throws {
        var fixture = fixture([email("ada")])
        #expect(try ids(try fixture.tell().event("customer")) == ["email_id": "ada@example.test"])
        try change(&fixture) { $0.claim([number("7")].compactMap { $0 }) }
        let plan = fixture.tell()
        #expect(plan.historyTypes == ["customer_link"])
        #expect(
            try ids(try plan.event("customer_link")) == ["email_id": "ada@example.test", "shopify_id": "7"])
        try change(&fixture) { $0.claim([.email("ada.new@example.test")].compactMap { $0 }) }
        let customer = CustomerSummary(ofCustomer: "7", email: "ada.new@example.test")
        try change(&fixture) { $0.put(customer) }
        #expect(try ids(try fixture.tell().event("customer")) == ["email_id": "ada@example.test"])
        #expect(fixture.ledger.toldSlot(Ledger.addressSlot) == #"{"email_id":"ada@example.test"}"#)
    }

    @Test("B1 a number that the shop gave up in a merge is no address while another is in use")
    func retiredNumber() throws {
        var fixture = fixture([number("7"), number("8")]) { $0.retire([number("7")].compactMap { $0 }) }
        #expect(try ids(try fixture.plan().event("customer")) == ["shopify_id": "8"])
        try change(&fixture) { $0.retire([number("8")].compactMap { $0 }) }
        #expect(try ids(try fixture.plan().event("customer")) == ["shopify_id": "7"])
    }

    @Test("B1 a soft id alone, or an id that the project does not know, is nobody")
    func nobody() throws {
        for identifiers in [[PersonIdentifier.cookie("c1")], [number("7", at: "elsewhere")], []] {
            var fixture = fixture(identifiers)
            let plan = fixture.plan()
            #expect(plan.deliveries == [])
            #expect(plan.reason("customer") == .noIdentity)
        }
    }

    @Test(
        "B1 a value that Bloomreach would not take is no id: the next one is the address",
        arguments: ["null", "undefined", "--", String(repeating: "7", count: 257)])
    func invalid(_ value: String) throws {
        var fixture = fixture([number(value), email("ada")])
        #expect(try ids(try fixture.plan().event("customer")) == ["email_id": "ada@example.test"])
    }

    @Test("B2 a contact that nobody can have is no id and no property, also where it was stored before")
    func placeholders() throws {
        var junk = try #require(phone)
        junk.value = "0000000000"
        var noEmail = try #require(email("ada"))
        noEmail.value = "noemail@acme.com"
        #expect(fixture([junk, noEmail]).planned().reason("customer") == .noIdentity)
        let plan = fixture([number("7"), noEmail, junk]) {
            var real = CustomerSummary(ofCustomer: "6", email: "ada@example.test")
            real.phone = "+44 20 7946 0000"
            var newer = CustomerSummary(ofCustomer: "7", email: "No-Email@acme.com")
            newer.phone = "000 000 0000"
            newer.updatedAt = newer.updatedAt + .seconds(1)
            $0.put(real)
            $0.put(newer)
        }.planned()
        let customer = try plan.event("customer")
        #expect(try ids(customer) == ["shopify_id": "7"])
        #expect(try customer.properties()["email"] == "ada@example.test", "the newest that somebody can have")
        #expect(try customer.properties()["phone"] == "+442079460000")
        #expect(plan.deliveries.allSatisfy { $0.eventType != "customer_link" })
    }

    @Test("B4 a contact that too many buyers use is no id and no property; an address that was told stays")
    func sharedContact() throws {
        let shared = try #require(email("till"))
        func crowd(_ person: inout Person) {
            for name in ["Ada", "Bob", "Cy", "Dee", "Eve", "Flo"] {
                if let buyer = ContactUse.Buyer(name: name) { person.note(buyer, using: shared) }
            }
        }
        #expect(fixture([shared], change: crowd).planned().reason("customer") == .noIdentity)
        let plan = fixture([number("7"), shared, phone]) {
            crowd(&$0)
            $0.put(CustomerSummary(ofCustomer: "7", email: shared.value))
        }.planned()
        #expect(try ids(plan.event("customer")) == ["shopify_id": "7"])
        #expect(try plan.event("customer").properties()["email"] == nil)
        let links = plan.deliveries.filter { $0.eventType == "customer_link" }
        #expect(try links.map(ids) == [["shopify_id": "7", "phone_id": "+442079460000"]])
        var told = fixture([shared])
        told.tell()
        try change(&told, crowd)
        #expect(try ids(told.tell().event("customer")) == ["email_id": "till@example.test"], "what was told stays told")
    }

    @Test("B2 a merged person is told nothing: what they were belongs to another")
    func merged() {
        var fixture = fixture([email("ada")]) { $0.mergedInto = EntityKey(connection: "acme", kind: .person, id: "p2") }
        #expect(fixture.plan() == Plan())
    }

    // MARK: Links

    @Test("B2 a refused id keeps no other back, and is asked for once")
    func refusedLink() throws {
        var fixture = fixture([number("7"), email("ada"), phone])
        fixture.plan()
        let link = try #require(fixture.ledger.deliveries.first { $0.eventType == "customer_link" })
        let index = try #require(fixture.ledger.deliveries.firstIndex { $0.key == link.key })
        fixture.ledger.deliveries[index].phase = .parked(.refused)
        fixture.acknowledgeAll()
        let told = fixture.ledger.told.map(\.key)
        #expect(told.count == 1 && !told.contains(link.key), "the phone is linked: \(told)")
        let plan = fixture.plan()
        #expect(plan.deliveries == [])
        #expect(plan.waiting == [Waiting(eventType: "customer_link", reason: .refused)])
        try change(&fixture) { $0.put(CustomerSummary(ofCustomer: "7", firstName: "Ada")) }
        let customer = try fixture.plan().event("customer")
        #expect(try ids(customer) == ["shopify_id": "7"], "events and properties go on under the address")
        #expect(try customer.properties()["first_name"] == "Ada")
    }

    @Test("B2 what stays split at the destination is said once, and listed for as long as it is so")
    func split() throws {
        var fixture = fixture([number("7"), number("8")])
        fixture.tell()
        fixture.ledger.otherAddresses = [#"{"shopify_id":"8"}"#]
        let plan = fixture.plan()
        #expect(plan.deliveries == [])
        #expect(plan.raised.map(\.kind) == [.identityConflict])
        let raised = try #require(plan.raised.first)
        #expect(raised.cause.contains("shop/customer/8"), "the second profile is named: \(raised.cause)")
        #expect(raised.subject.contains("/person/") && raised.subject.contains("shop/customer/8"), "\(raised.subject)")
        #expect(plan.waiting.map(\.reason) == [.refused])
        #expect(plan.waiting.map(\.isLasting) == [true], "nothing will come that ends it")
        fixture.ledger.waiting = plan.waiting
        let again = fixture.plan()
        #expect(again.raised == [])
        #expect(again.waiting == plan.waiting)
    }

    @Test("B2 a split by e-mail names the order that bears the second one's, and never the e-mail")
    func splitByEmail() throws {
        var second = try summary(.teeAndCap())
        second.email = "Ada@work.test"
        var fixture = fixture([email("ada")])
        fixture.tell()
        try change(&fixture) { person in
            person.claim([.email("ada@work.test")].compactMap { $0 })
            person.put(second)
        }
        fixture.ledger.otherAddresses = [#"{"email_id":"ada@work.test"}"#]
        let raised = try #require(fixture.plan().raised.first { $0.kind == .identityConflict })
        #expect(raised.cause.contains(second.key.description), "\(raised.cause)")
        #expect(!raised.cause.contains("@") && !raised.subject.contains("@"))
    }

    @Test("B2 a split that is found later is said too, whatever waits already")
    func splitLater() throws {
        var fixture = fixture([number("7"), email("ada")])
        fixture.plan()
        fixture.refuseAll()
        fixture.ledger.slots = [AcknowledgedValue("address", #"{"shopify_id":"7"}"#)]
        fixture.ledger.waiting = fixture.plan().waiting
        #expect(fixture.ledger.waiting.contains(Waiting(eventType: "customer_link", reason: .refused)))
        for other in ["8", "9"] {
            fixture.ledger.otherAddresses.append(#"{"shopify_id":"\#(other)"}"#)
            let plan = fixture.plan()
            #expect(plan.raised.map(\.kind) == [.identityConflict], "\(other)")
            fixture.ledger.waiting = plan.waiting
            #expect(fixture.plan().raised == [], "\(other)")
        }
    }

    @Test("E6 a profile that stays apart is told zeros once, just before the sums, and only if it had any")
    func zeros() throws {
        let order = try summary(.teeAndCap())
        var fixture = fixture([number("7"), number("8")], orders: [order])
        let other = #"{"shopify_id":"8"}"#
        fixture.ledger.otherAddresses = [other]
        func carry(_ name: String, _ text: String) {
            fixture.ledger.slots.append(AcknowledgedValue("other:\(other):\(name)", text))
        }
        carry("updated", String((order.updatedAt + .milliseconds(5)).microseconds))
        #expect(!fixture.planned().deliveries.contains { $0.eventType == "customer_zeros" }, "it was never told totals")
        carry("totals", "told")
        let plan = fixture.plan()
        let zeros = try plan.event("customer_zeros")
        #expect(zeros.after == [try plan.event("customer").key])
        #expect(try ids(zeros) == ["shopify_id": "8"])
        #expect(
            try zeros.properties() == ["orders_count": 0, "return_rate": 0, "returned_value": 0, "total_spent": 0])
        let seconds = order.updatedAt.wholeSeconds
        #expect(try zeros.json()["update_timestamp"]?.decimalText == "\(seconds).006")
        #expect(try plan.event("customer").json()["update_timestamp"]?.decimalText == "\(seconds).007")
        fixture.acknowledgeAll()
        #expect(fixture.plan().deliveries == [])
        fixture.ledger.slots.removeAll { $0.name.hasPrefix("other:") }
        fixture.ledger.told = []
        #expect(
            fixture.plan().deliveries.map(\.eventType) == ["customer_zeros"], "what they were told is not at hand")
    }

    @Test("E6 nothing is set to zero for a profile that is linked, nor while the sums are not known")
    func noZeros() throws {
        let order = try summary(.teeAndCap())
        var linked = fixture([number("7")], orders: [order])
        linked.ledger.otherAddresses = [#"{"email_id":"ada@example.test"}"#]
        #expect(linked.tell().deliveries.map(\.eventType) == ["customer", "customer_link"])
        #expect(linked.plan().deliveries == [])
        var unknown = fixture([number("7")], orders: [order]) { $0.histories[0].isListed = false }
        unknown.ledger.otherAddresses = [#"{"shopify_id":"8"}"#]
        #expect(unknown.tell().deliveries.map(\.eventType) == ["customer"])
    }

    @Test("B2 of two values of one further type only one is linked, though both are news")
    func twoValuesAtOnce() throws {
        var fixture = fixture([email("ada")])
        fixture.tell()
        fixture.ledger.otherAddresses = [#"{"till_id":"1"}"#, #"{"till_id":"2"}"#]
        let plan = fixture.plan()
        #expect(try plan.deliveries.map(ids) == [["email_id": "ada@example.test", "till_id": "1"]])
        #expect(plan.raised.map(\.kind) == [.identityConflict])
    }

    @Test("B2 a second e-mail moves the property, not the id, and is no conflict")
    func changedEmail() throws {
        var fixture = fixture([email("ada")])
        fixture.tell()
        var shop = OrderPlanShop.teeAndCap()
        shop.order.buyer = Buyer(customerID: .known(nil), email: .known("Ada.New@example.test"))
        let order = try summary(shop)
        try change(&fixture) {
            $0.claim([email("ada.new")].compactMap { $0 })
            $0.put(order)
        }
        let plan = fixture.plan()
        let customer = try plan.event("customer")
        #expect(try ids(customer) == ["email_id": "ada@example.test"])
        #expect(try customer.properties()["email"] == "ada.new@example.test")
        #expect(plan.historyTypes == [], "no link")
        #expect(plan.raised == [])
        #expect(plan.waiting == [])
    }

    // MARK: The time of an update

    @Test("E6 whose profile becomes this one cannot win with what they were told later, though nothing else changed")
    func overtaken() throws {
        let order = try summary(.teeAndCap())
        var fixture = fixture([number("7")], orders: [order])
        func stamp(_ plan: Plan) throws -> String? {
            try plan.event("customer").json()["update_timestamp"]?.decimalText
        }
        let seconds = order.updatedAt.wholeSeconds
        #expect(try stamp(fixture.tell()) == "\(seconds)")
        let guest = #"{"email_id":"ada@example.test"}"#
        fixture.ledger.otherAddresses = [guest]
        let later = order.updatedAt + .milliseconds(5)
        fixture.ledger.slots.append(AcknowledgedValue("other:\(guest):updated", String(later.microseconds)))
        let plan = fixture.tell()
        #expect(try stamp(plan) == "\(seconds).007")
        #expect(try plan.event("customer_link").after == [plan.event("customer").key])
        #expect(fixture.plan().reason("customer") == .noChange)
        // What they were told is not at hand: it is of the newest of their facts, or a little later.
        fixture.ledger.slots.removeAll { $0.name.hasPrefix("other:") }
        try change(&fixture) {
            $0.put(CustomerSummary(ofCustomer: "7", firstName: "Ada", at: order.updatedAt + .seconds(1)))
        }
        #expect(try stamp(fixture.tell()) == "\(seconds + 1).002")
    }

    @Test("A3 an update is never behind what was told before, and bears its own time where it is ahead")
    func updateTime() throws {
        var shop = OrderPlanShop.teeAndCap()
        let first = try summary(shop)
        var fixture = fixture([email("ada")], orders: [first])
        func stamp(_ delivery: Delivery) throws -> String? { try delivery.json()["update_timestamp"]?.decimalText }
        let seconds = first.updatedAt.wholeSeconds
        #expect(try stamp(try fixture.tell().event("customer")) == "\(seconds)")
        // Who is deleted leaves nothing newer: the content changes while its time falls back.
        try change(&fixture) { $0.claim([number("9"), email("zoe")].compactMap { $0 }) }
        try change(&fixture) { person in
            person.put(CustomerSummary(ofCustomer: "9", firstName: "Zoe", at: first.updatedAt - .days(9)))
        }
        #expect(try stamp(try fixture.tell().event("customer")) == "\(seconds).001")
        try change(&fixture) {
            $0.put(CustomerSummary(ofCustomer: "9", firstName: "Ada", at: first.updatedAt - .days(8)))
        }
        #expect(try stamp(try fixture.tell().event("customer")) == "\(seconds).002")
        shop.tick(50)
        let later = try summary(shop)
        try change(&fixture) {
            $0.put(later)
            $0.put(CustomerSummary(ofCustomer: "9", firstName: "Eve", at: first.updatedAt))
        }
        #expect(try stamp(try fixture.tell().event("customer")) == "\(shop.order.updatedAt.wholeSeconds)")
    }

    @Test("law 3 what was attempted is frozen; a newer telling has another key, waits for it and has a later time")
    func frozen() throws {
        var fixture = fixture([email("ada")], orders: [try summary(.teeAndCap())])
        let first = try fixture.plan().event("customer")
        fixture.attemptAll()
        #expect(fixture.plan().deliveries == [], "the same is on its way")
        try change(&fixture) { $0.put(CustomerSummary(ofCustomer: "9", firstName: "Ada", at: Instant(seconds: 1))) }
        let second = try fixture.plan().event("customer")
        #expect(second.key != first.key)
        #expect(second.after == [first.key])
        let times = try [first, second].map { try $0.json()["update_timestamp"]?.decimalText }
        #expect(times[1] == (times[0] ?? "") + ".001")
        #expect(fixture.ledger.deliveries.first { $0.key == first.key }?.body == first.body)
        fixture.attemptAll()
        // Back to the first content while both are under way.
        try change(&fixture) { $0.customers = [] }
        let third = try fixture.plan().event("customer")
        #expect(Set(third.after) == [first.key, second.key])
        #expect(!third.after.contains(third.key))
    }

    @Test("law 3 a content that comes back again and again, all of it under way, never gets a key that is in use")
    func backAndForth() throws {
        var fixture = fixture([email("ada")])
        for turn in 0..<7 {
            try change(&fixture) {
                $0.customers = turn % 2 == 0 ? [] : [CustomerSummary(ofCustomer: "9", firstName: "Ada")]
            }
            fixture.plan()
            fixture.attemptAll()
        }
        #expect(Set(fixture.ledger.deliveries.map(\.key)).count == 7)
    }

    @Test("A4 a content that was refused is not told again until it changes")
    func refusedProperties() throws {
        var fixture = fixture([email("ada")])
        fixture.plan()
        fixture.refuseAll()
        let again = fixture.plan()
        #expect(!again.deliveries.contains { $0.eventType == "customer" })
        #expect(again.waiting.contains(Waiting(eventType: "customer", reason: .refused)))
        try change(&fixture) { $0.put(CustomerSummary(ofCustomer: "9", firstName: "Ada")) }
        #expect(try fixture.plan().event("customer").eventType == "customer")
    }

    @Test("law 4 somebody whom orders wait for goes in the lane of orders")
    func lane() throws {
        #expect(try fixture([email("ada")]).planned().event("customer").lane == .identity)
        let waited = fixture([email("ada")]) { $0.await(EntityKey(connection: "shop", kind: .order, id: "1")) }
        #expect(try waited.planned().event("customer").lane == .orders)
    }

    // MARK: Declarations

    @Test("A18 a plan uses declared names and types only, and nothing nested", arguments: UInt64(1)...40)
    func declared(seed: UInt64) throws {
        var life = OrderPlanLife(seed: seed)
        for _ in 0..<(seed % 9) { life.step() }
        let customer = CustomerSummary(
            ofCustomer: "7", email: "ada@example.test", phone: "+44 20 7946 0000", firstName: "Ada",
            lastName: "Lovelace")
        let order = try summary(life.shop)
        var fixture = fixture([email("ada"), number("7")], orders: [order]) { $0.put(customer) }
        let members = try #require(try fixture.plan().event("customer").properties().object).members
        #expect(members.count > 4)
        for member in members {
            let property = try #require(CustomerProperties.property(member.key), "\(member.key) is not declared")
            switch (property.type, member.value) {
            case (.string, .string), (.number, .number), (.boolean, .bool): continue
            case (.list, .array(let elements)): #expect(elements.allSatisfy { $0.string != nil }, "\(member.key)")
            default: Issue.record("\(member.key) is no \(property.type.rawValue)")
            }
        }
    }

    @Test("every declared property is told of somebody who has everything")
    func complete() throws {
        let customer = CustomerSummary(
            ofCustomer: "7", email: "ada@example.test", phone: "+44 20 7946 0000", firstName: "Ada",
            lastName: "Lovelace")
        let order = try summary(.teeAndCap())
        var fixture = fixture([email("ada"), number("7")], orders: [order]) { $0.put(customer) }
        let names = try #require(try fixture.plan().event("customer").properties().object).keys
        #expect(Set(names) == Set(CustomerProperties.all.map(\.name)))
        #expect(Set(CustomerProperties.all.map(\.name)).count == CustomerProperties.all.count)
    }
}

extension CustomerSummary {
    init(
        ofCustomer id: String, email: String? = nil, phone: String? = nil, firstName: String? = nil,
        lastName: String? = nil, at time: Instant = OrderPlanShop.placedAt
    ) {
        self.init(
            key: EntityKey(connection: "shop", kind: .customer, id: id), email: email, phone: phone,
            firstName: firstName, lastName: lastName, hasAccount: true, updatedAt: time, isDeleted: false)
    }
}
