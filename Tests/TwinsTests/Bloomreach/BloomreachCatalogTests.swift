import JSON
import Testing
import Transport
import Twins

/// Against the facts (docs/vendors/bloomreach.md, Catalogues).
@Suite("Bloomreach twin: catalogues")
struct BloomreachCatalogTests {
    private static let definition: JSON = [
        "name": "variants",
        "fields": [
            ["name": "title", "type": "string", "searchable": true], ["name": "price", "type": "number"],
            ["name": "stock", "type": "number"],
        ],
    ]

    /// A fixture with one catalogue, whose path is returned.
    private func shelf() -> (BloomreachFixture, String) {
        var fixture = BloomreachFixture()
        let id = fixture.data("POST", "catalogs", Self.definition).body["id"]?.string ?? ""
        return (fixture, "catalogs/\(id)")
    }

    private func properties(_ fixture: inout BloomreachFixture, _ item: String) -> JSON? {
        fixture.state()["catalogs"]?[0]?["items"]?.array?.first { $0["item_id"]?.string == item }?["properties"]
    }

    @Test("a catalogue is made, listed, renamed and deleted; two of one name cannot be")
    func catalogs() {
        var (fixture, path) = shelf()
        let again = fixture.data("POST", "catalogs", Self.definition)
        #expect(again.status == 400)
        #expect(again.body["errors"]?["_global"] == ["Catalog with name 'variants' already exists"])
        #expect(fixture.data("PUT", path, ["name": "v2", "fields": [["name": "title"]]]).status == 400)
        let fields: JSON = [["name": "title"], ["name": "price"], ["name": "stock"]]
        #expect(fixture.data("PUT", path, ["name": "v2", "fields": fields]).body == ["success": true])
        #expect(fixture.data("GET", "catalogs/").body["data"]?[0]?["name"] == "v2")
        #expect(fixture.data("GET", path).body["data"]?["name"] == "v2")
        #expect(fixture.data("DELETE", path).body == ["success": true])
        #expect(fixture.data("GET", path).status == 404)
    }

    @Test("a put replaces and blanks what it omits, a partial update merges")
    func replaceAndMerge() {
        var (fixture, path) = shelf()
        let put = fixture.data("PUT", "\(path)/items/1", ["properties": ["title": "Shoe", "price": 5]])
        #expect(put.body == ["success": true, "queued": true] && put.reply.effect)
        _ = fixture.data("POST", "\(path)/items/1/partial-update", ["properties": ["stock": 7]])
        #expect(properties(&fixture, "1") == ["title": "Shoe", "price": 5, "stock": 7])
        _ = fixture.data("PUT", "\(path)/items/1", ["properties": ["price": 6]])
        #expect(properties(&fixture, "1") == ["price": 6])
    }

    @Test("a partial update makes an item only with upsert")
    func upsert() {
        var (fixture, path) = shelf()
        let without = fixture.data("POST", "\(path)/items/1/partial-update", ["properties": ["stock": 7]])
        #expect(without.status == 404 && !without.reply.effect)
        #expect(
            fixture.data("POST", "\(path)/items/1/partial-update", ["properties": ["stock": 7], "upsert": true]).status
                == 200)
        let bulk = fixture.data(
            "POST", "\(path)/items/partial-update",
            [
                ["item_id": "1", "properties": ["price": 1]], ["item_id": "2", "properties": ["price": 2]],
                ["item_id": "3", "properties": ["price": 3], "upsert": true],
            ])
        #expect(bulk.body.array?.map { $0["success"]?.bool } == [true, false, true])
        #expect(properties(&fixture, "1") == ["stock": 7, "price": 1] && properties(&fixture, "2") == nil)
    }

    @Test("an undefined field is refused, alone with 400 and in bulk for its item only")
    func undefinedFields() {
        var (fixture, path) = shelf()
        let text: JSON = ["properties": ["Fields [nope] are not properly defined."]]
        let alone = fixture.data("PUT", "\(path)/items/1", ["properties": ["nope": 1]])
        #expect(alone.status == 400 && alone.body["errors"] == text)
        let bulk = fixture.data(
            "PUT", "\(path)/items",
            [
                ["item_id": "1", "properties": ["price": 1]], ["item_id": "2", "properties": ["nope": 1]],
                ["item_id": 3, "properties": [:]], ["item_id": "a/b", "properties": [:]],
            ])
        #expect(bulk.status == 200)
        #expect(bulk.body[0] == ["success": true, "queued": true])
        #expect(bulk.body[1] == ["success": false, "queued": false, "errors": text])
        #expect(bulk.body.array?.map { $0["success"]?.bool } == [true, false, false, false])
        #expect(fixture.state()["catalogs"]?[0]?["items"]?.array?.count == 1)
    }

    @Test("an item id with a slash finds no route, encoded or not; other characters do when encoded")
    func slashes() {
        var (fixture, path) = shelf()
        #expect(fixture.data("PUT", "\(path)/items/a/b", ["properties": [:]]).status == 404)
        #expect(fixture.data("PUT", "\(path)/items/a%2Fb", ["properties": [:]]).status == 404)
        #expect(fixture.data("PUT", "\(path)/items/a%20b+c%3F%7C", ["properties": [:]]).status == 200)
        #expect(properties(&fixture, "a b+c?|") == [:])
    }

    @Test("bulk delete: a missing id does not fail, a number does")
    func bulkDelete() {
        var (fixture, path) = shelf()
        _ = fixture.data("PUT", "\(path)/items/1", ["properties": ["price": 1]])
        let answer = fixture.data("DELETE", "\(path)/items/bulk-delete", ["1", "404", 502])
        #expect(answer.body.array?.map { $0["success"]?.bool } == [true, true, false])
        #expect(answer.body[2]?["errors"]?["_global"] == ["Malformed item id. Item id should be a string"])
        #expect(properties(&fixture, "1") == nil)
        #expect(fixture.data("DELETE", "\(path)/items/1").status == 404)
        _ = fixture.data("PUT", "\(path)/items/2", ["properties": ["price": 1]])
        #expect(fixture.data("DELETE", "\(path)/items").body == ["success": true])
        #expect(properties(&fixture, "2") == nil)
    }

    @Test("a bulk request takes 5,000 items and 10,000,000 bytes")
    func bulkLimits() {
        var (fixture, path) = shelf()
        let ids = (0...5_000).map { JSON.string("\($0)") }
        #expect(fixture.data("DELETE", "\(path)/items/bulk-delete", .array(Array(ids.dropLast()))).status == 200)
        #expect(fixture.data("DELETE", "\(path)/items/bulk-delete", .array(ids)).status == 400)
        let long = String(repeating: "x", count: 10_000_001)
        let large = fixture.data("PUT", "\(path)/items", [["item_id": "1", "properties": ["title": .string(long)]]])
        #expect(large.status == 400 && properties(&fixture, "1") == nil)
    }

    @Test("reads see a write only after the delay, and page and search what they see")
    func reading() {
        var (fixture, path) = shelf()
        let items = (1...30).map { number -> JSON in
            ["item_id": .string("i\(number)"), "properties": ["title": .string("Shoe \(number)"), "price": 777]]
        }
        _ = fixture.data("PUT", "\(path)/items", .array(items))
        #expect(fixture.data("GET", "\(path)/items").body["total"] == 0)
        #expect(fixture.data("GET", "\(path)/items/i1").status == 404)
        fixture.advance(seconds: 2)
        let page = fixture.data("GET", "\(path)/items").body
        #expect(page["total"] == 30 && page["data"]?.array?.count == 20 && page["limit"] == 20)
        let rest = fixture.data("GET", "\(path)/items?count=20&skip=20").body
        #expect(rest["data"]?.array?.count == 10 && rest["data"]?[0]?["item_id"] == "i21")
        let found = fixture.data("GET", "\(path)/items?query=shoe%2012&field=title").body
        #expect(found["matched"] == 1 && found["data"]?[0]?["item_id"] == "i12" && found["total"] == 30)
        #expect(fixture.data("GET", "\(path)/items?query=777").body["matched"] == 0, "price is not searchable")
        _ = fixture.data("PUT", "\(path)/items/i1", ["properties": ["title": "Boot"]])
        #expect(fixture.data("GET", "\(path)/items/i1").body["data"]?["properties"]?["title"] == "Shoe 1")
        _ = fixture.data("DELETE", "\(path)/items/i1")
        fixture.advance(seconds: 3)
        #expect(fixture.data("GET", "\(path)/items/i1").status == 404)
    }

    @Test("an operator makes a catalogue by action")
    func action() {
        var fixture = BloomreachFixture()
        var action: JSONObject = ["do": "create_catalog"]
        for (name, value) in Self.definition.object?.members ?? [] { action[name] = value }
        let made = fixture.act(.object(action))
        #expect(made.body["ids"]?[0] == fixture.data("GET", "catalogs").body["data"]?[0]?["_id"])
        #expect(fixture.act(.object(action)).status == 400)
    }

    @Test("booleans can be text, as some documented samples have them")
    func textBooleans() {
        var (fixture, path) = shelf()
        fixture.act(["do": "configure", "text_booleans": true])
        #expect(
            fixture.data("PUT", "\(path)/items", [["item_id": "1", "properties": [:]]]).body
                == [["success": "True", "queued": "True"]])
        #expect(fixture.data("PUT", "\(path)/items/1", ["properties": ["nope": 1]]).body["success"] == "False")
    }

    @Test("a key without the right is told so, and nothing changes")
    func rights() {
        var (fixture, path) = shelf()
        fixture.act(["do": "forbid", "catalog_right": "create_or_update_catalog_item"])
        let answer = fixture.data("PUT", "\(path)/items/1", ["properties": [:]])
        #expect(answer.status == 403 && properties(&fixture, "1") == nil)
        #expect(
            fixture.data("POST", "\(path)/items/1/partial-update", ["properties": [:], "upsert": true]).status == 200)
    }
}
