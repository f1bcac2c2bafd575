import JSON
import Testing
import Twins

/// apis/bloomreach.md 5.2 and 5.3, case by case.
@Suite("Bloomreach twin: identity")
struct BloomreachIdentityTests {
    @Test("case 1 and 2: unknown ids make a profile, a known one takes the missing ids")
    func createAndExtend() {
        var bench = BloomreachBench()
        bench.event(["registered": "1", "cookie": "x"], "a")
        bench.event(["registered": "1", "email_id": "e@example.test"], "b")
        #expect(bench.profiles().count == 1)
        #expect(bench.ids(1) == ["cookie": ["x"], "email_id": "e@example.test", "registered": "1"])
    }

    @Test("case 3: compatible profiles merge into the oldest, with events, newer properties and a merge event")
    func merge() {
        var bench = BloomreachBench()
        bench.event(["registered": "1"], "old")
        bench.update(["registered": "1"], ["city": "Leeds", "name": "Ada"], at: 1_790_000_010)
        bench.event(["email_id": "e"], "new", at: 1_790_000_001)
        bench.update(["email_id": "e"], ["city": "York", "name": "Ada L"], at: 1_790_000_005)
        bench.update(["email_id": "e"], ["name": "Ada L"], at: 1_790_000_020)
        bench.event(["email_id": "e", "registered": "1"], "both", at: 1_790_000_002)
        #expect(bench.profiles().count == 1)
        #expect(bench.eventTypes(1).sorted() == ["both", "merge", "new", "old"])
        #expect(bench.profiles()[0]["properties"] == ["city": "Leeds", "name": "Ada L"])
        bench.event(["email_id": "e"], "new", at: 1_790_000_001)
        #expect(bench.eventTypes(1).count == 4, "an exact copy is recognised after the merge")
    }

    @Test("case 4: a cookie that comes with another person moves, its history stays")
    func cookieTheft() {
        var bench = BloomreachBench()
        bench.event(["registered": "1", "cookie": "x"], "visit")
        #expect(bench.event(["registered": "2", "cookie": "x"], "purchase")["success"] == true)
        #expect(bench.ids(1) == ["registered": "1"])
        #expect(bench.ids(2) == ["cookie": ["x"], "registered": "2"])
        #expect(bench.eventTypes(1) == ["visit"] && bench.eventTypes(2) == ["purchase"])
        bench.event(["cookie": "x"], "later")
        #expect(bench.eventTypes(2).contains("later"))
    }

    @Test("case 5 and 6: hard ids of two people fail the command and change nothing")
    func clash() {
        var bench = BloomreachBench()
        bench.event(["registered": "1", "email_id": "old"], "a")
        bench.event(["registered": "2", "email_id": "x"], "b")
        let before = bench.state()["profiles"]
        #expect(bench.event(["registered": "1", "email_id": "x"], "c")["success"] == false)
        #expect(bench.event(["registered": "1", "email_id": "brand-new", "cookie": "k"], "d")["success"] == false)
        #expect(bench.state()["profiles"] == before)
    }

    @Test("case 7: what a cookie did before is found on the person it turns out to be")
    func identified() {
        var bench = BloomreachBench()
        bench.event(["cookie": "x"], "visit")
        bench.event(["registered": "1", "cookie": "x"], "purchase")
        #expect(bench.profiles().count == 1 && bench.eventTypes(1) == ["purchase", "visit"].reversed())
        bench.event(["cookie": "y"], "visit2")
        bench.event(["registered": "1", "cookie": "y"], "back")
        #expect(bench.profiles().count == 1 && bench.eventTypes(1).contains("visit2"))
    }

    @Test("soft ids alone that point to two people move nothing")
    func softOnly() {
        var bench = BloomreachBench()
        bench.event(["registered": "1", "cookie": "x"], "a")
        bench.event(["registered": "2", "cart_id": "y"], "b")
        #expect(bench.event(["cookie": "x", "cart_id": "y"], "c")["success"] == true)
        #expect(bench.ids(1)?["cookie"] == ["x"] && bench.ids(2)?["cart_id"] == ["y"])
        #expect(bench.eventTypes(1).contains("c"))
    }

    @Test("the 65th soft id drives out the one unused for longest")
    func softIDCap() {
        var bench = BloomreachBench()
        for index in 0..<64 { bench.event(["registered": "1", "cookie": .string("c\(index)")], "visit") }
        bench.event(["cookie": "c0"], "visit")
        bench.event(["registered": "1", "cookie": "c64"], "visit")
        let cookies = bench.ids(1)?["cookie"]?.array?.compactMap(\.string) ?? []
        #expect(cookies.count == 64 && cookies.contains("c0") && !cookies.contains("c1"))
        bench.event(["cookie": "c1"], "stranger")
        #expect(bench.profiles().count == 2)
    }

    @Test("values are trimmed always and lower-cased only where the type says so")
    func transformations() {
        var bench = BloomreachBench()
        bench.event(["registered": " Ada "], "a")
        bench.event(["registered": "Ada"], "b")
        bench.event(["registered": "ada"], "c")
        #expect(bench.profiles().count == 2)
    }

    @Test("a type that lower-cases joins spellings; types in use cannot change their kind")
    func lowercase() {
        var bench = BloomreachBench()
        bench.act(["do": "configure", "id_types": [["name": "email_id", "kind": "hard", "lowercase": true]]])
        bench.event(["email_id": "E@Example.test "], "d")
        bench.event(["email_id": "e@example.test"], "e")
        #expect(bench.profiles().count == 1 && bench.ids(1) == ["email_id": "e@example.test"])
        let soft = bench.act(["do": "configure", "id_types": [["name": "email_id", "kind": "soft"]]])
        #expect(soft.status == 400)
    }

    @Test(
        "a value must name somebody", arguments: ["null", "undefined", "", " -- ", String(repeating: "a", count: 257)])
    func invalidValues(value: String) {
        var bench = BloomreachBench()
        let answer = bench.event(["registered": .string(value)], "a")
        #expect(answer["errors"] == ["At least one valid id should be specified"])
        #expect(bench.profiles().isEmpty)
    }

    @Test("a null value counts as absent, an undefined type fails")
    func nullAndUnknown() {
        var bench = BloomreachBench()
        #expect(bench.event(["email_id": "x", "registered": nil], "a")["success"] == true)
        #expect(bench.ids(1) == ["email_id": "x"])
        #expect(bench.event(["registered": nil], "a")["errors"] == ["At least one id should be specified."])
        #expect(bench.event(["email_id": "x", "loyalty": "1"], "a")["success"] == false)
    }

    @Test("ids never have two owners, and events are never lost, whatever the order of requests", arguments: 1...20)
    func invariants(seed: UInt64) {
        var bench = BloomreachBench()
        var draw = TwinRandom(seed: seed)
        var accepted = 0
        for index in 0..<150 {
            var ids: [(key: String, value: JSON)] = []
            for type in ["registered", "email_id", "cookie", "cart_id"] where Bool.random(using: &draw) {
                ids.append((type, .string("\(Int.random(in: 0..<6, using: &draw))")))
            }
            let answer = bench.event(.object(JSONObject(ids)), "e\(index)")
            if answer["success"] == true { accepted += 1 }
        }
        var seen: Set<String> = []
        var events = 0
        for profile in bench.profiles() {
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
