import Commerce
import Shopify
import Sync
import Testing
import Transport
import Twins

/// The client of the grant against the simulated shop: neither knows the other's code.
@Suite("Tokens from the twin")
struct LoginContractTests {
    private struct Shop {
        var twin: ShopifyTwin
        var random = TwinRandom(seed: 1)
        var now = Instant(seconds: 1_790_000_000)

        init() {
            var settings = ShopifyTwinSettings(accessToken: nil, webhookSecret: "client secret & more")
            settings.clientID = "app"
            twin = ShopifyTwin(settings) { key, message in key + message }
        }

        mutating func send(_ request: HTTPRequest) -> HTTPOutcome {
            let time = TwinInstant(microseconds: now.microseconds)
            return twin.handle(request, now: time, random: &random).response.map { .answered($0) } ?? .unknown("cut")
        }
    }

    private func source(secret: String = "client secret & more") -> ShopifySource {
        ShopifySource(
            configuration: ShopifyConfiguration(
                connection: "shop", shop: "acme.myshopify.com", credentials: .client(id: "app", secret: secret),
                webhookSecrets: [secret]))
    }

    private func changes(_ shop: inout Shop, _ source: ShopifySource) -> SourceAnswer {
        let read = SourceRead(
            id: 1, connection: "shop", wanted: .changes(.order, since: Instant(seconds: 0), cursor: nil))
        return source.interpret(shop.send(source.request(for: read)), of: read, at: shop.now)
    }

    private func prepare(_ source: inout ShopifySource, _ shop: inout Shop) throws {
        let request = try #require(source.preparation(at: shop.now))
        #expect(source.prepared(shop.send(request), at: shop.now) == .ready)
    }

    private func isUnprepared(_ answer: SourceAnswer) -> Bool {
        if case .unprepared = answer { true } else { false }
    }

    @Test("a token is taken, renewed before it ends, and replaced when the shop ends it")
    func cycle() throws {
        let nothing = SourceAnswer.found([], missing: [], nextCursor: nil)
        var shop = Shop()
        var source = source()
        #expect(isUnprepared(changes(&shop, source)))
        try prepare(&source, &shop)
        #expect(changes(&shop, source) == nothing)

        shop.now = shop.now + .days(1) - ShopifyLimits.renewalMargin
        #expect(changes(&shop, source) == nothing, "the old one is alive while another one is asked for")
        try prepare(&source, &shop)
        shop.now = shop.now + ShopifyLimits.renewalMargin
        #expect(changes(&shop, source) == nothing, "the first has ended by now")

        _ = shop.send(
            HTTPRequest(
                method: "POST", path: "/_twin/act", headers: ["Content-Type": "application/json"],
                body: Array(#"{"do":"expire_tokens"}"#.utf8)))
        #expect(source.preparation(at: shop.now) == nil, "nobody told us")
        #expect(isUnprepared(changes(&shop, source)))
        source.forgetPreparation()
        try prepare(&source, &shop)
        #expect(changes(&shop, source) == nothing)
    }

    @Test("K4 a wrong secret is told as such")
    func wrongSecret() throws {
        var shop = Shop()
        var source = source(secret: "another")
        let outcome = shop.send(try #require(source.preparation(at: shop.now)))
        guard case .impossible(let exception) = source.prepared(outcome, at: shop.now) else {
            Issue.record("\(outcome)")
            return
        }
        #expect(exception.kind == .sourceUnreadable)
        #expect(exception.cause.contains("client_secret is not the app's"))
    }
}
