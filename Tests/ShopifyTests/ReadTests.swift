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
    }

    @Test("L2 throttled: wait until the bucket holds what was asked")
    func throttling() {
        let keys: SourceRead.Wanted = .entities([bundle.key("1")])
        func after(_ json: JSON) -> Span? {
            if case .later(let after, _) = bundle.interpret(json, of: keys) { after } else { Span(microseconds: -1) }
        }
        #expect(after(throttled(requested: "400", available: "150", rate: "100.0")) == .milliseconds(2_500))
        #expect(after(throttled(requested: "400", available: "399.9", rate: "1000")) == Span(microseconds: 100))
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
        guard case .unreadable = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(steps == 4)
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
        let wanted: SourceRead.Wanted = .changes(since: since, cursor: "abc")
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

    // MARK: Large orders

    /// Answers like Shopify: the page of `lines` that the request asks for.
    private func page(_ rest: JSON, _ request: HTTPRequest) throws -> JSON {
        let variables = try #require(try JSON.parse(request.body)["variables"])
        let size = Int(try #require(variables["lines"]?.int64))
        let start = variables["after"]?.string.flatMap(Int.init) ?? 0
        let whole = GraphQLTranscription.order(rest)
        let lines = try #require(whole["lineItems"]?["nodes"]?.array)
        let end = min(start + size, lines.count)
        let connection = GraphQLTranscription.connection(
            Array(lines[start..<end]), hasNextPage: end < lines.count, cursor: String(end))
        return GraphQLTranscription.answer([whole.with("lineItems", connection)])
    }
    private func large(_ count: Int) -> JSON {
        SampleOrders.order(id: 1).with("line_items", .array((1...count).map { SampleOrders.line(Int64($0)) }))
    }

    @Test("an order of many lines is read alone and joined from pages", arguments: [50, 51, 250, 251, 777])
    func manyLines(count: Int) throws {
        let rest = large(count)
        let key = bundle.key("1")
        var wanted = SourceRead.Wanted.entities([key])
        for _ in 0..<10 {
            let request = bundle.source.request(for: bundle.read(wanted))
            let answer = bundle.interpret(try page(rest, request), of: wanted)
            if case .found([], [], let cursor?) = answer {
                wanted = .continuation(key, cursor: cursor)
                continue
            }
            guard case .found(let observations, [], nil) = answer else { break }
            #expect(observations == [observation(rest)])
            return
        }
        Issue.record("never came to an end")
    }
    private func observation(_ rest: JSON) -> Observation? {
        guard
            case .snapshot(let key, let state, let time, _, let isPartial) = bundle.observation("orders/updated", rest)
        else { return nil }
        return .snapshot(key, state, sourceTime: time, eventID: nil, isPartial: isPartial)
    }

    @Test("among several, an order that does not fit asks to be read alone")
    func largeAmongOthers() {
        let keys: SourceRead.Wanted = .entities([bundle.key("1"), bundle.key("2")])
        let more = node(2).with("lineItems", GraphQLTranscription.connection([], hasNextPage: true, cursor: "c"))
        #expect(bundle.interpret(GraphQLTranscription.answer([node(1), more]), of: keys) == .tooMuch(keysMax: 1))
    }

    @Test("pages of two states are never joined")
    func changedBetweenPages() throws {
        let key = bundle.key("1")
        let first = SourceRead.Wanted.continuation(key, cursor: OrderCursor().text)
        let rest = large(300)
        let answer = bundle.interpret(try page(rest, bundle.source.request(for: bundle.read(first))), of: first)
        guard case .found([], [], let cursor?) = answer else {
            Issue.record("\(answer)")
            return
        }
        let second = SourceRead.Wanted.continuation(key, cursor: cursor)
        let changed = rest.with("updated_at", "2026-11-03T00:00:00Z")
        #expect(
            bundle.interpret(try page(changed, bundle.source.request(for: bundle.read(second))), of: second)
                == .found([], missing: [], nextCursor: OrderCursor().text))
    }

    @Test("what cannot be paged, and more lines than the limit, end honestly")
    func limits() throws {
        let wanted = SourceRead.Wanted.continuation(bundle.key("1"), cursor: OrderCursor().text)
        let refund = GraphQLTranscription.order(SampleOrders.order(id: 1).with("refunds", [SampleOrders.refund()]))
        let refunds = Array(repeating: refund["refunds"]?[0] ?? nil, count: 50)
        guard
            case .unreadable(let reason) = bundle.interpret(
                GraphQLTranscription.answer([refund.with("refunds", .array(refunds))]), of: wanted)
        else {
            Issue.record("a list that may have been cut was believed")
            return
        }
        #expect(reason.contains("50 refunds"))
        let cursor = OrderCursor(
            after: "999", updatedAt: "2026-11-02T09:00:00Z",
            lines: Array(repeating: .null, count: ShopifyLimits.linesMax))
        let far = SourceRead.Wanted.continuation(bundle.key("1"), cursor: cursor.text)
        let more = node(1).with("lineItems", GraphQLTranscription.connection([], hasNextPage: true, cursor: "c"))
        #expect(
            bundle.interpret(GraphQLTranscription.answer([more]), of: far)
                == .unreadable("shop/order/1 has more than 1000 lines"))
        #expect(OrderCursor(cursor.text) == cursor)
        #expect(OrderCursor("{}") == nil)
    }
}
