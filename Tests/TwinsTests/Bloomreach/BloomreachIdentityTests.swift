import JSON
import Testing
import Twins

/// Case by case (docs/vendors/bloomreach.md, Identity: ids; Identity: merging).
@Suite("Bloomreach twin: identity")
struct BloomreachIdentityTests {
    @Test("case 1 and 2: unknown ids make a profile, a known one takes the missing ids")
    func createAndExtend() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "1", "cookie": "x"], "a")
        fixture.event(["registered": "1", "email_id": "e@example.test"], "b")
        #expect(fixture.profiles().count == 1)
        #expect(fixture.ids(1) == ["cookie": ["x"], "email_id": "e@example.test", "registered": "1"])
    }

    @Test("case 3: compatible profiles merge into the oldest, with events, newer properties and a merge event")
    func merge() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "1"], "old")
        fixture.update(["registered": "1"], ["city": "Leeds", "name": "Ada"], at: 1_790_000_010)
        fixture.event(["email_id": "e"], "new", at: 1_790_000_001)
        fixture.update(["email_id": "e"], ["city": "York", "name": "Ada L"], at: 1_790_000_005)
        fixture.update(["email_id": "e"], ["name": "Ada L"], at: 1_790_000_020)
        fixture.event(["email_id": "e", "registered": "1"], "both", at: 1_790_000_002)
        #expect(fixture.profiles().count == 1)
        #expect(fixture.eventTypes(1).sorted() == ["both", "merge", "new", "old"])
        #expect(fixture.profiles()[0]["properties"] == ["city": "Leeds", "name": "Ada L"])
        fixture.event(["email_id": "e"], "new", at: 1_790_000_001)
        #expect(fixture.eventTypes(1).count == 4, "an exact copy is recognised after the merge")
    }

    @Test("case 4: a cookie that comes with another person moves, its history stays")
    func cookieTheft() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "1", "cookie": "x"], "visit")
        #expect(fixture.event(["registered": "2", "cookie": "x"], "purchase")["success"] == true)
        #expect(fixture.ids(1) == ["registered": "1"])
        #expect(fixture.ids(2) == ["cookie": ["x"], "registered": "2"])
        #expect(fixture.eventTypes(1) == ["visit"] && fixture.eventTypes(2) == ["purchase"])
        fixture.event(["cookie": "x"], "later")
        #expect(fixture.eventTypes(2).contains("later"))
    }

    @Test("case 5 and 6: hard ids of two people fail the command and change nothing")
    func clash() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "1", "email_id": "old"], "a")
        fixture.event(["registered": "2", "email_id": "x"], "b")
        let before = fixture.state()["profiles"]
        #expect(fixture.event(["registered": "1", "email_id": "x"], "c")["success"] == false)
        #expect(fixture.event(["registered": "1", "email_id": "brand-new", "cookie": "k"], "d")["success"] == false)
        #expect(fixture.state()["profiles"] == before)
    }

    @Test("case 7: what a cookie did before is found on the person it turns out to be")
    func identified() {
        var fixture = BloomreachFixture()
        fixture.event(["cookie": "x"], "visit")
        fixture.event(["registered": "1", "cookie": "x"], "purchase")
        #expect(fixture.profiles().count == 1 && fixture.eventTypes(1) == ["purchase", "visit"].reversed())
        fixture.event(["cookie": "y"], "visit2")
        fixture.event(["registered": "1", "cookie": "y"], "back")
        #expect(fixture.profiles().count == 1 && fixture.eventTypes(1).contains("visit2"))
    }

    @Test("soft ids alone that point to two people move nothing")
    func softOnly() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": "1", "cookie": "x"], "a")
        fixture.event(["registered": "2", "cart_id": "y"], "b")
        #expect(fixture.event(["cookie": "x", "cart_id": "y"], "c")["success"] == true)
        #expect(fixture.ids(1)?["cookie"] == ["x"] && fixture.ids(2)?["cart_id"] == ["y"])
        #expect(fixture.eventTypes(1).contains("c"))
    }

    @Test("the 65th soft id drives out the one unused for longest")
    func softIDCap() {
        var fixture = BloomreachFixture()
        for index in 0..<64 { fixture.event(["registered": "1", "cookie": .string("c\(index)")], "visit") }
        fixture.event(["cookie": "c0"], "visit")
        fixture.event(["registered": "1", "cookie": "c64"], "visit")
        let cookies = fixture.ids(1)?["cookie"]?.array?.compactMap(\.string) ?? []
        #expect(cookies.count == 64 && cookies.contains("c0") && !cookies.contains("c1"))
        fixture.event(["cookie": "c1"], "stranger")
        #expect(fixture.profiles().count == 2)
    }

    @Test("values are trimmed always and lower-cased only where the type says so")
    func transformations() {
        var fixture = BloomreachFixture()
        fixture.event(["registered": " Ada "], "a")
        fixture.event(["registered": "Ada"], "b")
        fixture.event(["registered": "ada"], "c")
        #expect(fixture.profiles().count == 2)
    }

    @Test("a type that lower-cases joins spellings; types in use cannot change their kind")
    func lowercase() {
        var fixture = BloomreachFixture()
        fixture.act(["do": "configure", "id_types": [["name": "email_id", "kind": "hard", "lowercase": true]]])
        fixture.event(["email_id": "E@Example.test "], "d")
        fixture.event(["email_id": "e@example.test"], "e")
        #expect(fixture.profiles().count == 1 && fixture.ids(1) == ["email_id": "e@example.test"])
        let soft = fixture.act(["do": "configure", "id_types": [["name": "email_id", "kind": "soft"]]])
        #expect(soft.status == 400)
    }

    @Test(
        "a value must name somebody", arguments: ["null", "undefined", "", " -- ", String(repeating: "a", count: 257)])
    func invalidValues(value: String) {
        var fixture = BloomreachFixture()
        let answer = fixture.event(["registered": .string(value)], "a")
        #expect(answer["errors"] == ["At least one valid id should be specified"])
        #expect(fixture.profiles().isEmpty)
    }

    @Test("a null value counts as absent, an undefined type fails")
    func nullAndUnknown() {
        var fixture = BloomreachFixture()
        #expect(fixture.event(["email_id": "x", "registered": nil], "a")["success"] == true)
        #expect(fixture.ids(1) == ["email_id": "x"])
        #expect(fixture.event(["registered": nil], "a")["errors"] == ["At least one id should be specified."])
        #expect(fixture.event(["email_id": "x", "loyalty": "1"], "a")["success"] == false)
    }

    @Test("ids never have two owners, and events are never lost, whatever the order of requests", arguments: 1...20)
    func invariants(seed: UInt64) {
        var fixture = BloomreachFixture()
        var draw = TwinRandom(seed: seed)
        var accepted = 0
        for index in 0..<150 {
            var ids: [(key: String, value: JSON)] = []
            for type in ["registered", "email_id", "cookie", "cart_id"] where Bool.random(using: &draw) {
                ids.append((type, .string("\(Int.random(in: 0..<6, using: &draw))")))
            }
            let answer = fixture.event(.object(JSONObject(ids)), "e\(index)")
            if answer["success"] == true { accepted += 1 }
        }
        var seen: Set<String> = []
        var events = 0
        for profile in fixture.profiles() {
            events += profile["events"]?.array?.count { $0["type"] != "merge" } ?? 0
            for (type, value) in profile["ids"]?.object?.members ?? [] {
                for text in value.array?.compactMap(\.string) ?? [value.string ?? ""] {
                    #expect(seen.insert(type + ":" + text).inserted)
                }
            }
        }
        #expect(events == accepted && accepted > 20)
    }
}
