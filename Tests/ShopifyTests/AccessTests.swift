import JSON
import Testing
import Transport

@testable import Shopify

@Suite("What check asks")
struct AccessTests {
    let bundle = ShopBundle()

    private func report(domain: String, scopes: [String], version: String) -> ShopifyAccess.Answer<ShopifyAccess.Report>
    {
        let json: JSON = [
            "data": [
                "shop": ["name": "Acme", "currencyCode": "GBP", "myshopifyDomain": .string(domain)],
                "currentAppInstallation": ["accessScopes": .array(scopes.map { ["handle": .string($0)] })],
            ]
        ]
        let response = HTTPResponse(status: 200, headers: ["x-shopify-api-version": version], body: json.encoded())
        return ShopifyAccess.interpret(.answered(response), for: bundle.configuration)
    }

    @Test("a fit access has no findings; a write scope contains its read scope")
    func fine() {
        let scopes = [
            "write_orders", "read_all_orders", "read_customers", "read_customer_merge", "write_products",
            "read_fulfillments",
        ]
        guard case .found(let report) = report(domain: "Acme.myshopify.com", scopes: scopes, version: "2026-04") else {
            Issue.record("no report")
            return
        }
        #expect(report.findings == [])
        #expect(report.currency == "GBP")
    }

    @Test("K4 the wrong shop, missing scopes and another version are named")
    func findings() {
        guard case .found(let report) = report(domain: "b.myshopify.com", scopes: ["read_orders"], version: "2026-07")
        else {
            Issue.record("no report")
            return
        }
        #expect(report.findings.first == .wrongShop(configured: "acme.myshopify.com", answering: "b.myshopify.com"))
        #expect(report.findings.last == .otherVersion(configured: "2026-04", served: "2026-07"))
        #expect(report.findings.count == 7)
        let missing = report.findings.compactMap { finding in
            if case .missingScope(let scope, _) = finding { scope } else { nil }
        }
        #expect(
            missing == [
                "read_customers", "read_customer_merge", "read_products", "read_fulfillments", "read_all_orders",
            ])
    }

    @Test("a bad token is told in plain words")
    func denied() {
        let outcome = HTTPOutcome.answered(HTTPResponse(status: 401))
        guard case .denied(let reason) = ShopifyAccess.interpret(outcome, for: bundle.configuration) else {
            Issue.record("not denied")
            return
        }
        #expect(reason.contains("access token"))
    }

    @Test("K4 missing topics: only a whole JSON payload to our own address counts")
    func missingTopics() throws {
        func node(_ topic: String, uri: String = "https://us.test/webhooks/shop", fields: [JSON] = []) -> JSON {
            [
                "id": "gid://shopify/WebhookSubscription/1", "topic": .string(topic), "uri": .string(uri),
                "format": "JSON", "filter": "", "includeFields": .array(fields),
            ]
        }
        let nodes = [
            node("ORDERS_CREATE"), node("ORDERS_PAID", uri: "https://other.test"),
            node("ORDERS_UPDATED", fields: ["id"]),
        ]
        let json: JSON = ["data": ["webhookSubscriptions": GraphQLTranscription.connection(nodes, cursor: "c")]]
        let answer = ShopifyAccess.interpretSubscriptions(.answered(HTTPResponse(status: 200, body: json.encoded())))
        guard case .found(let page) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(page.nextCursor == nil)
        let missing = ShopifyAccess.missingTopics(in: page.subscriptions, uri: "https://us.test/webhooks/shop")
        #expect(missing == Array(ShopifyTopic.allCases.dropFirst()))
        #expect(missing.contains(.customersMerge) && missing.contains(.smsConsentUpdate))
        #expect(ShopifyTopic.ordersPartiallyFulfilled.graphQLName == "ORDERS_PARTIALLY_FULFILLED")
        #expect(ShopifyTopic.smsConsentUpdate.graphQLName == "CUSTOMERS_MARKETING_CONSENT_UPDATE")
        #expect(ShopifyTopic.emailConsentUpdate.graphQLName == "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE")
    }

    @Test("a subscription is made, or Shopify's refusal is passed on")
    func subscribe() throws {
        let request = ShopifyAccess.subscribeRequest(.ordersEdited, uri: "https://us.test/x", bundle.source.login)
        let body = try JSON.parse(request.body)
        #expect(body["variables"] == ["topic": "ORDERS_EDITED", "uri": "https://us.test/x"])
        func answer(_ result: JSON) -> ShopifyAccess.Answer<String> {
            let json: JSON = ["data": ["webhookSubscriptionCreate": result]]
            return ShopifyAccess.interpretSubscribe(.answered(HTTPResponse(status: 200, body: json.encoded())))
        }
        #expect(answer(["webhookSubscription": ["id": "gid://s/1"], "userErrors": []]) == .found("gid://s/1"))
        let refused: JSON = ["webhookSubscription": nil, "userErrors": [["field": nil, "message": "taken"]]]
        #expect(answer(refused) == .denied("taken"))
    }

    @Test("each document is embedded whole and names its own operation", arguments: GraphQLDocument.allCases)
    func documents(document: GraphQLDocument) {
        #expect(document.text.contains(" \(document.rawValue)"))
        #expect(document.text.hasSuffix("}\n"))
    }
}
