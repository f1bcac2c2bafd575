import Foundation
import JSON
import Testing
import Twins

/// The golden requests and responses among the vendors' schemas, where a checkout has them beside it, played against
/// the twin.
@Suite("Bloomreach twin: recorded examples")
struct BloomreachExamplesTests {
    static let file: URL = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/specs/bloomreach/engagement-examples.json").standardizedFileURL
    static let isPresent = FileManager.default.fileExists(atPath: file.path)

    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var json: JSON
        var testDescription: String { name }
    }

    static let examples: [Example] = {
        guard let data = try? Data(contentsOf: file), let json = try? JSON.parse(Array(data)) else { return [] }
        return json["examples"]?.array?.map { Example(name: $0["name"]?.string ?? "", json: $0) } ?? []
    }()

    /// Left to later issues; the twin says so with 404 instead of pretending.
    static let notSimulated = [
        "export all customers (table)", "export all customers (native)", "report", "create import definition",
        "run import definition", "list import definitions", "start a UI made import",
    ]

    @Test("the file holds the examples", .enabled(if: isPresent))
    func present() { #expect(Self.examples.count == 41) }

    @Test("is answered as recorded", .enabled(if: isPresent), arguments: examples)
    func play(example: Example) throws {
        var fixture = prepared(for: example.name)
        let request = try #require(example.json["request"])
        let response = try #require(example.json["response"])
        let token = example.name == "wrong project token" ? "another" : BloomreachFixture.token
        let path = try #require(request["path"]?.string).replacing("{projectToken}", with: token)
        let authorization =
            switch example.name {
            case "unknown API key id": "Basic eDp5"
            case "wrong secret": "Basic dHdpbi1rZXk6eA=="
            default: BloomreachFixture.basic
            }
        var body = request["body"]
        if body?["commands"] == "51 commands" {
            body = ["commands": .array(Array(repeating: ["name": "system/time"], count: 51))]
        }
        let answer = fixture.raw(
            request["method"]?.string ?? "", path, bytes: body?.encoded() ?? [], authorization: authorization)
        if Self.notSimulated.contains(example.name) {
            #expect(answer.status == 404)
            return
        }
        #expect(answer.status.map(Int64.init) == response["status"]?.int64)
        let expected = response["body"] ?? .null
        #expect(Self.contains(answer.body, expected), "\(answer.body.text()) lacks \(expected.text())")
    }

    /// A twin in which the example makes sense: Ada with a cookie and one purchase, and one catalogue with item 501.
    private func prepared(for name: String) -> BloomreachFixture {
        var settings = BloomreachSettings()
        let fields = ["product_id", "price", "active", "categories_ids", "stock_level"].map {
            BloomreachCatalogSettings.Field(name: $0, type: "string", isSearchable: true)
        }
        let catalogName = name == "list catalogs" ? "products" : "variants"
        if name != "create catalog" {
            settings.projects[0].catalogs = [BloomreachCatalogSettings(name: catalogName, fields: fields)]
        }
        settings.projects[0].consentCategories = [BloomreachConsentCategory(id: "newsletter", name: "Newsletter")]
        if name == "over the per IP rate" { settings.requestsPerMinute = 0 }
        var fixture = BloomreachFixture(settings)
        let ada: JSON = ["registered": "ada@example.test", "cookie": "3f1c0d1e-0000-4000-8000-000000000001"]
        fixture.update(ada, ["first_name": "Ada"])
        fixture.event(ada, "purchase", ["purchase_id": "1001"])
        if name == "customer attributes" {
            let accept: JSON = [
                "action": "accept", "category": "newsletter", "timestamp": 1, "valid_until": "unlimited",
            ]
            fixture.event(ada, "consent", accept)
        }
        let item: JSON = ["properties": ["product_id": "50", "price": .number(JSONNumber(exactly: "42.5"))]]
        _ = fixture.data("PUT", "catalogs/66f000000000000000000001/items/501", item)
        fixture.advance(seconds: 60)
        switch name {
        case "event type not permitted for the key": fixture.act(["do": "forbid", "event_type": "purchase"])
        case "properties not permitted for the key": fixture.act(["do": "forbid", "property": "x"])
        default: break
        }
        return fixture
    }

    /// Whether `actual` has all that was recorded; moments and the number of a bulk request are the twin's own.
    private static func contains(_ actual: JSON, _ recorded: JSON) -> Bool {
        switch (actual, recorded) {
        case (.object(let actual), .object(let recorded)):
            recorded.members.allSatisfy { name, value in
                guard let found = actual[name] else { return false }
                return ["time", "start_time", "end_time"].contains(name)
                    ? found.decimalText != nil : name == "bulk_id" ? found.string != nil : contains(found, value)
            }
        case (.array(let actual), .array(let recorded)):
            actual.count == recorded.count && zip(actual, recorded).allSatisfy(contains)
        default: actual == recorded
        }
    }
}
