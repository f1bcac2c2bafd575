import Commerce
import JSON
import Sync
import Testing

@testable import Shopify

@Suite("What a webhook tells about a customer")
struct CustomerTests {
    let bundle = ShopBundle()
    private static let whole = ["customers/create", "customers/update", "customers/enable", "customers/disable"]

    @Test("B1 four topics are whole customers, without consent", .enabled(if: Specs.areHere), arguments: whole)
    func samples(topic: String) throws {
        let observation = try #require(bundle.observation(topic, try Specs.payload(topic)))
        let customer = try #require(observation.customer)
        #expect(observation.key == bundle.key(.customer, "706405506930370000"))
        #expect(observation.isPartial == false)
        #expect(customer.email == .known("bob@biller.com"))
        #expect(customer.phone == .known(nil))
        #expect(customer.firstName == .known("Bob"))
        #expect(customer.account == .disabled)
        #expect(customer.tags == .unknown)
        #expect(customer.emailConsent == .unknown && customer.smsConsent == .unknown)
        #expect(customer.updatedAt == Instant(iso8601: "2021-12-31T19:00:00-05:00"))
    }

    @Test("ids above 2^53 keep their digits, as number, text and global id")
    func ids() throws {
        for id in [JSON(Int64.max), .string("9223372036854775807"), "gid://shopify/Customer/9223372036854775807"] {
            let observation = bundle.observation("customers/update", SampleGoods.customer().with("id", id))
            #expect(observation?.key == bundle.key(.customer, "9223372036854775807"))
            #expect(observation?.customer?.id == "9223372036854775807")
        }
    }

    @Test("what a payload lacks is unknown and overwrites nothing; what it tells empty is known to be empty")
    func gaps() throws {
        let full = try #require(
            bundle.observation(
                "customers/update",
                SampleGoods.oldCustomer(
                    email: SampleGoods.consent("subscribed", level: "single_opt_in", at: "2026-01-01T00:00:00Z"),
                    sms: nil))?.customer)
        #expect(full.tags == .known(["gift", "vip"]))
        #expect(full.smsConsent == .known(nil))
        let thin = SampleGoods.customer(id: 5).with("phone", JSON.null).with("last_name", nil)
        let observation = try #require(bundle.observation("customers/update", thin))
        #expect(observation.isPartial == true)
        let merged = try #require(observation.customer).or(full)
        #expect(merged.phone == .known(nil))
        #expect(merged.lastName == .known("Bee"))
        #expect(merged.emailConsent == full.emailConsent && full.emailConsent.value??.state == .subscribed)
    }

    @Test("a customer of whom nothing personal is shown is partial and claims nothing", arguments: [true, false])
    func redacted(isAbsent: Bool) throws {
        var json = SampleGoods.customer()
        for name in ["email", "phone", "first_name", "last_name"] { json = json.with(name, isAbsent ? nil : .null) }
        let observation = try #require(bundle.observation("customers/update", json))
        #expect(observation.isPartial == true)
        let customer = try #require(observation.customer)
        #expect(customer.email == .unknown && customer.phone == .unknown && customer.firstName == .unknown)
    }

    @Test("a deleted customer is an act under its own id", .enabled(if: Specs.areHere))
    func deletion() throws {
        let observation = bundle.observation("customers/delete", try Specs.payload("customers/delete"))
        let act = Act(id: "customers/delete/706405506930370000", kind: .deleted, at: bundle.now)
        #expect(observation == .act(bundle.key(.customer, "706405506930370000"), act))
    }

    @Test("anonymised and old customers never crash", .enabled(if: Specs.areHere))
    func others() throws {
        let exemplar = try Specs.json("webhook-exemplars-2025-04/customers/1.json")
        #expect(bundle.observation("customers/update", exemplar)?.unreadableCode == "shopify_unknown_value")
        #expect(bundle.observation("customers/update", exemplar)?.key == bundle.key(.customer, "123"))
        let filled = ExemplarFilling.filled(exemplar)
        #expect(bundle.observation("customers/update", filled)?.customer?.account == .enabled)
        for path in ["rest-fixtures-python/customer.json", "rest-fixtures-go/customer.json"] {
            let customer = try #require(try Specs.json(path)["customer"])
            #expect(bundle.observation("customers/create", customer)?.customer?.tags.isKnown == true)
        }
    }

    // MARK: Merges

    @Test("B4 a merge is an act of the customer that is gone; the word for success is not known")
    func merges() throws {
        func merge(_ status: JSON, kept: JSON = "gid://shopify/Customer/9007199254740993") -> JSON {
            [
                "admin_graphql_api_customer_kept_id": kept,
                "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/9007199254740995",
                "admin_graphql_api_job_id": nil, "status": status, "errors": [],
            ]
        }
        let key = bundle.key(.customer, "9007199254740995")
        let at = Instant(seconds: 1_700_000_000)
        for status: JSON in ["completed", "success", nil] {
            let body = merge(status).encoded()
            let act = Act(
                id: "customers/merge/9007199254740995/9007199254740993", kind: .merged, at: at,
                mergedInto: "9007199254740993")
            let receipt = bundle.receipt("customers/merge", body, triggeredAt: at)
            #expect(bundle.source.observations(in: receipt) == [.act(key, act)])
        }
        #expect(bundle.observation("customers/merge", merge("failed")) == .unknownTopic("customers/merge"))
        let itself = bundle.observation("customers/merge", merge("ok", kept: "gid://shopify/Customer/9007199254740995"))
        #expect(itself?.unreadableCode == "shopify_bad_id")
        #expect(bundle.observation("customers/merge", merge("ok", kept: "x"))?.key == key)
    }

    @Test("the failed merge of the reference is only counted", .enabled(if: Specs.areHere))
    func failedMerge() throws {
        #expect(
            bundle.observation("customers/merge", try Specs.payload("customers/merge"))
                == .unknownTopic("customers/merge"))
    }

    // MARK: Consent

    private func email(_ consent: JSON, id: JSON = 9_007_199_254_740_993) -> JSON {
        ["customer_id": id, "email_address": "ann@example.com", "email_marketing_consent": consent]
    }
    private func sms(_ consent: JSON, key: String = "id") -> JSON {
        JSON.object(JSONObject([(key: key, value: 9_007_199_254_740_993)])).with("phone", "+441632960000")
            .with("sms_marketing_consent", consent)
    }

    @Test("B3 opting in and out are acts at their own time", arguments: ["subscribed", "unsubscribed"])
    func decisions(state: String) throws {
        let told = SampleGoods.consent(state, level: "confirmed_opt_in", at: "2026-11-02T10:00:00+01:00")
        let at = try #require(Instant(iso8601: "2026-11-02T09:00:00Z"))
        let key = bundle.key(.customer, "9007199254740993")
        for (topic, json, channel) in [
            ("customers_email_marketing_consent/update", email(told), ConsentChannel.email),
            ("customers_email_marketing_consent/update", email(told, id: "9007199254740993"), .email),
            ("customers_marketing_consent/update", sms(told), .sms),
            ("customers_marketing_consent/update", sms(told, key: "customer_id"), .sms),
        ] {
            let decision = ConsentDecision(channel: channel, isGranted: state == "subscribed", decidedAt: at)
            let act = Act(
                id: "consent/\(channel.rawValue)/\(state)/2026-11-02T09:00:00Z", kind: .consent, at: at,
                consent: decision)
            #expect(bundle.observation(topic, json) == .act(key, act))
        }
    }

    @Test(
        "B5 never asked, not confirmed, withheld and undeliverable are no act, but a reason to read",
        arguments: ["not_subscribed", "pending", "redacted", "invalid", nil])
    func noDecision(state: String?) throws {
        let told = SampleGoods.consent(state, at: "2026-11-02T10:00:00+01:00")
        for (topic, json) in [
            ("customers_email_marketing_consent/update", email(told)),
            ("customers_marketing_consent/update", sms(told)),
        ] {
            let key = bundle.key(.customer, "9007199254740993")
            #expect(
                bundle.observation(topic, json)
                    == .hint(key, sourceTime: nil, eventID: "e1", awaitsCompanion: false))
        }
    }

    @Test("duplicates of one consent make one act, two consents make two")
    func duplicates() throws {
        let topic = "customers_email_marketing_consent/update"
        let untimed = email(SampleGoods.consent("unsubscribed")).encoded()
        func id(_ body: [UInt8], triggeredAt: Instant?, receivedAt: Int64, delivery: String = "d1") -> String? {
            var receipt = bundle.receipt(topic, body, triggeredAt: triggeredAt)
            receipt.receivedAt = Instant(seconds: receivedAt)
            receipt.deliveryID = delivery
            return bundle.source.observations(in: receipt).first?.act?.id
        }
        let triggered = Instant(seconds: 1_700_000_000)
        #expect(
            id(untimed, triggeredAt: triggered, receivedAt: 1) == id(untimed, triggeredAt: triggered, receivedAt: 99))
        #expect(
            id(untimed, triggeredAt: triggered, receivedAt: 1)
                != id(untimed, triggeredAt: triggered + .seconds(1), receivedAt: 1))
        #expect(id(untimed, triggeredAt: nil, receivedAt: 1) == id(untimed, triggeredAt: nil, receivedAt: 99))
        #expect(
            id(untimed, triggeredAt: nil, receivedAt: 1) != id(untimed, triggeredAt: nil, receivedAt: 1, delivery: "d2")
        )
        let timed = email(SampleGoods.consent("unsubscribed", at: "2026-11-02T10:00:00Z")).encoded()
        #expect(
            id(timed, triggeredAt: triggered, receivedAt: 1)
                == id(timed, triggeredAt: triggered + .seconds(9), receivedAt: 5, delivery: "d2"))
    }

    @Test("consent samples are read; unknown words name their customer", .enabled(if: Specs.areHere))
    func consentSamples() throws {
        for topic in ["customers_email_marketing_consent/update", "customers_marketing_consent/update"] {
            let observation = bundle.observation(topic, try Specs.payload(topic))
            #expect(observation?.isHint == true)
            #expect(observation?.key == bundle.key(.customer, "706405506930370000"))
            let folder = topic.split(separator: "/")[0]
            let exemplar = try Specs.json("webhook-exemplars-2025-04/\(folder)/1.json")
            #expect(bundle.observation(topic, exemplar)?.unreadableCode == "shopify_unknown_value")
            #expect(bundle.observation(topic, exemplar)?.key == bundle.key(.customer, "123"))
        }
    }

    @Test(
        "a broken customer names the customer and not the value",
        arguments: [
            ("state", "secret-word", "shopify_unknown_value"), ("updated_at", "secret-word", "shopify_bad_time"),
            ("email", 5, "shopify_bad_field"), ("created_at", nil, "shopify_missing_field"),
        ] as [(String, JSON, String)])
    func broken(name: String, value: JSON, code: String) throws {
        let observation = try #require(
            bundle.observation("customers/update", SampleGoods.customer().with(name, value)))
        #expect(observation.unreadableCode == code)
        #expect(observation.key == bundle.key(.customer, "9007199254740993"))
        #expect(!"\(observation)".contains("secret-word"))
    }
}
