import JSON
import Testing
import Transport
import Twins

@Suite("Bloomreach twin: faults and the call log")
struct BloomreachFaultTests {
    private let event: JSON = ["customer_ids": ["registered": "a"], "event_type": "x", "timestamp": 1]

    @Test("a status fault answers it and has no effect", arguments: [500, 502, 503, 429])
    func status(code: Int) {
        var fixture = BloomreachFixture()
        #expect(fixture.fault(["target": "api", "kind": "status", "status": JSON(code)]).status == 200)
        let answer = fixture.track("customers/events", event)
        #expect(answer.status == code && !answer.reply.effect && answer.headers["x-request-id"] != nil)
        #expect(fixture.profiles().isEmpty)
        _ = fixture.raw("DELETE", "/_twin/faults")
        #expect(fixture.track("customers/events", event).status == 200)
    }

    @Test("a time-out before has no effect, one after has it")
    func timeouts() {
        var fixture = BloomreachFixture()
        _ = fixture.fault(["target": "api", "kind": "timeout_before", "seconds": 3])
        let before = fixture.track("customers/events", event)
        #expect(before.reply.response == nil && !before.reply.effect && before.reply.delayMilliseconds == 3_000)
        #expect(fixture.profiles().isEmpty)
        _ = fixture.raw("DELETE", "/_twin/faults")
        _ = fixture.fault(["target": "api", "kind": "timeout_after"])
        let after = fixture.track("customers/events", event)
        #expect(after.reply.response == nil && after.reply.effect)
        #expect(fixture.eventTypes(1) == ["x"])
    }

    @Test("answers can be short, slow, cut or a page of HTML")
    func spoiltAnswers() {
        var fixture = BloomreachFixture()
        let commands: [JSON] = [["name": "customers/events", "data": event], ["name": "system/time"]]
        func spoil(_ kind: String) -> BloomreachFixture.Answer {
            _ = fixture.raw("DELETE", "/_twin/faults")
            _ = fixture.fault(["target": "api", "kind": .string(kind), "seconds": 4])
            return fixture.track("batch", ["commands": .array(commands)])
        }
        let html = spoil("html")
        #expect(html.status == 200 && html.headers["Content-Type"] == "text/html" && !html.reply.effect)
        #expect(html.body == .null && fixture.profiles().isEmpty)
        let partial = spoil("partial")
        #expect(partial.body["results"]?.array?.count == 1 && partial.reply.effect)
        let slow = spoil("slow")
        #expect(slow.reply.delayMilliseconds == 4_000 && slow.body["results"]?.array?.count == 2)
        let truncated = spoil("truncated")
        #expect(truncated.status == 200 && truncated.body == .null && truncated.reply.response?.body.isEmpty == false)
    }

    @Test("a fault ends by itself at `until` and strikes at its rate")
    func untilAndRate() {
        var fixture = BloomreachFixture()
        let half = JSON.number(JSONNumber(exactly: "0.5"))
        _ = fixture.fault(["target": "api", "kind": "status", "rate": half, "until": 60])
        let statuses = (0..<200).map { _ in fixture.track("customers/events", event).status }
        #expect((60...140).contains(statuses.count { $0 == 503 }))
        fixture.advance(seconds: 60)
        #expect((0..<20).allSatisfy { _ in fixture.track("customers/events", event).status == 200 })
        #expect(fixture.fault(["target": "api", "kind": "reorder"]).status == 400)
    }

    @Test("calls are listed with their effect; large bodies leave only their size")
    func calls() {
        var fixture = BloomreachFixture()
        fixture.act(["do": "configure", "call_body_bytes_max": 300])
        _ = fixture.track("customers/events", event)
        _ = fixture.track("customers", ["customer_ids": ["registered": .string(String(repeating: "-", count: 400))]])
        let calls = fixture.raw("GET", "/_twin/calls?since=0").body["calls"]?.array ?? []
        #expect(calls.map { $0["effect"]?.bool } == [true, false])
        #expect(calls.map { $0["status"]?.int64 } == [200, 400])
        #expect(calls[0]["body"]?["event_type"] == "x" && calls[1]["body"]?["omitted_bytes"] != nil)
        #expect(fixture.raw("GET", "/_twin/calls?since=1").body["calls"]?.array?.count == 1)
        #expect(fixture.state()["calls"] == 2)
    }

    @Test("reset brings back the settings and forgets the rest")
    func reset() {
        var fixture = BloomreachFixture()
        fixture.act(["do": "configure", "requests_per_minute": 0])
        #expect(fixture.track("customers/events", event).status == 429)
        _ = fixture.raw("POST", "/_twin/reset")
        #expect(fixture.track("customers/events", event).status == 200)
        #expect(fixture.profiles().count == 1 && fixture.state()["calls"] == 1)
    }

    @Test("the clock of the platform can be ahead")
    func clockSkew() {
        var fixture = BloomreachFixture()
        fixture.act(["do": "configure", "clock_skew_seconds": 90])
        let answer = fixture.raw("GET", "/track/v2/projects/\(BloomreachFixture.token)/system/time")
        #expect(answer.body["time"]?.decimalText == "1790000090.0")
    }
}
