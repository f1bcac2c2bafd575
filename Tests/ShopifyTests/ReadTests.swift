import Commerce
import JSON
import Sync
import Testing
import Transport

@testable import Shopify

@Suite("Reads")
struct ReadTests {
    let bundle = ShopBundle()

    private func throttled(requested: String, available: String, rate: String) -> JSON {
        [
            "errors": [["message": "Throttled", "extensions": ["code": "THROTTLED"]]],
            "extensions": [
                "cost": [
                    "requestedQueryCost": .number(JSONNumber(exactly: requested)),
                    "throttleStatus": [
                        "maximumAvailable": .number(JSONNumber(exactly: "2000.0")),
                        "currentlyAvailable": .number(JSONNumber(exactly: available)),
                        "restoreRate": .number(JSONNumber(exactly: rate)),
                    ],
                ]
            ],
        ]
    }
    private func error(_ code: String, _ message: String = "", path: [JSON] = [], access: String? = nil) -> JSON {
        [
            "message": .string(message), "path": .array(path),
            "extensions": ["code": .string(code), "requiredAccess": JSON(access)],
        ]
    }
    private func node(_ id: Int64) -> JSON { GraphQLTranscription.order(SampleOrders.order(id: id)) }

    @Test("a read of orders is one request with their global ids and the token")
    func request() throws {
        let request = bundle.source.request(
            for: bundle.read(.entities([bundle.key("5"), bundle.key("9007199254740993")])))
        #expect(request.path == "/admin/api/2026-04/graphql.json")
        #expect(request.headers["X-Shopify-Access-Token"] == "shpat_token")
        let body = try JSON.parse(request.body)
        #expect(body["operationName"] == "OrdersByID")
        #expect(body["variables"]?["ids"] == ["gid://shopify/Order/5", "gid://shopify/Order/9007199254740993"])
        #expect(body["variables"]?["lines"] == 50)
        #expect(body["query"]?.string?.contains("fragment OrderFields on Order") == true)
    }

    @Test("found, unknown and broken orders of one read are told apart")
    func entities() throws {
        let keys = ["1", "2", "3"].map(bundle.key)
        let broken = node(3).with("currentTotalPriceSet", nil)
        let answer = bundle.interpret(GraphQLTranscription.answer([node(1), nil, broken]), of: .entities(keys))
        guard case .found(let observations, let missing, nil) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(missing == [keys[1]])
        #expect(observations.map(\.key) == [keys[0], keys[2]])
        #expect(observations.first?.order?.id == "1")
        #expect(observations.last?.unreadableCode == "shopify_missing_field")
    }

    @Test("an answer about another order, or another kind of thing, is not believed")
    func mismatches() {
        let keys: SourceRead.Wanted = .entities([bundle.key("1")])
        for id in ["gid://shopify/Order/2", "gid://shopify/DraftOrder/1", "1x", ""] {
            guard
                case .unreadable = bundle.interpret(
                    GraphQLTranscription.answer([node(1).with("id", .string(id))]), of: keys)
            else {
                Issue.record("believed \(id)")
                continue
            }
        }
        guard case .unreadable = bundle.interpret(GraphQLTranscription.answer([]), of: keys) else {
            Issue.record("believed nothing")
            return
        }
    }

    @Test("withheld personal data is unknown; a missing scope is denied by name")
    func accessDenied() throws {
        let keys: SourceRead.Wanted = .entities([bundle.key("1")])
        let path: [JSON] = ["nodes", 0, "email"]
        let withheld = error("ACCESS_DENIED", "This app is not approved to use the email field.", path: path)
        let node = node(1).with("email", JSON.null)
        let answer = bundle.interpret(GraphQLTranscription.answer([node], errors: [withheld]), of: keys)
        guard case .found(let observations, [], nil) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(observations.first?.order?.buyer.email == .unknown)
        #expect(observations.first?.isPartial == true)

        let scope = error("ACCESS_DENIED", "Access denied", path: ["nodes"], access: "`read_orders` access scope.")
        #expect(
            bundle.interpret(GraphQLTranscription.answer([nil], errors: [scope]), of: keys)
                == .denied("Shopify denies access: `read_orders` access scope."))
        let customer = error("ACCESS_DENIED", path: ["nodes", 0, "customer"], access: "`read_customers` access scope.")
        #expect(
            bundle.interpret(GraphQLTranscription.answer([node], errors: [customer]), of: keys)
                == .denied("Shopify denies access: `read_customers` access scope."))
    }

    @Test("A7 throttled: wait until the bucket holds what was asked")
    func throttling() {
        let keys: SourceRead.Wanted = .entities([bundle.key("1")])
        func after(_ json: JSON) -> TimeSpan? {
            if case .later(let after, _) = bundle.interpret(json, of: keys) {
                after
            } else {
                TimeSpan(microseconds: -1)
            }
        }
        #expect(after(throttled(requested: "400", available: "150", rate: "100.0")) == .milliseconds(2_500))
        #expect(after(throttled(requested: "400", available: "399.9", rate: "1000")) == TimeSpan(microseconds: 100))
        #expect(after(throttled(requested: "10", available: "150", rate: "100")) == .zero)
        #expect(after(throttled(requested: "10", available: "0", rate: "0")) == nil)
        #expect(after(["errors": [["extensions": ["code": "THROTTLED"]]]]) == nil)
    }

    @Test("too dear: half as many, then smaller pages, then an honest end")
    func tooMuch() {
        let dear: JSON = ["errors": [["message": "too much", "extensions": ["code": "MAX_COST_EXCEEDED"]]]]
        let keys = ["1", "2", "3", "4", "5"].map(bundle.key)
        #expect(bundle.interpret(dear, of: .entities(keys)) == .tooMuch(keysMax: 2))
        var answer = bundle.interpret(dear, of: .entities([keys[0]]))
        var steps = 0
        while case .found([], [], let cursor?) = answer, steps < 20 {
            answer = bundle.interpret(dear, of: .continuation(keys[0], cursor: cursor))
            steps += 1
        }
        #expect(steps == 4)
        guard case .found(let observations, [], nil) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(observations.map(\.unreadableCode) == ["shopify_order_too_large"])
    }

    @Test("every HTTP status and lost answer has its class")
    func statuses() {
        let keys: SourceRead.Wanted = .entities([bundle.key("1")])
        func classOf(_ outcome: HTTPOutcome) -> String {
            switch bundle.interpret(outcome, of: keys) {
            case .found: "found"
            case .tooMuch: "tooMuch"
            case .later(let after, _): "later \(after.map { "\($0)" } ?? "-")"
            case .denied: "denied"
            case .unprepared: "unprepared"
            case .unreadable: "unreadable"
            }
        }
        func status(_ code: Int, _ headers: HTTPHeaders = [:]) -> String {
            classOf(.answered(HTTPResponse(status: code, headers: headers, body: Array("oops".utf8))))
        }
        for code in [401, 402, 403, 404, 423] { #expect(status(code) == "denied") }
        for code in [430, 500, 502, 503, 599] { #expect(status(code) == "later -") }
        #expect(status(429, ["Retry-After": "2.5"]) == "later 2.500000s")
        #expect(status(429, ["retry-after": "soon"]) == "later -")
        for code in [200, 204, 301, 400, 418] { #expect(status(code) == "unreadable") }
        #expect(classOf(.notSent("no route")) == "later -")
        #expect(classOf(.unknown("timed out")) == "later -")
        for code in ["INTERNAL_SERVER_ERROR", "undefinedField"] {
            let json: JSON = ["errors": [["message": "m", "extensions": ["code": .string(code)]]]]
            #expect(
                classOf(.answered(HTTPResponse(status: 200, body: json.encoded())))
                    == (code == "undefinedField" ? "unreadable" : "later -"))
        }
    }

    @Test("changes come as hints, page by page, oldest first")
    func changes() throws {
        let since = Instant(seconds: 1_800_000_000)
        let wanted: SourceRead.Wanted = .changes(.order, since: since, cursor: "abc")
        let body = try JSON.parse(bundle.source.request(for: bundle.read(wanted)).body)
        #expect(body["variables"] == ["after": "abc", "search": "updated_at:>='2027-01-15T08:00:00Z'"])
        let nodes: [JSON] = [["id": "gid://shopify/Order/7", "updatedAt": "2027-01-15T08:00:01Z"]]
        let page = GraphQLTranscription.connection(nodes, hasNextPage: true, cursor: "next")
        let hint = Observation.hint(
            bundle.key("7"), sourceTime: since + .seconds(1), eventID: nil, awaitsCompanion: false)
        #expect(
            bundle.interpret(["data": ["orders": page]], of: wanted)
                == .found([hint], missing: [], nextCursor: "next"))
        let last = GraphQLTranscription.connection([], cursor: "end")
        #expect(bundle.interpret(["data": ["orders": last]], of: wanted) == .found([], missing: [], nextCursor: nil))
    }

    @Test("an id that is none of Shopify's is not asked for, and unknown")
    func strangeIDs() throws {
        let wanted: SourceRead.Wanted = .entities([bundle.key("draft"), bundle.key("1"), bundle.key("007")])
        let body = try JSON.parse(bundle.source.request(for: bundle.read(wanted)).body)
        #expect(body["variables"]?["ids"] == ["gid://shopify/Order/1"])
        guard
            case .found(let found, let missing, nil) = bundle.interpret(
                GraphQLTranscription.answer([node(1)]), of: wanted)
        else {
            Issue.record("no answer")
            return
        }
        #expect(found.map(\.key) == [bundle.key("1")])
        #expect(missing == [bundle.key("draft"), bundle.key("007")])
    }

    // MARK: Large orders

    /// Responses like Shopify: for each id the page of lines that the request asks for.
    private func serve(_ orders: [String: JSON], _ request: HTTPRequest) throws -> JSON {
        let variables = try #require(try JSON.parse(request.body)["variables"])
        let size = Int(try #require(variables["lines"]?.int64))
        let start = variables["after"]?.string.flatMap(Int.init) ?? 0
        let ids = try #require(variables["ids"]?.array).compactMap {
            $0.string?.split(separator: "/").last.map(String.init)
        }
        return GraphQLTranscription.answer(
            ids.map { id in
                guard let rest = orders[id] else { return nil }
                let whole = GraphQLTranscription.order(rest)
                let lines = whole["lineItems"]?["nodes"]?.array ?? []
                let end = min(start + size, lines.count)
                let connection = GraphQLTranscription.connection(
                    Array(lines[start..<end]), hasNextPage: end < lines.count, cursor: String(end))
                return whole.with("lineItems", connection)
            })
    }
    /// Reads on as the engine does: every cursor is handed back under the first key.
    private func readOn(_ orders: [String: JSON], _ ids: [String]) throws -> (answer: SourceAnswer, requests: Int) {
        var wanted = SourceRead.Wanted.entities(ids.map(bundle.key))
        for count in 1...20 {
            let answer = bundle.interpret(
                try serve(orders, bundle.source.request(for: bundle.read(wanted))), of: wanted)
            guard case .found([], [], let cursor?) = answer else { return (answer, count) }
            wanted = .continuation(bundle.key(ids[0]), cursor: cursor)
        }
        Issue.record("never came to an end")
        return (.unreadable("never"), 20)
    }
    private func large(_ count: Int, id: Int64 = 1) -> JSON {
        SampleOrders.addingUp(
            SampleOrders.order(id: id).with("line_items", .array((1...count).map { SampleOrders.line(Int64($0)) })))
    }
    private func observation(_ rest: JSON) throws -> Observation {
        guard
            case .snapshot(let key, let state, let time, _, let isPartial)? = bundle.observation("orders/updated", rest)
        else { throw ShopifyError(.badField, at: "the sample") }
        return .snapshot(key, state, sourceTime: time, eventID: nil, isPartial: isPartial)
    }

    @Test(
        "an order of many lines is joined from pages",
        arguments: [(50, 1), (51, 2), (250, 2), (251, 3), (777, 5), (1_000, 5)])
    func manyLines(count: Int, requests: Int) throws {
        let rest = large(count)
        let read = try readOn(["1": rest], ["1"])
        #expect(read.answer == .found([try observation(rest)], missing: [], nextCursor: nil))
        #expect(read.requests == requests)
    }

    @Test("large and small, unknown and all too large orders of one read end in one answer for all")
    func largeAmongOthers() throws {
        let orders = ["1": large(3, id: 1), "3": large(300, id: 3), "4": large(60, id: 4), "5": large(1_001, id: 5)]
        let answer = try readOn(orders, ["1", "2", "3", "4", "5"]).answer
        let tooLarge = Observation.unreadable(
            bundle.key("5"), code: "shopify_order_too_large", detail: "has more than 1000 lines")
        let whole = try ["1", "3", "4"].map { try observation(try #require(orders[$0])) }
        #expect(answer == .found(whole + [tooLarge], missing: [bundle.key("2")], nextCursor: nil))
    }

    @Test("pages of two states are never joined")
    func changedBetweenPages() throws {
        let key = bundle.key("1")
        let rest = large(300)
        let start = ReadCursor(entries: [.init(id: "1", state: .open)]).text
        let first = SourceRead.Wanted.continuation(key, cursor: start)
        let answer = bundle.interpret(try serve(["1": rest], bundle.source.request(for: bundle.read(first))), of: first)
        guard case .found([], [], let cursor?) = answer else {
            Issue.record("\(answer)")
            return
        }
        let second = SourceRead.Wanted.continuation(key, cursor: cursor)
        let changed = rest.with("updated_at", "2026-11-03T00:00:00Z")
        #expect(
            bundle.interpret(try serve(["1": changed], bundle.source.request(for: bundle.read(second))), of: second)
                == .found([], missing: [], nextCursor: start))
    }

    @Test("a list that may have been cut is never believed")
    func cutLists() throws {
        let start = ReadCursor(entries: [.init(id: "1", state: .open)]).text
        let wanted = SourceRead.Wanted.continuation(bundle.key("1"), cursor: start)
        let parcel: JSON = [
            "id": 9, "status": "success", "created_at": "2026-11-01T12:00:00Z", "updated_at": "2026-11-01T12:00:00Z",
            "line_items": [["id": 1, "quantity": 1]],
        ]
        let rest = SampleOrders.order(id: 1).with("refunds", [SampleOrders.refund()]).with("fulfillments", [parcel])
        let whole = GraphQLTranscription.order(rest)
        let refund = try #require(whole["refunds"]?[0])
        let fulfillment = try #require(whole["fulfillments"]?[0])
        let more = GraphQLTranscription.connection([], hasNextPage: true, cursor: "c")
        var cut = [
            whole.with("refunds", .array(Array(repeating: refund, count: 50))),
            whole.with("fulfillments", .array(Array(repeating: fulfillment, count: 50))),
            whole.with("shippingLines", more),
            whole.with("fulfillments", [fulfillment.with("fulfillmentLineItems", more)]),
            whole.with("fulfillments", [fulfillment.with("trackingInfo", .array(Array(repeating: [:], count: 20)))]),
        ]
        for list in ["refundLineItems", "refundShippingLines", "orderAdjustments", "transactions"] {
            cut.append(whole.with("refunds", [refund.with(list, more)]))
        }
        for order in cut {
            guard
                case .found(let observations, [], nil) = bundle.interpret(
                    GraphQLTranscription.answer([order]), of: wanted)
            else {
                Issue.record("no answer")
                continue
            }
            #expect(observations.map(\.unreadableCode) == ["shopify_order_too_large"])
        }
        guard case .found(let believed, [], nil) = bundle.interpret(GraphQLTranscription.answer([whole]), of: wanted)
        else {
            Issue.record("no answer")
            return
        }
        #expect(believed.first?.order?.fulfillments.count == 1)
    }

    @Test("a cursor is read back as it was written")
    func cursorText() {
        var cursor = ReadCursor(entries: [
            .init(id: "1", state: .whole, node: ["a": 1], withheld: ["email"]), .init(id: "2", state: .open),
            .init(id: "3", state: .tooLarge, reason: "r"),
        ])
        cursor.after = "x"
        cursor.updatedAt = "t"
        cursor.lines = [["id": 5]]
        #expect(ReadCursor(cursor.text) == cursor)
        #expect(ReadCursor("{}") == nil)
    }
}
