import JSON
import Testing
import Transport

@testable import Twins

/// A shop on a fixture: actions, queries and a subscriber that answers what the test says.
struct ShopifyFixture {
    var twin: ShopifyTwin
    var random: TwinRandom
    var now = TwinInstant(iso8601: "2026-11-21T10:00:00Z") ?? TwinInstant(microseconds: 0)

    static let token = "shpat_bench"
    static let address = "https://sync.example.test/webhooks/shop"

    /// Not HMAC: the bytes only have to depend on key and message.
    static let hmac: TwinHMAC = { key, message in
        var sum: UInt64 = 7
        for byte in key { sum = sum &* 31 &+ UInt64(byte) }
        for byte in message { sum = sum &* 31 &+ UInt64(byte) }
        var random = TwinRandom(seed: sum)
        return (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    init(seed: UInt64 = 1, subscribed: Bool = true, change: (inout ShopifyTwinSettings) -> Void = { _ in }) {
        var settings = ShopifyTwinSettings(accessToken: Self.token, webhookSecret: "secret")
        change(&settings)
        twin = ShopifyTwin(settings, subscriberAddress: subscribed ? Self.address : nil, hmac: Self.hmac)
        random = TwinRandom(seed: seed)
    }

    mutating func send(_ method: String, _ path: String, _ body: String = "", token: String? = nil) -> TwinReply {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        headers["X-Shopify-Access-Token"] = token
        let request = HTTPRequest(method: method, path: path, headers: headers, body: Array(body.utf8))
        return twin.handle(request, now: now, random: &random)
    }

    /// A action that must succeed.
    @discardableResult
    mutating func act(_ body: String, _ place: SourceLocation = #_sourceLocation) throws -> JSON {
        let response = try #require(send("POST", "/_twin/act", body).response, sourceLocation: place)
        let json = try JSON.parse(response.body)
        #expect(response.status == 200, "\(json.text())", sourceLocation: place)
        return json
    }

    mutating func query(_ text: String, _ variables: JSON = [:]) throws -> JSON {
        let body: JSON = ["query": .string(text), "variables": variables]
        let path = "/admin/api/2026-04/graphql.json"
        let response = try #require(send("POST", path, body.text(), token: Self.token).response)
        #expect(response.status == 200)
        return try JSON.parse(response.body)
    }

    /// A action that must be refused with 400; says why.
    @discardableResult
    mutating func refused(_ body: String, _ place: SourceLocation = #_sourceLocation) throws -> String {
        let response = try #require(send("POST", "/_twin/act", body).response, sourceLocation: place)
        #expect(response.status == 400, "\(body)", sourceLocation: place)
        return try JSON.parse(response.body)["error"]?.string ?? ""
    }

    mutating func state() throws -> JSON {
        try JSON.parse(try #require(send("GET", "/_twin/state").response).body)
    }

    /// The checker's row of the newest order.
    mutating func order() throws -> JSON { try #require(try state()["orders"]?.array?.last) }

    /// Everything due now, answered with `status`.
    @discardableResult
    mutating func deliver(status: Int? = 200) -> [TwinWebhook] {
        let hooks = twin.due(now: now, random: &random)
        for hook in hooks { twin.delivered(hook.id, status: status, now: now, random: &random) }
        return hooks
    }

    mutating func wait(_ seconds: Int64) { now = now.advanced(seconds: seconds) }
}

extension TwinWebhook {
    var topic: String { request.headers["X-Shopify-Topic"] ?? "" }
    var json: JSON { (try? JSON.parse(request.body)) ?? .null }
    var event: String { request.headers["X-Shopify-Event-Id"] ?? "" }
}

extension HTTPRequest {
    var bodyText: String { String(decoding: body, as: UTF8.self) }
}

extension JSON {
    /// `json.at("data.order.name")`; a number is an array's index.
    func at(_ path: String) -> JSON? {
        path.split(separator: ".").reduce(Optional(self)) { json, key in
            Int(key).map { json?[$0] } ?? json?[String(key)]
        }
    }
}
