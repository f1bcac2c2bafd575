import Commerce
import JSON
import Sync
import Testing

@testable import Shopify

@Suite("What people ask about their data")
struct PrivacyTests {
    let bundle = ShopBundle()

    private func body(_ members: JSONObject) -> JSON {
        var body: JSONObject = ["shop_id": 954_889, "shop_domain": "acme.myshopify.com"]
        for member in members.members { body[member.key] = member.value }
        return .object(body)
    }
    private let customer: JSON = ["id": 9_007_199_254_740_993, "email": "ada@example.test", "phone": "+447700900123"]
    private var due: Instant { bundle.now + .days(30) }

    @Test("B6 a request for a copy names customer, orders and its number, and is due 30 days after receipt")
    func access() {
        let request = body([
            "customer": customer, "orders_requested": [299_938, 280_263], "data_request": ["id": 9_999],
        ])
        #expect(
            bundle.observation("customers/data_request", request)
                == .privacyRequest(
                    PrivacyRequest(
                        .access, connection: "shop", customer: bundle.key(.customer, "9007199254740993"),
                        number: "9999", orderCount: 2, dueAt: due)))
    }

    @Test("B6 a request to erase is for one customer, or for all of the shop")
    func erasure() {
        #expect(
            bundle.observation("customers/redact", body(["customer": customer, "orders_to_redact": [299_938]]))
                == .privacyRequest(
                    PrivacyRequest(
                        .erasure, connection: "shop", customer: bundle.key(.customer, "9007199254740993"),
                        orderCount: 1, dueAt: due)))
        #expect(
            bundle.observation("shop/redact", body([:]))
                == .privacyRequest(PrivacyRequest(.erasure, connection: "shop", customer: nil, dueAt: due)))
    }

    @Test("B6 a gap in what only describes a request loses none")
    func gaps() throws {
        let bare: JSON = ["customer": ["id": 7], "data_request": "new", "orders_requested": .null]
        let observation = try #require(bundle.observation("customers/data_request", bare))
        #expect(
            observation
                == .privacyRequest(
                    PrivacyRequest(.access, connection: "shop", customer: bundle.key(.customer, "7"), dueAt: due)))
    }

    @Test(
        "B6 whose data it is must be told, and by this shop", arguments: ["customers/redact", "customers/data_request"])
    func broken(topic: String) throws {
        for customer: JSON in [.null, ["email": "ada@example.test"], ["id": "seven"]] {
            let observation = try #require(bundle.observation(topic, body(["customer": customer])))
            #expect(observation.unreadableCode != nil)
            #expect(!"\(observation)".contains("ada@"))
        }
        let foreign = body(["customer": customer, "shop_domain": "other.myshopify.com"])
        #expect(bundle.observation(topic, foreign)?.unreadableCode == "shopify_bad_field")
        #expect(bundle.observation(topic, foreign)?.key == bundle.key(.customer, "9007199254740993"))
        #expect(
            bundle.observation("shop/redact", body(["shop_domain": "other.myshopify.com"]))?.unreadableCode != nil,
            "another shop's end is not ours")
        #expect(bundle.source.observations(in: bundle.receipt(topic, Array("{".utf8))).first?.unreadableCode != nil)
    }

    @Test("B6 nobody subscribes to the privacy topics: the API does not know them")
    func topics() {
        for topic in ShopifyPrivacyTopic.allCases { #expect(ShopifyTopic(rawValue: topic.rawValue) == nil) }
        let missing = ShopifyAccess.missingTopics(in: [], uri: "https://sync.example.test")
        #expect(missing.allSatisfy { ShopifyPrivacyTopic(rawValue: $0.rawValue) == nil })
    }
}
