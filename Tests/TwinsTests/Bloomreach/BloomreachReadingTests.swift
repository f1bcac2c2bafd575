import JSON
import Testing
import Twins

/// Against the facts (docs/vendors/bloomreach.md, Consent; Reading back; Anonymising).
@Suite("Bloomreach twin: read-back, consent, erasure")
struct BloomreachReadingTests {
    private let ada: JSON = ["customer_ids": ["registered": "ada"]]

    @Test("a write is accepted now and readable after the delay; the state shows it at once")
    func visibility() {
        var fixture = BloomreachFixture()
        fixture.update(["registered": "ada"], ["city": "Leeds"], at: 1)
        fixture.event(["registered": "ada"], "purchase")
        #expect(fixture.data("POST", "customers/export-one", ada).status == 404)
        #expect(fixture.profiles().count == 1)
        fixture.advance(seconds: 2)
        let profile = fixture.data("POST", "customers/export-one", ada).body
        #expect(profile["success"] == true && profile["ids"] == ["registered": "ada"])
        #expect(profile["properties"] == ["city": "Leeds"] && profile["events"]?.array?.count == 1)
        fixture.update(["registered": "ada"], ["city": "York"], at: 2)
        fixture.event(["registered": "ada", "cookie": "x"], "return")
        let old = fixture.data("POST", "customers/export-one", ada).body
        #expect(
            old["properties"] == ["city": "Leeds"] && old["events"]?.array?.count == 1 && old["ids"]?["cookie"] == nil)
        #expect(fixture.profiles()[0]["properties"] == ["city": "York"])
        fixture.advance(seconds: 2)
        let new = fixture.data("POST", "customers/export-one", ada).body
        #expect(new["properties"] == ["city": "York"] && new["events"]?.array?.count == 2)
    }

    @Test("a value written all the time is read as it was a delay ago")
    func hotValue() {
        var fixture = BloomreachFixture()
        for second in 0..<20 {
            fixture.update(["registered": "ada"], ["n": JSON(second)], at: JSON(second + 1))
            if second >= 2 {
                let seen = fixture.data("POST", "customers/export-one", ada).body["properties"]?["n"]
                #expect(seen == JSON(second - 2))
            }
            fixture.advance(seconds: 1)
        }
    }

    @Test("ids that were readable stay so through a merge")
    func visibilityOfMergedIDs() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "ada"], "a")
        fixture.event(["email_id": "e"], "b")
        fixture.advance(seconds: 2)
        fixture.event(["registered": "ada", "email_id": "e"], "c")
        let merged = fixture.data("POST", "customers/export-one", ["customer_ids": ["email_id": "e"]]).body
        #expect(merged["ids"] == ["email_id": "e", "registered": "ada"] && merged["events"]?.array?.count == 2)
    }

    @Test("the twin's own clock can be advanced instead")
    func twinTime() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "ada"], "purchase")
        _ = fixture.raw("POST", "/_twin/time", bytes: Array(#"{"advance": 2.5}"#.utf8))
        #expect(fixture.data("POST", "customers/export-one", ada).status == 200)
    }

    @Test("events come in time order, by page, for permitted types")
    func events() {
        var fixture = BloomreachFixture()
        for second in [3, 1, 2] {
            fixture.event(["registered": "ada"], "purchase", at: JSON(second), ["n": JSON(second)])
        }
        fixture.event(["registered": "ada"], "return", at: 9)
        fixture.advance(seconds: 2)
        func numbers(_ more: JSONObject) -> [Int64?]? {
            var body: JSONObject = ["customer_ids": ["registered": "ada"], "event_types": ["purchase"]]
            for (name, value) in more.members { body[name] = value }
            let answer = fixture.data("POST", "customers/events", .object(body))
            return answer.body["data"]?.array?.map { $0["properties"]?["n"]?.int64 }
        }
        #expect(numbers(["order": "asc"]) == [1, 2, 3])
        #expect(numbers(["order": "desc"]) == [3, 2, 1])
        #expect(numbers(["order": "desc", "limit": 1, "skip": 1]) == [2])
        fixture.act(["do": "forbid", "read_event_type": "purchase"])
        #expect(numbers([:]) == nil)
    }

    @Test("attributes answer one by one, in order")
    func attributes() {
        var fixture = BloomreachFixture()
        fixture.update(["registered": "ada", "cookie": "x"], ["city": "Leeds"])
        fixture.advance(seconds: 2)
        fixture.act(["do": "forbid", "read_property": "secret"])
        let answer = fixture.data(
            "POST", "customers/attributes",
            [
                "customer_ids": ["registered": "ada"],
                "attributes": [
                    ["type": "property", "property": "city"], ["type": "id", "id": "cookie"],
                    ["type": "segmentation", "id": "1"], ["type": "property", "property": "none"],
                    ["type": "property", "property": "secret"],
                ],
            ])
        #expect(
            answer.body["results"] == [
                ["success": true, "value": "Leeds"], ["success": true, "value": ["x"]],
                ["success": false, "error": "No permission"], ["success": true, "value": nil],
                ["success": false, "error": "No permission"],
            ])
    }

    private func consent(_ fixture: inout BloomreachFixture, mode: String = "valid") -> JSON? {
        let attribute: JSON = ["type": "consent", "category": "newsletter", "mode": .string(mode)]
        return fixture.data(
            "POST", "customers/attributes", ["customer_ids": ["registered": "ada"], "attributes": [attribute]]
        ).body["results"]?[0]?["value"]
    }

    private func decide(_ fixture: inout BloomreachFixture, at time: Int64, _ properties: JSONObject) -> JSON {
        var all: JSONObject = ["action": "accept", "category": "newsletter", "timestamp": JSON(time)]
        all["valid_until"] = "unlimited"
        for (name, value) in properties.members { all[name] = value.isNull ? JSON?.none : value }
        let answer = fixture.event(["registered": "ada"], "consent", at: JSON(time), .object(all))
        fixture.advance(seconds: 2)
        return answer
    }

    @Test("the latest decision by its own time holds, and an expiry flips it silently")
    func consentOrder() {
        var fixture = BloomreachFixture()
        _ = decide(&fixture, at: 100, ["source": "till"])
        #expect(consent(&fixture) == true && consent(&fixture, mode: "source") == "till")
        _ = decide(&fixture, at: 300, ["action": "reject"])
        _ = decide(&fixture, at: 200, [:])
        #expect(consent(&fixture) == false)
        _ = decide(&fixture, at: 400, ["valid_until": 1_790_000_100])
        #expect(consent(&fixture) == true)
        fixture.advance(seconds: 200)
        #expect(consent(&fixture) == false && fixture.eventTypes(1).count == 4)
    }

    @Test(
        "an invalid consent event revokes",
        arguments: [
            ["action": "Accept"], ["timestamp": nil], ["timestamp": "soon"], ["valid_until": nil],
            ["valid_until": "for ever"], ["action": nil],
        ] as [JSONObject])
    func invalidConsent(change: JSONObject) {
        var fixture = BloomreachFixture()
        _ = decide(&fixture, at: 100, [:])
        #expect(consent(&fixture) == true)
        #expect(decide(&fixture, at: 200, change)["success"] == true)
        #expect(consent(&fixture) == false)
    }

    @Test("a decision follows its profile into a merge")
    func consentMerges() {
        var fixture = BloomreachFixture()
        fixture.event(["email_id": "e"], "first")
        _ = decide(&fixture, at: 100, [:])
        fixture.event(["registered": "ada", "email_id": "e"], "both")
        #expect(fixture.profiles().count == 1 && consent(&fixture) == true)
    }

    @Test("a category is written only by a source that it allows")
    func consentSources() {
        var fixture = BloomreachFixture()
        let event: JSON = [
            "customer_ids": ["registered": "ada"], "event_type": "consent",
            "properties": ["action": "accept", "category": "newsletter", "timestamp": 1, "valid_until": "unlimited"],
        ]
        let answer = fixture.track("customers/events", event, authorization: BloomreachFixture.publicToken)
        #expect(answer.body["success"] == false)
        let categories = fixture.data("GET", "consent/categories").body
        #expect(categories["results"]?[0]?["sources"]?["public_api"] == false)
        #expect(categories["results"]?[0]?["sources"]?["private_api"] == true)
    }

    @Test("anonymising drops ids and private properties, and keeps events and the rest")
    func anonymize() {
        var fixture = BloomreachFixture()
        fixture.update(["registered": "ada", "cookie": "x"], ["email": "ada@example.test", "city": "Leeds"])
        fixture.event(["registered": "ada"], "purchase")
        fixture.advance(seconds: 2)
        #expect(fixture.data("POST", "customers/anonymize", ada).body == ["success": true])
        let profile = fixture.profiles()[0]
        #expect(profile["properties"] == ["city": "Leeds"] && profile["events"]?.array?.count == 1)
        #expect(profile["ids"]?["registered"] == nil && profile["ids"]?["cookie"]?.array?.count == 1)
        #expect(profile["ids"]?["cookie"] != ["x"])
        #expect(fixture.data("POST", "customers/anonymize", ada).status == 404)
        fixture.event(["registered": "ada"], "late")
        #expect(fixture.profiles().count == 2, "a late write makes the person again")
        fixture.advance(seconds: 2)
        let bulk = fixture.data("POST", "customers/anonymize_bulk", ["customers": [ada, ["internal_id": "nobody"]]])
        #expect(bulk.body["success"] == true && bulk.body["bulk_id"]?.string != nil)
        #expect(fixture.profiles()[1]["ids"]?["registered"] == nil)
    }

    @Test("a purchase of another app has no event key and is readable like any")
    func foreignPurchase() {
        var fixture = BloomreachFixture()
        let action = fixture.act([
            "do": "foreign_purchase", "customer_ids": ["registered": "ada"], "purchase_id": "1001", "total_price": 5,
        ])
        #expect(action.body == ["ids": ["1001"], "event_ids": []])
        let event = fixture.profiles()[0]["events"]?[0]
        #expect(event?["type"] == "purchase" && event?["properties"]?["event_key"] == nil)
    }

    @Test("an unknown action or setting is refused with the valid names")
    func unknownActions() {
        var fixture = BloomreachFixture()
        let action = fixture.act(["do": "dance"])
        #expect(action.status == 400 && action.body["valid"]?.array?.contains("configure") == true)
        let setting = fixture.act(["do": "configure", "speed": 9])
        #expect(setting.status == 400 && setting.body["valid"]?.array?.contains("id_types") == true)
        #expect(fixture.raw("GET", "/_twin/nothing").status == 400)
    }

    @Test("configure makes further projects, isolated from the first")
    func furtherProjects() {
        var fixture = BloomreachFixture()
        fixture.act([
            "do": "configure", "project": "p2", "keys": [["id": "k2", "secret": "s2"]],
            "catalogs": [["name": "orders", "fields": [["name": "total", "type": "number"]]]],
        ])
        let body = JSON.object(["customer_ids": ["registered": "ada"], "event_type": "x"]).encoded()
        let first = fixture.raw("POST", "/track/v2/projects/p2/customers/events", bytes: body)
        #expect(first.status == 401, "the key of one project is unknown in another")
        let authorization = "Basic azI6czI="
        #expect(
            fixture.raw("POST", "/track/v2/projects/p2/customers/events", bytes: body, authorization: authorization)
                .status
                == 200)
        let state = fixture.state()
        #expect(state["profiles"] == [])
        #expect(state["projects"]?[0]?["token"] == "p2" && state["projects"]?[0]?["profiles"]?.array?.count == 1)
        #expect(state["projects"]?[0]?["catalogs"]?[0]?["name"] == "orders")
    }
}
