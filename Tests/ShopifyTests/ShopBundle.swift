import Commerce
import JSON
import Sync
import Transport

@testable import Shopify

/// One shop to test with, fresh for each test.
struct ShopBundle {
    var configuration = ShopifyConfiguration(
        connection: "shop", shop: "acme.myshopify.com", credentials: .token("shpat_token"),
        webhookSecrets: ["new", "old"], bodyBytesMax: 1_000_000)
    var source: ShopifySource { ShopifySource(configuration: configuration) }
    let now = Instant(seconds: 1_800_000_000)

    func key(_ id: String) -> EntityKey { key(.order, id) }
    func key(_ kind: EntityKind, _ id: String) -> EntityKey { EntityKey(connection: "shop", kind: kind, id: id) }

    func receipt(_ topic: String, _ body: [UInt8], triggeredAt: Instant? = nil) -> Receipt {
        Receipt(
            connection: "shop", topic: topic, deliveryID: "d1", eventID: "e1", triggeredAt: triggeredAt,
            receivedAt: now, body: body)
    }
    func observation(_ topic: String, _ json: JSON) -> Observation? {
        source.observations(in: receipt(topic, json.encoded())).first
    }

    func read(_ wanted: SourceRead.Wanted) -> SourceRead { SourceRead(id: 1, connection: "shop", wanted: wanted) }
    func interpret(_ json: JSON, of wanted: SourceRead.Wanted) -> SourceAnswer {
        interpret(.answered(HTTPResponse(status: 200, body: json.encoded())), of: wanted)
    }
    func interpret(_ outcome: HTTPOutcome, of wanted: SourceRead.Wanted) -> SourceAnswer {
        source.interpret(outcome, of: read(wanted), at: now)
    }

    static func base64Signature(_ body: [UInt8], secret: String) -> String {
        String(decoding: WebhookSignature.base64(TestSHA256.hmac(Array(secret.utf8), body)), as: UTF8.self)
    }
}

extension JSON {
    /// A copy with one member set, or removed by `nil`.
    func with(_ key: String, _ value: JSON?) -> JSON {
        guard case .object(var object) = self else { return self }
        object[key] = value
        return .object(object)
    }
}

extension Observation {
    private var state: EntityState? { if case .snapshot(_, let state, _, _, _) = self { state } else { nil } }
    var customer: Customer? { if case .customer(let customer)? = state { customer } else { nil } }
    var cart: Cart? { if case .cart(let cart)? = state { cart } else { nil } }
    var product: Product? { if case .product(let product)? = state { product } else { nil } }
    var act: Act? { if case .act(_, let act) = self { act } else { nil } }
    var order: Order? { if case .snapshot(_, .order(let order), _, _, _) = self { order } else { nil } }
    var isPartial: Bool? { if case .snapshot(_, _, _, _, let isPartial) = self { isPartial } else { nil } }
    var isHint: Bool { if case .hint = self { true } else { false } }
    var unreadableCode: String? { if case .unreadable(_, let code, _) = self { code } else { nil } }
}
