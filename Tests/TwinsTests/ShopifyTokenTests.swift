import JSON
import Testing
import Transport

@testable import Twins

@Suite("Shopify twin: the client-credentials grant")
struct ShopifyTokenTests {
    private static let path = "/admin/oauth/access_token"
    private static let good =
        #"{"client_id":"plumbline","client_secret":"secret","grant_type":"client_credentials"}"#
    private static let query = #"{"query":"{shop{name}}"}"#

    /// An app that has nothing but its id and secret.
    private static func fixture() -> ShopifyFixture { ShopifyFixture { $0.accessToken = nil } }

    private func grant(_ fixture: inout ShopifyFixture, _ body: String, type: String? = "application/json") throws
        -> HTTPResponse
    {
        var headers: HTTPHeaders = [:]
        headers["Content-Type"] = type
        let request = HTTPRequest(method: "POST", path: Self.path, headers: headers, body: Array(body.utf8))
        return try #require(fixture.twin.handle(request, now: fixture.now, random: &fixture.random).response)
    }

    private func token(_ fixture: inout ShopifyFixture) throws -> String {
        let response = try grant(&fixture, Self.good)
        try #require(response.status == 200)
        return try #require(try JSON.parse(response.body)["access_token"]?.string)
    }

    private func status(_ fixture: inout ShopifyFixture, _ token: String?) -> Int? {
        fixture.send("POST", ShopifyAdminTests.path, Self.query, token: token).response?.status
    }

    @Test("JSON or a form is answered with a token, its scopes and its life")
    func answer() throws {
        var fixture = Self.fixture()
        let form = "grant_type=client_credentials&client_id=plumbline&client_secret=s%65cret"
        for (body, type) in [(Self.good, "application/json"), (form, "application/x-www-form-urlencoded")] {
            let response = try grant(&fixture, body, type: type)
            #expect(response.status == 200)
            let json = try JSON.parse(response.body)
            #expect(json["expires_in"]?.int64 == 86_399)
            #expect(json["scope"]?.string?.contains("read_orders,read_products") == true)
            #expect(status(&fixture, json["access_token"]?.string) == 200)
        }
        #expect(try fixture.state()["tokens"] == ["given": 2, "live": 2])
    }

    @Test(
        "everything else is refused with a page that names Shopify's word",
        arguments: [
            (good.replacing("plumbline", with: "other"), "application/json", "application_cannot_be_found"),
            (good.replacing("\"secret\"", with: "\"other\""), "application/json", "invalid_client"),
            (good.replacing("client_credentials", with: "refresh_token"), "application/json", "invalid_request"),
            (good, "text/plain", "invalid_request"), (good, nil, "invalid_request"),
            (good, "application/x-www-form-urlencoded", "invalid_request"),
            ("{", "application/json", "invalid_request"),
            ("{}", "application/json", "invalid_request"),
        ])
    func refusals(body: String, type: String?, code: String) throws {
        var fixture = Self.fixture()
        let response = try grant(&fixture, body, type: type)
        #expect(response.status == 400)
        #expect(String(decoding: response.body, as: UTF8.self).contains("<title>400 - Oauth error \(code)</title>"))
        #expect(try fixture.state()["tokens"] == ["given": 0, "live": 0])
    }

    @Test("only POST is a grant")
    func method() {
        var fixture = Self.fixture()
        #expect(fixture.send("GET", Self.path).response?.status == 405)
    }

    @Test("a token is good until its end by the twin's time, and then 401; an older one goes on beside a new one")
    func expiry() throws {
        var fixture = Self.fixture()
        #expect(status(&fixture, nil) == 401)
        #expect(status(&fixture, "shpat_given_1") == 401)
        let first = try token(&fixture)
        _ = fixture.send("POST", "/_twin/time", #"{"advance":86398}"#)
        let second = try token(&fixture)
        #expect(first != second)
        #expect(status(&fixture, first) == 200 && status(&fixture, second) == 200)
        fixture.wait(1)
        #expect(status(&fixture, first) == 401 && status(&fixture, second) == 200)
    }

    @Test("expire_tokens ends those that were given, not the configured one; a reset ends none")
    func expireTokens() throws {
        var fixture = ShopifyFixture()
        let given = try token(&fixture)
        #expect(fixture.send("POST", "/_twin/reset").response?.status == 200)
        #expect(status(&fixture, given) == 200)
        #expect(try fixture.act(#"{"do":"expire_tokens"}"#) == ["ids": [:], "event_ids": []])
        #expect(status(&fixture, given) == 401)
        #expect(status(&fixture, ShopifyFixture.token) == 200)
        #expect(status(&fixture, try token(&fixture)) == 200)
        try fixture.refused(#"{"do":"expire_tokens","now":true}"#)
    }

    @Test("so many tokens are alive at once; the oldest ends")
    func most() throws {
        var fixture = Self.fixture()
        let first = try token(&fixture)
        for _ in 1..<ShopifyTokens.most { _ = try token(&fixture) }
        #expect(status(&fixture, first) == 200)
        _ = try token(&fixture)
        #expect(status(&fixture, first) == 401)
        #expect(try fixture.state().at("tokens.live")?.int64 == Int64(ShopifyTokens.most))
    }
}
