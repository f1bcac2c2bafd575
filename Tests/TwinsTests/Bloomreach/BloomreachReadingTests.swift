import JSON
import Testing
import Twins

/// apis/bloomreach.md 10 and 11.
@Suite("Bloomreach twin: read-back, consent, erasure")
struct BloomreachReadingTests {
    private let ada: JSON = ["customer_ids": ["registered": "ada"]]

    @Test("a write is accepted now and readable after the delay; the state shows it at once")
    func visibility() {
        var bench = BloomreachBench()
        bench.update(["registered": "ada"], ["city": "Leeds"], at: 1)
        bench.event(["registered": "ada"], "purchase")
        #expect(bench.data("POST", "customers/export-one", ada).status == 404)
        #expect(bench.profiles().count == 1)
        bench.advance(seconds: 2)
        let profile = bench.data("POST", "customers/export-one", ada).body
        #expect(profile["success"] == true && profile["ids"] == ["registered": "ada"])
        #expect(profile["properties"] == ["city": "Leeds"] && profile["events"]?.array?.count == 1)
        bench.update(["registered": "ada"], ["city": "York"], at: 2)
        bench.event(["registered": "ada", "cookie": "x"], "return")
        let old = bench.data("POST", "customers/export-one", ada).body
        #expect(
            old["properties"] == ["city": "Leeds"] && old["events"]?.array?.count == 1 && old["ids"]?["cookie"] == nil)
        #expect(bench.profiles()[0]["properties"] == ["city": "York"])
        bench.advance(seconds: 2)
        let new = bench.data("POST", "customers/export-one", ada).body
        #expect(new["properties"] == ["city": "York"] && new["events"]?.array?.count == 2)
    }

    @Test("a value written all the time is read as it was a delay ago")
    func hotValue() {
        var bench = BloomreachBench()
        for second in 0..<20 {
            bench.update(["registered": "ada"], ["n": JSON(second)], at: JSON(second + 1))
            if second >= 2 {
                let seen = bench.data("POST", "customers/export-one", ada).body["properties"]?["n"]
                #expect(seen == JSON(second - 2))
            }
            bench.advance(seconds: 1)
        }
    }

    @Test("ids that were readable stay so through a merge")
    func visibilityOfMergedIDs() {
        var bench = BloomreachBench()
        bench.event(["registered": "ada"], "a")
        bench.event(["email_id": "e"], "b")
        bench.advance(seconds: 2)
        bench.event(["registered": "ada", "email_id": "e"], "c")
        let merged = bench.data("POST", "customers/export-one", ["customer_ids": ["email_id": "e"]]).body
        #expect(merged["ids"] == ["email_id": "e", "registered": "ada"] && merged["events"]?.array?.count == 2)
    }

    @Test("the twin's own clock can be advanced instead")
    func twinTime() {
        var bench = BloomreachBench()
        bench.event(["registered": "ada"], "purchase")
        _ = bench.raw("POST", "/_twin/time", bytes: Array(#"{"advance": 2.5}"#.utf8))
        #expect(bench.data("POST", "customers/export-one", ada).status == 200)
    }

    @Test("events come in time order, by page, for permitted types")
    func events() {
        var bench = BloomreachBench()
        for second in [3, 1, 2] {
            bench.event(["registered": "ada"], "purchase", at: JSON(second), ["n": JSON(second)])
        }
        bench.event(["registered": "ada"], "return", at: 9)
        bench.advance(seconds: 2)
        func numbers(_ more: JSONObject) -> [Int64?]? {
            var body: JSONObject = ["customer_ids": ["registered": "ada"], "event_types": ["purchase"]]
            for (name, value) in more.members { body[name] = value }
            let answer = bench.data("POST", "customers/events", .object(body))
            return answer.body["data"]?.array?.map { $0["properties"]?["n"]?.int64 }
        }
        #expect(numbers(["order": "asc"]) == [1, 2, 3])
        #expect(numbers(["order": "desc"]) == [3, 2, 1])
        #expect(numbers(["order": "desc", "limit": 1, "skip": 1]) == [2])
        bench.act(["do": "forbid", "read_event_type": "purchase"])
        #expect(numbers([:]) == nil)
    }

    @Test("attributes answer one by one, in order")
    func attributes() {
        var bench = BloomreachBench()
        bench.update(["registered": "ada", "cookie": "x"], ["city": "Leeds"])
        bench.advance(seconds: 2)
        bench.act(["do": "forbid", "read_property": "secret"])
        let answer = bench.data(
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

    private func consent(_ bench: inout BloomreachBench, mode: String = "valid") -> JSON? {
        let attribute: JSON = ["type": "consent", "category": "newsletter", "mode": .string(mode)]
        return bench.data(
            "POST", "customers/attributes", ["customer_ids": ["registered": "ada"], "attributes": [attribute]]
        ).body["results"]?[0]?["value"]
    }

    private func decide(_ bench: inout BloomreachBench, at time: Int64, _ properties: JSONObject) -> JSON {
        var all: JSONObject = ["action": "accept", "category": "newsletter", "timestamp": JSON(time)]
        all["valid_until"] = "unlimited"
        for (name, value) in properties.members { all[name] = value.isNull ? JSON?.none : value }
        let answer = bench.event(["registered": "ada"], "consent", at: JSON(time), .object(all))
        bench.advance(seconds: 2)
        return answer
    }

    @Test("the latest decision by its own time holds, and an expiry flips it silently")
    func consentOrder() {
        var bench = BloomreachBench()
        _ = decide(&bench, at: 100, ["source": "till"])
        #expect(consent(&bench) == true && consent(&bench, mode: "source") == "till")
        _ = decide(&bench, at: 300, ["action": "reject"])
        _ = decide(&bench, at: 200, [:])
        #expect(consent(&bench) == false)
        _ = decide(&bench, at: 400, ["valid_until": 1_790_000_100])
        #expect(consent(&bench) == true)
        bench.advance(seconds: 200)
        #expect(consent(&bench) == false && bench.eventTypes(1).count == 4)
    }

    @Test(
        "an invalid consent event revokes",
        arguments: [
            ["action": "Accept"], ["timestamp": nil], ["timestamp": "soon"], ["valid_until": nil],
            ["valid_until": "for ever"], ["action": nil],
        ] as [JSONObject])
    func invalidConsent(change: JSONObject) {
        var bench = BloomreachBench()
        _ = decide(&bench, at: 100, [:])
        #expect(consent(&bench) == true)
        #expect(decide(&bench, at: 200, change)["success"] == true)
        #expect(consent(&bench) == false)
    }

    @Test("a decision follows its profile into a merge")
    func consentMerges() {
        var bench = BloomreachBench()
        bench.event(["email_id": "e"], "first")
        _ = decide(&bench, at: 100, [:])
        bench.event(["registered": "ada", "email_id": "e"], "both")
        #expect(bench.profiles().count == 1 && consent(&bench) == true)
    }

    @Test("a category is written only by a source that it allows")
    func consentSources() {
        var bench = BloomreachBench()
        let event: JSON = [
            "customer_ids": ["registered": "ada"], "event_type": "consent",
            "properties": ["action": "accept", "category": "newsletter", "timestamp": 1, "valid_until": "unlimited"],
        ]
        let answer = bench.track("customers/events", event, authorization: BloomreachBench.publicToken)
        #expect(answer.body["success"] == false)
        let categories = bench.data("GET", "consent/categories").body
        #expect(categories["results"]?[0]?["sources"]?["public_api"] == false)
        #expect(categories["results"]?[0]?["sources"]?["private_api"] == true)
    }

    @Test("anonymising drops ids and private properties, and keeps events and the rest")
    func anonymize() {
        var bench = BloomreachBench()
        bench.update(["registered": "ada", "cookie": "x"], ["email": "ada@example.test", "city": "Leeds"])
        bench.event(["registered": "ada"], "purchase")
        bench.advance(seconds: 2)
        #expect(bench.data("POST", "customers/anonymize", ada).body == ["success": true])
        let profile = bench.profiles()[0]
        #expect(profile["properties"] == ["city": "Leeds"] && profile["events"]?.array?.count == 1)
        #expect(profile["ids"]?["registered"] == nil && profile["ids"]?["cookie"]?.array?.count == 1)
        #expect(profile["ids"]?["cookie"] != ["x"])
        #expect(bench.data("POST", "customers/anonymize", ada).status == 404)
        bench.event(["registered": "ada"], "late")
        #expect(bench.profiles().count == 2, "a late write makes the person again")
        bench.advance(seconds: 2)
        let bulk = bench.data("POST", "customers/anonymize_bulk", ["customers": [ada, ["internal_id": "nobody"]]])
        #expect(bulk.body["success"] == true && bulk.body["bulk_id"]?.string != nil)
        #expect(bench.profiles()[1]["ids"]?["registered"] == nil)
    }

    @Test("a purchase of another app has no event key and is readable like any")
    func foreignPurchase() {
        var bench = BloomreachBench()
        let deed = bench.act([
            "do": "foreign_purchase", "customer_ids": ["registered": "ada"], "purchase_id": "1001", "total_price": 5,
        ])
        #expect(deed.body == ["ids": ["1001"], "event_ids": []])
        let event = bench.profiles()[0]["events"]?[0]
        #expect(event?["type"] == "purchase" && event?["properties"]?["event_key"] == nil)
    }

    @Test("an unknown deed or setting is refused with the valid names")
    func unknownDeeds() {
        var bench = BloomreachBench()
        let deed = bench.act(["do": "dance"])
        #expect(deed.status == 400 && deed.body["valid"]?.array?.contains("configure") == true)
        let setting = bench.act(["do": "configure", "speed": 9])
        #expect(setting.status == 400 && setting.body["valid"]?.array?.contains("id_types") == true)
        #expect(bench.raw("GET", "/_twin/nothing").status == 400)
    }

    @Test("configure makes further projects, isolated from the first")
    func furtherProjects() {
        var bench = BloomreachBench()
        bench.act([
            "do": "configure", "project": "p2", "keys": [["id": "k2", "secret": "s2"]],
            "catalogs": [["name": "orders", "fields": [["name": "total", "type": "number"]]]],
        ])
        let body = JSON.object(["customer_ids": ["registered": "ada"], "event_type": "x"]).encoded()
        let first = bench.raw("POST", "/track/v2/projects/p2/customers/events", bytes: body)
        #expect(first.status == 401, "the key of one project is unknown in another")
        let authorization = "Basic azI6czI="
        #expect(
            bench.raw("POST", "/track/v2/projects/p2/customers/events", bytes: body, authorization: authorization)
                .status
                == 200)
        let state = bench.state()
        #expect(state["profiles"] == [])
        #expect(state["projects"]?[0]?["token"] == "p2" && state["projects"]?[0]?["profiles"]?.array?.count == 1)
        #expect(state["projects"]?[0]?["catalogs"]?[0]?["name"] == "orders")
    }
}
