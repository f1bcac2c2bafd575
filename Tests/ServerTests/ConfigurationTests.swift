import Commerce
import Foundation
import Sync
import Testing

@testable import Server

@Suite("Configuration")
struct ConfigurationTests {
    static let environment = [
        "KEY": Data(repeating: 7, count: 32).base64EncodedString(), "TOKEN": "s3cret-token", "SHOPIFY": "shpat_hidden",
    ]

    /// A whole file; each test changes one line of it.
    static let good = """
        store: sqlite:./data
        encryption: { key: "${KEY}", previous: [] }
        server: { listen: "127.0.0.1:0", public_url: "https://sync.example.test/" }
        admin: { token: "${TOKEN}" }
        brands: [ { name: acme, reference_currency: GBP, products: { key: sku, master: shop } } ]
        rates: ./rates.csv
        connections:
          shop: { system: shopify, brand: acme, shop: acme.myshopify.com, \
        base_url: "http://127.0.0.1:9101", api_version: "2026-04", access_token: "${SHOPIFY}", \
        webhook_secrets: ["one", "two"], id_prefix: shop }
          bc: { system: bigcommerce, brand: acme, store_hash: abc123, access_token: x, client_secret: y, \
        webhook_headers: { X-Key: z }, id_prefix: bc }
          crm:
            system: bloomreach
            brand: acme
            base_url: "http://127.0.0.1:9104"
            project: 00000000-0000-4000-8000-000000000001
            key_id: id
            secret: s
            identity: { shopify_id: { from: shop.customer_id }, email_id: { from: email }, \
        cookie: { from: cookie, kind: soft } }
            catalogs: { orders: orders }
            requests_per_minute: 600
            batches: 2
        flows:
          edits:
            blueprint: order-editing-to-bloomreach
            from: shop
            to: crm
            stage: live
            policies: { replacement_hold: 60s }
        policies:
          purchase_when: paid
          debounce: 20ms
          max_body: 1MiB
          migrated_tags: [imported]
          tell_test_orders: true
        """

    static func read(_ text: String, _ environment: [String: String] = environment) throws(ConfigurationError)
        -> Configuration
    {
        try Configuration.read(text: text, file: "conf/plumbline.yaml", environment: environment) { path in
            path == "conf/rates.csv" ? Array("date,from,to,rate\n".utf8) : nil
        }
    }

    static func problems(_ from: String, _ to: String) -> [ConfigurationProblem] {
        precondition(good.contains(from), "the good file has no \(from)")
        do throws(ConfigurationError) {
            _ = try read(good.replacing(from, with: to))
            return []
        } catch {
            return error.problems
        }
    }

    @Test("K4 a whole file is read, with global and own policies") func reads() throws {
        let configuration = try Self.read(Self.good)
        #expect(configuration.storeFolder == "conf/data")
        #expect(configuration.listenPort == 0)
        #expect(configuration.publicURL == "https://sync.example.test")
        #expect(configuration.adminToken == "s3cret-token")
        let flow = try #require(configuration.flows.first)
        #expect(flow.policies.replacementHold == .seconds(60))
        #expect(flow.policies.debounce == .milliseconds(20))
        #expect(flow.policies.maxBodyBytes == 1_048_576)
        #expect(flow.policies.migratedTags == ["imported"])
        #expect(flow.policies.tellTestOrders)
        #expect(flow.stage == .live)
        let crm = try #require(configuration.connection("crm"))
        guard case .bloomreach(let bloomreach) = crm.system else { throw Unexpected() }
        #expect(bloomreach.identity.map(\.idType) == ["shopify_id", "email_id", "cookie"])
        #expect(bloomreach.identity.map(\.connection) == ["shop", nil, nil])
        #expect(bloomreach.requestsPerMinute == 600)
        #expect(bloomreach.batches == 2)
    }
    struct Unexpected: Error {}

    struct Mistake: Sendable, CustomTestStringConvertible {
        var from: String, to: String
        var code: ConfigurationProblem.Code
        var line: Int
        var nearest: String?
        var testDescription: String { to }
    }

    static let mistakes: [Mistake] = [
        Mistake(
            from: "policies:\n  purchase_when", to: "polices:\n  purchase_when", code: .unknownKey, line: 28,
            nearest: "policies"),
        Mistake(
            from: "requests_per_minute", to: "request_per_minute", code: .unknownKey, line: 19,
            nearest: "requests_per_minute"),
        Mistake(from: "id_prefix: shop", to: "id_prefx: shop", code: .unknownKey, line: 8, nearest: "id_prefix"),
        Mistake(from: "id_prefix: shop", to: "id_prefix: a/b", code: .wrongValue, line: 8, nearest: "ab"),
        Mistake(from: "stage: live", to: "stage: alive", code: .wrongValue, line: 26, nearest: "live"),
        Mistake(from: "debounce: 20ms", to: "debounce: 20", code: .wrongType, line: 30),
        Mistake(from: "debounce: 20ms", to: "debounce: [20ms]", code: .wrongType, line: 30),
        Mistake(from: "max_body: 1MiB", to: "max_body: 1MB", code: .wrongType, line: 31),
        Mistake(from: "tell_test_orders: true", to: "tell_test_orders: yes", code: .wrongType, line: 33),
        Mistake(from: "batches: 2", to: "batches: 0", code: .wrongType, line: 20),
        Mistake(from: "${TOKEN}", to: "${TOKEN_MISSING}", code: .environment, line: 4),
        Mistake(from: "\"${KEY}\"", to: "c2hvcnQ=", code: .wrongValue, line: 2),
        Mistake(
            from: "store: sqlite:./data", to: "store: ./data", code: .wrongValue, line: 1, nearest: "sqlite:./data"),
        Mistake(from: "    from: shop\n", to: "    from: shp\n", code: .unknownName, line: 24, nearest: "shop"),
        Mistake(from: "    to: crm\n", to: "", code: .missingKey, line: 23),
        Mistake(from: "    to: crm\n", to: "    to: shop\n", code: .wrongValue, line: 25, nearest: "crm"),
        Mistake(
            from: "system: bloomreach", to: "system: bloomrech", code: .wrongValue, line: 11, nearest: "bloomreach"),
        Mistake(
            from: "order-editing-to-bloomreach", to: "order-editing-to-bloomrech", code: .unknownName, line: 23,
            nearest: "order-editing-to-bloomreach"),
        Mistake(from: "order-editing-to-bloomreach", to: "bigcommerce-to-bloomreach", code: .notBuilt, line: 23),
        Mistake(
            from: "reference_currency: GBP", to: "reference_currency: POUND", code: .wrongValue, line: 5, nearest: "GBP"
        ),
        Mistake(from: "master: shop", to: "master: shpo", code: .unknownName, line: 5, nearest: "shop"),
        Mistake(from: "shop.customer_id", to: "shp.customer_id", code: .unknownName, line: 17, nearest: "shop"),
        Mistake(from: "from: email", to: "from: emial", code: .wrongValue, line: 17, nearest: "email"),
        Mistake(
            from: "http://127.0.0.1:9104", to: "http://127.0.0.1:9104/api", code: .wrongValue, line: 13,
            nearest: "https://host.example"),
        Mistake(from: "admin: {", to: "admin: [", code: .notYAML, line: 4),
    ]

    @Test("K4 each mistake is named with its line and the word that was meant", arguments: mistakes)
    func mistake(_ mistake: Mistake) throws {
        let problems = Self.problems(mistake.from, mistake.to)
        let problem = try #require(problems.first, "\(problems)")
        #expect(problems.count == 1, "\(problems)")
        #expect(problem.code == mistake.code, "\(problem)")
        #expect(problem.line == mistake.line, "\(problem)")
        #expect(problem.column >= 1)
        if let nearest = mistake.nearest { #expect(problem.nearest == nearest) }
    }

    @Test("K4 a key that is there twice is refused") func duplicateKey() {
        let problems = Self.problems("rates: ./rates.csv", "store: sqlite:./other")
        #expect(problems.contains { $0.code == .notYAML && $0.what.contains("store") })
    }

    @Test("K6 an error names the variable and shows no value of the environment") func noValues() {
        let text = Self.good.replacing("${SHOPIFY}", with: "${SHOPIFY}${NOT_THERE}")
            .replacing("stage: live", with: "stage: ${TOKEN}x")
        do throws(ConfigurationError) {
            _ = try Self.read(text)
            Issue.record("it was accepted")
        } catch {
            #expect(error.description.contains("NOT_THERE"))
            #expect(!error.description.contains("shpat_hidden"))
            #expect(!error.description.contains("s3cret-token"))
        }
    }

    // MARK: Two ways into a shop

    private static let tokenWay = "access_token: \"${SHOPIFY}\", webhook_secrets: [\"one\", \"two\"]"
    private static let clientWay = "client_id: app, client_secret: \"${SHOPIFY}\""

    private static func shopify(_ way: String) throws -> Configuration.Shopify {
        let configuration = try read(good.replacing(tokenWay, with: way))
        guard case .shopify(let shopify)? = configuration.connection("shop")?.system else { throw Unexpected() }
        return shopify
    }

    @Test("an app's id and secret stand in for a token, and its secret signs webhooks unless others are named")
    func clientCredentials() throws {
        for (extra, secrets) in [("", ["shpat_hidden"]), (", webhook_secrets: [new, old]", ["new", "old"])] {
            let shopify = try Self.shopify(Self.clientWay + extra)
            guard case .client("app", "shpat_hidden") = shopify.credentials else { throw Unexpected() }
            #expect(shopify.webhookSecrets == secrets)
        }
        let shopify = try Self.shopify(Self.tokenWay)
        guard case .token("shpat_hidden") = shopify.credentials else { throw Unexpected() }
    }

    @Test(
        "K4 exactly one of the two ways, whole",
        arguments: [
            Mistake(from: "", to: "webhook_secrets: [one]", code: .missingKey, line: 8),
            Mistake(from: "", to: "client_id: app", code: .missingKey, line: 8),
            Mistake(from: "", to: "client_secret: s", code: .missingKey, line: 8),
            Mistake(from: "", to: "access_token: t", code: .missingKey, line: 8),
            Mistake(from: "", to: "\(tokenWay), \(clientWay)", code: .clash, line: 8),
            Mistake(from: "", to: "\(tokenWay), client_id: app", code: .clash, line: 8),
            Mistake(from: "", to: "\(tokenWay), client_secret: s", code: .clash, line: 8),
            Mistake(
                from: "", to: "cliend_id: app, client_secret: s", code: .unknownKey, line: 8, nearest: "client_id"),
            Mistake(
                from: "", to: "client_id: app, clientsecret: s", code: .unknownKey, line: 8, nearest: "client_secret"),
            Mistake(from: "", to: "\(clientWay), webhook_secrets: []", code: .wrongValue, line: 8),
            Mistake(from: "", to: "client_id: app, client_secret: \"\"", code: .wrongValue, line: 8),
            Mistake(from: "", to: "client_id: app, client_secret: \"${GONE}\"", code: .environment, line: 8),
        ])
    func oneWay(mistake: Mistake) {
        let problems = Self.problems(Self.tokenWay, mistake.to)
        #expect(problems.map(\.code) == [mistake.code], "\(problems)")
        #expect(problems.map(\.line) == [mistake.line])
        #expect(mistake.nearest == nil || problems.map(\.nearest) == [mistake.nearest])
        for problem in problems { #expect(!problem.what.contains("shpat_hidden")) }
    }

    @Test("K4 who has neither way is told both")
    func bothWaysAreNamed() {
        let problem = Self.problems(Self.tokenWay, "webhook_secrets: [one]").first
        for key in ["access_token", "client_id", "client_secret"] {
            #expect(problem?.what.contains("\"\(key)\"") == true, "\(key)")
        }
    }

    @Test("B two shops with one prefix are refused, for they would name two people alike") func prefixes() {
        let second =
            "  shop2: { system: shopify, brand: acme, shop: b.myshopify.com, api_version: \"2026-04\", "
            + "access_token: x, webhook_secrets: [\"one\"], id_prefix: shop }\n  bc:"
        let problems = Self.problems("  bc:", second)
        #expect(problems.map(\.code) == [.clash])
        #expect(problems.first?.line == 9)
    }

    @Test("brands never share people") func brands() {
        let problems = Self.problems("system: bloomreach\n    brand: acme", "system: bloomreach\n    brand: other")
        #expect(problems.map(\.code) == [.unknownName])
        #expect(problems.map(\.line) == [12])
    }

    @Test(
        "lengths of time and sizes",
        arguments: [
            ("20ms", 20_000), ("120s", 120_000_000), ("5m", 300_000_000), ("2h", 7_200_000_000),
            ("400d", 34_560_000_000_000),
        ] as [(String, Int64)])
    func spans(_ text: String, _ microseconds: Int64) { #expect(Measures.span(text)?.microseconds == microseconds) }

    @Test(
        "what is no length of time",
        arguments: ["", "s", "5", "-5s", "5 s", "1.5s", "5min", "99999999999999999d", "٣s"])
    func noSpans(_ text: String) { #expect(Measures.span(text) == nil) }

    @Test("sizes") func sizes() {
        #expect(Measures.bytes("2MiB") == 2_097_152)
        #expect(Measures.bytes("512KiB") == 524_288)
        #expect(Measures.bytes("7B") == 7)
        #expect(Measures.bytes("2MB") == nil)
    }

    @Test("the nearest word") func nearest() {
        #expect(Spelling.distance("polices", "policies") == 1)
        #expect(Spelling.distance("emial", "email") == 1)
        #expect(Spelling.nearest(to: "retrybase", among: ["retry_max", "retry_base"]) == "retry_base")
    }
}
