import Commerce
import Foundation
import JSON
import Shopify
import Sync
import Testing
import Transport
import Twins

/// A twin and the room that reads it; writes down every GraphQL answer for `tools/contracts/check`.
struct ContractFixture {
    let name: String
    let source: ShopifySource
    private var twin: ShopifyTwin
    private var random = TwinRandom(seed: 1)
    private var now = Instant(seconds: 1_790_000_000)
    private var lastRead: Int64 = 0
    /// Responses written so far.
    private(set) var written = 0

    /// A keyed digest in the place of HMAC-SHA256, on both sides.
    private static let authenticate: MessageAuthentication = { key, message in
        Array(StableDigest.of(key + message).utf8.prefix(32))
    }
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: ".build/contracts/answers")

    init(_ name: String) {
        self.name = name
        source = ShopifySource(
            configuration: ShopifyConfiguration(
                connection: "shop", shop: "acme.myshopify.com", credentials: .token("token"),
                webhookSecrets: ["secret"]))
        twin = ShopifyTwin(
            ShopifyTwinSettings(accessToken: "token", webhookSecret: "secret"),
            subscriberAddress: "https://sync.example.test/webhooks/shop", hmac: Self.authenticate)
    }

    struct Seen {
        var key: EntityKey
        /// `nil`: the webhook says itself that it is not enough and must be read.
        var state: EntityState?
        var sourceTime: Instant
    }

    private var twinTime: TwinInstant { TwinInstant(microseconds: now.microseconds) }

    /// Does an action and takes the last webhook that carries the whole order, or another thing of a kind; those about
    /// the buyer of an order are passed over.
    mutating func act(_ action: String, on kind: EntityKind = .order) throws -> Seen {
        var seen: Seen?
        for hook in try perform(action) {
            let admission = source.admit(hook.request, receivedAt: now, authenticate: Self.authenticate)
            guard case .admitted(let receipt) = admission else {
                Issue.record("\(admission)")
                continue
            }
            for observation in source.observations(in: receipt) {
                switch observation {
                case .snapshot(let key, _, _, _, _) where key.kind != kind: break
                case .act(let key, _) where key.kind != kind || kind == .customer: break
                // What a webhook tells beside a hint; the read that follows has the rest.
                case .act(_, let act) where act.kind == .authorized || act.kind == .paid: break
                case .snapshot(let key, let state, let time, _, let isPartial):
                    // Of a product the currency is missing, and nothing else.
                    #expect(isPartial == (kind == .product))
                    seen = Seen(key: key, state: state, sourceTime: time)
                case .hint(let key, let time?, _, awaitsCompanion: false):
                    seen = Seen(key: key, state: nil, sourceTime: time)
                case .hint: break
                default: Issue.record("\(receipt.topic): \(observation)")
                }
            }
        }
        return try #require(seen, "no webhook of this action carries the \(kind.rawValue): \(action)")
    }

    /// Does an action, whatever its webhooks tell.
    @discardableResult
    mutating func perform(_ action: String) throws -> [TwinWebhook] {
        now = now + .seconds(7)
        let request = HTTPRequest(
            method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"], body: Array(action.utf8))
        let response = try #require(twin.handle(request, now: twinTime, random: &random).response)
        try #require(response.status == 200, "\(action): \(String(decoding: response.body, as: UTF8.self))")
        let hooks = twin.due(now: twinTime, random: &random)
        for hook in hooks { twin.delivered(hook.id, status: 200, now: twinTime, random: &random) }
        return hooks
    }

    /// Reads one order as the engine does: on and on until nothing is left.
    mutating func read(_ keys: [EntityKey]) throws -> Seen {
        var answer = try answer(.entities(keys))
        while case .found(_, _, let cursor?) = answer {
            answer = try self.answer(.continuation(keys[0], cursor: cursor))
        }
        guard case .found(let found, _, _) = answer, case .snapshot(let key, let state, let time, _, _)? = found.first
        else { throw Unexpected(answer: answer) }
        return Seen(key: key, state: state, sourceTime: time)
    }

    struct Unexpected: Error { var answer: SourceAnswer }

    mutating func answer(_ wanted: SourceRead.Wanted) throws -> SourceAnswer {
        // The bucket is full again before each read.
        now = now + .seconds(60)
        lastRead += 1
        let read = SourceRead(id: lastRead, connection: "shop", wanted: wanted)
        return source.interpret(try send(source.request(for: read)), of: read, at: now)
    }

    /// Asks with a document of a test.
    mutating func ask(document: String, named operation: String, _ variables: JSON) throws {
        now = now + .seconds(60)
        let read = SourceRead(id: 0, connection: "shop", wanted: .changes(.order, since: now, cursor: nil))
        var request = source.request(for: read)
        let body: JSON = [
            "query": .string(document), "operationName": .string(operation), "variables": variables,
        ]
        request.body = body.encoded()
        _ = try send(request)
    }

    /// Sends a request and writes down the answer.
    mutating func send(_ request: HTTPRequest) throws -> HTTPOutcome {
        let response = try #require(twin.handle(request, now: twinTime, random: &random).response)
        let body = try JSON.parse(response.body)
        try #require(response.status == 200 && body["errors"] == nil, "\(body.text())")
        try write(asked: try JSON.parse(request.body), answered: body)
        return .answered(response)
    }

    private mutating func write(asked: JSON, answered: JSON) throws {
        written += 1
        let operation = try #require(asked["operationName"]?.string)
        let answer: JSON = [
            "document": asked["query"] ?? .null, "operationName": .string(operation),
            "variables": asked["variables"] ?? [:], "data": answered["data"] ?? .null,
        ]
        try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
        try Data(answer.encoded()).write(
            to: Self.folder.appending(path: "\(name)-\(written)-\(operation).json"), options: .atomic)
    }
}
