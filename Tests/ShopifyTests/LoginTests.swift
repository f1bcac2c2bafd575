import Commerce
import JSON
import Sync
import Testing
import Transport

@testable import Shopify

@Suite("Tokens for an app's id and secret")
struct LoginTests {
    static let secret = "shpss_hidden"
    static let token = "shpat_given"
    let now = Instant(seconds: 1_800_000_000)
    let read = SourceRead(
        id: 1, connection: "shop", wanted: .entities([EntityKey(connection: "shop", kind: .order, id: "1")]))

    private func source() -> ShopifySource {
        var bundle = ShopBundle()
        bundle.configuration.credentials = .client(id: "app-id", secret: Self.secret)
        bundle.configuration.webhookSecrets = [Self.secret]
        return bundle.source
    }

    private func answer(_ status: Int, _ text: String) -> HTTPOutcome {
        .answered(HTTPResponse(status: status, body: Array(text.utf8)))
    }

    private func given(_ token: String = token, seconds: String = "86399") -> HTTPOutcome {
        answer(200, #"{"access_token":"\#(token)","scope":"read_orders","expires_in":\#(seconds)}"#)
    }

    @Test("a token is asked for as Shopify documents it, and carried by every call")
    func grant() throws {
        var source = source()
        #expect(source.request(for: read).headers["X-Shopify-Access-Token"] == nil)
        let request = try #require(source.preparation(at: now))
        #expect(request.method == "POST")
        #expect(request.path == "/admin/oauth/access_token")
        #expect(request.headers["Content-Type"] == "application/json")
        #expect(
            try JSON.parse(request.body) == [
                "client_id": "app-id", "client_secret": .string(Self.secret), "grant_type": "client_credentials",
            ])
        #expect(source.prepared(given(), at: now) == .ready)
        #expect(source.preparation(at: now) == nil)
        #expect(source.request(for: read).headers["X-Shopify-Access-Token"] == Self.token)
        #expect(ShopifyAccess.request(source.login).headers["X-Shopify-Access-Token"] == Self.token)
    }

    @Test("a configured token needs no preparation, and its 401 stays until somebody acts")
    func configuredToken() {
        var source = ShopBundle().source
        #expect(source.preparation(at: now) == nil)
        source.forgetPreparation()
        #expect(source.request(for: read).headers["X-Shopify-Access-Token"] == "shpat_token")
        guard case .denied(let reason) = source.interpret(answer(401, ""), of: read, at: now) else {
            Issue.record("not denied")
            return
        }
        #expect(reason.contains("access_token"))
    }

    @Test("a token is renewed ahead of its end", arguments: [(86_399, 86_099), (600, 300), (60, 30), (1, 0)])
    func renewal(lifetime: Int, usedFor: Int64) {
        var source = source()
        #expect(source.prepared(given(seconds: "\(lifetime)"), at: now) == .ready)
        let end = now + .seconds(usedFor)
        #expect(lifetime < 2 || source.preparation(at: end - .milliseconds(1)) == nil)
        #expect(source.preparation(at: end + .milliseconds(500)) != nil)
        // Reads that cannot wait go on with the old one.
        #expect(source.request(for: read).headers["X-Shopify-Access-Token"] == Self.token)
    }

    @Test("no token is believed to live longer than a day")
    func longest() {
        var source = source()
        #expect(source.prepared(given(seconds: "9223372036854775807"), at: now) == .ready)
        #expect(source.preparation(at: now + .days(1)) != nil)
    }

    @Test("a 401 asks for another token; nobody has to act")
    func expired() {
        var source = source()
        #expect(source.prepared(given(), at: now) == .ready)
        guard case .unprepared = source.interpret(answer(401, ""), of: read, at: now) else {
            Issue.record("not unprepared")
            return
        }
        source.forgetPreparation()
        #expect(source.preparation(at: now) != nil)
        #expect(source.prepared(given("shpat_second"), at: now) == .ready)
        #expect(source.request(for: read).headers["X-Shopify-Access-Token"] == "shpat_second")
    }

    @Test("K4 a refusal names Shopify's word for it and what to do")
    func refusals() {
        let steps = [
            ("application_cannot_be_found", "client_id"), ("invalid_client", "client_secret"),
            ("app_not_installed", "install the app"), ("shop_not_permitted", "one organisation"),
            ("something_new", "client_id and client_secret"),
        ]
        for (code, step) in steps {
            let page = "<html><head><title>400 - Oauth error \(code)</title></head></html>"
            let sentence = "Oauth error \(code): no token for app-id and \(Self.secret)"
            let document = #"{"error":"\#(code)","error_description":"\#(Self.secret)"}"#
            for body in [page, sentence, document] {
                var source = source()
                guard case .impossible(let exception) = source.prepared(answer(400, body), at: now) else {
                    Issue.record("\(body)")
                    continue
                }
                #expect(exception.kind == .sourceUnreadable && exception.subject == "shop")
                #expect(exception.cause.hasPrefix("400 \(code): ") && exception.cause.contains(step))
                #expect(!exception.cause.contains(Self.secret))
            }
        }
    }

    @Test("K6 a refusal in words that nobody knows repeats none of them")
    func strangeRefusals() {
        for body in ["", "{", "Oauth error ", "Oauth error SHPSS", #"{"error":"\#(Self.secret) 9"}"#, "\u{FF}"] {
            var source = source()
            guard case .impossible(let exception) = source.prepared(answer(401, body), at: now) else {
                Issue.record("\(body)")
                continue
            }
            #expect(exception.cause.hasPrefix("401: Shopify gives the app no access token; "))
        }
    }

    @Test("every other answer has its class")
    func classes() {
        func classOf(_ outcome: HTTPOutcome) -> String {
            var source = source()
            return switch source.prepared(outcome, at: now) {
            case .ready: "ready"
            case .later: "later"
            case .impossible: "impossible"
            }
        }
        for code in [400, 401, 402, 403, 404, 423] { #expect(classOf(answer(code, "")) == "impossible", "\(code)") }
        for code in [204, 301, 418, 429, 500, 503] { #expect(classOf(answer(code, "")) == "later", "\(code)") }
        #expect(classOf(.notSent("no route")) == "later")
        #expect(classOf(.unknown("timed out")) == "later")
        let unreadable = [
            "", "[]", "{}", #"{"access_token":"a"}"#, #"{"access_token":"","expires_in":60}"#,
            #"{"access_token":"a\r\nHost: b","expires_in":60}"#, #"{"access_token":"a","expires_in":0}"#,
            #"{"access_token":"a","expires_in":-1}"#, #"{"access_token":7,"expires_in":60}"#,
        ]
        for body in unreadable { #expect(classOf(answer(200, body)) == "later", "\(body)") }
    }

    @Test("K6 nothing that is printed holds a secret")
    func descriptions() {
        var source = source()
        #expect(source.prepared(given(), at: now) == .ready)
        var dumped = ""
        dump(source, to: &dumped)
        let printed = [
            dumped, "\(source)", String(reflecting: source), "\(source.configuration)",
            String(reflecting: source.configuration), "\(source.configuration.credentials)",
            String(reflecting: source.configuration.credentials), "\(ShopifyCredentials.token(Self.token))",
        ]
        for text in printed {
            #expect(!text.contains(Self.secret) && !text.contains(Self.token), "\(text)")
        }
    }
}
