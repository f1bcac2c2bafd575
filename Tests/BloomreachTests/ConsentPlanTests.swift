import Commerce
import JSON
import Sync
import Testing

@testable import Bloomreach

/// Consent: which decision is told, and that nothing invalid ever is.
@Suite("Consent plan")
struct ConsentPlanTests {
    private static let ada = #"{"shopify_id":"777"}"#
    private static let start: Int64 = 1_790_000_000
    private static func at(_ seconds: Int64) -> Instant { Instant(seconds: start + seconds) }

    private static func act(
        _ isGranted: Bool, _ decided: Int64?, seen: Int64 = 0, _ channel: ConsentChannel = .email
    ) -> Act {
        Act(
            id: "\(isGranted)/\(decided ?? -1)/\(seen)/\(channel)", kind: .consent, at: at(seen),
            consent: ConsentDecision(channel: channel, isGranted: isGranted, decidedAt: decided.map(at)))
    }

    private static func customer(
        _ state: MarketingConsent.State? = nil, _ decided: Int64? = nil, updated: Int64 = 0
    ) -> Customer {
        let consent = state.map { MarketingConsent(state: $0, updatedAt: decided.map(at)) }
        return Customer(
            id: "777", email: .known("ada@example.test"), emailConsent: state == nil ? .unknown : .known(consent),
            createdAt: at(-1_000), updatedAt: at(updated))
    }

    private func fixture(_ acts: [Act] = [], _ customer: Customer? = customer()) -> PlanFixture {
        var fixture = PlanFixture(.customer, id: "777", state: customer.map(EntityState.customer))
        fixture.configuration.consentCategories = .init(email: "newsletter", sms: "sms_marketing")
        fixture.record.truth.acts = acts
        fixture.know(Self.ada)
        return fixture
    }

    /// Actions and times in the order in which they are planned.
    private func told(_ plan: Plan) throws -> [String] {
        try plan.deliveries.map { delivery in
            let event = try delivery.properties()
            return "\(event["action"]?.string ?? "") \(event["timestamp"]?.decimalText ?? "")"
        }
    }

    private func reason(_ plan: Plan, _ channel: String = "email") -> Reason? {
        plan.decisions.first { $0.detail?.hasPrefix(channel) == true }?.reason
    }

    // MARK: The event

    @Test("B7 a decision is told with all that is required, under the person's address")
    func event() throws {
        let plan = fixture([Self.act(true, 10)]).planned()
        let delivery = try #require(plan.deliveries.first)
        #expect(plan.deliveries.count == 1)
        #expect(delivery.eventType == "consent")
        #expect(delivery.channel == "tracking")
        #expect(delivery.lane == .orders, "consent goes before identity and carts (A6)")
        #expect(delivery.kind == .present)
        #expect(try DeclarationCheck.problems(delivery) == [])
        let body = try delivery.json()
        #expect(body["customer_ids"] == ["shopify_id": "777"])
        #expect(body["timestamp"]?.decimalText == "1790000010")
        let event = try delivery.properties()
        #expect(event["action"] == "accept")
        #expect(event["category"] == "newsletter")
        #expect(event["timestamp"]?.decimalText == "1790000010")
        #expect(event["valid_until"] == "unlimited")
        #expect(event["source"] == "private_api")
        #expect(!String(decoding: delivery.body, as: UTF8.self).contains("ada@"))
    }

    @Test("B7 channels are told apart, each under its category")
    func channels() throws {
        let plan = fixture([Self.act(true, 10), Self.act(false, 20, .sms)]).planned()
        #expect(try told(plan) == ["accept 1790000010", "reject 1790000020.0005"])
        #expect(try plan.deliveries[1].properties()["category"] == "sms_marketing")
        var without = fixture([Self.act(true, 10), Self.act(false, 20, .sms)])
        without.configuration.consentCategories = .init(email: "newsletter")
        #expect(without.planned().deliveries.count == 1)
        #expect(reason(without.planned(), "sms") == .neverTold)
        without.configuration.consentCategories = .init()
        #expect(without.planned().deliveries == [])
    }

    @Test("law 4 nothing is told before the person is", arguments: [true, false])
    func address(isKnown: Bool) {
        var fixture = fixture([Self.act(false, 10)])
        fixture.person = nil
        if isKnown { fixture.know(nil) }
        #expect(fixture.planned().deliveries == [])
        #expect(fixture.planned().waiting.map(\.reason) == [isKnown ? .waitsForDependency : .noIdentity])
    }

    @Test(
        "A15 stage observe shows a decision under the address that would be; whom no id names is waited for by nobody")
    func observe() throws {
        var fixture = fixture([Self.act(false, 10)])
        fixture.stages = [StageChange(stage: .observe, at: Self.at(0))]
        fixture.know(nil)
        let shown = fixture.planned()
        #expect(!shown.awaitsAddress)
        #expect(try shown.event("consent").json()["customer_ids"] == ["shopify_id": "777"])
        fixture.stages = [StageChange(stage: .live, at: Self.at(0))]
        #expect(fixture.planned().awaitsAddress)
        fixture.person?.truth.state = .person(Person(brand: "acme"))
        let nobody = fixture.planned()
        #expect(!nobody.awaitsAddress)
        #expect(nobody.waiting.map(\.reason) == [.noIdentity])
    }

    @Test("A15 consent is not told in stage ingest, unless configured; its own time says whether it was live")
    func ingest() throws {
        var fixture = fixture([Self.act(false, 10)])
        fixture.stages = [StageChange(stage: .ingest, at: Self.at(0))]
        #expect(fixture.planned().deliveries == [])
        #expect(fixture.planned().waiting.map(\.reason) == [.stageObserve])
        fixture.configuration.sendsConsentInIngest = true
        #expect(try #require(fixture.planned().deliveries.first).properties()["live"] == false)
        fixture.configuration.sendsConsentInIngest = false
        fixture.stages.append(StageChange(stage: .live, at: Self.at(20)))
        #expect(try #require(fixture.planned().deliveries.first).properties()["live"] == false)
    }

    @Test("B5 an opt-out from before the flow began is told all the same")
    func old() throws {
        var fixture = fixture([Self.act(false, 10)])
        fixture.stages = [StageChange(stage: .live, at: Self.at(500))]
        fixture.now = Self.at(500) + .days(800)
        #expect(try told(fixture.planned()) == ["reject 1790000010.0005"])
    }

    // MARK: The rules

    @Test("B5 the newest act wins in any order; of two at one time the opt-out wins")
    func newest() throws {
        for acts in [[Self.act(true, 10), Self.act(false, 20)], [Self.act(false, 20), Self.act(true, 10)]] {
            #expect(try told(fixture(acts).planned()) == ["reject 1790000020.0005"])
        }
        #expect(try told(fixture([Self.act(false, 10), Self.act(true, 20)]).planned()) == ["accept 1790000020"])
        for acts in [[Self.act(true, 10), Self.act(false, 10)], [Self.act(false, 10), Self.act(true, 10)]] {
            #expect(try told(fixture(acts).planned()) == ["reject 1790000010.0005"])
        }
    }

    @Test("B5 a grant of unknown time never overrides an opt-out, and alone is a conflict, not a consent")
    func unknownGrant() throws {
        let acts = [Self.act(false, 10), Self.act(true, nil, seen: 900)]
        #expect(try told(fixture(acts).planned()) == ["reject 1790000010.0005"])
        let alone = fixture([Self.act(true, nil, seen: 900)]).planned()
        #expect(alone.deliveries == [])
        #expect(alone.raised.map(\.kind) == [.consentConflict])
        #expect(alone.raised.first?.subject == "shop/customer/777")
        #expect(alone.waiting.map(\.reason) == [.exceptionOpen])
        #expect(fixture([Self.act(true, 10)]).planned().resolved == [.consentConflict, .mappingFailed])
    }

    @Test("B5 an opt-out of unknown time wins over every grant that is not certainly newer")
    func unknownOptOut() throws {
        for granted in [10, 49, 50] as [Int64] {
            let acts = [Self.act(true, granted), Self.act(false, nil, seen: 50)]
            #expect(try told(fixture(acts).planned()) == ["reject 1790000050.0005"], "\(granted)")
        }
        var repeated = fixture([Self.act(false, nil, seen: 50)])
        repeated.tell()
        repeated.record.truth.acts.append(Self.act(false, nil, seen: 70))
        #expect(
            try told(repeated.plan()) == ["reject 1790000070.0005"], "an act that is forgotten must have been told")
        let newer = [Self.act(true, 51), Self.act(false, nil, seen: 50)]
        #expect(try told(fixture(newer).planned()) == ["accept 1790000051"])
    }

    @Test(
        "B5 never asked, not yet confirmed, redacted or invalid is never told",
        arguments: [MarketingConsent.State.notSubscribed, .pending, .redacted, .invalid])
    func neverAsked(_ state: MarketingConsent.State) {
        let plan = fixture([], Self.customer(state, 10)).planned()
        #expect(plan.deliveries == [])
        #expect(reason(plan) == .noChange)
        #expect(plan.raised == [])
        #expect(fixture().planned().deliveries == [], "unknown is not opted out")
        #expect(fixture([], nil).planned().deliveries == [])
    }

    @Test("B5 what the shop's record says counts as an act when it has a time: a lost webhook is found")
    func lostHook() throws {
        var fixture = fixture([Self.act(true, 10)])
        fixture.tell()
        fixture.record.truth.state = .customer(Self.customer(.unsubscribed, 30, updated: 40))
        #expect(try told(fixture.tell()) == ["reject 1790000030.0005"])
        fixture.record.truth.acts.append(Self.act(false, 30))
        #expect(fixture.plan().deliveries == [], "the webhook that comes late says the same")
        fixture.record.truth.state = .customer(Self.customer(.subscribed, 60, updated: 60))
        #expect(try told(fixture.tell()) == ["accept 1790000060"])
    }

    @Test("B5 a ticked box without a time never overrides an opt-out, and is no consent; an opt-out without one counts")
    func snapshotWithoutTime() throws {
        let optedOut = fixture([Self.act(false, 10)], Self.customer(.subscribed, nil, updated: 900)).planned()
        #expect(try told(optedOut) == ["reject 1790000010.0005"])
        let alone = fixture([], Self.customer(.subscribed, nil, updated: 900)).planned()
        #expect(alone.deliveries == [])
        #expect(alone.raised == [])
        var gone = fixture([Self.act(true, 10)], Self.customer(.unsubscribed, nil, updated: 40))
        #expect(try told(gone.tell()) == ["reject 1790000040.0005"])
        gone.record.truth.state = .customer(Self.customer(.unsubscribed, nil, updated: 70))
        #expect(gone.plan().deliveries == [], "each later state shows the same opt-out")
        #expect(
            try told(fixture([Self.act(true, 41)], Self.customer(.unsubscribed, nil, updated: 40)).planned())
                == ["accept 1790000041"])
    }

    @Test("B5 an older act that comes late is not told; a newer one is, even if it says the same")
    func replay() throws {
        var fixture = fixture([Self.act(false, 20)])
        fixture.tell()
        fixture.record.truth.acts = [Self.act(true, 10)]
        #expect(fixture.plan().deliveries == [])
        #expect(reason(fixture.plan()) == .olderVersion)
        fixture.record.truth.acts = [Self.act(false, 20)]
        #expect(reason(fixture.plan()) == .noChange)
        fixture.record.truth.acts = [Self.act(true, 20)]
        #expect(fixture.plan().deliveries == [], "a grant of the same time loses")
        fixture.record.truth.acts.append(Self.act(false, 30))
        #expect(try told(fixture.tell()) == ["reject 1790000030.0005"])
    }

    @Test("B5 an opt-out of the time of a told grant is told")
    func lateTie() throws {
        var fixture = fixture([Self.act(true, 20)])
        fixture.tell()
        fixture.record.truth.acts.append(Self.act(false, 20))
        #expect(try told(fixture.tell()) == ["reject 1790000020.0005"])
        #expect(fixture.plan().deliveries == [])
    }

    @Test("what was attempted counts as told; a refused decision waits and a newer one goes")
    func underWay() throws {
        var fixture = fixture([Self.act(true, 10)])
        fixture.plan()
        fixture.attemptAll()
        #expect(fixture.plan().deliveries == [])
        fixture.record.truth.acts.append(Self.act(false, 20))
        #expect(try told(fixture.plan()) == ["reject 1790000020.0005"])
        fixture.refuseAll()
        #expect(fixture.plan().waiting.map(\.reason) == [.refused])
        fixture.record.truth.acts.append(Self.act(false, 30))
        #expect(try told(fixture.plan()) == ["reject 1790000030.0005"])
    }

    @Test("B7 another category of the configuration is told the decision that stands")
    func recategorised() throws {
        var fixture = fixture([Self.act(false, 10)])
        fixture.tell()
        fixture.configuration.consentCategories.email = "weekly"
        let plan = fixture.tell()
        #expect(try told(plan) == ["reject 1790000010.0005"])
        #expect(try plan.deliveries[0].properties()["category"] == "weekly")
        #expect(fixture.plan().deliveries == [])
    }

    // MARK: Profiles that stay apart

    /// What is told, and under which customer number.
    private func profiles(_ plan: Plan) throws -> [String] {
        try plan.deliveries.map { delivery in
            let id = try delivery.json()["customer_ids"]?["shopify_id"]?.string ?? ""
            return "\(id) \(try delivery.properties()["action"]?.string ?? "")"
        }
    }

    /// This customer was merged into another, whose profile Bloomreach cannot join with theirs.
    private func split(_ fixture: inout PlanFixture, into kept: String = "1") {
        fixture.know(#"{"shopify_id":"\#(kept)"}"#)
        fixture.person?[flow: fixture.flow.name].otherAddresses = [Self.ada]
    }

    @Test("B5 after a merge that cannot be joined there, an opt-out reaches both profiles and a grant one")
    func split() throws {
        var fixture = fixture([Self.act(true, 10)])
        #expect(try profiles(fixture.tell()) == ["777 accept"])
        split(&fixture)
        #expect(fixture.plan().deliveries == [], "a grant is not repeated for another profile")
        fixture.record.truth.acts.append(Self.act(false, 20))
        let plan = fixture.plan()
        #expect(try profiles(plan) == ["1 reject", "777 reject"])
        #expect(Set(plan.deliveries.map(\.key)).count == 2)
        for delivery in plan.deliveries {
            #expect(delivery.key.hasPrefix("shop-consent:777:email:reject:"))
            #expect(try delivery.properties()["event_key"]?.string == delivery.key)
            #expect(try DeclarationCheck.problems(delivery) == [])
        }
        #expect(fixture.planned() == plan, "stable")
        fixture.acknowledgeAll()
        #expect(fixture.plan().reason("consent") == .noChange)
        fixture.record.truth.acts.append(Self.act(true, 30))
        #expect(try profiles(fixture.tell()) == ["1 accept"])
        fixture.record.truth.acts = [Self.act(false, 20)]
        #expect(fixture.plan().reason("consent") == .olderVersion, "acts may be forgotten; what was told stands")
    }

    @Test("B5 an opt-out that was told before the merge reaches the kept profile too, whatever is on its way")
    func splitLater() throws {
        var fixture = fixture([Self.act(false, 10)])
        #expect(try profiles(fixture.tell()) == ["777 reject"])
        split(&fixture)
        #expect(try profiles(fixture.plan()) == ["1 reject"])
        fixture.attemptAll()
        #expect(fixture.plan().deliveries == [])
        fixture.acknowledgeAll()
        #expect(fixture.plan().deliveries == [])
    }

    @Test("B5 profiles that were joined are one: an opt-out is told once")
    func joined() throws {
        var fixture = fixture([Self.act(false, 10)])
        fixture.know(#"{"email_id":"ada@example.test"}"#)
        fixture.person?[flow: fixture.flow.name].otherAddresses = [Self.ada]
        #expect(fixture.planned().deliveries.count == 2, "a link that is not acknowledged may yet be refused")
        var linking = PlanFixture(.person, id: "p1", state: .person(Person(brand: "acme")))
        linking.record.key = EntityKey(connection: "acme", kind: .person, id: "p1")
        linking.ledger.slots = [AcknowledgedValue("address", #"{"email_id":"ada@example.test"}"#)]
        linking.ledger.otherAddresses = [Self.ada]
        #expect(linking.tell().historyTypes == ["customer_link"])
        fixture.person?[flow: fixture.flow.name] = linking.ledger
        #expect(fixture.planned().deliveries.count == 1)
    }

    @Test("B5 a link that was given up joins nothing: an opt-out reaches both profiles")
    func givenUp() throws {
        var fixture = fixture([Self.act(false, 10)])
        fixture.know(#"{"email_id":"ada@example.test"}"#)
        var linking = PlanFixture(.person, id: "p1", state: .person(Person(brand: "acme")))
        linking.record.key = EntityKey(connection: "acme", kind: .person, id: "p1")
        linking.ledger.slots = [AcknowledgedValue("address", #"{"email_id":"ada@example.test"}"#)]
        linking.ledger.otherAddresses = [Self.ada]
        #expect(linking.plan().historyTypes == ["customer_link"])
        linking.refuseAll()
        linking.giveUpAll()
        let again = linking.plan()
        #expect(again.deliveries == [], "nobody is asked twice")
        #expect(again.waiting.map(\.reason) == [.refused], "the split stays listed")
        fixture.person?[flow: fixture.flow.name] = linking.ledger
        #expect(fixture.planned().deliveries.count == 2)
    }

    // MARK: What is never sent

    @Test("B7 a decision far ahead of our clock is a conflict")
    func future() throws {
        var fixture = fixture([Self.act(true, 2_000)])
        fixture.now = Self.at(1_000)
        #expect(fixture.planned().deliveries == [])
        #expect(fixture.planned().raised.map(\.kind) == [.consentConflict])
        #expect(fixture.planned().planAgainAt == Self.at(2_000))
        fixture.now = Self.at(1_940)
        #expect(fixture.planned().deliveries.count == 1, "clocks differ by seconds")
    }

    @Test("B7 a category that is no id is never sent", arguments: ["Newsletter", "news letter", ""])
    func category(_ category: String) {
        var fixture = fixture([Self.act(false, 10)])
        fixture.configuration.consentCategories.email = category
        #expect(fixture.planned().deliveries == [])
        #expect(fixture.planned().raised.map(\.kind) == [.mappingFailed])
        #expect(fixture.planned().resolved == [.consentConflict])
    }

    @Test("B7 the validator finds whatever would revoke a consent there")
    func validator() {
        let sound: JSONObject = [
            "action": "accept", "category": "newsletter", "timestamp": 1_790_000_000, "valid_until": "unlimited",
        ]
        func problem(_ name: String, _ value: JSON?) -> String? {
            var properties = sound
            properties[name] = value
            return ConsentEvent.problem(in: properties, categories: ["newsletter", "Loud"])
        }
        #expect(problem("source", "private_api") == nil)
        for name in sound.keys {
            #expect(problem(name, nil) == "\(name) is missing")
            #expect(problem(name, .null) != nil)
        }
        for action in ["Accept", "grant", ""] { #expect(problem("action", .string(action)) != nil) }
        for category in ["sms", "Loud"] { #expect(problem("category", .string(category)) != nil) }
        for time in [0, -1, 1_790_000_000_000] { #expect(problem("timestamp", JSON(time)) != nil) }
        #expect(problem("timestamp", "1790000000") != nil)
        #expect(problem("valid_until", 5) != nil)
    }

    @Test("what is remembered of a channel is read as it was written")
    func memory() throws {
        for granted in [true, false] {
            let evidence = ConsentEvidence(
                ConsentDecision(channel: .sms, isGranted: granted, decidedAt: Self.at(5)), seenAt: Self.at(9))
            let consent = try #require(EffectiveConsent(of: [evidence], on: .sms))
            let memory = ConsentMemory(consent, category: "a:b")
            #expect(ConsentMemory(slot: memory.text) == memory)
        }
        #expect(ConsentMemory(slot: nil) == nil)
        #expect(ConsentMemory(slot: "accept") == nil)
    }
}
