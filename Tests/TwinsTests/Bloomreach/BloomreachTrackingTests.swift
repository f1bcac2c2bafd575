import JSON
import Testing
import Transport
import Twins

@Suite("Bloomreach twin: tracking")
struct BloomreachTrackingTests {
    @Test("every answer carries a request id, and the four envelopes appear")
    func envelopes() {
        var fixture = BloomreachFixture()
        let time = fixture.raw("GET", "/track/v2/projects/\(BloomreachFixture.token)/system/time")
        #expect(time.body == ["success": true, "errors": [], "time": .number(JSONNumber(exactly: "1790000000.0"))])
        let wrongToken = fixture.raw("POST", "/track/v2/projects/nobody/batch")
        #expect(wrongToken.status == 400 && wrongToken.body == ["success": false, "error": "Could not authenticate"])
        let noKey = fixture.raw("POST", "/track/v2/projects/\(BloomreachFixture.token)/batch", authorization: nil)
        #expect(noKey.status == 401 && noKey.body["error"] == "access key not provided")
        let unknown = fixture.track("batch", [:], authorization: "Basic eDp5")
        #expect(unknown.status == 401 && unknown.body["error"] == "access key not found")
        let wrongSecret = fixture.track("batch", [:], authorization: "Basic dHdpbi1rZXk6eA==")
        #expect(wrongSecret.status == 403 && wrongSecret.body["error"] == "invalid secret")
        let message = fixture.track("batch", [:])
        #expect(message.status == 400 && message.body["message"] == "No commands")
        let list = fixture.track("customers", ["customer_ids": [:]])
        #expect(list.status == 400 && list.body["errors"] == ["At least one id should be specified."])
        let object = fixture.data("POST", "customers/export-one", ["customer_ids": ["registered": "nobody"]])
        #expect(object.status == 404 && object.body["errors"]?["_global"] == ["Customer does not exist"])
        let path = fixture.raw("GET", "/track/v2/projects/\(BloomreachFixture.token)/nothing")
        #expect(path.status == 404 && path.body["errors"]?["code"] == 404)
        let ids = [time, wrongToken, noKey, unknown, wrongSecret, message, list, object, path].map {
            $0.headers["x-request-id"]
        }
        #expect(Set(ids).count == 9 && !ids.contains(nil))
    }

    @Test("a public token may track and read the categories, and nothing else")
    func publicToken() {
        var fixture = BloomreachFixture()
        let event: JSON = ["customer_ids": ["registered": "a"], "event_type": "x", "timestamp": 1]
        #expect(
            fixture.track("customers/events", event, authorization: BloomreachFixture.publicToken).body["success"]
                == true)
        let path = "/track/v2/projects/\(BloomreachFixture.token)/customers/events?access_token=twin-public"
        #expect(fixture.raw("POST", path, bytes: event.encoded(), authorization: nil).status == 200)
        let token = BloomreachFixture.publicToken
        #expect(fixture.data("GET", "consent/categories", authorization: token).status == 200)
        #expect(fixture.data("GET", "catalogs", authorization: token).status == 401)
        #expect(
            fixture.data("POST", "customers/export-one", ["customer_ids": ["registered": "a"]], authorization: token)
                .status == 401)
    }

    @Test("a batch takes 1 to 50 command objects")
    func batchLimits() {
        var fixture = BloomreachFixture()
        let command: JSON = ["name": "customers", "data": ["customer_ids": ["registered": "a"]]]
        #expect(fixture.batch(Array(repeating: command, count: 50)).count == 50)
        let over = fixture.track("batch", ["commands": .array(Array(repeating: command, count: 51))])
        #expect(over.status == 400 && over.body["message"] == "too many commands in the batch request")
        #expect(!over.reply.effect)
        let number = fixture.track("batch", ["commands": [1, command]])
        #expect(number.status == 400 && number.body["message"] == "Invalid JSON")
        let path = "/track/v2/projects/\(BloomreachFixture.token)/batch"
        #expect(fixture.raw("POST", path, bytes: Array("{".utf8)).body["message"] == "Invalid JSON")
    }

    @Test("results keep the request's order and ids, one failure fails alone")
    func batchResults() {
        var fixture = BloomreachFixture()
        let results = fixture.batch([
            ["name": "customers", "command_id": "a", "data": ["customer_ids": ["registered": "a"]]],
            ["name": "customers/events", "command_id": "b", "data": ["customer_ids": [:], "event_type": "x"]],
            ["name": "custom", "command_id": "c", "data": [:]],
            ["name": "customers", "command_id": "d", "data": ["customer_ids": ["shoe_size": "42"]]],
            ["name": "system/time"],
            ["name": "customers/events", "command_id": "e", "data": ["customer_ids": ["registered": "a"]]],
        ])
        #expect(results.map { $0["success"]?.bool } == [true, false, false, false, true, false])
        #expect(results.map { $0["command_id"]?.string } == ["a", "b", "c", "d", nil, "e"])
        #expect(results[1]["errors"] == ["At least one id should be specified."])
        #expect(results[4]["time"] != nil)
    }

    @Test("commands of one batch are applied in a drawn order, the same for the same seed")
    func shuffled() {
        func lastWriter(seed: UInt64) -> String? {
            var fixture = BloomreachFixture(seed: seed)
            _ = fixture.batch(
                (0..<10).map { index in
                    [
                        "name": "customers",
                        "data": [
                            "customer_ids": ["registered": "a"], "properties": ["writer": .string("w\(index)")],
                            "update_timestamp": 1_790_000_000,
                        ],
                    ]
                })
            return fixture.profiles()[0]["properties"]?["writer"]?.string
        }
        let writers = (1...20).map { lastWriter(seed: UInt64($0)) }
        #expect(Set(writers).count > 3)
        #expect(writers == (1...20).map { lastWriter(seed: UInt64($0)) })
    }

    @Test("an exact copy is stored once and counted twice; any difference is another event")
    func exactCopies() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "a"], "purchase", ["purchase_id": "1", "total": 2])
        fixture.event(["registered": "a"], "purchase", ["total": 2, "purchase_id": "1"])
        #expect(fixture.eventTypes(1).count == 1)
        #expect(fixture.state()["processed_events"] == 2)
        fixture.event(["registered": "a"], "purchase", ["purchase_id": "1", "total": 3])
        fixture.event(["registered": "a"], "purchase", at: 1_790_000_001, ["purchase_id": "1", "total": 2])
        fixture.event(["registered": "b"], "purchase", ["purchase_id": "1", "total": 2])
        #expect(fixture.eventTypes(1).count == 3 && fixture.eventTypes(2).count == 1)
    }

    @Test("whether a fraction of a second makes another event is a setting", arguments: [true, false])
    func fractions(count: Bool) {
        var settings = BloomreachSettings()
        settings.timestampFractionsCount = count
        var fixture = BloomreachFixture(settings)
        fixture.event(["registered": "a"], "x", at: .number(JSONNumber(exactly: "1790000000.001")))
        fixture.event(["registered": "a"], "x", at: .number(JSONNumber(exactly: "1790000000.002")))
        #expect(fixture.eventTypes(1).count == (count ? 2 : 1))
    }

    @Test("a millisecond timestamp is taken as seconds; ISO text and floats are read")
    func timestamps() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "a"], "ms", at: 1_790_000_000_250)
        fixture.event(["registered": "a"], "iso", at: "2026-09-21T14:13:20+01:00")
        fixture.event(["registered": "a"], "float", at: .number(JSONNumber(exactly: "1.79000000025e9")))
        let events = fixture.profiles()[0]["events"]?.array ?? []
        #expect(events.map { $0["type"]?.string } == ["iso", "float", "ms"])
        #expect(
            events.map { $0["timestamp"]?.decimalText } == ["1789996400.0", "1790000000.25", "1790000000250.0"])
        #expect(fixture.event(["registered": "a"], "bad", at: "yesterday")["success"] == false)
    }

    @Test("an older update never overwrites, property by property")
    func updateTimestamps() {
        var fixture = BloomreachFixture()
        fixture.update(["registered": "a"], ["city": "Leeds", "name": "Ada"], at: 1_790_000_010)
        fixture.update(["registered": "a"], ["city": "York", "age": 36], at: 1_790_000_005)
        fixture.update(["registered": "a"], ["name": "Ada L"], at: 1_790_000_011)
        #expect(fixture.profiles()[0]["properties"] == ["age": 36, "city": "Leeds", "name": "Ada L"])
    }

    @Test("attributes beyond the cap vanish while the answer says success")
    func attributeCap() {
        var fixture = BloomreachFixture()
        fixture.act(["do": "configure", "attribute_count_max": 2, "attribute_bytes_max": 20])
        let answer = fixture.update(["registered": "a"], ["one": 1, "two": 2, "three": 3])
        #expect(answer["success"] == true)
        fixture.update(["registered": "a"], ["one": 11, "two": "far too long for this contract"], at: 1_790_000_001)
        #expect(fixture.profiles()[0]["properties"] == ["one": 11, "two": 2])
    }

    @Test("a key may write one event type and not another")
    func permissions() {
        var fixture = BloomreachFixture()
        fixture.act(["do": "forbid", "event_type": "purchase"])
        let alone = fixture.track("customers/events", ["customer_ids": ["registered": "a"], "event_type": "purchase"])
        #expect(alone.status == 200 && alone.body["errors"] == ["not authorized to add event of specified type"])
        #expect(fixture.event(["registered": "a"], "return")["success"] == true)
        fixture.act(["do": "permit", "event_type": "purchase"])
        #expect(fixture.event(["registered": "a"], "purchase")["success"] == true)
        fixture.act(["do": "forbid", "property": "vip"])
        let property = fixture.update(["registered": "a"], ["vip": true, "city": "Leeds"])
        #expect(property["errors"] == ["not authorized to update specified customer properties"])
        #expect(fixture.profiles()[0]["properties"] == [:])
    }

    @Test("a revoked key is refused from then on")
    func revokedKey() {
        var fixture = BloomreachFixture()
        #expect(fixture.act(["do": "revoke_key", "key_id": "twin-key"]).status == 200)
        let answer = fixture.track("customers", ["customer_ids": ["registered": "a"]])
        #expect(answer.status == 401 && answer.body["error"] == "access key not found")
    }

    @Test("over the rate the data is thrown away; each address has its own bucket, which fills again")
    func rateLimit() {
        var settings = BloomreachSettings()
        settings.requestsPerMinute = 60
        settings.retryAfterSeconds = 7
        var fixture = BloomreachFixture(settings)
        let body: JSON = ["customer_ids": ["registered": "a"], "event_type": "x"]
        for _ in 0..<60 { #expect(fixture.track("customers/events", body).status == 200) }
        let over = fixture.track("customers/events", body)
        #expect(over.status == 429 && over.headers["Retry-After"] == "7" && !over.reply.effect)
        #expect(fixture.state()["processed_events"] == 60)
        let elsewhere: HTTPHeaders = [BloomreachTwin.peerHeader: "10.0.0.2"]
        #expect(fixture.track("customers/events", body, headers: elsewhere).status == 200)
        #expect(fixture.data("GET", "catalogs").status == 200)
        fixture.advance(seconds: 1)
        #expect(fixture.track("customers/events", body).status == 200)
        #expect(fixture.track("customers/events", body).status == 429)
    }

    @Test("the same seed and calls give the same bytes")
    func deterministic() {
        func run() -> [UInt8] {
            var fixture = BloomreachFixture(seed: 9)
            _ = fixture.fault(["target": "api", "kind": "status", "rate": .number(JSONNumber(exactly: "0.3"))])
            var bytes: [UInt8] = []
            for index in 0..<40 {
                let commands = (0..<5).map { place -> JSON in
                    let ids: JSON = ["registered": .string("p\(place)"), "cookie": .string("c\((index + place) % 7)")]
                    return ["name": "customers/events", "data": ["customer_ids": ids, "event_type": "visit"]]
                }
                bytes += fixture.track("batch", ["commands": .array(commands)]).reply.response?.body ?? []
            }
            return bytes + fixture.state().encoded() + fixture.raw("GET", "/_twin/calls?since=0").body.encoded()
        }
        #expect(run() == run())
    }
}
