import Commerce
import Foundation
import JSON
import Sync
import Synchronization
import Testing
import Transport
import Twins

@testable import Server

/// `check` of a shop whose app has nothing but an id and a secret, against the simulated shop.
@Suite("Check with an app's id and secret")
struct ClientCredentialsTests {
    private static let secret = "shpss_hidden"

    private static func installation() throws -> Installation {
        try InstallationTests.installation {
            $0.replacing(
                "access_token: \"${SHOPIFY}\", webhook_secrets: [\"one\", \"two\"]",
                with: "client_id: app, client_secret: \(secret)")
        }
    }

    /// The shop behind an exchanger; every other system is not there.
    private static func exchanger(clientID: String = "app", secret: String = secret) -> ScriptedExchanger {
        var settings = ShopifyTwinSettings(accessToken: nil, webhookSecret: secret)
        settings.clientID = clientID
        let shop = Shop(ShopifyTwin(settings) { key, message in key + message })
        return ScriptedExchanger { request in
            request.path.hasPrefix("/admin/") ? shop.send(request) : .notSent("no connection")
        }
    }

    private final class Shop: Sendable {
        private let state: Mutex<(twin: ShopifyTwin, random: TwinRandom)>
        init(_ twin: ShopifyTwin) { state = Mutex((twin, TwinRandom(seed: 1))) }

        func send(_ request: HTTPRequest) -> HTTPOutcome {
            state.withLock { state in
                let now = TwinInstant(microseconds: ServerClock.wall.now().microseconds)
                let reply = state.twin.handle(request, now: now, random: &state.random)
                return reply.response.map { .answered($0) } ?? .unknown("cut")
            }
        }
    }

    private func findings(
        _ exchanger: ScriptedExchanger, fixing: Bool = false
    ) async throws -> [InstallationCheck.Finding] {
        let installation = try Self.installation()
        let findings = await InstallationCheck(installation, exchanger: exchanger, fixing: fixing).run()
        try InstallationTests.remove(installation)
        for finding in findings { #expect(!finding.detail.contains(Self.secret), "\(finding)") }
        return findings.filter { $0.subject.hasPrefix("shop:") }
    }

    @Test("K4 check takes a token, and check --fix subscribes webhooks with it")
    func works() async throws {
        let exchanger = Self.exchanger()
        let seen = try await findings(exchanger)
        #expect(seen.map(\.state) == [.ok, .failed], "\(seen)")
        #expect(seen.last?.detail.contains("check --fix") == true)
        #expect(try await findings(exchanger, fixing: true).map(\.state) == [.ok, .fixed])
        #expect(try await findings(exchanger).map(\.state) == [.ok, .ok])
        let grants = exchanger.requests.filter { $0.path == "/admin/oauth/access_token" }
        #expect(!grants.isEmpty)
    }

    @Test(
        "K4 an app that the shop does not know, or a wrong secret, is told with what to do", arguments: [true, false])
    func refused(fixing: Bool) async throws {
        let unknown = try await findings(Self.exchanger(clientID: "other"), fixing: fixing)
        #expect(unknown.map(\.state) == [.failed])
        #expect(unknown.first?.detail.contains("no app of this client_id") == true)
        let wrong = try await findings(Self.exchanger(secret: "other"), fixing: fixing)
        #expect(wrong.map(\.state) == [.failed])
        #expect(wrong.first?.detail.contains("client_secret is not the app's") == true)
    }

    @Test("K4 a shop that does not answer is told as such")
    func unreachable() async throws {
        let findings = try await findings(ScriptedExchanger { _ in .notSent("no connection") })
        #expect(findings.map(\.state) == [.failed])
        #expect(findings.first?.detail.contains("base_url") == true)
    }

    @Test("K3 the twins of a configuration take its id and secret, and sign with the secret")
    func twins() async throws {
        let installation = try Self.installation()
        let servers = SimulatorServers(installation.configuration, engine: nil, firstPort: 0, seed: 1)
        let shop = try #require(servers.host("shop"))
        let body: JSON = [
            "client_id": "app", "client_secret": .string(Self.secret), "grant_type": "client_credentials",
        ]
        let reply = shop.handle(
            HTTPRequest(
                method: "POST", path: "/admin/oauth/access_token", headers: ["Content-Type": "application/json"],
                body: body.encoded()))
        #expect(reply.response?.status == 200)
        #expect(shop.act(["do": "expire_tokens"]) != nil)
        #expect(installation.sources.map(\.connection) == ["shop"])
        #expect(installation.sources.first?.preparation(at: ServerClock.wall.now()) != nil)
        try InstallationTests.remove(installation)
    }
}
