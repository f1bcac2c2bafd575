import Bloomreach
import Commerce
import JSON
import Sync
import Testing
import Transport

@Suite("Bloomreach read-back")
struct ReadBackTests {
    private let destination = Sample.prepared()
    private let event = Sample.readBack(Sample.event("shop-1:purchase"))
    private let row = Sample.readBack(Sample.row("shop-1"))

    private func found(_ body: String, _ readBack: ReadBack) -> ReadBackResult {
        destination.interpret(Sample.answer(200, body), of: readBack)
    }

    @Test("A8 asks for this person's events of this type, newest first")
    func eventRequest() throws {
        let request = destination.readBackRequest(for: event)
        #expect(request.method == "POST")
        #expect(request.path == "/data/v2/projects/\(Sample.token)/customers/events")
        #expect(
            try JSON.parse(request.body) == [
                "customer_ids": ["email_id": "ada@example.test", "shopify_id": "777"], "event_types": ["purchase"],
                "order": "desc", "limit": 100, "skip": 0,
            ])
    }

    @Test("A8 counts the copies by event_key")
    func copies() {
        func stored(_ keys: [String]) -> String {
            let events = keys.map { #"{"type":"purchase","timestamp":1.0,"properties":{"event_key":"\#($0)"}}"# }
            return #"{"success":true,"data":["# + events.joined(separator: ",") + "]}"
        }
        #expect(found(stored([]), event) == .found(copies: 0))
        #expect(found(stored(["shop-2:purchase", "shop-1:purchase"]), event) == .found(copies: 1))
        #expect(found(stored(["shop-1:purchase", "shop-1:purchase"]), event) == .found(copies: 2))
        let full = Array(repeating: "shop-2:purchase", count: BloomreachDestination.readBackEventsMax)
        #expect(found(stored(full), event) == .impossible("100 newer events hide it"))
    }

    @Test("A7 the vendor's Retry-After is handed on by read-backs and by the list of catalogues")
    func retryAfter() {
        let busy = Sample.answer(429, headers: ["Retry-After": "7"])
        #expect(destination.interpret(busy, of: event) == .later("over the rate", after: .seconds(7)))
        let failing = Sample.answer(503, headers: ["Retry-After": "9"])
        var preparing = destination
        #expect(preparing.prepared(failing, for: "catalog:orders") == .later(after: .seconds(9), reason: "HTTP 503"))
        #expect(preparing.prepared(Sample.answer(429), for: "catalog:orders") == .later(reason: "over the rate"))
    }

    @Test("a person who is not there yet is looked for later; a key that may not read gives up")
    func notThere() {
        let unknown = Sample.answer(404, #"{"success":false,"errors":{"_global":["Customer does not exist"]}}"#)
        #expect(destination.interpret(unknown, of: event) == .later("Customer does not exist"))
        let refused = Sample.answer(200, #"{"success":false,"errors":{"_global":["Customer does not exist"]}}"#)
        #expect(destination.interpret(refused, of: event) == .later("Customer does not exist"))
        let denied = Sample.answer(403, "No permission for ada@example.test")
        #expect(destination.interpret(denied, of: event) == .impossible("No permission for [redacted]"))
        let permission = Sample.answer(200, #"{"success":false,"error":"No permission"}"#)
        #expect(destination.interpret(permission, of: event) == .impossible("No permission"))
        #expect(found("{}", event) == .impossible("an answer without events"))
        for outcome in [
            Sample.answer(500), Sample.answer(429), .notSent("n"), .unknown("u"), Sample.answer(200, "<p>"),
        ] {
            guard case .later = destination.interpret(outcome, of: event) else {
                Issue.record("\(outcome)")
                continue
            }
        }
    }

    @Test("a body that is no event gives up instead of counting")
    func noEvent() {
        let broken = ReadBack(key: "k", channel: "tracking", body: Array("{".utf8), notBefore: event.notBefore)
        #expect(destination.readBackRequest(for: broken).method == "POST")
        #expect(found(#"{"data":[]}"#, broken) == .impossible("the delivery is no event with an event_key"))
    }

    @Test("E6 a row is found by told_hash; one that a newer row has replaced is no drift")
    func rows() {
        #expect(
            destination.readBackRequest(for: Sample.readBack(Sample.row("shop-1/ü"))).path
                == "/data/v2/projects/\(Sample.token)/catalogs/cat1/items/shop-1%2F%C3%BC")
        func there(_ hash: String, _ updatedAt: String) -> String {
            #"{"data":{"item_id":"shop-1","properties":{"told_hash":"\#(hash)","updated_at":\#(updatedAt)}}}"#
        }
        #expect(found(there("h1", "1790000000"), row) == .found(copies: 1))
        #expect(found(there("h0", "1789999999"), row) == .found(copies: 0))
        #expect(found(there("h2", "1790000000.5"), row) == .impossible("a newer row has replaced it"))
        #expect(found(#"{"data":{"item_id":"shop-1"}}"#, row) == .impossible("an answer without a row"))
        #expect(destination.interpret(Sample.answer(404, "{}"), of: row) == .later("no message"))
    }

    @Test("a row is looked for later while its catalogue's id is unknown")
    func unprepared() {
        let fresh = BloomreachDestination(configuration: Sample.configuration)
        #expect(fresh.readBackRequest(for: row).path == "/data/v2/projects/\(Sample.token)/catalogs")
        let list = Sample.answer(200, #"{"success":true,"data":[{"_id":"cat1","name":"orders"}]}"#)
        #expect(fresh.interpret(list, of: row) == .later("the catalogue's id was not known yet"))
    }
}
