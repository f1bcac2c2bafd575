import Commerce
import JSON
import Sync
import Testing
import Transport

@testable import Shopify

@Suite("Who sent a webhook")
struct WebhookSignatureTests {
    let bundle = ShopBundle()
    let body = Array(#"{"id":1}"#.utf8)

    private func request(
        _ signature: String?, prefix: String = "X-Shopify-", body: [UInt8]? = nil, shop: String = "acme.myshopify.com",
        topic: String? = "orders/create", webhookID: String? = "w1"
    ) -> HTTPRequest {
        var headers: HTTPHeaders = [:]
        headers[prefix + "Hmac-Sha256"] = signature
        headers[prefix + "Topic"] = topic
        headers[prefix + "Shop-Domain"] = shop
        headers[prefix + "Webhook-Id"] = webhookID
        headers[prefix + "Event-Id"] = "e1"
        headers[prefix + "Triggered-At"] = "2025-07-10T16:15:47.000001Z"
        return HTTPRequest(method: "POST", path: "/webhooks/shop", headers: headers, body: body ?? self.body)
    }
    private func admit(_ request: HTTPRequest) -> Admission {
        bundle.source.admit(request, receivedAt: bundle.now, authenticate: TestSHA256.hmac)
    }
    private func refusal(_ request: HTTPRequest) -> WebhookRefusal? {
        if case .refused(let refusal, _) = admit(request) { refusal } else { nil }
    }

    @Test("the test's own HMAC is the one of RFC 4231, case 2")
    func knownAnswer() {
        let code = TestSHA256.hmac(Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(
            String(decoding: WebhookSignature.base64(code), as: UTF8.self)
                == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=")
        #expect(String(decoding: WebhookSignature.base64([0xFF]), as: UTF8.self) == "/w==")
        #expect(String(decoding: WebhookSignature.base64([1, 2]), as: UTF8.self) == "AQI=")
        #expect(WebhookSignature.base64([]).isEmpty)
    }

    @Test(
        "both header families are taken, in any case", arguments: ["X-Shopify-", "Shopify-", "x-shopify-", "SHOPIFY-"])
    func families(prefix: String) {
        let signature = ShopBundle.base64Signature(body, secret: "new")
        let expected = Receipt(
            connection: "shop", topic: "orders/create", deliveryID: "w1", eventID: "e1",
            triggeredAt: Instant(iso8601: "2025-07-10T16:15:47.000001Z"), receivedAt: bundle.now, body: body)
        #expect(admit(request(signature, prefix: prefix)) == .admitted(expected))
    }

    @Test("during a rotation either secret signs", arguments: ["new", "old"])
    func rotation(secret: String) {
        #expect(refusal(request(ShopBundle.base64Signature(body, secret: secret))) == nil)
    }

    @Test("every secret is tried, whichever fits")
    func allSecretsAreTried() {
        let calls = Calls()
        _ = bundle.source.admit(
            request(ShopBundle.base64Signature(body, secret: "new")), receivedAt: bundle.now,
            authenticate: { key, message in
                calls.count()
                return TestSHA256.hmac(key, message)
            })
        #expect(calls.total == 2)
    }

    @Test("a wrong, missing, truncated, longer or empty signature is refused")
    func wrongSignatures() {
        let good = ShopBundle.base64Signature(body, secret: "new")
        let wrong = ShopBundle.base64Signature(body, secret: "other")
        for signature in [wrong, nil, String(good.dropLast()), good + "=", "", "=", good.lowercased()] {
            #expect(refusal(request(signature)) == .badSignature)
        }
        #expect(refusal(request(good, body: body + [0x20])) == .badSignature)
    }

    @Test("another shop of the same app, and a missing topic, are refused")
    func otherHeaders() {
        let good = ShopBundle.base64Signature(body, secret: "new")
        #expect(refusal(request(good, shop: "evil.myshopify.com")) == .badSignature)
        #expect(refusal(request(good, topic: nil)) == .badSignature)
        #expect(refusal(request(good, shop: "ACME.myshopify.com")) == nil)
    }

    @Test("no secret, or an empty one, lets nobody in", arguments: [[], [""]])
    func emptySecrets(secrets: [String]) {
        var bundle = bundle
        bundle.configuration.webhookSecrets = secrets
        let signature = ShopBundle.base64Signature(body, secret: "")
        let admission = bundle.source.admit(
            request(signature), receivedAt: bundle.now, authenticate: TestSHA256.hmac)
        guard case .refused(.badSignature, _) = admission else {
            Issue.record("let in")
            return
        }
    }

    @Test("too large is refused before anything is computed")
    func tooLarge() {
        var bundle = bundle
        bundle.configuration.bodyBytesMax = body.count - 1
        let admission = bundle.source.admit(
            request("anything"), receivedAt: bundle.now,
            authenticate: { _, _ in
                Issue.record("the body was read")
                return []
            })
        #expect(admission == .refused(.tooLarge, detail: "8 bytes, at most 7"))
    }

    @Test("without an id, equal content under one topic is one delivery")
    func deliveryWithoutID() throws {
        let good = ShopBundle.base64Signature(body, secret: "new")
        func id(_ topic: String) -> String? {
            if case .admitted(let receipt) = admit(request(good, topic: topic, webhookID: nil)) {
                receipt.deliveryID
            } else {
                nil
            }
        }
        let first = try #require(id("orders/create"))
        #expect(first == id("orders/create"))
        #expect(first != id("orders/updated"))
    }

    @Test("a refusal is answered with 401, 413 or 503")
    func statuses() {
        #expect(WebhookRefusal.allCases.map { bundle.source.status(for: $0) } == [401, 413, 503])
    }

    @Test("the comparison agrees with equality")
    func comparison() {
        var random = SeededRandom(1)
        for _ in 0..<500 {
            let left = (0..<Int.random(in: 0...4, using: &random)).map { _ in UInt8.random(in: 0...1, using: &random) }
            let right = (0..<Int.random(in: 0...4, using: &random)).map { _ in UInt8.random(in: 0...1, using: &random) }
            #expect(WebhookSignature.equal(left, right) == (left == right))
        }
    }
}

/// Counts calls of a closure that must be `Sendable`; unchecked because only the test that made it calls it, in one
/// thread.
private final class Calls: @unchecked Sendable {
    private(set) var total = 0
    func count() { total += 1 }
}
